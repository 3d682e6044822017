"""Which way a convolution takes; what each computes is in tests/layers/test_conv.py."""

import numpy as np
import pytest

from minicnn.backend.cpu import banded_convolution, convolution
from minicnn.backend.cpu.banded_convolution import banded_backward
from minicnn.backend.cpu.convolution import kept_columns_backward
from minicnn.backend.cpu.pointwise_convolution import pointwise_convolution_backward
from minicnn.backend.cpu.tiled_convolution import tiled_convolution_backward
from minicnn.backend.windows import Window


def way(window, G=1):
    """The backward that 3 channels and 3 filters get, on two images of 8 x 8."""
    x, w = np.zeros((2, 3, 8, 8), np.float32), np.zeros((3, 3 // G, *window.kernel))
    w = w.astype(np.float32)
    return convolution.conv2d(x, w, window=window, G=G, needs_grad=(True, True))[1].func


def test_large_columns_take_the_bands_or_the_tiles(monkeypatch):
    columns = 27 * 36 * 2 * 4                              # bytes
    monkeypatch.setattr(convolution, "in_one_go", lambda nbytes: nbytes < columns)
    assert way(Window.of(3)) is banded_backward
    monkeypatch.setattr(banded_convolution, "FEW", 0)
    assert way(Window.of(3)) is tiled_convolution_backward
    monkeypatch.setattr(convolution, "in_one_go", lambda nbytes: nbytes <= columns)
    assert way(Window.of(3)) is kept_columns_backward


@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 0), (2, "same")])
def test_filters_of_one_pixel_need_no_columns(stride, padding):
    assert way(Window.of(1, stride, padding)) is pointwise_convolution_backward


def test_groups_and_padding_need_them_even_so():
    assert way(Window.of(1), G=3) is kept_columns_backward
    assert way(Window.of(1, 1, 1)) is kept_columns_backward
