"""Max unpooling: by hand, against loops, PyTorch's indices, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.maxunpool import MaxUnpool2d
from minicnn.layers.module import Module
from tests.layers.checks import check_keeps_layout, gradient_of
from tests.reference import maps as reference

STORED = [case for case in json.loads(
    (Path(__file__).parents[1] / "stored" / "maps.json").read_text("utf-8")) if "pooled" in case]
SLIDE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])


def test_by_hand(xp):
    y, indices = MaxPool2d(2, return_indices=True)(Tensor(xp.asarray(SLIDE)))
    assert indices.dtype == np.int64 and indices.numpy().tolist() == [[[[5, 7], [8, 15]]]]
    assert MaxUnpool2d(2)(y, indices).numpy().tolist() == [[[
        [0, 0, 0, 0], [0, 6, 0, 8], [3, 0, 0, 0], [0, 0, 0, 4]]]]


def test_gradient_by_hand():
    indices = Tensor(np.array([[[[5, 7], [8, 15]]]]))
    dy = np.arange(16.0).reshape(1, 1, 4, 4)
    _, dx = gradient_of(lambda x: MaxUnpool2d(2)(x, indices), np.ones((1, 1, 2, 2)), dy)
    assert dx.tolist() == [[[[5, 7], [8, 15]]]]


@pytest.mark.parametrize("kernel, stride, padding, dilation, ceil_mode", [
    (2, None, 0, 1, False), ((2, 3), None, 0, 1, True), (3, 2, 1, 1, False), (2, 3, 1, 1, False),
    (3, 1, "same", 1, False), (2, 2, 1, 2, False), ((3, 2), (1, 2), (1, 0), (1, 3), False)])
def test_indices_agree_with_loops(kernel, stride, padding, dilation, ceil_mode, rng, xp):
    x = rng.standard_normal((2, 3, 7, 6)) - 3
    pool = MaxPool2d(kernel, stride, padding, dilation, True, ceil_mode)
    y, indices = pool(Tensor(xp.asarray(x)))
    assert np.array_equal(indices.numpy(), reference.max_pool_indices(
        x, kernel, stride, padding, dilation, ceil_mode))
    found = np.take_along_axis(x.reshape(2, 3, -1), indices.numpy().reshape(2, 3, -1), axis=2)
    assert np.array_equal(found, y.numpy().reshape(2, 3, -1))
    with no_grad():
        assert np.array_equal(pool(Tensor(xp.asarray(x)))[1].numpy(), indices.numpy())


@pytest.mark.parametrize("number", range(len(STORED)))
def test_indices_are_pytorchs(number, xp):
    pooled = STORED[number]["pooled"]
    settings = {name: tuple(value) if isinstance(value, list) else value
                for name, value in STORED[number]["arguments"].items()}
    y, indices = MaxPool2d(**settings, return_indices=True)(
        Tensor(xp.asarray(np.array(pooled["x"]))))
    assert indices.numpy().tolist() == pooled["indices"] and y.numpy().tolist() == pooled["y"]


def test_the_gradient_through_both_is_that_of_the_winners(rng):
    x = rng.standard_normal((2, 2, 6, 4))
    dy = rng.standard_normal(x.shape)
    y, dx = gradient_of(lambda x: MaxUnpool2d(2)(*MaxPool2d(2, return_indices=True)(x)), x, dy)
    winners = y != 0
    assert winners.sum() == y.size / 4
    assert np.array_equal(y, np.where(winners, x, 0))
    assert np.array_equal(dx, np.where(winners, dy, 0))


def test_ties_and_nan_have_the_first_index():
    x = Tensor(np.array([[[[1.0, 7], [7, 7]]], [[[1, np.nan], [np.nan, 9]]]]))
    y, indices = MaxPool2d(2, return_indices=True)(x)
    assert indices.numpy().ravel().tolist() == [1, 1]
    assert np.isnan(MaxUnpool2d(2)(y, indices).numpy()[1, 0, 0, 1])


@pytest.mark.parametrize("H, W", [(5, 7), (4, 7), (5, 6), (5, 5)])
def test_odd_images_come_back_in_their_size(H, W, rng, xp):
    """SegNet's 45 rows are pooled to 22, and 2 x 22 is 44."""
    x = rng.standard_normal((2, 3, H, W))
    y, indices = MaxPool2d(2, return_indices=True)(Tensor(xp.asarray(x)))
    for size in ((H, W), x.shape, *([H] if H == W else [])):
        z = MaxUnpool2d(2)(y, indices, output_size=size)
        assert np.array_equal(z.numpy(), reference.max_unpool2d(y.numpy(), indices.numpy(), H, W))


def test_another_width_is_another_image(rng, xp):
    """Each index would be another pixel: in PyTorch it is, silently, where it is below H W."""
    x = Tensor(xp.asarray(rng.standard_normal((1, 2, 4, 5))))
    y, indices = MaxPool2d(2, return_indices=True)(x)
    with pytest.raises(ValueError, match="in an image of 4x4, is no pixel of its window"):
        MaxUnpool2d(2)(y, indices)


