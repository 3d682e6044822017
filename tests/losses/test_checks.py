"""What losses accept as labels and targets, and the cure they name for what they refuse."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.losses import cross_entropy, mse_loss, rbf_loss


class Column:
    """What a table's column is to NumPy: it has no dtype of its own, but becomes an array."""

    def __init__(self, values, dtype=None):
        self.values = np.array(values, dtype)

    def __array__(self, dtype=None, copy=None):
        return self.values


@pytest.mark.parametrize("labels", [[3, 0, 1], (3, 0, 1), Column([3, 0, 1]),
                                    Column([3, 0, 1], object), Tensor(np.array([3, 0, 1])),
                                    [np.int8(3), np.int64(0), 1]])
@pytest.mark.parametrize("loss", [cross_entropy, rbf_loss])
def test_whole_numbers_may_come_in_anything(loss, labels):
    z = Tensor(np.random.default_rng(0).standard_normal((3, 4)))
    assert loss(z, labels).item() == loss(z, np.array([3, 0, 1])).item()


def test_mse_of_a_column():
    """It counts as a list does: whole numbers, float64 or booleans beside a float32 prediction."""
    prediction = Tensor(np.zeros(2, np.float32))
    for target in (Column([1, 2]), Column([1.0, 2.0]), [1, 2]):
        assert mse_loss(prediction, target).item() == 2.5
    assert mse_loss(prediction, Column([True, False])).item() == 0.5
    for wrong in (None, "ab", Column(["a", "b"])):
        with pytest.raises((TypeError, ValueError)):
            mse_loss(prediction, wrong)
    with pytest.raises(TypeError, match="mse_loss: the target: expected a Tensor, an array or a n"):
        mse_loss(prediction, None)


@pytest.mark.parametrize("labels, message", [
    (Column([0.5, 1, 2]), r"got float64: sample 0 has 0.5; convert: np.asarray\(labels\).astype"),
    (Column([0, None, 1]), "got object: sample 1 has None; leave the samples without a label out"),
    (Column([0, np.nan, 1], object), "sample 1 has nan; leave the samples without a label out"),
    (Tensor([0, 1, 2]), "got float32: sample 0 has 0.0; convert: labels.data.astype"),
    (["cat", "dog", "cat"], r"has cat; number the classes: \[names.index\(label\) for label in"),
    (Column(["cat", "dog", "cat"], object), "got object: sample 0 has cat; number the classes"),
    ([[0], [1, 2], [0]], "one class index for each sample, got list whose parts differ in length"),
    (iter([0, 1, 2]), r"got \(\); give a list or an array"), (None, "give a list or an array")])
def test_the_cure_fits_what_was_given(labels, message):
    with pytest.raises((TypeError, ValueError), match=message):
        cross_entropy(Tensor(np.zeros((3, 4))), labels)
