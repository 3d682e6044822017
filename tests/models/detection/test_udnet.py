"""UD-Net and its heat maps: by hand."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.models import build
from minicnn.models.detection import udnet
from minicnn.models.detection.heat import heat_map, peaks
from minicnn.models.detection.udnet import UDNet
from tests.models.detection.detectors import pictures, targets
from tests.models.network_checks import nothing_was_drawn


@pytest.mark.parametrize("variant, parameters, macs, classes", [
    ("paper", 39_091_393, 152_488_116_224, 2), ("small", 153_131, 115_408_896, 4)])
def test_figures(variant, parameters, macs, classes):
    model = build("udnet", variant=variant)
    table = summary(model)
    assert (table.parameters, table.macs) == (parameters, macs)
    assert model.shape(model.input_shape) == (classes - 1, *model.input_shape[1:])
    assert f"{parameters:,}" in udnet.__doc__ and f"{macs:,}" in udnet.__doc__
    assert nothing_was_drawn(model)


# --- hills and their tops -------------------------------------------------------------------------

def test_a_hill_by_hand():
    """The middle of a box from 2 to 5 is that of pixel 3."""
    heat = heat_map(np.array([[2.0, 1, 5, 4]]), (6, 8), 2)
    assert heat.shape == (6, 8) and heat[2, 3] == 1
    assert heat[2, 5] == heat[4, 3] == pytest.approx(np.exp(-4 / 8))
    assert heat[3, 4] == pytest.approx(np.exp(-2 / 8))


def test_hills_that_meet_are_as_high_as_the_higher():
    one, other = np.array([[2.0, 2, 5, 5]]), np.array([[5.0, 2, 8, 5]])
    together = heat_map(np.concatenate([one, other]), (8, 12), 2)
    assert np.allclose(together, np.maximum(heat_map(one, (8, 12), 2), heat_map(other, (8, 12), 2)))
    assert together.max() == 1
    assert not heat_map(np.zeros((0, 4)), (8, 12), 2).any()


def test_every_hill_has_one_top():
    boxes = np.array([[2.0, 2, 9, 9], [20, 4, 27, 11], [10, 22, 18, 30], [30.5, 30.5, 31, 31]])
    points, heights = peaks(heat_map(boxes, (32, 32), 2), 0.3)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert len(points) == 4 and (np.diff(heights) <= 0).all()
    assert all(np.abs(middles - point).max(axis=1).min() <= 0.5 for point in points)


@pytest.mark.parametrize("heat, expected", [
    ([[.4, .4, .4], [.4, .4, .4]], [[.5, .5]]),            # a plain: its first pixel
    ([[.5, .1, .5]], [[.5, .5], [2.5, .5]]),               # equal tops apart: both, in order
    ([[.5, .5], [.1, .9]], [[1.5, 1.5]]),
    ([[.2, .1]], []), ([[np.nan, .1]], []), ([[.3]], [[.5, .5]])])
def test_peaks_by_hand(heat, expected):
    assert peaks(np.array(heat), 0.3)[0].tolist() == expected


# --- the network ----------------------------------------------------------------------------------

def test_the_loss_is_the_mean_square():
    model = UDNet("small", classes=3, sigma=1.5)
    x, wanted = pictures(2), targets(2, classes=3)
    model.eval()
    said = model.outputs(Tensor(np.array(x, np.float32))).numpy()
    terms = model.losses([Tensor(one.astype("f")) for one in x], wanted)
    for n, target in enumerate(wanted):
        hills = np.stack([heat_map(target["boxes"][target["labels"] == label], (64, 64), 1.5)
                          for label in (1, 2)])
        expected = ((said[n] - hills) ** 2).mean() / 2
        assert terms["heat"].numpy()[n] == pytest.approx(expected, rel=1e-5)


def test_perfect_heat_is_found(monkeypatch):
    wanted, sizes = targets(3), [(64, 64), (61, 64), (64, 60)]
    heat = np.zeros((3, 3, 64, 64))
    for n, target in enumerate(wanted):
        for box, label in zip(target["boxes"], target["labels"], strict=True):
            heat[n, label - 1] = np.maximum(heat[n, label - 1], heat_map(box[None], (64, 64), 2))
    heat[1:, 0, 62, 62] = 0.9                              # outside these pictures
    monkeypatch.setattr(UDNet, "outputs", lambda self, x: Tensor(heat))
    found = UDNet("small", side=10).eval()([np.zeros((3, *size), "f") for size in sizes])
    for one, target, (H, W) in zip(found, wanted, sizes, strict=True):
        order = np.argsort(one["labels"])
        assert one["labels"][order].tolist() == target["labels"].tolist()
        middles = (target["boxes"][:, :2] + target["boxes"][:, 2:]) / 2
        assert np.abs(one["points"][order] - middles).max() <= 0.5
        assert (one["boxes"] <= [W, H, W, H]).all()
    inside = found[0]["boxes"][0]
    assert (inside[2:] - inside[:2]).tolist() == [10, 10]


def test_pictures_of_other_sizes_are_padded():
    model = UDNet("small").eval()
    wide, = model([np.zeros((3, 20, 50), "f")])
    assert (wide["points"] < [50, 20]).all()


@pytest.mark.parametrize("option", ["sigma", "side"])
def test_options_that_do_not_fit(option):
    with pytest.raises(ValueError, match=f"UDNet: {option} must be above 0 pixels, got 0"):
        UDNet("small", **{option: 0})
