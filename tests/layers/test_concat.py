"""Branches joined along the channels, and which cannot be joined."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.concat import Concat
from minicnn.layers.module import Module


def test_by_hand(xp):
    a, b = np.array([[[[1.0]]], [[[2.0]]]]), np.array([[[[3.0]], [[4.0]]], [[[5.0]], [[6.0]]]])
    branches = [Tensor(xp.asarray(x), requires_grad=True) for x in (a, b)]
    y = Concat()(*branches)
    assert y.numpy()[:, :, 0, 0].tolist() == [[1, 3, 4], [2, 5, 6]]
    y.backward(xp.asarray(np.arange(6.0).reshape(2, 3, 1, 1)))
    assert branches[0].grad.reshape(-1).tolist() == [0, 3]
    assert branches[1].grad.reshape(-1).tolist() == [1, 2, 4, 5]


def test_slide_of_the_naive_inception_module():
    assert Concat().shape((128, 28, 28), (192, 28, 28), (96, 28, 28),
                          (256, 28, 28)) == (672, 28, 28)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes_vectors_one_branch_and_empty_batch(dtype, xp):
    vectors = Tensor(xp.asarray(np.ones((0, 3), dtype))), Tensor(xp.asarray(np.ones((0, 2), dtype)))
    y = Concat()(*vectors)
    assert y.shape == (0, 5) and y.dtype == dtype
    image = np.ones((2, 3, 4, 4), dtype)
    assert np.array_equal(Concat()(Tensor(xp.asarray(image))).numpy(), image)


def test_one_tensor_twice_gets_both_gradients(rng):
    x = Tensor(rng.standard_normal((2, 2, 3, 3)), requires_grad=True)
    before = x.numpy().copy()
    dy = rng.standard_normal((2, 4, 3, 3))
    Concat()(x, x).backward(dy)
    np.testing.assert_allclose(x.grad, dy[:, :2] + dy[:, 2:])
    assert np.array_equal(x.numpy(), before)


def test_strided_branches(rng):
    x = rng.standard_normal((4, 6, 2, 2))
    y = Concat()(Tensor(x[::-1, ::2]), Tensor(np.asfortranarray(x)))
    assert np.array_equal(y.numpy(), np.concatenate([x[::-1, ::2], x], axis=1))


def images(*shape):
    return Tensor(np.zeros(shape, np.float32))


class Inception(Module):
    def __init__(self):
        self.join = Concat()

    def forward(self, a, b):
        return self.join(a, b)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"Concat: branch 2 gives \(4, 27, 27\), branch 0 gives "
                                         r"\(2, 28, 28\); all sizes but the channels must agree"):
        Concat()(images(1, 2, 28, 28), images(1, 3, 28, 28), images(1, 4, 27, 27))
    with pytest.raises(ValueError, match=r"branch 1 gives \(3,\)"):
        Concat()(images(1, 2, 4, 4), images(1, 3))
    with pytest.raises(ValueError, match="branch 1 has 3 samples, branch 0 2; .* the same batch"):
        Concat()(images(2, 2, 4, 4), images(3, 2, 4, 4))
    with pytest.raises(ValueError, match="nothing to join"):
        Concat()()
    with pytest.raises(ValueError, match=r"branch 0 gives \(\)"):
        Concat()(images(2))
    with pytest.raises(ValueError, match=r"join \(Concat\): branch 1"):
        Inception()(images(1, 2, 4, 4), images(1, 2, 3, 4))
    with pytest.raises(TypeError, match="float32 and float64 mixed"):
        Concat()(images(1, 2, 4, 4), Tensor(np.zeros((1, 2, 4, 4))))
