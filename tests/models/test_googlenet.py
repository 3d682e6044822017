"""GoogLeNet: the slide's table row by row, modules, heads, stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary, trace
from minicnn.layers import Conv2d, Linear
from minicnn.models.googlenet import (
    GoogLeNet,
    inception_naive_example,
    inception_reduced_example,
    naive_inception,
)
from minicnn.models.network import Branches
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    every_layer_is_stored,
    golden,
    pictures,
    stored,
    training_scores_agree,
)

GOLDEN = golden("inception")
STORED, PAPER = stored("inception"), stored("googlenet")
MODULES = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]

HERE = {"stem.conv1": "conv1", "stem.pool1": "pool1", "stem.lrn1": "lrn1", "stem.conv2": "conv2",
        "stem.conv2r": "conv2.reduce", "stem.lrn2": "lrn2", "stem.pool2": "pool2",
        "gap": "avg pool", "flat": "flatten", "drop": "dropout", "fc": "linear",
        **{f"i{name}": f"inception ({name})" for name in MODULES}}

# The slide's table (memphis and iitk, "GoogLeNet"): row, output, depth, its columns #1x1, #3x3
# reduce, #3x3, #5x5 reduce, #5x5, pool proj; params and ops as printed; weights without biases and
# MACs as they are.
SLIDE = [
    ("conv1",          (64, 112, 112), 1, [64],      "2.7K",  "34M",  9_408,     118_013_952),
    ("pool1",          (64, 56, 56),   0, [],        None,    None,   0,         0),
    ("conv2",          (192, 56, 56),  2, [64, 192], "112K",  "360M", 114_688,   359_661_568),
    ("pool2",          (192, 28, 28),  0, [],        None,    None,   0,         0),
    ("inception (3a)", (256, 28, 28),  2, [64, 96, 128, 16, 32, 32],
     "159K",  "128M", 163_328,   128_049_152),
    ("inception (3b)", (480, 28, 28),  2, [128, 128, 192, 32, 96, 64],
     "380K",  "304M", 388_096,   304_267_264),
    ("pool3",          (480, 14, 14),  0, [],        None,    None,   0,         0),
    ("inception (4a)", (512, 14, 14),  2, [192, 96, 208, 16, 48, 64],
     "364K",  "73M",  375_552,   73_608_192),
    ("inception (4b)", (512, 14, 14),  2, [160, 112, 224, 24, 64, 64],
     "437K",  "88M",  448_512,   87_908_352),
    ("inception (4c)", (512, 14, 14),  2, [128, 128, 256, 24, 64, 64],
     "463K",  "100M", 509_440,   99_850_240),
    ("inception (4d)", (528, 14, 14),  2, [112, 144, 288, 32, 64, 64],
     "580K",  "119M", 604_672,   118_515_712),
    ("inception (4e)", (832, 14, 14),  2, [256, 160, 320, 32, 128, 128],
     "840K",  "170M", 867_328,   169_996_288),
    ("pool4",          (832, 7, 7),    0, [],        None,    None,   0,         0),
    ("inception (5a)", (832, 7, 7),    2, [256, 160, 320, 32, 128, 128],
     "1072K", "54M",  1_042_432, 51_079_168),
    ("inception (5b)", (1024, 7, 7),   2, [384, 192, 384, 48, 128, 128],
     "1388K", "71M",  1_442_816, 70_697_984),
    ("avg pool",       (1024, 1, 1),   0, [],        None,    None,   0,         0),
    ("dropout",        (1024,),        0, [],        None,    None,   0,         0),
    ("linear",         (1000,),        1, [1000],    "1000K", "1M",   1_024_000, 1_024_000),
]
WRONG_ON_THE_SLIDE = {"conv1": "params ops", "inception (4c)": "params",
                      "inception (5a)": "params ops"}


def depth(part):
    """Layers with weights on the longest way through."""
    inner = [depth(child) for _, child in part.named_parts()]
    if not inner:
        return int(isinstance(part, (Conv2d, Linear)))
    return max(inner) if isinstance(part, Branches) else sum(inner)


@pytest.mark.parametrize("label, output, deep, maps, params, ops, weights, macs", SLIDE)
def test_rows_of_the_slide(label, output, deep, maps, params, ops, weights, macs):
    model = GoogLeNet()
    layers, slide = next((layers, slide) for name, layers, slide in model.rows if name == label)
    steps = [step for step in trace(model, (3, 224, 224))
             if step.path.split(".")[0] == layers[0]._name]
    assert steps[-1].shape == output
    assert slide["output"].split("x") == [str(size) for size in output]
    assert sum(map(depth, layers)) == deep
    learnt = [step for step in steps if step.layer.num_parameters()]
    assert [step.shape[0] for step in learnt] == maps
    assert sum(step.layer.weight.numel() for step in learnt) == weights
    assert sum(step.layer.macs(step.in_shapes[0], step.shape) for step in steps) == macs
    assert (slide.get("parameters"), slide.get("macs")) == (params, ops)
    if params:
        off = [name for name, printed, unit, value in (("params", params, 1024, weights),
                                                       ("ops", ops, 1e6, macs))
               if abs(float(printed[:-1]) * unit / value - 1) > 0.03]
        assert " ".join(off) == WRONG_ON_THE_SLIDE.get(label, "")


def test_patch_sizes_of_the_slide():
    """Its column "patch size/stride"; the average is over the whole 7 x 7 map, 7x7/1."""
    lines = {line.path: (line.kernel, line.stride) for line in summary(GoogLeNet()).lines}
    assert (lines["conv1.conv"], lines["conv2.conv.conv"]) == (("7x7", "2"), ("3x3", "1"))
    assert {lines[f"pool{number}"] for number in (1, 2, 3, 4)} == {("3x3", "2")}
    shapes = {step.path: step.shape for step in trace(GoogLeNet(), (3, 224, 224))}
    assert shapes["inception (5b).concat"] == (1024, 7, 7)
    assert GoogLeNet().dropout.p == 0.4                    # "dropout (40%)"


def test_head_of_the_slide():
    """Stanford: "AvgPool-1x1Conv-FC-FC-Softmax"; the sizes are those of section 5."""
    steps = [(step.path.removeprefix("aux1."), step.shape) for step in
             trace(GoogLeNet(aux=True), (3, 224, 224)) if step.path.startswith("aux1")]
    assert steps == [("pool", (512, 4, 4)), ("conv.conv", (128, 4, 4)),
                     ("conv.activation", (128, 4, 4)), ("flatten", (2048,)), ("fc1", (1024,)),
                     ("relu", (1024,)), ("dropout", (1024,)), ("fc2", (1000,))]


def test_naive_module_by_hand():
    """A map of ones and filters of ones: each 3x3 filter counts the pixels it sees."""
    module = naive_inception(1, 1, 1, 1)
    for number in (1, 2, 3):
        conv = getattr(module, f"branch{number}").conv
        conv.weight.data = np.ones(conv.weight.shape, np.float32)
        conv.bias.data = np.zeros(1, np.float32)
    y = module(Tensor(np.ones((1, 1, 3, 3), np.float32))).numpy()[0]
    assert y[1].tolist() == [[4, 6, 4], [6, 9, 6], [4, 6, 4]]
    assert (y[0] == 1).all() and (y[2] == 9).all() and (y[3] == 1).all()


def test_22_layers_deep():
    assert sum(depth(part) for _, part in GoogLeNet().named_parts()) == 22


@pytest.mark.parametrize("name, options, training", [
    ("googlenet_paper", {}, True), ("googlenet_paper_aux", {"aux": True}, True),
    ("tv_googlenet", {"variant": "torchvision"}, True),
    ("tv_googlenet_aux", {"variant": "torchvision", "aux": True}, False)])
def test_published(name, options, training):
    model = GoogLeNet(**options).train(training)
    check_against(model, GOLDEN[name], HERE if model.variant == "paper" else None)


@pytest.mark.parametrize("build, name, label", [
    (inception_naive_example, "inception_naive_example", "naive"),
    (inception_reduced_example, "inception_reduced_example", "reduced")])
def test_published_modules(build, name, label):
    figures = GOLDEN[name]
    check_against(build(), figures, {f"b{i}": f"{label}.branch{i}" for i in range(1, 5)})
    assert build().shape((256, 28, 28)) == ((672, 28, 28) if label == "naive" else (480, 28, 28))


@pytest.mark.parametrize("build, products", [
    (inception_naive_example, [(128, 1, 256), (192, 3, 256), (96, 5, 256)]),
    (inception_reduced_example, [(128, 1, 256), (64, 1, 256), (192, 3, 64), (64, 1, 256),
                                 (96, 5, 64), (64, 1, 256)])])
def test_conv_ops_of_the_slides(build, products):
    """Stanford, virginia "Conv Ops": 28x28x128x1x1x256 and so on, one product a line."""
    macs = [step.layer.macs(step.in_shapes[0], step.shape) for step in trace(build(), (256, 28, 28))
            if isinstance(step.layer, Conv2d)]
    assert macs == [28 * 28 * maps * size * size * below for maps, size, below in products]


def test_358_million_counts_one_product_twice():
    table = summary(inception_reduced_example())
    three = next(line.macs for line in table.lines if line.kernel == "3x3" and line.macs)
    assert (table.macs, three, table.macs + three) == (271_351_808, 86_704_128, 358_055_936)
    assert table.rows[0].remark == "MACs: 358M there, 271,351,808 here"


def test_summary_shows_the_slide():
    remarks = {row.row: row.remark for row in summary(GoogLeNet()).rows if row.remark}
    assert remarks["conv1"] == ("parameters: 2.7K there, 9,472 here (9.2 x 1,024 without biases); "
                                "MACs: 34M there, 118,013,952 here")
    assert remarks["inception (3a)"] == ("parameters: 159K there, 163,696 here (159.5 x 1,024 "
                                         "without biases)")
    assert all("output" not in remark and "kernel" not in remark for remark in remarks.values())


def test_names_of_the_weights():
    """torchvision's, with norm instead of bn."""
    units = ["conv1", "conv2", "conv3"]
    for name in MODULES:
        units += [f"inception{name}.{part}" for part in (
            "branch1", "branch2.0", "branch2.1", "branch3.0", "branch3.1", "branch4.1")]
    parts = ["conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
             "bn.num_batches_tracked"]
    expected = [f"{unit}.{part}" for unit in units for part in parts] + ["fc.weight", "fc.bias"]
    for head in ("aux1", "aux2"):
        expected += [f"{head}.conv.{part}" for part in parts]
        expected += [f"{head}.{layer}.{part}" for layer in ("fc1", "fc2")
                     for part in ("weight", "bias")]
    names = [name.replace(".norm.", ".bn.")
             for name, _ in GoogLeNet("torchvision", aux=True).named_state()]
    assert names == expected


