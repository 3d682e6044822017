"""The pocket detector, which comes with the package: a small SSD that finds drawn shapes.

It is "ssd300" in its small form, 210,976 parameters, here in float16.  It reads 3 x 64 x 64 pixels
and tells circles, squares and triangles apart.

Its AP is 83.15 % on 300 scenes of seed 1 (83.12 % before it was rounded), which it has not seen; of
the network that was trained, the file keeps 406,691 bytes.

The weights are ours (MIT, as the package): examples/pocket_detector.py made them, from scenes that
minicnn drew.
"""

from pathlib import Path
from typing import Any

import numpy as np

from minicnn.layers.module import Module
from minicnn.models.detection.ssd import SSD

FILE = Path(__file__).with_name("pocket_detector.npz")
LARGEST = 500_000                      # bytes of the file
OWN = "about."                         # begins the names of what is no weight


def write(path: Path, model: Module, mean: np.ndarray, std: np.ndarray, ap: float) -> None:
    """Weights in float16; mean and std (3,) of the pixels, 0 to 255; AP in percent."""
    entries: dict[str, Any] = {name: w.astype(np.float16) for name, w in model.state_dict().items()}
    entries |= {OWN + "mean": np.asarray(mean, np.float32), OWN + "ap": np.float32(ap),
                OWN + "std": np.asarray(std, np.float32)}
    np.savez_compressed(path, **entries)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes, more than {LARGEST:,}")


def pocket_detector(path: Path = FILE) -> tuple[Module, np.ndarray, np.ndarray, float]:
    """The network in eval mode, mean and std (3, 1, 1) of its pixels, and its stated AP."""
    model = SSD("small").eval()
    with np.load(path) as file:
        model.load_state_dict({name: file[name].astype(np.float32) for name in file.files
                               if not name.startswith(OWN)})
        mean, std = (file[OWN + name][:, None, None] for name in ("mean", "std"))
        return model, mean, std, float(file[OWN + "ap"])
