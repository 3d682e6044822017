"""Images and labels as one data set, and parts of it."""

import numpy as np
import pytest

from minicnn.data.dataset import Dataset

DATA = Dataset(np.zeros((3, 1, 2, 2), np.uint8), np.array([2, 0, 1]), ("a", "b", "c"), "made up")


def test_unpacks_and_counts():
    images, labels, classes, source = DATA
    assert len(DATA.labels) == 3 and len(DATA) == 4 and classes[labels[0]] == "c"
    assert DATA._replace(source="x").source == "x"


def test_subset():
    part = DATA.subset(2)
    assert part.images.shape == (2, 1, 2, 2) and part.labels.tolist() == [2, 0]
    assert part.source == "the first 2 of made up"


@pytest.mark.parametrize("count", [0, 4, -1])
def test_subset_out_of_range(count):
    with pytest.raises(ValueError, match=f"subset: {count} images asked for, .* has 1 to 3"):
        DATA.subset(count)