def test_padding_has_no_pixels():
    one = Tensor(np.ones((1, 1, 1, 1)))
    for index in (-1, -3, 4):                              # of 2 x 2, around which lie 12 more
        with pytest.raises(ValueError, match=f"index {index}, in an image of 2x2, is no pixel"):
            MaxUnpool2d(4, padding=1)(one, Tensor(np.full((1, 1, 1, 1), index)))
    assert MaxUnpool2d(4, padding=1)(one, Tensor(np.full((1, 1, 1, 1), 3))).numpy().sum() == 1


def test_the_batch_stays_innermost(rng):
    x = rng.standard_normal((3, 2, 2, 2))
    indices = Tensor(np.tile([[0, 3], [9, 10]], (3, 2, 1, 1)))
    check_keeps_layout(lambda x: MaxUnpool2d(2)(x, indices), x)


def test_indices_in_any_layout(rng):
    x = rng.standard_normal((2, 3, 2, 2))
    p = np.array([[0, 2], [8, 10]]) + rng.choice([0, 1, 4, 5], (2, 3, 2, 2))
    expected = reference.max_unpool2d(x, p, 4, 4)
    for indices in (p, np.asfortranarray(p), p.astype(np.int32), p.astype(np.uint8)):
        assert np.array_equal(MaxUnpool2d(2)(Tensor(x), Tensor(indices)).numpy(), expected)


class Down(Module):
    """SegNet in small: the encoder's size comes back."""

    def __init__(self):
        self.pool, self.unpool = MaxPool2d(2, return_indices=True), MaxUnpool2d(2)

    def forward(self, x):
        y, indices = self.pool(x)
        assert y.shape == indices.shape
        return self.unpool(y, indices, x.shape)


def test_shapes_go_the_same_way():
    assert Down().shape((3, 45, 60)) == (3, 45, 60)
    assert MaxPool2d(2, return_indices=True).shape((3, 45, 60)) == ((3, 22, 30), (3, 22, 30))
    assert MaxUnpool2d(2).shape((3, 22, 30), (3, 22, 30)) == (3, 44, 60)
    assert MaxUnpool2d(2, 3, 1).shape((3, 22, 30), (3, 22, 30)) == (3, 63, 87)
    assert repr(MaxUnpool2d(2)) == "MaxUnpool2d kernel 2x2, stride 2x2"


def test_refuses_windows_that_overlap():
    for arguments in ((3, 2), ((2, 3), 2), (2, (1, 2))):
        with pytest.raises(ValueError, match="MaxUnpool2d: windows of .* overlap, and one pixel "
                                             "could win twice; take a stride of at least the"):
            MaxUnpool2d(*arguments)
    with pytest.raises(TypeError, match="padding must be numbers, got 'same'"):
        MaxUnpool2d(2, padding="same")


def unpool(indices, xp=np, shape=(1, 1, 2, 2), **settings):
    return MaxUnpool2d(2)(Tensor(xp.ones(shape)), Tensor(xp.asarray(np.array(indices))), **settings)


@pytest.mark.parametrize("indices, error, message", [
    ([[[[0, 2], [8, 16]]]], ValueError, r"index 16, in an image of 4x4, is no pixel of its window "
     r"\(1, 1\); output_size is the size of the image that was pooled"),
    ([[[[-1, 2], [8, 10]]]], ValueError, r"index -1, .* is no pixel of its window \(0, 0\)"),
    ([[[[0, 3], [3, 10]]]], ValueError, r"index 3, .* is no pixel of its window \(1, 0\)"),
    ([[[[0, 4], [8, 10]]]], ValueError, r"index 4, .* is no pixel of its window \(0, 1\)"),
    ([[[[0.0, 1], [2, 3]]]], TypeError, "indices must be whole numbers, got float64; they come se"),
    ([[[[0, 1]]]], ValueError, r"indices \(1, 1, 2\) for values \(1, 2, 2\); each value needs one"),
    ([[[[0, 1], [2, 3]]]] * 2, ValueError, "indices of 2 images for 1")])
def test_says_what_is_wrong_with_indices(indices, error, message, xp):
    with pytest.raises(error, match=message):
        unpool(indices, xp)


def test_says_what_is_wrong():
    fine = [[[[0, 3], [8, 11]]]]
    with pytest.raises(ValueError, match="2x2 values come from an image of about 4x4, not of "
                                         "output_size 6x4; it differs by less than a stride"):
        unpool(fine, output_size=(6, 4))
    with pytest.raises(TypeError, match=r"indices must be the Tensor that MaxPool2d\(..., return_in"
                                        "dices=True.* gives, got numpy.ndarray"):
        MaxUnpool2d(2)(Tensor(np.ones((1, 1, 2, 2))), np.array(fine))
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\)"):
        MaxUnpool2d(2)(Tensor(np.ones((1, 2, 2))), Tensor(np.array(fine[0])))


def test_the_same_pixel_in_another_map_or_image_is_another(xp):
    y = unpool(np.zeros((2, 3, 1, 1), int), xp, shape=(2, 3, 1, 1))
    assert to_cpu(y.data).sum() == 6
