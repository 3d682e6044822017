"""A picture of a digit becomes one of MNIST's, whatever it was drawn on."""

import numpy as np
import pytest

from minicnn.data import as_mnist, digits
from minicnn.data.as_mnist import ink_of, threshold

DIGITS = digits(20, seed=3).images[:, 0]                   # (20, 28, 28), white on black


def centre(y):
    mass = y.sum(dtype=float)
    return (y.sum(axis=1) @ np.arange(28)) / mass, (y.sum(axis=0) @ np.arange(28)) / mass


def large(digit, side=140):
    return np.kron(digit, np.ones((side // 28, side // 28)))


def on_page(digit, top=30, left=90, shape=(240, 320)):
    """The digit, white on black, somewhere on a page."""
    page = np.zeros(shape)
    page[top:top + digit.shape[0], left:left + digit.shape[1]] = digit
    return page


def photographed(page, rng, dark=0.3):
    """Ink on paper under a lamp: brighter on the left and at the top, with noise, in colours."""
    rows, columns = np.mgrid[0:page.shape[0], 0:page.shape[1]]
    light = 230 - 60 * columns / page.shape[1] - 40 * rows / page.shape[0]
    grey = light * (1 - (1 - dark) * page / 255) + rng.normal(0, 3, page.shape)
    return np.clip(np.stack([grey, 0.97 * grey, 0.9 * grey]), 0, 255).astype(np.uint8)


def alike(a, b):
    """Correlation of two digits, a pixel to any side: a centre of mass may lie on a border."""
    return max(np.corrcoef(np.roll(a, (i, j), (0, 1)).ravel(), b.ravel())[0, 1]
               for i in (-1, 0, 1) for j in (-1, 0, 1))


@pytest.mark.parametrize("number", range(20))
def test_bounds(number):
    y = as_mnist(255 - large(DIGITS[number]))
    assert y.shape == (28, 28) and y.dtype == np.uint8 and y.max() > 200
    rows, columns = np.flatnonzero(y.any(axis=1)), np.flatnonzero(y.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    assert max(np.ptp(rows), np.ptp(columns)) + 1 >= 18
    assert abs(centre(y)[0] - 14) <= 0.6 and abs(centre(y)[1] - 14) <= 0.6


@pytest.mark.parametrize("number", range(0, 20, 4))
def test_black_on_white_and_white_on_black_are_one_digit(number):
    page = on_page(large(DIGITS[number]))
    white, black = as_mnist(page), as_mnist(255 - page)
    assert alike(white, black) > 0.99 and white.sum() > 5000


@pytest.mark.parametrize("top, left", [(0, 0), (100, 180), (57, 3)])
def test_wherever_it_is_on_the_page(top, left):
    """At least a pixel of paper around it, for the border says which is the paper."""
    here = as_mnist(255 - on_page(large(DIGITS[7]), top, left))
    assert np.array_equal(here, as_mnist(255 - on_page(large(DIGITS[7]))))


@pytest.mark.parametrize("number", range(20))
def test_photographed_on_paper_under_a_lamp(number, rng):
    page = on_page(large(DIGITS[number]))
    assert alike(as_mnist(photographed(page, rng)), as_mnist(255 - page)) > 0.95


@pytest.mark.parametrize("number", range(20))
def test_a_digit_as_mnist_has_them_stays_nearly_the_same(number):
    once = as_mnist(255 - large(DIGITS[number]))
    assert alike(as_mnist(once), once) > 0.95


def test_colours_and_grey_are_alike():
    page = 255 - on_page(large(DIGITS[1]))
    for picture in (page[None], np.stack([page] * 3), page.astype(np.uint8)):
        assert alike(as_mnist(picture), as_mnist(page)) > 0.999


def test_a_thin_one_stays_thin():
    """A bar of 200 x 4 pixels is 20 pixels high and 1 wide, not stretched."""
    page = np.full((260, 120), 255.0)
    page[30:230, 58:62] = 0
    y = as_mnist(page)
    assert y.any(axis=1).sum() == 20 and y.any(axis=0).sum() <= 2


def test_by_hand():
    """40 x 20 pixels of ink become 20 x 10, around (14, 14)."""
    page = np.full((60, 60), 200.0)
    page[10:50, 20:40] = 20
    y = as_mnist(page)
    assert (y[4:24, 10:20] >= 254).all() and np.count_nonzero(y) == 200


def test_threshold_parts_two_groups():
    ink = np.array([[0.0, 10, 5], [200, 210, 190]])
    assert 10 <= threshold(ink) <= 100 and ink_of(np.full((5, 5), 7.0)).sum() == 0


@pytest.mark.parametrize("picture, words", [
    (np.zeros((28, 28)), "there is nothing on this picture"),
    (np.full((3, 50, 50), 255), "nothing on this picture"),
    (np.tile(np.linspace(200, 215, 50), (50, 1)), "nothing on this picture"),
    (np.zeros((2, 2)), r"expected one picture \(H, W\) or \(3, H, W\), got \(2, 2\)"),
    (np.zeros((0, 0)), r"got \(0, 0\)"), (np.zeros(784), r"got \(784,\)"),
    (np.zeros((4, 1, 28, 28)), r"got \(4, 1, 28, 28\)"), (np.zeros((28, 28, 3)), r"got \(28, 28"),
    (np.full((30, 30), np.nan), "pixels that are no numbers"),
    (np.full((30, 30), np.inf), "pixels that are no numbers")])
def test_what_is_no_picture_of_a_digit(picture, words):
    with pytest.raises(ValueError, match=f"^as_mnist: .*{words}"):
        as_mnist(picture)


def test_words_are_no_picture():
    with pytest.raises(TypeError, match="as_mnist: pixels are a str, expected an array"):
        as_mnist("digit.png")


@pytest.mark.parametrize("shape", [(3, 3), (3, 400), (400, 3), (5, 5)])
def test_any_shape_gives_a_digit_or_an_error(shape, rng):
    for _ in range(5):
        picture = rng.integers(0, 256, shape)
        try:
            y = as_mnist(picture)
        except ValueError:
            continue
        assert y.shape == (28, 28) and y.dtype == np.uint8
