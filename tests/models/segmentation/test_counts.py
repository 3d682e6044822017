"""Published counts, shapes and costs of the segmentation networks, and the heads of their files."""

import json
from functools import cache
from pathlib import Path

import pytest

from minicnn.analysis import summary
from minicnn.models import SEGMENTERS, build
from minicnn.models.segmentation import FAMILIES
from tests.models.network_checks import check_against, nothing_was_drawn, stage_shapes
from tests.models.segmentation.forms import SMALL

GOLDEN = json.loads(Path(__file__).with_name("golden_segmentation.json").read_text("utf-8"))

UP = {f"{name}.{n}": f"{ours}{4 - n}" for n in range(4)
      for name, ours in (("up", "up"), ("dec", "merge"), ("d", "merge"))}
HERE = {
    "f3": "pool3", "f4": "pool4", "f5": "pool5", "up2": "upscore2", "sp4": "score_pool4",
    "up4": "upscore_pool4", "sp3": "score_pool3", "up": "upscore", "out": "scores",
    **UP, **{f"{name}.{n}": f"{ours}{n + 1}" for n in range(5)
             for name, ours in (("down", "down"), ("e", "down"), ("enc", "encoder"))},
}
SEGNET = HERE | {f"dec.{n}": "scores" if n == 4 else f"decoder{5 - n}" for n in range(5)}
RESNET = {"stem.c1": "conv1_1", "stem.c2": "conv1_2", "stem.c3": "conv1_3", "stem.pool": "maxpool",
          "l1": "conv2_x", "l2": "conv3_x", "l3": "conv4_x", "l4": "conv5_x", "ppm": "pyramid",
          "aux": "aux_classifier", "cls": "classifier"}
REFINENET = RESNET | {"stem.0": "conv1", "stem.1": "maxpool", "cls": "scores",
                      "drop": "scores_dropout",
                      **{f"{word}{n}": f"{ours}{n}" for n in (1, 2, 3, 4)
                         for word, ours in (("a", "adapt"), ("r", "refine"))}}
RENAMED = {"segnet": SEGNET, "pspnet50": RESNET, "refinenet101": REFINENET,
           "deeplab_v1": {name: f"head.{name}" for name in ("fc6", "fc7", "fc8")}}


@pytest.mark.parametrize("key", GOLDEN)
def test_golden(key):
    name, _, variant = key.partition(" ")
    model = build(name, **({"variant": variant} if variant else {}))
    check_against(model, GOLDEN[key], RENAMED.get(name, HERE))


@cache
def counted(name, options=()):
    """The network and its table."""
    model = build(name, **dict(options))
    return model, summary(model)


# (name, options): parameters, MACs, image -> scores
COUNTED = [
    ("segnet_basic", {}, 1_416_075, 57_873_530_880, (3, 352, 480), (11, 352, 480)),
    ("unet", {"variant": "padded", "norm": True}, 31_043_521, 48_167_387_136, (3, 256, 256),
     (1, 256, 256)),
    ("attention_unet", {}, 34_878_573, 66_424_930_304, (3, 256, 256), (1, 256, 256)),
    ("r2unet", {"gates": True}, 39_442_925, 153_565_790_208, (3, 256, 256), (1, 256, 256)),
    ("dilated8", {}, 134_374_973, 791_684_600_832, (3, 900, 900), (21, 528, 528)),
    ("dilated8", {"context": "large"}, 141_149_720, 821_187_257_400, (3, 900, 900),
     (21, 528, 528)),
    ("deeplab_v2", {}, 37_877_652, 80_120_358_592, (3, 321, 321), (21, 321, 321)),
    ("fcn_resnet50", {"aux": True}, 35_322_218, 152_716_512_000, (3, 520, 520),
     ((21, 520, 520),) * 2),
    ("fcn_resnet101", {"aux": True}, 54_314_346, 232_737_606_400, (3, 520, 520),
     ((21, 520, 520),) * 2),
    ("deeplabv3_resnet50", {"aux": True}, 42_004_074, 178_721_945_088, (3, 520, 520),
     ((21, 520, 520),) * 2),
    ("deeplabv3_resnet101", {"aux": True}, 60_996_202, 258_743_039_488, (3, 520, 520),
     ((21, 520, 520),) * 2),
    ("fcn32s", {"variant": "small"}, 294_644, 45_713_408, (3, 64, 64), (4, 64, 64)),
    ("fcn16s", {"variant": "small"}, 246_008, 45_718_528, (3, 64, 64), (4, 64, 64)),
    ("fcn8s", {"variant": "small"}, 234_236, 45_739_008, (3, 64, 64), (4, 64, 64)),
    ("segnet", {"variant": "small"}, 294_420, 96_403_456, (3, 64, 64), (4, 64, 64)),
    ("unet", {"variant": "small"}, 482_788, 145_162_240, (3, 64, 64), (4, 64, 64)),
]


@pytest.mark.parametrize("name, options, parameters, macs, image, scores", COUNTED)
def test_counted(name, options, parameters, macs, image, scores):
    model, table = counted(name, tuple(options.items()))
    assert (table.parameters, table.macs) == (parameters, macs)
    assert (model.input_shape, model.shape(image)) == (image, scores)


def test_the_context_module_of_dilated8():
    for context, parameters in (("basic", 28_392), ("large", 6_803_139)):
        model = build("dilated8", context=context)
        assert sum(q.numel() for name, q in model.named_parameters()
                   if name.startswith("ctx")) == parameters
        assert stage_shapes(model)["final"] == stage_shapes(model)["ctx8"] == [21, 66, 66]


def test_the_sides_of_figure_1_of_the_unet_paper():
    found = stage_shapes(build("unet"))
    assert [found[f"down{n}"][1] for n in range(1, 6)] == [568, 280, 136, 64, 28]
    assert [found[f"crop{n}"][1] for n in (4, 3, 2, 1)] == [56, 104, 200, 392]
    assert [found[f"join{n}"][0] for n in (4, 3, 2, 1)] == [1024, 512, 256, 128]


FORMS = [*((name, {}) for name in SEGMENTERS), *SMALL.items(),
         *((name, options) for name, options, *_ in COUNTED), ("unet", {"variant": "padded"})]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.split(".")[-1])
def test_the_docstring_has_the_totals(family):
    for name, options in FORMS:
        if name in family.NETWORKS:
            _, table = counted(name, tuple(options.items()))
            assert f"{table.parameters:,}" in family.__doc__, (name, options)
            assert f"{table.macs:,}" in family.__doc__, (name, options)


@pytest.mark.parametrize("name", SEGMENTERS)
def test_counting_draws_nothing(name):
    model, table = counted(name)
    assert nothing_was_drawn(model) and [line.remark for line in table.lines if line.remark] == []
    assert f"{table.parameters:,} parameters" in table.text()
    assert repr(model).startswith(type(model).__name__)
