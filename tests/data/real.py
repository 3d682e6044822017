"""Real data for the tests that want it: $MINICNN_DATA, or the folder ../shared/data."""

import os
from pathlib import Path

import pytest

from minicnn.data.cifar import FOLDER
from minicnn.data.mnist import SPLITS, stored

REAL = Path(os.environ.get("MINICNN_DATA") or Path(__file__).parents[3] / "shared" / "data")
needs_mnist = pytest.mark.skipif(stored(REAL, SPLITS["train"].images) is None,
                                 reason="no real MNIST here: set MINICNN_DATA")
needs_cifar = pytest.mark.skipif(not (REAL / FOLDER).is_dir(),
                                 reason="no real CIFAR-10 here: set MINICNN_DATA")
