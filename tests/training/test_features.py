"""Features of a whole data set: in batches, prepared, averaged over windows."""

import numpy as np
import pytest

from minicnn.analysis import activations
from minicnn.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential
from minicnn.training.features import as_rows, dataset_features


@pytest.fixture
def model():
    return Sequential(conv=Conv2d(1, 2, 3), norm=BatchNorm2d(2), relu=ReLU(), flatten=Flatten(),
                      fc=Linear(2 * 4 * 6, 3))


def prepare(images):
    return images.astype(np.float32) / 255


def test_rows_of_maps_by_hand():
    y = np.arange(16.0).reshape(1, 1, 4, 4)
    assert as_rows(y, 1).tolist() == [[7.5]]
    assert as_rows(y, 2).tolist() == [[2.5, 4.5, 10.5, 12.5]]
    assert as_rows(y, 4).tolist() == as_rows(y, 9).tolist() == [list(range(16))]
    assert as_rows(np.ones((2, 3, 5, 1)), 4).shape == (2, 12)
    assert as_rows(np.ones((2, 7)), 4).shape == (2, 7)


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_as_the_layers_answer_in_test_mode(model, batch, rng):
    images = rng.integers(0, 256, (7, 1, 6, 8), dtype=np.uint8)
    found = dataset_features(model, images, prepare, {"relu": 2, "fc": 1}, batch)
    assert model.training and (model.norm.running_mean.data == 0).all()
    expected = activations(model.eval(), prepare(images))
    assert found["relu"].shape == (7, 2 * 2 * 2)
    means = expected["relu"].reshape(7, 2, 2, 2, 2, 3).mean(axis=(3, 5)).reshape(7, -1)
    np.testing.assert_allclose(found["relu"], means, atol=1e-5)
    np.testing.assert_allclose(found["fc"], expected["fc"], atol=1e-5)
    assert not any(rows.base is not None for rows in found.values())


@pytest.mark.parametrize("count, layers, batch, problem, words", [
    (0, {"fc": 1}, 5, ValueError, "no pictures"),
    (2, {"fc": 0}, 5, ValueError, "the windows of 'fc' is 0"),
    (2, {"fc": 1.5}, 5, TypeError, "the windows of 'fc' is 1.5"),
    (2, {"fc": 1}, 0, ValueError, "batch is 0"),
    (2, {"relo": 1}, 5, AttributeError, "did you mean relu")])
def test_refused(model, count, layers, batch, problem, words):
    with pytest.raises(problem, match=words):
        dataset_features(model, np.zeros((count, 1, 6, 8), np.uint8), prepare, layers, batch)
