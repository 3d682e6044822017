"""DenseNet: the paper's tables, what each layer reads, stored numbers."""

import re

import numpy as np
import pytest

from minicnn import Tensor, no_grad, save
from minicnn.analysis import summary
from minicnn.autograd.hooks import record_outputs
from minicnn.models.densenet import COLUMNS, NETWORKS, CifarDenseNet, DenseLayer, DenseNet
from minicnn.weights import load
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    stage_shapes,
    stored,
)

STORED = stored("residual")
SMALL = NETWORKS["densenet_small"]

OURS = {"features.conv0": "conv1", "features.norm0": "conv1_batchnorm2d",
        "features.relu0": "conv1_relu", "features.pool0": "pool1", "features.norm5": "norm",
        "classifier": "fc",
        **{f"features.denseblock{block}": f"dense{block}" for block in range(1, 5)},
        **{f"features.transition{block}": f"transition{block}" for block in range(1, 4)}}
CIFAR = {"trans1": "transition1", "trans2": "transition2", "bn": "norm", "gap": "avgpool",
         "flat": "fc_flatten"}

# Table 1 of the paper, row by row: output size, then DenseNet-121, -169, -201 and -264.
TABLE = {
    "conv1":       (112, "7x7 conv, stride 2"),
    "pool1":       (56, "3x3 max pool, stride 2"),
    "dense1":      (56, 6, 6, 6, 6),
    "transition1": (28, "1x1 conv, 2x2 average pool, stride 2"),
    "dense2":      (28, 12, 12, 12, 12),
    "transition2": (14, "1x1 conv, 2x2 average pool, stride 2"),
    "dense3":      (14, 24, 32, 48, 64),
    "transition3": (7, "1x1 conv, 2x2 average pool, stride 2"),
    "dense4":      (7, 16, 32, 32, 48),
    "avgpool":     (1, "7x7 global average pool"),
    "fc":          (None, "1000D fully-connected"),
}


@pytest.mark.parametrize("depth", [121, 169, 201])
def test_golden(depth):
    check_against(DenseNet(depth), golden("densenet")[f"densenet{depth}"], OURS)


def test_golden_cifar():
    check_against(CifarDenseNet(), golden("densenet")["densenet40_k12_cifar"], CIFAR)


@pytest.mark.parametrize("column, depth", list(enumerate((121, 169, 201, 264))))
def test_rows_of_the_paper(column, depth):
    model = DenseNet(depth)
    parts, shapes = dict(model.named_parts()), stage_shapes(model)
    assert [label for label in TABLE if label != "norm"] == \
        [label for label, _, _ in model.rows if label != "norm"]
    for label, (size, *cells) in TABLE.items():
        if size is not None:
            assert shapes[label][1:] == [size, size]
        if label.startswith("dense"):
            layers = [part for _, part in parts[label].named_parts()]
            assert len(layers) == cells[column]
            for layer in layers:                           # [1x1 conv, 3x3 conv], k = 32
                assert layer.body.conv1.weight.shape[0] == 4 * 32
                assert layer.body.conv2.weight.shape == (32, 128, 3, 3)
    assert (model.conv1.kernel_size, model.conv1.stride) == ((7, 7), (2, 2))
    assert (model.pool1.kernel_size, model.pool1.stride) == ((3, 3), (2, 2))
    for block in (1, 2, 3):
        transition = parts[f"transition{block}"]
        assert transition.conv.kernel_size == (1, 1)
        assert transition.pool.kernel_size == transition.pool.stride == (2, 2)
        assert transition.conv.out_channels == transition.conv.in_channels // 2
    assert shapes["fc"] == [1000]


@pytest.mark.parametrize("depth", COLUMNS)
def test_depth_counts_layers_with_weights(depth):
    """But for 264: the paper's own table makes it 1 + 2 * 130 + 3 + 1 = 265."""
    layers = sum(value.ndim > 1 for value in DenseNet(depth).parameters())
    assert layers == {264: 265}.get(depth, depth)


# Table 2 of the paper: depth and millions of parameters.
@pytest.mark.parametrize("name, depth, millions", [
    ("densenet40_k12", 40, 1.0), ("densenet100_k12", 100, 7.0), ("densenet100_k24", 100, 27.2),
    ("densenet_bc100_k12", 100, 0.8), ("densenet_bc250_k24", 250, 15.3),
    ("densenet_bc190_k40", 190, 25.6)])
def test_millions_of_the_paper(name, depth, millions):
    model = NETWORKS[name]()
    layers = sum(value.ndim > 1 for value in model.parameters())
    assert (layers, round(model.num_parameters() / 1e6, 1)) == (depth, millions)


def test_the_figures_beside_the_rows_agree():
    for model in (DenseNet(201), CifarDenseNet(), SMALL()):
        assert [line.remark for line in summary(model).lines if line.remark] == []
    assert " 14x14, [1x1 conv, 3x3 conv] x 24" in summary(DenseNet(121)).text()


