"""What a cell sees, held against what really changes it."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.demo.looking import looked_at
from minicnn.explain import pocket_subject


@pytest.mark.parametrize("layer, at, box", [
    ("CONV1", (13, 16), (13, 16, 17, 20)), ("POOL1", (6, 8), (12, 16, 17, 21)),
    ("CONV2", (4, 5), (8, 10, 21, 23))])
def test_by_hand(layer, at, box):
    recorder = pocket_subject(7).run()
    assert looked_at(recorder, layer, at)["image"] == box


def test_only_pixels_in_the_box_change_the_cell():
    subject = pocket_subject(7)
    recorder = subject.run()
    top, left, bottom, right = looked_at(recorder, "CONV2", (4, 5))["image"]
    before = recorder.visits["CONV2"].output.numpy()[0, :, 4, 5].copy()
    inside = np.zeros(subject.x.shape, bool)
    inside[0, 0, top:bottom + 1, left:right + 1] = True

    def cell(x):
        layers = subject.model
        for name in ("CONV1", "CONV1_relu", "POOL1", "CONV2"):
            x = getattr(layers, name)(x)
        return x.numpy()[0, :, 4, 5]

    assert np.allclose(cell(Tensor(np.where(inside, subject.x, 5))), before, atol=1e-12)
    assert not np.allclose(cell(Tensor(np.where(inside, 5, subject.x))), before)


def test_layers_between_are_named():
    found = looked_at(pocket_subject(7).run(), "CONV2", (4, 5))
    assert found["POOL1"] == (4, 5, 8, 9)
    assert found["CONV1"] == found["CONV1_relu"] == (8, 10, 17, 19)
    assert "CONV2" not in found and "POOL2" not in found
