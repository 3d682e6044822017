"""A data set and a network so small that an epoch takes milliseconds."""

import numpy as np

from minicnn import Sequential, manual_seed
from minicnn.data.dataset import Dataset
from minicnn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, GlobalAvgPool2d, Linear, ReLU
from minicnn.training.recipes import Recipe

RECIPE = Recipe("tiny", "for tests", 0.1, 8, 3, ("SGD", {"momentum": 0.9}), pad=1, margin=1)
LONG = RECIPE._replace(epochs=50)
IN_SHAPE = (3, 6, 6)


def colours(count=30, seed=0, classes=3):
    """Noise in which the channel of the class is brighter."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    images = rng.integers(0, 100, (count, 3, 6, 6), dtype=np.uint8)
    images[np.arange(count), labels % 3] += 100
    return Dataset(images, labels, tuple("abcdefgh"[:classes]), f"{count} colours, seed {seed}")


def network(classes=3, seed=0):
    manual_seed(seed)
    return Sequential(Conv2d(3, 4, 3, padding=1), BatchNorm2d(4), ReLU(), Dropout(0.2),
                      GlobalAvgPool2d(), Flatten(), Linear(4, classes))