def test_each_layer_reads_all_before_it():
    """x_l = F([x_0; ...; x_(l-1)]): what goes in comes out again, in front of the new maps."""
    block = CifarDenseNet(16, 4).eval().dense1
    ran = {}
    x = Tensor(np.random.default_rng(0).standard_normal((2, 16, 5, 6)).astype("float32"))
    with record_outputs(lambda path, layer, y: ran.update({path: y.numpy()})), no_grad():
        y = block(x).numpy()
    assert y.shape == (2, 16 + 4 * 4, 5, 6)
    np.testing.assert_array_equal(y[:, :16], x.numpy())
    for number in range(4):
        maps = y[:, 16 + 4 * number:20 + 4 * number]
        np.testing.assert_array_equal(maps, ran[f"dense1.{number}.body"])
        np.testing.assert_array_equal(y[:, :20 + 4 * number], ran[f"dense1.{number}"])


def test_dropout_stands_behind_each_convolution():
    names = [name for name, _ in DenseLayer(8, 4, True, 0.2).body.named_parts()]
    assert names == ["norm1", "relu1", "conv1", "dropout1", "norm2", "relu2", "conv2", "dropout2"]
    names = [name for name, _ in CifarDenseNet(10, 4, dropout=0.2).transition1.named_parts()]
    assert names == ["norm", "relu", "conv", "dropout", "pool"]


def torchvision_name(name):
    """The rules told in the docstring of minicnn.models.densenet, backwards."""
    for here, there in (("conv1.", "features.conv0."), ("conv1_batchnorm2d.", "features.norm0."),
                        ("transition", "features.transition"), ("norm.", "features.norm5."),
                        ("fc.", "classifier.")):
        if name.startswith(here):
            return there + name.removeprefix(here)
    return re.sub(r"^dense(\d)\.(\d+)\.body\.", lambda part:
                  f"features.denseblock{part[1]}.denselayer{int(part[2]) + 1}.", name)


def test_names_of_the_weights():
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    expected = ["features.conv0.weight", *[f"features.norm0.{value}" for value in norm]]
    for block, count in enumerate(COLUMNS[121][1], 1):
        for layer in range(1, count + 1):
            start = f"features.denseblock{block}.denselayer{layer}."
            for number in (1, 2):
                expected += [f"{start}norm{number}.{value}" for value in norm]
                expected.append(f"{start}conv{number}.weight")
        if block < 4:
            expected += [f"features.transition{block}.norm.{value}" for value in norm]
            expected.append(f"features.transition{block}.conv.weight")
    expected += [f"features.norm5.{value}" for value in norm]
    names = [torchvision_name(name) for name, _ in DenseNet(121).named_state()]
    assert names == [*expected, "classifier.weight", "classifier.bias"]


def test_layers_agree_with_torchvision():
    agrees_with_stored(NETWORKS["densenet121"](), STORED["densenet121"])


@pytest.mark.parametrize("build, options, words", [
    (DenseNet, {"depth": 120}, "^DenseNet: no depth 120; did you mean 201 or 121"),
    (DenseNet, {"dropout": -1}, "p is the probability of dropping, from 0 to 1, got -1"),
    (CifarDenseNet, {"depth": 41}, "no depth 41; it is 3 n \\+ 4, such as 40, 100"),
    (CifarDenseNet, {"depth": 43, "variant": "BC"}, "no depth 43; it is 6 n \\+ 4"),
    (CifarDenseNet, {"growth": 0}, "growth is at least 1 map, got 0"),
    (CifarDenseNet, {"variant": "C"}, "no variant 'C'; "),
])
def test_wrong_options(build, options, words):
    with pytest.raises(ValueError, match=words):
        build(**options)


@pytest.mark.parametrize("build, in_shape, words", [
    (DenseNet, (3, 24, 24), r"^transition3.pool \(AvgPool2d .*fits DenseNet is 29x29"),
    (CifarDenseNet, (3, 3, 32), r"^transition2.pool \(AvgPool2d .*fits CifarDenseNet is 4x4"),
    (DenseNet, (64, 64), "^conv1 .*one image still needs the batch axis"),
])
def test_wrong_images(build, in_shape, words):
    model = build()
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)
    with pytest.raises(ValueError, match=words):
        model.eval()(Tensor(np.zeros((1, *in_shape), np.float32)))


def test_torchvisions_files_have_the_names_of_2017(tmp_path):
    """denselayer1.norm.1.weight, without counters; torchvision turns them into norm1 as it loads.

    The names and their rule: torchvision 0.29, models/densenet.py.
    """
    model, other = DenseNet(121), DenseNet(121)
    table = model.published["torchvision-2017"]
    values = {table.theirs(name): q.data for name, q in model.saved()
              if not name.endswith("num_batches_tracked")}
    assert {"features.denseblock1.denselayer1.norm.1.weight", "features.conv0.weight",
            "features.denseblock4.denselayer16.conv.2.weight", "features.norm0.running_mean",
            "features.transition3.norm.weight", "classifier.bias"} <= values.keys()
    assert len(values) == 606                              # 727, less 121 counters
    load(other, save(values, tmp_path / "densenet121.npz"))
    for (name, q), (_, loaded) in zip(model.saved(), other.saved(), strict=True):
        assert np.array_equal(q.data, loaded.data), name


@pytest.mark.slow
def test_published_size():
    model = NETWORKS["densenet121"]().eval()
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype("float32")
    with no_grad():
        assert model(Tensor(x)).shape == (1, 1000)
