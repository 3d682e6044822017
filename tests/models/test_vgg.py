"""VGG: the paper's tables, the slide's figures, names, stored numbers."""


import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d, Conv2d, Linear, LocalResponseNorm
from minicnn.models import vgg
from minicnn.models.vgg import NETWORKS, VGG
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    every_layer_is_stored,
    golden,
    stage_shapes,
    stored,
)

STORED = stored("alexnet_vgg")
CONFIGS = ["A", "A-LRN", "B", "C", "D", "E"]

# memphis "VGGNet: ILSVRC 2014 2nd place" and stanford, line by line after the input:
# CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728
SLIDE = [
    ("conv1_1", "64x224x224", "3.2M", 1_728), ("conv1_2", "64x224x224", "3.2M", 36_864),
    ("pool1", "64x112x112", "800K", 0),
    ("conv2_1", "128x112x112", "1.6M", 73_728), ("conv2_2", "128x112x112", "1.6M", 147_456),
    ("pool2", "128x56x56", "400K", 0),
    ("conv3_1", "256x56x56", "800K", 294_912), ("conv3_2", "256x56x56", "800K", 589_824),
    ("conv3_3", "256x56x56", "800K", 589_824), ("pool3", "256x28x28", "200K", 0),
    ("conv4_1", "512x28x28", "400K", 1_179_648), ("conv4_2", "512x28x28", "400K", 2_359_296),
    ("conv4_3", "512x28x28", "400K", 2_359_296), ("pool4", "512x14x14", "100K", 0),
    ("conv5_1", "512x14x14", "100K", 2_359_296), ("conv5_2", "512x14x14", "100K", 2_359_296),
    ("conv5_3", "512x14x14", "100K", 2_359_296), ("pool5", "512x7x7", "25K", 0),
    ("fc6", "4096", "4096", 102_760_448), ("fc7", "4096", "4096", 16_777_216),
    ("fc8", "1000", "1000", 4_096_000),
]
# Table 1, on memphis and iitk, column by column; pooling and the three last layers left out.
TABLE_1 = {
    "A": [["3-64"], ["3-128"], ["3-256"] * 2, ["3-512"] * 2, ["3-512"] * 2],
    "A-LRN": [["3-64"], ["3-128"], ["3-256"] * 2, ["3-512"] * 2, ["3-512"] * 2],
    "B": [["3-64"] * 2, ["3-128"] * 2, ["3-256"] * 2, ["3-512"] * 2, ["3-512"] * 2],
    "C": [["3-64"] * 2, ["3-128"] * 2, ["3-256", "3-256", "1-256"],
          ["3-512", "3-512", "1-512"], ["3-512", "3-512", "1-512"]],
    "D": [["3-64"] * 2, ["3-128"] * 2, ["3-256"] * 3, ["3-512"] * 3, ["3-512"] * 3],
    "E": [["3-64"] * 2, ["3-128"] * 2, ["3-256"] * 4, ["3-512"] * 4, ["3-512"] * 4],
}


@pytest.mark.parametrize("config", ["A", "B", "C", "D", "E"])
def test_golden(config):
    check_against(VGG(config), golden("vgg")[f"vgg_{config}"], {"flat": "fc6_flatten"})


@pytest.mark.parametrize("name", ["vgg11", "vgg13", "vgg16", "vgg19", "vgg16_bn"])
def test_golden_of_torchvision(name):
    check_against(NETWORKS[name](variant="torchvision"), golden("vgg")[f"tv_{name}"])


@pytest.mark.parametrize("name, parameters", [
    ("vgg11_bn", 132_868_840), ("vgg13_bn", 133_053_736), ("vgg16_bn", 138_365_992),
    ("vgg19_bn", 143_678_248)])
def test_batch_norm_adds_two_values_for_each_map(name, parameters):
    model, plain = NETWORKS[name](), NETWORKS[name.removesuffix("_bn")]()
    maps = sum(part.out_channels for part in plain.modules() if isinstance(part, Conv2d))
    norms = sum(isinstance(part, BatchNorm2d) for part in model.modules())
    assert model.num_parameters() == plain.num_parameters() + 2 * maps == parameters
    assert summary(model).buffers == 2 * maps + norms      # and one counter each


