"""Xception: the paper's figure row by row, separable convolutions."""

import pytest

from minicnn.analysis import trace
from minicnn.layers import BatchNorm2d, Conv2d, MaxPool2d, ReLU
from minicnn.models.xception import BLOCKS, Xception, separable
from tests.models.network_checks import agrees_with_stored, check_against, golden, stored

FIGURES = golden("inception")["xception"]
STORED = stored("inception")
HERE = {"global_pool": "avg pool",
        **{f"{kind}{i}": f"conv{i}.{part}" for i in range(1, 5) for kind, part in (
            ("conv", "conv"), ("bn", "norm"), ("act", "activation"))}}

# Figure 5: of each block the maps of its separable convolutions, its pooling, its output.
FIGURE = [("block1", [128, 128], True, (128, 74, 74)), ("block2", [256, 256], True, (256, 37, 37)),
          ("block3", [728, 728], True, (728, 19, 19)),
          *[(f"block{i}", [728, 728, 728], False, (728, 19, 19)) for i in range(4, 12)],
          ("block12", [728, 1024], True, (1024, 10, 10))]


def test_published():
    model = Xception()
    check_against(model, FIGURES, HERE)


@pytest.mark.parametrize("label, maps, pooled, output", FIGURE)
def test_rows_of_the_paper(label, maps, pooled, output):
    steps = [step for step in trace(Xception(), (3, 299, 299))
             if step.path.split(".")[0] == label]
    assert steps[-1].shape == output
    body = [step for step in steps if ".body." in step.path]
    mixed = [step for step in body if step.path.endswith("pointwise")]
    assert [step.shape[0] for step in mixed] == maps
    assert isinstance(body[-1].layer, MaxPool2d) == pooled
    assert isinstance(body[0].layer, ReLU) == (label != "block1")
    assert any("shortcut" in step.path for step in steps) == pooled


def test_36_convolutions():
    """Section 4: 36 convolutional layers in 14 modules, all but the first and last residual."""
    convolutions = [step for step in trace(Xception(), (3, 299, 299))
                    if isinstance(step.layer, Conv2d) and "shortcut" not in step.path
                    and not step.path.endswith("depthwise")]
    assert len(convolutions) == 36 and len(BLOCKS) + 2 == 14


def test_separable_convolution_is_cheaper():
    """C (9 + F) weights instead of 9 C F."""
    assert separable(728, 728).num_parameters() == 728 * (9 + 728) == 536_536
    assert Conv2d(728, 728, 3, bias=False).num_parameters() == 4_769_856


def test_names_of_the_weights():
    names = [name for name, _ in Xception().named_parameters() if name.startswith("block2.")]
    assert [name for name in names if "norm" not in name and ".2." not in name] == [
        "block2.body.1.depthwise.weight", "block2.body.1.pointwise.weight",
        "block2.body.4.depthwise.weight", "block2.body.4.pointwise.weight",
        "block2.body.5.weight", "block2.body.5.bias", "block2.shortcut.conv.weight"]


@pytest.mark.slow
def test_agrees_with_an_independent_network():
    agrees_with_stored(Xception(), STORED["xception"])


def test_the_variants_differ_in_padding_and_eps():
    paper, timm = Xception(), Xception("timm")
    assert (paper.block2.body[6].padding, timm.block2.body[6].padding) == ("same", (1, 1))
    for model, eps in ((paper, 1e-3), (timm, 1e-5), (Xception("small"), 1e-3)):
        assert {part.eps for part in model.modules() if isinstance(part, BatchNorm2d)} == {eps}
    assert [name for name, _ in paper.named_state()] == [name for name, _ in timm.named_state()]


def test_unknown_variant():
    with pytest.raises(ValueError, match="Xception: no variant 'smal'; did you mean small"):
        Xception("smal")


@pytest.mark.parametrize("in_shape, words", [
    ((3, 4, 4), r"^conv2\.conv .*does not fit into 1.*smallest image that fits Xception is 7x7"),
])
def test_wrong_images(in_shape, words):
    with pytest.raises(ValueError, match=words):
        Xception().shape(in_shape)
