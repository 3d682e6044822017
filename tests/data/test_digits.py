"""The drawn digits: format, balance, frame, determinism, and each step of the pen by hand."""

import numpy as np
import pytest

from minicnn.data.digits import (
    BOX,
    centre,
    digits,
    draw,
    fit,
    ink,
    read_stroke,
    smooth_curve,
    tremble,
    wave,
)
from minicnn.data.strokes import FORMS


@pytest.fixture(scope="module")
def drawn():
    return digits(1000, seed=3)


def generator():
    return np.random.default_rng(0)


def test_has_mnists_format(drawn):
    assert drawn.images.shape == (1000, 1, 28, 28) and drawn.images.dtype == np.uint8
    assert drawn.labels.shape == (1000,) and drawn.labels.dtype == np.int64
    assert drawn.classes == tuple("0123456789")
    assert "1,000 digits drawn by code" in drawn.source and "seed 3" in drawn.source


def test_classes_are_balanced_and_shuffled(drawn):
    assert np.bincount(drawn.labels).tolist() == [100] * 10
    assert np.bincount(digits(23).labels, minlength=10).tolist() == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]
    assert np.count_nonzero(np.diff(drawn.labels) == 0) < 200          # about one pair in ten
    assert digits(1).labels.tolist() == [0]


def test_one_seed_one_set(drawn):
    again = digits(1000, seed=3)
    assert np.array_equal(again.images, drawn.images)
    assert np.array_equal(again.labels, drawn.labels)
    other = digits(1000, seed=4)
    assert not np.array_equal(other.labels, drawn.labels)
    assert not np.array_equal(other.images, drawn.images)


def test_no_two_are_alike(drawn):
    assert len(np.unique(drawn.images.reshape(1000, -1), axis=0)) == 1000


def test_fitted_into_twenty_pixels(drawn):
    for image in drawn.images[:, 0]:
        rows, cols = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        height, width = int(rows[-1] - rows[0]) + 1, int(cols[-1] - cols[0]) + 1
        assert 19 <= max(height, width) <= 20, (height, width)   # 19 where the pen lifts there


def test_centred_by_mass(drawn):
    ink = drawn.images[:, 0].astype(float)
    row = (ink.sum(axis=2) * np.arange(28)).sum(axis=1) / ink.sum(axis=(1, 2))
    col = (ink.sum(axis=1) * np.arange(28)).sum(axis=1) / ink.sum(axis=(1, 2))
    off = np.maximum(np.abs(row - 14), np.abs(col - 14))
    assert (off < 0.52).mean() > 0.995 and off.max() < 1.5            # where the 20x20 box has room


def test_as_dark_as_mnist(drawn):
    assert drawn.images.min() == 0 and drawn.images.max() == 255
    assert 25 < drawn.images.mean() < 42                               # MNIST: 33.3
    assert drawn.images.reshape(1000, -1).max(axis=1).min() > 150      # no ghost


def test_labels_say_what_is_drawn(drawn):
    """The nearest mean image of another set, blurred by averaging, tells most digits apart."""
    others = digits(1000, seed=9)
    means = np.stack([others.images[others.labels == k].mean(axis=0) for k in range(10)])
    x = drawn.images.reshape(1000, -1).astype(float)
    distance = ((x[:, None] - means.reshape(10, -1)) ** 2).sum(axis=2)
    right = distance.argmin(axis=1) == drawn.labels
    assert right.mean() > 0.65
    assert all(right[drawn.labels == k].mean() > 0.3 for k in range(10))


def test_every_form_can_be_drawn():
    assert len(FORMS) == 10
    for forms in FORMS:
        assert len(forms) >= 4 and all(share > 0 for share, _ in forms)
        for _, strokes in forms:
            images = draw(strokes, 3, generator())
            assert images.shape == (3, 28, 28) and images.any(axis=(1, 2)).all()