@pytest.mark.parametrize("config", CONFIGS)
def test_table_1(config):
    """Rows, and "11 weight layers"."""
    blocks = {}
    for label, layers, _ in VGG(config).rows:
        if label.startswith("conv"):
            conv = layers[0]
            assert conv.stride == (1, 1) and conv.kernel_size[0] == 2 * conv.padding[0] + 1
            blocks.setdefault(label[4], []).append(f"{conv.kernel_size[0]}-{conv.out_channels}")
    assert list(blocks.values()) == TABLE_1[config]
    layers = sum(isinstance(part, (Conv2d, Linear)) for part in VGG(config).modules())
    assert layers == {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "E": 19}[config]


def test_table_2():
    """Millions of parameters, on memphis and iitk."""
    assert [round(VGG(config).num_parameters() / 1e6) for config in CONFIGS] == \
        [133, 133, 133, 134, 138, 144]


def test_normalisation_of_a_lrn():
    """Section 2.3: the parameters of AlexNet's; behind the first convolution's ReLU."""
    labels = [label for label, _, _ in VGG("A-LRN").rows]
    norms = [part for part in VGG("A-LRN").modules() if isinstance(part, LocalResponseNorm)]
    assert labels[:3] == ["conv1_1", "lrn1", "pool1"] and len(norms) == 1
    assert (norms[0].size, norms[0].alpha, norms[0].beta, norms[0].k) == (5, 5e-4, 0.75, 2)
    assert VGG("A-LRN").num_parameters() == VGG("A").num_parameters() == 132_863_336


def slides_figure(values):
    """3,211,264 as the slide rounds it: 3.2M; 802,816: 800K; 25,088: 25K; 4096."""
    if values > 1e6:
        return f"{values / 1e6:.1f}M"
    return f"{values // 1000 // 25 * 25}K" if values > 1e4 else str(values)


def test_rows_of_the_slide():
    """Outputs, memory in values and weights without biases, as memphis and stanford list them."""
    model = VGG()
    shapes = stage_shapes(model)
    rows = []
    for label, layers, _ in model.rows:
        weights = sum(layer.weight.numel() for layer in layers if layer.num_parameters())
        values = int(np.prod(shapes[label]))
        rows.append((label, "x".join(map(str, shapes[label])), slides_figure(values), weights))
    assert rows == SLIDE


def test_the_file_prints_the_slides_figures():
    rows = [(label, slide["output"], slide["memory"], slide["weights"])
            for label, _, slide in VGG().rows]
    assert rows == [(label, output, f"{values} values", f"{weights:,} weights")
                    for label, output, values, weights in SLIDE]
    assert [line.remark for line in summary(VGG()).lines if line.remark] == []
    lines = {line.path: line.slide for line in summary(VGG("A-LRN")).lines if line.slide}
    assert list(lines.items())[:4] == [("conv1_1", "conv3-64"), ("lrn1", "LRN"),
                                       ("pool1", "maxpool"), ("conv2_1", "conv3-128")]
    assert [slide["word"] for _, _, slide in VGG("C").rows][-4:] == [
        "maxpool", "FC-4096", "FC-4096", "FC-1000"]
    assert all(not slide for _, _, slide in VGG("small").rows)


def test_input_of_the_slide():
    """INPUT: [224x224x3] memory: 224*224*3=150K params: 0"""
    assert VGG().input_shape == (3, 224, 224) and slides_figure(224 * 224 * 3) == "150K"


def test_convolutions_of_e_alone():
    """What style transfer looks at: vgg19_features_style of the published figures."""
    lines = [line for line in summary(VGG("E")).lines if line.path.startswith("conv")]
    assert sum(line.parameters for line in lines) == 20_024_384
    assert sum(line.macs for line in lines) == 19_508_428_800


def test_totals_of_the_slide():
    """"24M values": 15,237,608 with the input; with each ReLU's output on its own 28.8 million."""
    model = VGG()
    shapes = stage_shapes(model)
    values = 224 * 224 * 3 + sum(int(np.prod(shapes[label])) for label, _, _ in model.rows)
    assert values == 15_237_608
    assert round(model.num_parameters() / 1e6) == 138                      # "138M parameters"
    weights = sum(figures[3] for figures in SLIDE)
    biases = sum(part.bias.numel() for part in model.modules()
                 if isinstance(part, (Conv2d, Linear)))
    assert weights == 138_344_128 and weights + biases == model.num_parameters()


def test_most_memory_is_early_and_most_parameters_are_late():
    table = summary(VGG())
    early = sum(line.memory for line in table.lines if line.path.startswith(("conv1", "conv2")))
    late = sum(line.parameters for line in table.lines if line.path.startswith("fc"))
    assert early > table.memory / 2 and late > 0.89 * table.parameters


