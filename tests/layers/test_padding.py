"""Convolution whose border is the image itself, against PyTorch's numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.conv import Conv2d
from minicnn.layers.padding import source
from tests.layers.test_options import close, wave

STORED = json.loads((Path(__file__).parents[1] / "stored/habits.json").read_text())


@pytest.mark.parametrize("case", STORED["conv"],
                         ids=lambda case: f"{case['mode']} {case['padding']} {case['stride']}")
def test_padding_modes_equal_stored_numbers(case, xp, device):
    padding = case["padding"] if isinstance(case["padding"], (int, str)) else (*case["padding"],)
    layer = Conv2d(2, 3, 3, case["stride"], padding, padding_mode=case["mode"], bias=False)
    layer.to(device, np.float64).weight.data = xp.asarray(2 * wave(3, 2, 3, 3))
    x = Tensor(xp.asarray(wave(1, 2, 4, 5)), requires_grad=True)
    y = layer(x)
    y.backward(xp.asarray(3 * wave(*y.shape)))
    assert layer.shape((2, 4, 5)) == y.shape[1:]
    close(y.numpy(), case["y"])
    close(Tensor(x.grad).numpy(), case["dx"])
    close(Tensor(layer.weight.grad).numpy(), case["dw"])


def test_the_pixels_beyond_the_edge():
    """As padding.py draws them, and as NumPy pads."""
    for mode, numpys in ("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"):
        for size in (3, 4, 7):
            most = {"reflect": size - 1, "circular": size, "replicate": 9}[mode]
            for before, after in (most, 0), (0, most), (1, 2):
                expected = np.pad(np.arange(size), (before, after), numpys).tolist()
                assert [source(i, size, mode) for i in range(-before, size + after)] == expected


@pytest.mark.parametrize("mode, shape, message", [
    ("reflect", (1, 2, 5), r'padding of 2 pixels in mode "reflect" .* 2x5 has; at most 1'),
    ("circular", (1, 1, 5), r'padding of 2 pixels in mode "circular" .* 1x5 has; at most 1')])
def test_padding_refuses_images_that_are_too_small(mode, shape, message):
    layer = Conv2d(1, 1, 3, padding=2, padding_mode=mode)
    for run in (layer.shape, lambda shape: layer(Tensor(np.zeros((2, *shape), np.float32)))):
        with pytest.raises(ValueError, match=f"Conv2d 1 -> 1, .*, {mode}.*: {message}"):
            run(shape)
