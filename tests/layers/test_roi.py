"""RoIAlign and RoIPool: by hand, by loops, by torchvision's numbers; boxes of every kind."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor, functions, layers
from minicnn.backend.arrays import to_cpu
from minicnn.layers import Module, RoIAlign, RoIPool, roi_align, roi_pool
from minicnn.layers import roi_boxes as arithmetic
from tests.layers.checks import check_agreement
from tests.reference import regions as loops

STORED = json.loads((Path(__file__).parents[1] / "stored/regions.json").read_text())["regions"]
COUNTING = np.arange(16.0).reshape(1, 1, 4, 4)
WHOLE = [[[0, 0, 4, 4]]]                                   # the box around these 4 x 4 pixels


def gradient(xp, pool, x, boxes, *settings, dy=None):
    """(y, dx) on the library under test, as NumPy arrays."""
    t = Tensor(xp.asarray(x), requires_grad=True)
    y = pool(t, boxes, *settings)
    y.backward(xp.ones_like(y.data) if dy is None else xp.asarray(dy))
    return y.numpy(), to_cpu(t.grad)


# --- by hand ----------------------------------------------------------------------------------

def test_pool_by_hand(xp):
    """The corners 0, 2 and 0, 1, 3, 3: three rows and columns each, shared between the bins."""
    boxes = [np.array([[0, 0, 20, 20], [0, 10, 30, 30]], float)]
    y, dx = gradient(xp, roi_pool, COUNTING, boxes, 2, 0.1)
    assert y.tolist() == [[[[5, 6], [9, 10]]], [[[9, 11], [13, 15]]]]
    assert dx.reshape(4, 4).tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 2, 1, 1], [0, 1, 0, 1]]


def test_align_of_the_whole_map_is_the_map(xp):
    y, dx = gradient(xp, roi_align, COUNTING, WHOLE, 4, 1.0, 1, True)
    assert y.tolist() == COUNTING.tolist()
    assert dx.tolist() == np.ones_like(COUNTING).tolist()


def test_not_aligned_reads_half_a_pixel_too_far(xp):
    """torchvision's default, and its mistake (vision#1871): the last column is read twice."""
    y, _ = gradient(xp, roi_align, COUNTING, WHOLE, 4, 1.0, 1)
    assert y[0, 0].tolist() == [[2.5, 3.5, 4.5, 5], [6.5, 7.5, 8.5, 9], [10.5, 11.5, 12.5, 13],
                                [12.5, 13.5, 14.5, 15]]


def test_align_equals_resizing(xp, rng):
    """One point in each bin of the whole map is bilinear interpolation to that size."""
    x = Tensor(xp.asarray(rng.standard_normal((2, 3, 5, 7))))
    boxes = [[[0, 0, 7, 5]], [[0, 0, 7, 5]]]
    check_agreement(roi_align(x, boxes, (8, 4), 1.0, 1, True).numpy(),
                    functions.interpolate(x, (8, 4), mode="bilinear").numpy())


def test_a_small_box_is_a_pixel_wide_unless_aligned(xp):
    at = [np.array([[1.5, 1.5, 1.6, 1.6]])]
    x = Tensor(xp.asarray(COUNTING))
    assert roi_align(x, at, 1, 1.0, 1, True).item() == pytest.approx(5.25)
    assert roi_align(x, at, 1, 1.0, 1).item() == pytest.approx(10)


def test_points_outside_count_as_zero(xp):
    """They stay in the mean, and lie outside only beyond a pixel: before, the border goes on."""
    x = Tensor(xp.ones((1, 1, 4, 4)))
    means = [roi_align(x, [[[left, 0, left + 4, 4]]], 1, 1.0, 4, True).item()
             for left in (-5, -4, -1, 0, 1, 4, 5)]
    assert means == [0, 0.25, 1, 1, 1, 0.25, 0]


# --- by loops and by torchvision --------------------------------------------------------------