def test_three_3x3_see_what_one_7x7_sees():
    lines = {line.path: line for line in summary(VGG("D")).lines}
    assert [lines[f"conv1_{n}"].field for n in (1, 2)] == ["3x3", "5x5"]
    C = 512
    assert sum(lines[f"conv5_{n}"].parameters - C for n in (1, 2, 3)) == 3 * 3 ** 2 * C ** 2
    assert 3 * 3 ** 2 * C ** 2 == 27 * C ** 2 < 49 * C ** 2


@pytest.mark.parametrize("name", NETWORKS)
def test_the_docstring_has_the_names(name):
    assert f'"{name}"' in vgg.__doc__


def test_names_of_the_weights():
    numbers = {"vgg16": [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28],
               "vgg11": [0, 3, 6, 8, 11, 13, 16, 18]}
    for name, features in numbers.items():
        model = NETWORKS[name](variant="torchvision")
        assert [key for key, _ in model.named_state()] == [
            f"{layer}.{kind}" for layer in [f"features.{n}" for n in features]
            + ["classifier.0", "classifier.3", "classifier.6"] for kind in ("weight", "bias")]
    names = [name for name, _ in NETWORKS["vgg11_bn"]().named_state()]
    assert names[:7] == ["features.0.weight", "features.0.bias", "features.1.weight",
                         "features.1.bias", "features.1.running_mean", "features.1.running_var",
                         "features.1.num_batches_tracked"]
    assert [name for name, _ in VGG("A").named_state()][:6] == [
        "conv1_1.weight", "conv1_1.bias", "conv2_1.weight", "conv2_1.bias", "conv3_1.weight",
        "conv3_1.bias"]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_variants_take_each_others_weights(config):
    """The same shapes in the same order."""
    paper, other = VGG(config), VGG(config, "torchvision")
    assert [value.shape for _, value in paper.named_state()] == \
        [value.shape for _, value in other.named_state()]


def test_start():
    """Glorot and Bengio 2010 for the paper's; He et al. 2015 and std 0.01 for torchvision's."""
    conv = VGG("A").conv3_2                                # 256 -> 256, 3 x 3
    assert abs(conv.weight.data.std() - (2 / (256 * 9 * 2)) ** 0.5) < 1e-4
    assert not conv.bias.data.any()
    model = VGG("A", "torchvision")
    assert abs(model.features[6].weight.data.std() - (2 / (256 * 9)) ** 0.5) < 1e-4   # 128 -> 256
    assert abs(model.classifier[3].weight.data.std() - 0.01) < 1e-4


@pytest.mark.parametrize("options, words", [
    ({"config": "F"}, "VGG: no configuration 'F'; there are A, A-LRN, B, C, D, E, small"),
    ({"config": "A-LNR"}, "VGG: no configuration 'A-LNR'; did you mean A-LRN"),
    ({"config": 16}, "VGG: no configuration 16; there are A, A-LRN"),
    ({"variant": "torch"}, "VGG: no variant 'torch'; did you mean torchvision"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        VGG(**options)


@pytest.mark.parametrize("variant, in_shape, words", [
    ("paper", (3, 32, 32), r"^fc6 \(Linear 25088 -> 4096\): the input has 512 features.*; the "
                           "smallest image that fits VGG is 224x224"),
    ("paper", (3, 16, 300), r"^pool5 \(MaxPool2d .*a window of 2 .*fits VGG is 224x224"),
    ("torchvision", (3, 16, 16), r"^features.30 \(MaxPool2d .*a window of 2 .*VGG is 32x32"),
])
def test_wrong_images(variant, in_shape, words):
    model = VGG(variant=variant)
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)


def test_a_wrong_image_in_forward():
    with pytest.raises(ValueError, match=r"^fc6 \(Linear .*the smallest image that fits VGG is 32"):
        VGG("small")(Tensor(np.zeros((1, 3, 16, 16), np.float32)))


@pytest.mark.slow
def test_forward_at_published_size(rng):
    model = VGG().eval()
    with no_grad():
        y = model(Tensor(rng.standard_normal((1, 3, 224, 224)).astype("float32")))
    assert y.shape == (1, 1000) and np.isfinite(y.numpy()).all() and y.numpy().std() > 0


@pytest.mark.slow
def test_stored_outputs():
    model, stored = VGG("D", "torchvision"), STORED["vgg16"]
    every_layer_is_stored(model, stored)
    agrees_with_stored(model, stored)
