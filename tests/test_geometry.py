"""Windows: sizes against brute force, im2col against loops, col2im as its adjoint."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minicnn.backend import to_cpu
from minicnn.geometry import Window, col2im, im2col, out_size, pair


@st.composite
def windows(draw, ceil_mode=None):
    def two(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    padding = draw(st.one_of(st.sampled_from(["same", "valid"]),
                             st.tuples(st.integers(0, 3), st.integers(0, 3))))
    return Window.of(two(1, 4), two(1, 4), padding, two(1, 3),
                     draw(st.booleans()) if ceil_mode is None else ceil_mode)


sizes = st.integers(1, 9)


def fits(window, H, W):
    try:
        window.out(H, W)
    except ValueError:
        return False
    return True


# --- out_size -------------------------------------------------------------------------------------

def positions(size, kernel, stride, before, after, dilation, ceil_mode):
    """Slide the window by hand and count."""
    reach, count, start, end = dilation * (kernel - 1) + 1, 0, 0, before + size + after
    while start + reach <= end:
        count, start = count + 1, start + stride
    pixels_left_over = start - stride + reach < end
    starts_in_the_image = start < before + size
    return count + (ceil_mode and pixels_left_over and starts_in_the_image)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 6), st.integers(0, 5),
       st.integers(0, 5), st.integers(1, 3), st.booleans())
@settings(max_examples=400)
def test_out_size_counts_positions(size, kernel, stride, before, after, dilation, ceil_mode):
    assume(size + before + after >= dilation * (kernel - 1) + 1)
    assert (out_size(size, kernel, stride, before, after, dilation, ceil_mode)
            == positions(size, kernel, stride, before, after, dilation, ceil_mode))


@pytest.mark.parametrize("arguments, expected", [
    ((32, 5), 28), ((28, 2, 2), 14), ((227, 11, 4), 55), ((55, 3, 2), 27), ((27, 5, 1, 2), 27),
    ((224, 7, 2, 3), 112), ((224, 3, 1, 1), 224), ((5, 5), 1), ((6, 4, 3), 1),
    ((7, 2, 1, 0, 1), 7),
    ((7, 3, 1, 0, 0, 2), 3), ((112, 3, 2, 0, 0, 1, True), 56), ((112, 3, 2, 0, 0, 1, False), 55),
    ((56, 3, 2, 0, None, 1, True), 28), ((4, 2, 2, 1, 1, 1, True), 3),
    ((3, 2, 2, 1, 1, 1, True), 2)])
def test_out_size_by_hand(arguments, expected):
    """LeNet-5, AlexNet, VGG, ResNet and GoogLeNet; 4 pixels, padded by 1, 2 at a time: no 4th."""
    assert out_size(*arguments) == expected


def test_a_window_that_does_not_fit():
    with pytest.raises(ValueError, match=r"window of 5 pixels does not fit into 2 \+ 1 \+ 1 = 4;"):
        out_size(2, 3, 1, 1, dilation=2)


# --- Window ---------------------------------------------------------------------------------------

def test_pairs():
    assert pair(3) == (3, 3) and pair([1, 2]) == (1, 2) and pair((4, 5)) == (4, 5)
    for wrong in (1.0, "3", None, (1, 2, 3), (1,), True, (1, 2.0), np.float32(3)):
        with pytest.raises(TypeError, match="stride must be a whole number or a pair of them, got"):
            pair(wrong, "stride")
    for wrong in (0, -1, (1, 0)):
        with pytest.raises(ValueError, match="kernel_size must be at least 1, got"):
            pair(wrong)
    assert pair(0, "padding", least=0) == (0, 0)


@pytest.mark.parametrize("arguments, error, message", [
    ((0,), ValueError, "kernel_size must be at least 1"), ((3, 0), ValueError, "stride must be"),
    ((3, 1, -1), ValueError, "padding must be at least 0"),
    ((3, 1, 0, 0), ValueError, "dilation must be"), ((2.5,), TypeError, "kernel_size must be"),
    ((3, 1, "full"), ValueError, 'padding must be numbers, "same" or "valid", got \'full\'')])
def test_windows_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        Window.of(*arguments)


def test_windows_describe_themselves():
    assert str(Window.of(3)) == "kernel 3x3"
    assert str(Window.of((2, 3), 2, (1, 0), 2, True)) == (
        "kernel 2x3, stride 2x2, padding 1x0, dilation 2x2, ceil mode")
    assert str(Window.of(3, 1, "same")) == "kernel 3x3, padding same"
    assert Window.of(3) == Window.of((3, 3), [1, 1]) and Window.of(3).reach == (3, 3)
    assert Window.of(3, dilation=(2, 1)).reach == (5, 3)


@pytest.mark.parametrize("size, kernel, stride, dilation, before, after", [
    (5, 3, 1, 1, 1, 1), (5, 4, 1, 1, 1, 2), (5, 2, 1, 1, 0, 1), (6, 3, 2, 1, 0, 1),
    (7, 3, 2, 1, 1, 1), (5, 3, 1, 2, 2, 2), (4, 1, 3, 1, 0, 0), (224, 7, 2, 1, 2, 3)])
def test_same_by_hand(size, kernel, stride, dilation, before, after):
    window = Window.of((kernel, 1), (stride, 1), "same", (dilation, 1))
    assert window.borders(size, 1) == ((before, after), (0, 0))
    assert window.out(size, 1) == (-(-size // stride), 1)


@given(windows(False), sizes, sizes)
def test_same_keeps_the_size(window, H, W):
    (SH, SW), (kernel, dilation) = window.stride, (window.kernel, window.dilation)
    same = Window.of(kernel, (SH, SW), "same", dilation)
    assert same.out(H, W) == (-(-H // SH), -(-W // SW))
    for before, after in same.borders(H, W):
        assert before <= after <= before + 1


@given(windows(), sizes, sizes)
def test_padding_and_cropping(window, H, W):
    assume(fits(window, H, W))
    x = np.arange(1.0, 2 * H * W + 1).reshape(2, 1, H, W)
    x_pad = window.pad(x, -1.0)
    (top, _), (left, _) = window.borders(H, W)
    assert x_pad.shape[2:] == window.padded_size(H, W)
    assert (x_pad[:, :, top:top + H, left:left + W] == x).all()
    assert (x_pad == -1).sum() == x_pad.size - x.size
    assert (window.crop(x_pad, H, W) == x).all()


# --- im2col and col2im --------------------------------------------------------------------------

def im2col_by_loops(x, window):
    (N, C, H, W), (OH, OW) = x.shape, window.out(*x.shape[2:])
    (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
    (top, _), (left, _) = window.borders(H, W)
    cols = np.zeros((C, KH, KW, OH, OW, N))
    for c, u, v, i, j, n in np.ndindex(*cols.shape):
        row, col = i * SH + u * DH - top, j * SW + v * DW - left
        if 0 <= row < H and 0 <= col < W:
            cols[c, u, v, i, j, n] = x[n, c, row, col]
    return cols


@given(windows(), st.integers(0, 2), st.integers(1, 2), sizes, sizes, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_im2col_is_the_loops(window, N, C, H, W, seed):
    assume(fits(window, H, W))
    x = np.random.default_rng(seed).standard_normal((N, C, H, W))
    assert (im2col(x, window) == im2col_by_loops(x, window)).all()


@given(windows(), st.integers(0, 2), st.integers(1, 2), sizes, sizes, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_col2im_is_the_adjoint(window, N, C, H, W, seed):
    """<im2col(x), d> = <x, col2im(d)> for every x and d."""
    assume(fits(window, H, W))
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, C, H, W))
    cols = im2col(x, window)
    dcols = rng.standard_normal(cols.shape)
    dx = col2im(dcols, x.shape, window)
    assert dx.shape == x.shape
    assert abs((cols * dcols).sum() - (x * dx).sum()) <= 1e-12 * max(1, np.abs(cols * dcols).sum())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_on_every_library_and_dtype(xp, dtype):
    window = Window.of((2, 3), (2, 1), 1)
    a = np.random.default_rng(0).standard_normal((2, 3, 5, 4)).astype(dtype)
    x = xp.asarray(a)
    cols = im2col(x, window)
    assert cols.dtype == dtype and (to_cpu(cols) == im2col_by_loops(a, window)).all()
    dx = col2im(cols, x.shape, window)
    assert dx.dtype == dtype and (to_cpu(x) == a).all()
    assert np.allclose(to_cpu(dx), col2im(to_cpu(cols), a.shape, window), atol=1e-2)


@pytest.mark.parametrize("view", [lambda a: a[:, :, ::-1, ::-1], lambda a: a.transpose(1, 0, 3, 2),
                                  np.asfortranarray, lambda a: np.broadcast_to(a[:1], a.shape)])
def test_any_memory_layout(view):
    a = view(np.random.default_rng(0).standard_normal((2, 2, 5, 4)))
    a.flags.writeable = False
    for window in (Window.of(3, 2, 1), Window.of(1), Window.of(2, 2, 0, 1, True)):
        assert (im2col(a, window) == im2col_by_loops(a, window)).all()


def test_nothing_to_pad_is_no_copy():
    x = np.zeros((1, 1, 3, 3))
    assert Window.of(3).pad(x) is x
