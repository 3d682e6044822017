"""R-CNN: counts, and how a region is cut out and warped."""

import numpy as np

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.models import build
from minicnn.models.detection import rcnn
from minicnn.models.detection.rcnn import RCNN
from tests.models.detection.rcnn_checks import scene
from tests.models.network_checks import nothing_was_drawn


def test_counts():
    for variant, count, parameters, macs in (("paper", 2000, 56_954_261, 720_396_832),
                                             ("small", 64, 367_300, 14_528_000)):
        model = build("rcnn", variant=variant)
        table, crop = summary(model), summary(model.net)
        assert (table.parameters, table.macs, crop.macs) == (parameters, count * macs, macs)
        assert nothing_was_drawn(model)
        for number in (parameters, macs, count * macs):
            assert f"{number:,}" in rcnn.__doc__


def test_a_crop_has_its_region_in_the_middle_and_16_of_227_pixels_around_it():
    """A white region on black: white begins after 16 of 227 pixels of the crop, on every side."""
    image = np.zeros((3, 400, 500), np.float32)
    image[:, 100:200, 150:350] = 1                         # twice as wide as high: stretched
    crop = RCNN().crops(Tensor(image), np.array([[150, 100, 350, 200.0]])).numpy()
    assert crop.shape == (1, 3, 227, 227)
    white = np.argwhere(crop[0, 0] > 0.5)
    assert white.min(axis=0).tolist() == [16, 16] and white.max(axis=0).tolist() == [210, 210]


def test_a_crop_is_bilinear_in_the_picture():
    image = np.arange(40 * 40, dtype=np.float32).reshape(1, 40, 40).repeat(3, axis=0)
    box, side = np.array([[8.0, 10, 24, 30]]), 32
    crop = RCNN("small").crops(Tensor(image), box).numpy()[0, 0]
    scale = 1 / (1 - 32 / 227)
    for i, j in ((0, 0), (5, 17), (31, 31)):
        x = 16 + (8 * scale) * ((j + 0.5) / side * 2 - 1) - 0.5
        y = 20 + (10 * scale) * ((i + 0.5) / side * 2 - 1) - 0.5
        assert np.isclose(crop[i, j], 40 * y + x, rtol=1e-4)           # a plane


def test_outside_the_picture_is_the_mean():
    image = np.ones((3, 64, 64), np.float32)
    crop = RCNN("small").crops(Tensor(image), np.array([[0, 0, 20, 20.0]])).numpy()
    assert (crop[0, :, 0] == 0).all() and (crop[0, :, 16, 16] == 1).all()


def test_crops_pass_some_at_a_time(monkeypatch):
    model = RCNN("small").eval()
    images, _ = scene()
    regions = [np.array([[8, 8, 30, 30], [20, 20, 50, 50], [1, 1, 12, 12], [0, 9, 9, 40.0]])] * 2
    whole = model(images, proposals=regions)
    monkeypatch.setattr(rcnn, "CHUNK", 3)
    for one, other in zip(model(images, proposals=regions), whole, strict=True):
        assert np.array_equal(one["labels"], other["labels"])
        assert np.allclose(one["scores"], other["scores"], atol=1e-6)


def test_no_region():
    one, _ = RCNN("small").eval()(scene()[0], proposals=[np.zeros((0, 4))] * 2)
    assert one["boxes"].shape == (0, 4) and one["scores"].shape == (0,)
