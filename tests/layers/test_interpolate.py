"""Images in another size: by hand, against loops, and where PyTorch rounds."""

import itertools
from math import inf

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.interpolate import Upsample, interpolate
from tests.layers.checks import check_agreement, check_keeps_layout, gradient_of, run
from tests.reference import maps as reference

SQUARE = np.array([[[[1.0, 2], [3, 4]]]])


@pytest.mark.parametrize("settings, first_row", [
    ({"mode": "bilinear"}, [1, 1.25, 1.75, 2]),
    ({"mode": "bilinear", "align_corners": True}, [1, 4 / 3, 5 / 3, 2]),
    ({"mode": "nearest"}, [1, 1, 2, 2])])
def test_by_hand(settings, first_row, xp):
    y = run(Upsample(size=4, **settings), xp, SQUARE)
    check_agreement(y[0, 0, 0], np.array(first_row))
    check_agreement(y[0, 0, :, 0] - 1, 2 * (np.array(first_row) - 1))    # 3 is 2 below 1
    assert np.array_equal(run(Upsample(scale_factor=2, **settings), xp, SQUARE), y)


def test_gradients_by_hand():
    x, dy = np.array([[[[1.0, 3]]]]), np.array([[[[1.0, 10, 100, 1000]]]])
    y, dx = gradient_of(Upsample(size=(1, 4)), x, dy)
    assert y.tolist() == [[[[1, 1, 3, 3]]]] and dx.tolist() == [[[[11, 1100]]]]
    y, dx = gradient_of(Upsample(size=(1, 4), mode="bilinear"), x, dy)
    assert y.tolist() == [[[[1, 1.5, 2.5, 3]]]]
    assert dx.tolist() == [[[[1 + 7.5 + 25, 2.5 + 75 + 1000]]]]


SIZES = [{"size": 1}, {"size": (2, 9)}, {"size": (5, 4)}, {"size": (11, 3)}, {"scale_factor": 2},
         {"scale_factor": (1.5, 0.5)}, {"scale_factor": (3, 0.7)}, {"scale_factor": 2.5}]


@pytest.mark.parametrize("settings, mode, align_corners", [
    *itertools.product(SIZES, ["nearest"], [None]),
    *itertools.product(SIZES, ["bilinear"], [False, True, None])])
def test_agrees_with_loops(settings, mode, align_corners, rng, xp):
    x = rng.standard_normal((2, 2, 5, 4))
    layer = Upsample(**settings, mode=mode, align_corners=align_corners)
    expected = reference.interpolate(x, **settings, mode=mode, align_corners=bool(align_corners))
    check_agreement(run(layer, xp, x), expected)


def test_shares_of_a_pixel_are_one(rng):
    """A grey image stays grey, and dy is neither lost nor added to."""
    for settings in SIZES:
        for mode in ("nearest", "bilinear"):
            y, dx = gradient_of(Upsample(**settings, mode=mode), np.full((1, 1, 5, 4), 3.0))
            np.testing.assert_allclose(y, 3, rtol=1e-12)
            np.testing.assert_allclose(dx.sum(), y.size, rtol=1e-12)


def test_a_size_and_a_scale_differ_where_they_do_not_divide():
    """With a scale the step is 1 / scale, not size / new size; 7 x 1.5 becomes 10."""
    x = np.arange(7.0).reshape(1, 1, 1, 7)
    by_size = interpolate(Tensor(x), (1, 10), mode="bilinear").numpy()[0, 0, 0]
    by_scale = interpolate(Tensor(x), scale_factor=(1, 1.5), mode="bilinear").numpy()[0, 0, 0]
    check_agreement(by_size[:2], np.array([0, 1.5 * 0.7 - 0.5]))
    check_agreement(by_scale[:2], np.array([0, 0.5]))


def test_a_whole_number_is_not_missed_by_rounding():
    """Row 61 of 128 -> 122 is 61 128 / 122 = 64; in float32 the product is below, and gives 63."""
    x = np.arange(128.0).reshape(1, 1, 1, 128)
    assert interpolate(Tensor(x), (1, 122)).numpy()[0, 0, 0, 61] == 64


def test_the_same_size_is_the_same_image(rng):
    x = rng.standard_normal((2, 2, 5, 4))
    for settings in ({"mode": "nearest"}, {"mode": "bilinear"},
                     {"mode": "bilinear", "align_corners": True}):
        check_agreement(Upsample(size=(5, 4), **settings)(Tensor(x)).numpy(), x)


