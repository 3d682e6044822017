"""Windows: sizes against brute force, padding, which pixels meet which cells."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minicnn.backend.windows import Window, out_size, pair


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
    expected = positions(size, kernel, stride, before, after, dilation, ceil_mode)
    if expected:
        assert out_size(size, kernel, stride, before, after, dilation, ceil_mode) == expected
    else:
        with pytest.raises(ValueError, match="does not fit into"):
            out_size(size, kernel, stride, before, after, dilation, ceil_mode)


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


def test_padded_size_by_hand():
    """On an oblong image: two windows of 3 down, side by side, take 6 pixels; one across takes 3.
    """
    assert Window.of(3, 3, "same").padded_size(4, 3) == (6, 3)
    assert Window.of(3, 1, (1, 2)).padded_size(5, 7) == (7, 11)


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


def test_nothing_to_pad_is_no_copy():
    x = np.zeros((1, 1, 3, 3))
    assert Window.of(3).pad(x) is x