def test_agrees_with_torchvision():
    agrees_with_stored(GoogLeNet("torchvision"), STORED["googlenet"])


def test_every_layer_of_the_papers_agrees_with_an_independent_network():
    every_layer_is_stored(GoogLeNet(), PAPER["googlenet_paper"])
    agrees_with_stored(GoogLeNet(), PAPER["googlenet_paper"])


def test_training_with_heads_agrees():
    training_scores_agree(GoogLeNet("torchvision", aux=True), STORED["googlenet_aux"],
                          ["fc", "aux1", "aux2"])
    training_scores_agree(GoogLeNet(aux=True), PAPER["googlenet_paper_aux"],
                          ["linear", "aux1", "aux2"])


def test_options():
    assert GoogLeNet("small", dropout=0.25).dropout.p == 0.25
    assert GoogLeNet("torchvision").dropout.p == 0.2 and GoogLeNet().dropout.p == 0.4


def test_any_image_size():
    """The last pooling is global: only the heads of the paper ask for 14 x 14 maps."""
    assert GoogLeNet().shape((3, 320, 256)) == (1000,)


@pytest.mark.parametrize("variant, words", [("torchvison", "did you mean torchvision"),
                                            ("v1", "there are paper, torchvision, small")])
def test_unknown_variant(variant, words):
    with pytest.raises(ValueError, match=f"GoogLeNet: no variant '{variant}'; {words}"):
        GoogLeNet(variant)


@pytest.mark.parametrize("options, in_shape, words", [
    ({"aux": True}, (3, 64, 64), r"^aux1\.pool \(AvgPool2d.*5 pixels does not fit into 4.*"
                                 r"smallest image that fits GoogLeNet is 223x223"),
    ({"aux": True}, (3, 320, 320), r"^aux1\.fc1 \(Linear 2048.*4608 features.*2048"),
])
def test_wrong_images(options, in_shape, words):
    with pytest.raises(ValueError, match=words):
        GoogLeNet(**options).shape(in_shape)
    with pytest.raises(ValueError, match=words):
        GoogLeNet(**options)(Tensor(np.zeros((1, *in_shape), np.float32)))


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["paper", "torchvision"])
def test_published_size(variant):
    model = GoogLeNet(variant, aux=True)
    x = Tensor(pictures(model, 2)[0].astype("float32"))
    with no_grad():
        scores = model(x)
        y = model.eval()(x[:1])
    assert [part.shape for part in scores] == [(2, 1000)] * 3 and y.shape == (1, 1000)
    assert all(np.isfinite(part.numpy()).all() and part.numpy().std() > 0.01
               for part in (*scores, y))