def test_numbers_of_numpy_do_not_change_the_dtype():
    x = Tensor(np.ones((1, 1, 2, 2), np.float32))
    assert interpolate(x, scale_factor=np.float64(1.5), mode="bilinear").dtype == np.float32
    assert interpolate(x, np.array([3, 4])[0], mode="bilinear").shape == (1, 1, 3, 3)


def test_what_is_infinite_stays_where_it_is():
    """0 times infinity would be NaN: where a pixel has no share, it is not looked at."""
    x = np.array([[[[inf, 1.0, 2.0, 3.0]]]])
    y = interpolate(Tensor(x), (1, 8), mode="bilinear").numpy()[0, 0, 0]
    assert y.tolist() == [inf, inf, inf, 1.25, 1.75, 2.25, 2.75, 3]
    assert interpolate(Tensor(x), (1, 8)).numpy()[0, 0, 0, 2:].tolist() == [1, 1, 2, 2, 3, 3]


def test_the_batch_stays_innermost(rng):
    for mode in ("nearest", "bilinear"):
        check_keeps_layout(Upsample(scale_factor=2, mode=mode), rng.standard_normal((3, 2, 4, 3)))


def test_follows_shapes_and_has_names():
    assert Upsample((7, 9)).shape((3, 4, 4)) == (3, 7, 9)
    assert Upsample(scale_factor=(2, 0.5)).shape((3, 5, 5)) == (3, 10, 2)
    assert repr(Upsample(7)) == "Upsample to 7x7, nearest"
    assert repr(Upsample(scale_factor=(2, 0.5), mode="bilinear", align_corners=True)) == \
        "Upsample by 2x0.5, bilinear, corners aligned"
    assert Upsample(scale_factor=2).receptive_field((1, 3, 4)) == ((1, 1), (0.5, 0.5))
    assert Upsample((3, 8), mode="bilinear").receptive_field((1, 3, 4)) == ((2, 2), (1, 0.5))


@pytest.mark.parametrize("settings, error, message", [
    ({}, ValueError, "Upsample: give either size or scale_factor, got None and None"),
    ({"size": 3, "scale_factor": 2}, ValueError, "either size or scale_factor, got 3 and 2"),
    ({"size": 3, "mode": "bicubic"}, ValueError, "mode must be one of nearest, bilinear, got 'bic"),
    ({"size": 3, "align_corners": False}, ValueError, 'align_corners is for mode="bilinear" alone'),
    ({"size": 3, "mode": "bilinear", "align_corners": 1}, TypeError, "must be True or False, got"),
    ({"size": 0}, ValueError, "Upsample: size must be at least 1, got 0"),
    ({"size": 2.5}, TypeError, "Upsample: size must be a whole number or a pair of them, got 2.5"),
    ({"scale_factor": -1}, ValueError, "scale_factor must be a number above 0 or a pair of them"),
    ({"scale_factor": inf}, ValueError, "scale_factor must be a number above 0 or a pair of them"),
    ({"scale_factor": np.nan}, ValueError, "scale_factor must be a number above 0 or a pair of"),
    ({"scale_factor": "2"}, ValueError, "scale_factor must be a number above 0 or a pair of them"),
    ({"scale_factor": (1, 2, 3)}, ValueError, "above 0 or a pair of them, got .1, 2, 3.")])
def test_says_what_is_wrong(settings, error, message):
    with pytest.raises(error, match=message):
        Upsample(**settings)


def test_says_what_is_wrong_with_the_image():
    with pytest.raises(ValueError, match="^interpolate .Upsample by 0.5x0.5, nearest.: an image of "
                                         "1x4 would become 0x2; both need a pixel at least"):
        interpolate(Tensor(np.ones((1, 1, 1, 4))), scale_factor=0.5)
    with pytest.raises(ValueError, match="an image of 0x4 would become 2x2"):
        Upsample(2).shape((1, 0, 4))
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\), got \(N, 4, 4\)"):
        Upsample(2)(Tensor(np.ones((2, 4, 4))))
    with pytest.raises(TypeError, match="uint8 values have no gradient"):
        Upsample(2)(Tensor(np.ones((1, 1, 2, 2), np.uint8)))