def drawn(rng, K=5):
    x = rng.standard_normal((2, 2, 6, 5))
    corners = np.sort(rng.uniform(-2, 8, (K, 2, 2)), axis=1).reshape(K, 4)
    return x, np.concatenate([rng.integers(0, 2, (K, 1)), corners], axis=1)


@pytest.mark.parametrize("points", [-1, 0, 1, 3])
@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("output_size, scale", [((1, 1), 1.0), ((2, 3), 0.5), ((4, 1), 2.0)])
def test_align_agrees_with_loops(points, aligned, output_size, scale, xp, rng):
    x, rois = drawn(rng)
    rois[:, 1:] /= scale
    y = roi_align(Tensor(xp.asarray(x)), rois, output_size, scale, points, aligned)
    check_agreement(y.numpy(), loops.roi_align(x, rois, output_size, scale, points, aligned))


@pytest.mark.parametrize("output_size, scale", [((1, 1), 1.0), ((2, 3), 0.5), ((7, 4), 1.0)])
def test_pool_agrees_with_loops(output_size, scale, xp, rng):
    x, rois = drawn(rng)
    y = roi_pool(Tensor(xp.asarray(x)), rois, output_size, scale)
    check_agreement(y.numpy(), loops.roi_pool(x, rois, output_size, scale))


@pytest.mark.parametrize("case", STORED, ids=lambda case: f"{case['function']} {case['settings']}")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_torchvision(case, dtype, xp):
    pool, tolerance = getattr(layers, case["function"]), 1e-10 if dtype == "float64" else 2e-5
    y, dx = gradient(xp, pool, np.array(case["x"], dtype), np.array(case["boxes"], dtype),
                     *case["settings"], dy=np.array(case["dy"], dtype))
    assert y.dtype == dx.dtype == dtype
    check_agreement(y, np.array(case["y"]), tolerance)
    check_agreement(dx, np.array(case["dx"]), tolerance)


def test_halves_are_rounded_away_from_zero():
    """vision#923: np.round, and Python's round, make 2 of 2.5."""
    values = [0.5, 1.5, 2.5, -0.5, -2.5, 0.49999997, 2.4999998]
    assert arithmetic.rounded(np.array(values, "f")).tolist() == [1, 2, 3, -1, -3, 0, 2]