def test_curve_passes_through_its_points_by_hand():
    points = np.array([[0, 0], [0.05, 0], [0.05, 0.05]])
    matrix = smooth_curve(points)
    # two steps of 0.025 in each span, the middle point is the end of one and the start of the next
    assert matrix.shape == (6, 3)
    np.testing.assert_allclose(matrix[[0, 2, 3, 5]],
                               [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], atol=1e-12)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)      # shifting points shifts it


def test_curve_through_points_on_a_line_is_the_line():
    points = np.stack([np.linspace(0, 1, 6), 2 * np.linspace(0, 1, 6)], axis=1)
    curve = smooth_curve(points) @ points
    np.testing.assert_allclose(curve[:, 1], 2 * curve[:, 0], atol=1e-12)
    assert np.all(np.diff(curve[:, 0]) >= -1e-12)


def test_corners_are_sharp():
    points, matrix = read_stroke("0,0 100,0! 100,100")
    assert points.tolist() == [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5]]
    _, smooth = read_stroke("0,0 100,0 100,100")

    def on_edges(curve):
        return np.isclose(curve[:, 1], -0.5) | np.isclose(curve[:, 0], 0.5)

    assert on_edges(matrix @ points).all() and not on_edges(smooth @ points).all()


def test_points_of_the_curve_are_half_a_pixel_apart():
    for forms in FORMS:
        for _, strokes in forms:
            for points, matrix in map(read_stroke, strokes):
                steps = np.linalg.norm(np.diff(matrix @ points, axis=0), axis=1)
                assert steps.max() < 0.06                              # about one pixel at most


def test_fit_by_hand():
    curve = np.array([[[0, 0], [1, 4]], [[5, 5], [9, 5]]], float)
    y = fit(curve, np.array([16.0, 10.0]))
    assert y.tolist() == [[[8, 2], [12, 18]], [[5, 10], [15, 10]]]


def test_ink_by_hand():
    curve = np.array([[[10.5, 10.5]]])                                 # the centre of pixel 10, 10
    y = ink(curve, np.array([2.0]), np.ones((1, 1)), np.array([2.0]))
    assert y.shape == (1, BOX, BOX)
    assert y[0, 10, 8:16].tolist() == [0.5, 1, 1, 1, 0.5, 0, 0, 0]     # at distances -2 .. 5
    harder = ink(curve, np.array([2.0]), np.full((1, 1), 2.0), np.array([2.0]))
    assert harder[0, 10, 10:16].tolist() == [1, 1, 1, 0.75, 0.5, 0.25]


def test_centre_by_hand():
    box = np.zeros((2, 20, 20))
    box[0, 3, 5] = 1
    box[1, 0, 0] = box[1, 2, 1] = 0.5
    images = centre(box)
    assert images[0, 11, 13] == 255                # as far as the box can go: 8 pixels
    assert images[1, 8, 8] == images[1, 10, 9] == 128
    box = np.zeros((1, 20, 20))
    box[0, 9, 7] = 1
    assert centre(box)[0, 14, 14] == 255


def test_tremble_is_as_large_as_documented():
    points = np.array([[0, 0], [0.3, 0], [0.5, 0], [1, 0]])
    miss = tremble(points, 20_000, generator())
    inner = np.sqrt((0.08 * 0.2) ** 2 + 0.02 ** 2)
    first = np.sqrt((0.08 * 0.3) ** 2 + 0.02 ** 2 + 0.045 ** 2)
    np.testing.assert_allclose(miss.std(axis=0)[:2], [[first] * 2, [inner] * 2], rtol=0.03)
    way = np.broadcast_to(np.linspace(0, 1, 9), (20_000, 9))
    np.testing.assert_allclose(wave(way, generator()).std(), 0.625 ** 0.5, rtol=0.03)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="count=0 should be at least 1"):
        digits(0)
    with pytest.raises(TypeError, match="count is a float, expected an integer"):
        digits(1e4)
