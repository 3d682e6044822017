"""Vision transformer: sizes, cost of attention, start, stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary, trace
from minicnn.layers.attention import Attention
from minicnn.models.vit import ViT, vit_small
from tests.models.network_checks import agrees_with_stored, golden, stage_shapes, stored

GOLDEN = golden("vit")
STORED = stored("efficient")
TIMM_HERE = {"patch_embed": "patches", "pos_drop": "positions", "patch_drop": "positions",
             "norm_pre": "positions", **{f"blocks.{n}": f"block{n + 1}" for n in range(12)},
             "fc_norm": "head_firsttoken", "head_drop": "head_firsttoken"}
HERE = {"conv_proj": "patches", "encoder": "norm", "heads": "head"}


def test_golden():
    """timm's count has no attention products, torchvision's no projections of attention either."""
    model = ViT()
    table, figures = summary(model), GOLDEN["timm_vit_b_16"]
    products = 12 * 2 * 197 * 197 * 768
    projections = 12 * 4 * 197 * 768 * 768
    assert (table.parameters, table.buffers) == (figures["parameters"], 0) == (86_567_656, 0)
    assert table.macs - products == figures["macs"]
    assert table.macs - products - projections == GOLDEN["vit_b_16"]["macs"]
    assert products == sum(step.layer.macs(step.in_shapes[0], step.shape) for step
                           in trace(model, (3, 224, 224)) if isinstance(step.layer, Attention))
    found = stage_shapes(model)
    for stage, shape in figures["stages"]:
        assert found[TIMM_HERE.get(stage, stage)] == shape, stage
    cut = next(step for step in trace(model, (3, 224, 224)) if step.path == "patches")
    assert list(cut.shape) == dict(GOLDEN["vit_b_16"]["stages"])["conv_proj"]
    for stage, shape in GOLDEN["vit_b_16"]["stages"][1:]:
        assert found[HERE[stage]] == shape


@pytest.mark.parametrize("size, parameters", [
    ("b_32", 88_224_232), ("l_16", 304_326_632), ("l_32", 306_535_400), ("h_14", 632_045_800)])
def test_the_other_sizes(size, parameters):
    """torchvision's counts; the paper's table 1 says 86M, 307M, 632M."""
    assert ViT(size).num_parameters() == parameters


def test_one_layer_of_attention_sees_the_whole_image():
    fields = {line.path: line.field for line in summary(ViT()).lines}
    assert fields["patches"] == "16x16" and fields["block1.attention.body.attention.attend"] == \
        "224x224"


def test_untrained_it_knows_nothing(rng):
    """The classifier starts at 0: ten equal scores."""
    images = rng.standard_normal((2, 3, 32, 32)).astype("float32")
    assert not vit_small()(Tensor(images)).numpy().any()


def test_queries_keys_and_values_start_as_three_matrices():
    """The authors' program draws a D x D matrix for each: within sqrt(6 / 2 D), not / 4 D."""
    weights = dict(vit_small().named_parameters())
    attention = "block1.attention.body.attention"
    for name, bound in (("in_proj", 6 / 128), ("out_proj", 6 / 128)):
        largest = abs(weights[f"{attention}.{name}.weight"].numpy()).max()
        assert 0.98 * bound ** 0.5 < largest <= bound ** 0.5


@pytest.mark.parametrize("make, words", [
    (lambda: ViT("b_8"), r"ViT: no size 'b_8'; did you mean b_"),
    (lambda: ViT(image=225), r"ViT: an image of 225 pixels does not divide into patches of 16"),
    (lambda: ViT().shape((3, 192, 192)),
     r"^patches \(Patches .*192x192 pixels came.* 224x224; .*smallest image that fits ViT is 224x"),
    (lambda: ViT().shape((3, 448, 112)), r"^patches .*448x112 pixels came"),    # 196 patches, too
    (lambda: ViT().shape((3, 230, 224)), r"^patches .*230x224 pixels came"),
    (lambda: vit_small()(Tensor(np.zeros((1, 3, 64, 16)))), r"^patches .*64x16 pixels came"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored():
    model = ViT("b_16", image=64).to(dtype="float64")
    agrees_with_stored(model, STORED["vit_b_16"])