def test_bins_of_whole_numbers_are_exact():
    """(i + 1) h / P rounded up, for which floats give one pixel too many now and then."""
    for h in range(1, 70):
        for P in (1, 3, 7, 14):
            low, high = arithmetic.edges(np.array([0]), np.array([h - 1]), 100, P)
            assert low[0].tolist() == [i * h // P for i in range(P)]
            assert high[0].tolist() == [-(-(i + 1) * h // P) for i in range(P)]
            assert high[0, -1] == h


# --- boxes of every kind ----------------------------------------------------------------------

@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_every_form_of_boxes(pool, xp, rng):
    x = Tensor(xp.asarray(rng.standard_normal((3, 2, 6, 6))))
    each = [np.array([[0, 0, 3, 3.0]]), np.zeros((0, 4)), np.array([[1, 1, 5, 4], [2, 0, 6, 6.0]])]
    numbered = np.concatenate([np.insert(boxes, 0, n, axis=1) for n, boxes in enumerate(each)])
    expected = pool(x, each, 2).numpy()
    assert expected.shape == (3, 2, 2, 2)
    for boxes in (numbered, xp.asarray(numbered), Tensor(xp.asarray(numbered)), tuple(each),
                  [boxes.tolist() for boxes in each], [xp.asarray(boxes) for boxes in each],
                  [Tensor(xp.asarray(boxes)) for boxes in each]):
        assert np.array_equal(pool(x, boxes, 2).numpy(), expected)
    whole = [boxes.astype(int) for boxes in each]
    assert np.array_equal(pool(x, whole, 2).numpy(), expected)


@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_no_box_at_all(pool, xp):
    for boxes in ([[], []], np.zeros((0, 5)), [np.zeros((0, 4)), []]):
        y, dx = gradient(xp, pool, np.ones((2, 3, 4, 4)), boxes, 2)
        assert y.shape == (0, 3, 2, 2) and dx.shape == (2, 3, 4, 4) and not dx.any()
    y, dx = gradient(xp, pool, np.ones((0, 3, 4, 4)), [], 2)
    assert y.shape == (0, 3, 2, 2) and dx.shape == (0, 3, 4, 4)


@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_a_box_far_outside_is_zero(pool, xp):
    y, dx = gradient(xp, pool, np.ones((1, 1, 4, 4)), [[[30, 30, 40, 40]]], 2)
    assert not y.any() and not dx.any()


@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_nan_comes_out_of_its_box_alone(pool, xp):
    x = np.ones((1, 2, 6, 6))
    x[0, 0, 1, 1] = np.nan
    y = pool(Tensor(xp.asarray(x)), [[[0, 0, 2, 2], [4, 4, 6, 6]]], 1).numpy()
    assert np.isnan(y[:, :, 0, 0]).tolist() == [[True, False], [False, False]]


def test_of_equal_values_the_first_in_row_order_wins(xp):
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 0] = x[0, 0, 0, 2] = 1
    _, dx = gradient(xp, roi_pool, x, [[[0, 0, 2, 2]]], 1)
    assert np.argwhere(dx[0, 0]).tolist() == [[0, 2]]


@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_float16_is_summed_in_float32_and_boxes_are_not_rounded_to_it(pool, xp):
    """2,049 is no float16: the corner would be 2,048, and a pixel of the map another."""
    x = np.zeros((1, 1, 1, 2064), np.float16)
    x[..., 2049] = 1
    boxes = [np.array([[2049, 0, 2050, 1.0]])]
    settings = (1, 1.0, 1, True) if pool is roi_align else (1, 1.0)
    y, _ = gradient(xp, pool, x, boxes, *settings)
    assert y.item() == 1 and y.dtype == np.float16
    many = [np.tile([[0, 0, 1, 1.0]], (3000, 1))]
    _, dx = gradient(xp, pool, np.ones((1, 1, 1, 2), np.float16), many, *settings)
    assert dx.dtype == np.float16 and dx.sum() == 3000


@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_any_layout_and_the_input_stays(pool, rng):
    x, rois = drawn(rng)
    expected = gradient(np, pool, x, rois, 2)
    x.flags.writeable = rois.flags.writeable = False
    for change in (np.asfortranarray, lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
                   lambda a: np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0)):
        for ours, wanted in zip(gradient(np, pool, change(x), change(rois), 2), expected,
                                strict=True):
            np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-12)


def test_many_bins_of_one_size_are_read_in_parts(xp, rng, monkeypatch):
    x, rois = drawn(rng, K=9)
    expected = gradient(xp, roi_pool, x, rois, 2)
    monkeypatch.setattr(arithmetic, "MANY", 4)
    for ours, wanted in zip(gradient(xp, roi_pool, x, rois, 2), expected, strict=True):
        assert np.array_equal(ours, wanted)


# --- as layers --------------------------------------------------------------------------------

def test_shapes_are_followed():
    class Head(Module):
        def __init__(self):
            self.pool, self.flat = RoIAlign((7, 5), 1 / 16, 2, True), layers.Flatten()

        def forward(self, x, boxes=None):
            return self.flat(self.pool(x, boxes))

    assert RoIPool(7, 1 / 16).shape((512, 37, 62)) == (512, 7, 7)
    assert Head().shape((8, 20, 20)) == (8 * 7 * 5,)
    assert Head()(Tensor(np.ones((1, 8, 20, 20))), [[[0, 0, 99, 99]]]).shape == (1, 280)


