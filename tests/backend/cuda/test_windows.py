"""The kernels of convolution and pooling, held to the definitions on NumPy.

Where g++ is installed they run on the CPU (tests/host_cuda.py), where there is a GPU, on it.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.arrays import to_cpu
from minicnn.backend.cpu.columns import gather, laid_out
from minicnn.backend.cuda import windows
from minicnn.backend.windows import Window
from minicnn.layers import AvgPool2d, MaxPool2d
from minicnn.layers.im2col import col2im, im2col
from tests.backend.cuda.cuda_common import DTYPES, PLACES, close, normal, through

if not PLACES:
    pytest.skip("neither g++ nor a GPU", allow_module_level=True)


@pytest.fixture(params=DTYPES, ids=lambda dtype: dtype.__name__)
def dtype(request):
    return request.param


def max_pool(x, window, needed=True):
    return windows.max_pool(x, window=window, needs_grad=(needed,))


def average_pool(x, window, counted=True):
    return windows.average_pool(x, window=window, count_include_pad=counted, needs_grad=(True,))


# --- convolution's windows ------------------------------------------------------------------------

WINDOWS = [Window.of(1), Window.of(3, padding=1), Window.of((2, 3), (1, 2), (0, 2)),
           Window.of(3, 2, 1), Window.of(3, 2, 2, dilation=2), Window.of(2, 3),
           Window.of((1, 3), 2, "same", (1, 3)), Window.of(5, 1, 4)]
SHAPES = [(2, 3, 7, 8), (1, 1, 5, 7), (4, 2, 6, 5)]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_im2col_and_back(cp, window, dtype):
    for shape in SHAPES:
        x = normal(shape, dtype)
        cols = im2col(x, window)
        close(windows.im2col(cp.asarray(x), window), cols)
        dcols = normal(cols.shape, dtype, 1)
        close(windows.col2im(cp.asarray(dcols), shape, window), col2im(dcols, shape, window), 10)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_rows_of_columns(cp, window, dtype):
    for shape in SHAPES:
        x = normal(shape, dtype)
        image, (OH, OW) = laid_out(x, window), window.out(*shape[2:])
        ours = windows.laid_out(cp.asarray(x), window)
        assert ours.shape == image.shape
        for corners in (window.corners(), window.corners()[::2]):
            for rows in (slice(0, OH), slice(OH // 2, OH), slice(1, 2)):
                close(windows.gather(ours, corners, window.stride, rows, OW),
                      gather(image, corners, window.stride, rows, OW))


LAYOUTS = [lambda x: x, lambda x: x.transpose(1, 2, 3, 0).copy().transpose(3, 0, 1, 2),
           lambda x: x[:, ::-1, :, ::-1], lambda x: x[::2, :, 1:, :-1]]


@pytest.mark.parametrize("layout", range(len(LAYOUTS)))
def test_im2col_takes_any_layout(cp, layout):
    x, window = normal((4, 3, 6, 7), np.float32), Window.of((2, 3), 2, 1)
    view = LAYOUTS[layout](x)
    close(windows.im2col(LAYOUTS[layout](cp.asarray(x)), window), im2col(view, window))


def test_windows_of_nothing(cp):
    window = Window.of(3, padding=1)
    for shape in [(0, 3, 5, 6), (2, 0, 5, 6)]:
        cols = windows.im2col(cp.ones(shape, np.float32), window)
        assert cols.shape == im2col(np.ones(shape), window).shape
        assert windows.col2im(cols, shape, window).shape == shape
        for pool in (max_pool, average_pool):
            y, backward = pool(cp.ones(shape, np.float32), window)
            assert backward(y).shape == shape


# --- pooling --------------------------------------------------------------------------------------

POOLS = [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1},
         {"kernel_size": (2, 3), "stride": (1, 2)}, {"kernel_size": 3, "stride": 1, "padding": 1},
         {"kernel_size": 3, "stride": 2, "ceil_mode": True}, {"kernel_size": 2, "stride": 3},
         {"kernel_size": 3, "stride": 2, "padding": "same"}]
POOLED = (3, 2, 9, 8)


@pytest.mark.parametrize("options", [
    *POOLS, {"kernel_size": 2, "dilation": 2}, {"kernel_size": (1, 5), "padding": (0, 2)},
    {"kernel_size": 2, "stride": 2, "padding": 1, "dilation": 3}], ids=str)
def test_max_pooling(cp, options, dtype):
    layer, x = MaxPool2d(**options), normal(POOLED, dtype)
    x[0, 0, :4, :4] = 1                                              # ties: the first cell wins
    x[1, 1, 2:6, 2:6] = -np.inf
    dy = normal((len(x), *layer.out_shape(x.shape[1:])), dtype, 1)
    expected, dx = through(layer, x, dy)
    y, backward = max_pool(cp.asarray(x), layer.window)
    close(y, expected)
    close(backward(cp.asarray(dy)), dx, 10)
    assert backward.keywords["winner"].dtype == np.uint8
    y, backward = max_pool(cp.asarray(x), layer.window, needed=False)
    assert backward.keywords["winner"] is None and np.array_equal(to_cpu(y), expected)


def test_max_pooling_of_nan_and_minus_infinity(cp):
    layer, x = MaxPool2d(3, 2, 1), normal((2, 1, 6, 6), np.float32)
    x[0, 0, 2, 1:3] = x[0, 0, 4, 1] = np.nan              # of several, the first wins
    x[1] = -np.inf
    dy = normal((2, 1, 3, 3), np.float32, 1)
    expected, dx = through(layer, x, dy)
    y, backward = max_pool(cp.asarray(x), layer.window)
    assert np.array_equal(to_cpu(y), expected, equal_nan=True)
    close(backward(cp.asarray(dy)), dx)


def test_a_window_of_more_cells_than_a_byte_counts_is_left_to_the_definition(cp):
    assert max_pool(cp.ones((1, 1, 20, 20), np.float32), Window.pooling(17)) is NotImplemented


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("options", POOLS, ids=str)
def test_average_pooling(cp, options, counted, dtype):
    layer, x = AvgPool2d(**options, count_include_pad=counted), normal(POOLED, dtype)
    dy = normal((len(x), *layer.out_shape(x.shape[1:])), dtype, 1)
    expected, dx = through(layer, x, dy)
    y, backward = average_pool(cp.asarray(x), layer.window, counted)
    close(y, expected)
    close(backward(cp.asarray(dy)), dx)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_pooling_window(cp, data):
    number = lambda most: data.draw(st.integers(1, most))            # noqa: E731
    kernel, stride, dilation = [(number(3), number(3)) for _ in range(3)]
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    layer = MaxPool2d(kernel, stride, padding, dilation, ceil_mode=data.draw(st.booleans()))
    shape = number(3), number(2), 6 + number(5), 6 + number(5)
    x = normal(shape, np.float32, number(100))
    dy = normal((shape[0], *layer.out_shape(shape[1:])), np.float32, number(100))
    expected, dx = through(layer, x, dy)
    y, backward = max_pool(cp.asarray(x), layer.window)
    close(y, expected)
    close(backward(cp.asarray(dy)), dx, 10)
    window = layer.window
    cols = windows.im2col(cp.asarray(x), window)
    close(cols, im2col(x, window))
    close(windows.col2im(cols, shape, window), col2im(im2col(x, window), shape, window), 10)


# --- 64-bit counting ------------------------------------------------------------------------------

def test_the_same_in_64_bits(cp, monkeypatch):
    monkeypatch.setattr("minicnn.backend.cuda.launch.reach", lambda array: 1 << 40)
    x, window = normal((2, 3, 7, 8), np.float32), Window.of(3, 2, 1)
    close(windows.im2col(cp.asarray(x), window), im2col(x, window))
    y, _ = max_pool(cp.asarray(x), window)
    close(y, through(MaxPool2d(3, 2, 1), x, normal(y.shape, np.float32))[0])
