"""Network in Network: its slide, its maps, its start."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed, no_grad
from minicnn.layers import Linear
from minicnn.models.alexnet import AlexNet
from minicnn.models.nin import NETWORKS, NiN
from tests.models.network_checks import check_against, golden, stage_shapes


@pytest.mark.parametrize("variant", ["imagenet", "cifar10"])
def test_golden(variant):
    figures = golden("nin")[f"nin_{variant}"]
    model = NiN(variant)
    check_against(model, figures)
    assert [label for label, _, _ in model.rows] == [stage for stage, _ in figures["stages"]]


def test_numbers_of_the_slide():
    """memphis: NiN 7.5 million (29 megabytes) against AlexNet's 60 million (230), without fc6, fc7.

    The megabytes are of 2^20 bytes."""
    nin_size, alexnet_size = NiN().num_parameters(), AlexNet().num_parameters()
    assert (round(nin_size / 1e6, 1), round(alexnet_size / 1e6)) == (7.6, 61)
    assert (round(4 * nin_size / 2 ** 20), round(4 * alexnet_size / 2 ** 20)) == (29, 233)
    assert not any(isinstance(part, Linear) for part in NiN().modules())


def test_batch_norm_stands_behind_each_convolution():
    model = NiN("bn")
    kinds = [type(part).__name__ for _, part in model.named_parts()]
    assert [kinds[i + 1:i + 3] for i, kind in enumerate(kinds) if kind == "Conv2d"] == \
        [["BatchNorm2d", "ReLU"]] * 12
    assert model.shape((3, 224, 224)) == (1000,) and model.drop.p == 0
    assert NiN("bn", dropout=0.3).drop.p == 0.3 and NiN().drop.p == 0.5


def test_small_has_half_the_maps():
    maps = {name: part.out_channels for name, part in NiN("small").named_parts()
            if part.num_parameters()}
    assert maps == {"conv1": 96, "conv1_cccp1": 80, "conv1_cccp2": 48,
                    "conv2": 96, "conv2_cccp1": 96, "conv2_cccp2": 96,
                    "conv3": 96, "conv3_cccp1": 96, "conv3_cccp2": 10}


def test_224_leads_to_the_sizes_of_227():
    ceil = {side: [stage_shapes_at(NiN(), side)[stage] for stage in ("pool1", "pool2", "pool3")]
            for side in (224, 227)}
    assert ceil[224] == ceil[227] == [(96, 27, 27), (256, 13, 13), (384, 6, 6)]


def stage_shapes_at(model, side):
    model.input_shape = (3, side, side)
    return {stage: tuple(shape) for stage, shape in stage_shapes(model).items()}


def test_names_of_the_weights():
    assert [name for name, _ in NiN("cifar10").named_state()] == [
        f"{layer}{part}.{kind}" for layer in ("conv1", "conv2", "conv3")
        for part in ("", "_cccp1", "_cccp2") for kind in ("weight", "bias")]


def test_score_is_the_mean_of_a_class_map(rng):
    model = NiN("small").eval()
    x = Tensor(rng.standard_normal((2, 3, 32, 32)).astype("float32"))
    y = x
    for name, part in model.named_parts():
        if name == "gap":
            break
        y = part(y)
    assert y.shape == (2, 10, 8, 8)
    np.testing.assert_allclose(model(x).numpy(), y.numpy().mean(axis=(2, 3)), rtol=1e-5, atol=1e-6)


def test_other_classes_channels_and_sizes(rng):
    model = NiN("small", classes=7, channels=1)
    assert model.input_shape == (1, 32, 32)
    assert model(Tensor(rng.standard_normal((2, 1, 20, 28)).astype("float32"))).shape == (2, 7)


@pytest.mark.parametrize("options, words", [
    ({"variant": "cifar"}, "NiN: no variant 'cifar'; did you mean cifar10"),
    ({"variant": "paper"}, "NiN: no variant 'paper'; there are imagenet, bn, cifar10, small"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        NiN(**options)


@pytest.mark.parametrize("variant, in_shape, words", [
    ("imagenet", (3, 32, 32), r"^pool3 \(MaxPool2d .*a window of 3 .*smallest image that fits NiN "
                              "is 39x39"),
    ("cifar10", (3, 2, 2), r"^pool2 \(MaxPool2d .*a window of 3 .*fits NiN is 4x4"),
    ("cifar10", (32, 32), r"^conv1 \(.*one image still needs the batch axis"),
])
def test_wrong_images(variant, in_shape, words):
    model = NiN(variant)
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)
    with pytest.raises(ValueError, match=words):
        model(Tensor(np.zeros((1, *in_shape), np.float32)))


def test_networks():
    assert {name: build().num_parameters() for name, build in NETWORKS.items()} == {
        "nin": 7_595_176, "nin_bn": 8_655_336, "nin_cifar10": 966_986, "nin_small": 246_186}


@pytest.mark.parametrize("variant", ["cifar10", "small"])
def test_untrained_scores_lie_close_together_and_are_alive(variant, device):
    """Else the first thing learnt is to make them equal, and the last ReLU falls silent."""
    manual_seed(0)
    model = NiN(variant).to(device).eval()
    images = np.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype("float32")
    with no_grad():
        scores = model(Tensor(images).to(device)).numpy()
    assert 0 < scores.max() < 1                            # ten times more by He's rule
