"""Gram matrices and total variation."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.losses import gram, total_variation


def test_gram_by_hand_and_by_loops(rng, xp):
    x = np.array([[[[1.0, 2]], [[3.0, 0]]]])               # C H W = 4
    assert gram(Tensor(xp.asarray(x))).numpy().tolist() == [[[1.25, 0.75], [0.75, 2.25]]]
    x = rng.standard_normal((2, 3, 4, 5))
    expected = [[[sum(x[n, c, i, j] * x[n, d, i, j] for i in range(4) for j in range(5)) / 60
                  for d in range(3)] for c in range(3)] for n in range(2)]
    np.testing.assert_allclose(gram(Tensor(xp.asarray(x))).numpy(), expected)


def test_gram_forgets_where(rng):
    """The same pixels in another order have the same style."""
    x = rng.standard_normal((1, 3, 4, 6))
    moved = x.reshape(1, 3, 24)[:, :, rng.permutation(24)].reshape(x.shape)
    np.testing.assert_allclose(gram(Tensor(moved)).numpy(), gram(Tensor(x)).numpy())


def test_a_quarter_of_its_squares_is_gatys_loss(rng):
    x, a = rng.standard_normal((2, 1, 3, 4, 5))
    f, g = x.reshape(3, 20), a.reshape(3, 20)
    gatys = ((f @ f.T - g @ g.T) ** 2).sum() / (4 * 3 ** 2 * 20 ** 2)
    ours = ((gram(Tensor(x)) - gram(Tensor(a))) ** 2).sum() / 4
    assert ours.item() == pytest.approx(gatys)


def test_total_variation_by_hand(xp):
    x = Tensor(xp.asarray([[[[0.0, 1.0, 1.0], [4.0, 1.0, 0.0]]]]), requires_grad=True)
    y = total_variation(x)                                 # down 4 + 0 + 1, across 1 + 0 + 3 + 1
    assert y.item() == pytest.approx(5 / 3 + 5 / 4)
    y.backward()
    down, across = 1 / 3, 1 / 4                            # equal neighbours pull neither way
    assert Tensor(x.grad).numpy()[0, 0] == pytest.approx(np.array(
        [[-down - across, across, down], [down + across, 0, -down - across]]))


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"gram: expected images \(N, C, H, W\) of at least 1x1"):
        gram(Tensor(np.ones((3, 4))))
    with pytest.raises(ValueError, match="total_variation: expected .* of at least 2x2 pixels"):
        total_variation(Tensor(np.ones((1, 3, 1, 4))))