def test_names():
    assert repr(RoIAlign(7, 1 / 16, 2, True)) == \
        "RoIAlign to 7x7, scale 0.0625, 2 points a bin, aligned"
    assert repr(RoIAlign((7, 5))) == "RoIAlign to 7x5, scale 1"
    assert repr(RoIPool(7, 0.5)) == "RoIPool to 7x7, scale 0.5"


IMAGE = np.zeros((2, 1, 6, 8))


@pytest.mark.parametrize("boxes, error, message", [
    ([[[0, 0, 1, 1]]], ValueError, "there are 2 images and 1 array of boxes; expected one array"),
    (np.zeros((3, 4)), ValueError, r"\(K, 5\) with the number of its image before each box; got "
                                   r"numpy.ndarray \(3, 4\)"),
    (None, TypeError, "boxes are object, the first None|NoneType"),
    ([[0, 0, 1, 1], []], ValueError, r"boxes of image 0: expected \(n, 4\).* one box is a list of"),
    ([[], [[0, 0, 1, 1], [3, 0, 2, 1]]], ValueError,
     r"boxes of image 1: box 1 \(3, 0, 2, 1\): its corners are in the wrong order"),
    ([[], [[0, 0, np.nan, 1]]], ValueError, r"box 0 \(0, 0, nan, 1\) is not one of an image whose "
                                            r"map has 8 x 6 pixels"),
    ([[], [[0, 0, 1e9, 1]]], ValueError, r"box 0 \(0, 0, 1e\+09, 1\) is not one of an image"),
    ([[0, 0, 1, 1, 1]] * 2, ValueError, r"expected \(n, 4\)"),
    (np.array([[2, 0, 0, 1, 1.0]]), ValueError, "box 0 is said to be of image 2; there are image"),
    (np.array([[0, 0, 0, 1, 1], [-1, 0, 0, 1, 1]]), ValueError, "box 1 is said to be of image -1"),
    (np.array([[0.5, 0, 0, 1, 1]]), ValueError, "said to be of image 0.5"),
    ([["a"], []], TypeError, "written numbers become numbers"),
])
@pytest.mark.parametrize("pool, name", [(roi_align, "RoIAlign to"), (roi_pool, "RoIPool to")])
def test_says_what_is_wrong_with_boxes(pool, name, boxes, error, message):
    with pytest.raises(error, match=f"{name}.*: .*({message})"):
        pool(Tensor(IMAGE), boxes, 2)


@pytest.mark.parametrize("arguments, message", [
    ((0,), "output_size must be at least 1, got 0"), ((2.0,), "got 2.0"), ((True,), "got True"),
    (((7, 7, 7),), r"output_size must be a whole number or a pair of them, got \(7, 7, 7\)"),
    ((7, 0), "spatial_scale is one number, .* such as 1/16; got 0"),
    ((7, (0.5, 0.5)), r"got \(0.5, 0.5\)"), ((7, np.nan), "got nan")])
@pytest.mark.parametrize("kind", [RoIAlign, RoIPool])
def test_says_what_is_wrong_with_settings(kind, arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"{kind.__name__}: .*{message}"):
        kind(*arguments)


@pytest.mark.parametrize("points, aligned, message", [
    (2.5, True, "sampling_ratio must be a whole number of points, .* got 2.5"),
    (True, False, "got True"), (2, 1, "aligned must be True or False, got 1")])
def test_says_what_is_wrong_with_points(points, aligned, message):
    with pytest.raises((TypeError, ValueError), match=f"RoIAlign: .*{message}"):
        RoIAlign(7, 1 / 16, points, aligned)


@pytest.mark.parametrize("pool", [roi_align, roi_pool])
def test_says_what_is_wrong_with_the_map(pool):
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\), got \(N, 6, 8\)"):
        pool(Tensor(IMAGE[0]), [[]], 2)
    with pytest.raises(ValueError, match="a map of 0x8 has no pixels"):
        pool(Tensor(IMAGE[:, :, :0]), [[], []], 2)
    with pytest.raises(TypeError, match="expected a Tensor"):
        pool(IMAGE, [[], []], 2)
