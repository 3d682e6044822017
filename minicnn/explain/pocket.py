"""The pocket LeNet, which comes with the package: a network for pencil and paper.

It is the visualiser's LeNet-5 with 63,802 weights, each a whole number of hundredths (-0.57, 0.08),
and so are the pixels that it reads: 0 becomes -0.40, 255 becomes 2.80.  What is printed of it with
two decimals is not rounded, it is the number itself.

It reads 9,951 of MNIST's 10,000 test digits: an error of 0.49 % (0.51 % before it was rounded).

The weights are ours (MIT, as the package): examples/pocket_lenet.py made them, from MNIST's 60,000
training digits (Y. LeCun, C. Cortes, C. Burges, CC BY-SA 3.0) and 10,000 that minicnn drew.  The
ten digits beside them are drawn, too.
"""

from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data.normalise import normalise, pad
from minicnn.layers.module import Module
from minicnn.models.lenet import LeNet5

FILE = Path(__file__).with_name("pocket_lenet5.npz")
LOW, HIGH = -0.4, 2.8                  # what a pixel of 0, and one of 255, becomes


def pixels(images: Any, dtype: Any = np.float64) -> np.ndarray:
    """(N, 1, 28, 28) uint8, ink 255 -> (N, 1, 32, 32), whole hundredths."""
    return np.rint(normalise(pad(images, 2), LOW, HIGH) * 100).astype(dtype) / dtype(100)


def write(path: Path, model: Module, digits: np.ndarray) -> None:
    """The weights, which are whole hundredths, and ten digits (10, 28, 28) uint8."""
    weights = {name: np.rint(values * 100) for name, values in model.state_dict().items()}
    if max(abs(w).max() for w in weights.values()) > 127:
        raise ValueError("pocket: a weight is above 1.27, and does not fit into a byte")
    np.savez(path, digits=digits, **{name: w.astype(np.int8) for name, w in weights.items()})


def pocket_lenet(dtype: Any = np.float64) -> Module:
    """The network, in eval mode; in float64 a weight of 0.08 is 0.08 to the last digit."""
    model = LeNet5("visualiser").eval().to(dtype=dtype)
    with np.load(FILE) as file:
        model.load_state_dict({name: file[name].astype(dtype) / dtype(100) for name in file.files
                               if name != "digits"})
    return model


def pocket_digit(digit: int) -> np.ndarray:
    """A drawn digit, (28, 28) uint8, ink 255."""
    with np.load(FILE) as file:
        return file["digits"][digit]
