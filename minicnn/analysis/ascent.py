"""The image that excites a unit most, found by climbing: ascent on the pixels, not on the weights.

    g      = d unit / dx                  x from 0 to 1, moved by a few pixels: jitter
    x     <- x + Adam's step along  g / rms(g) - smooth * d TV / dx
    TV     = 1/2 sum (x[i+1, j] - x[i, j])^2 + (x[i, j+1] - x[i, j])^2         total variation

Without jitter, blur and total variation, the climb ends in fine noise that excites a unit far more
than any picture does.  With them, what is common to many such images is left.

Slide: virginia, "Inceptionism" (Mordvintsev, Olah and Tyka 2015).  Sources: Erhan et al. 2009,
"Visualizing higher-layer features of a deep network"; Simonyan et al. 2014, section 2; Mahendran
and Vedaldi 2015, "Understanding deep image representations by inverting them" (total variation).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.analysis.saliency import pixel_gradient
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array
from minicnn.layers.module import Module
from minicnn.optim.adam import Adam

STEPS = 64
RATE = 0.04                    # of the range of the pixels, a step
JITTER = 2                     # pixels, at most, each way
BLUR_EVERY = 4                 # steps, in the first half of the climb
SMOOTH = 1.0


@dataclass
class Climb:
    """The images after some steps.

    images : (K, C, H, W), one for each channel, as the network reads them
    values : [(K,), ...] of the unit before each step, for the image as it was moved then
    """

    images: np.ndarray
    values: list[np.ndarray]

    @property
    def steps(self) -> int:
        return len(self.values)


def ascend(model: Module, layer: str, channels: Sequence[int], shape: tuple[int, int, int],
           low: Any, high: Any, steps: int = STEPS, seed: int = 0, regularised: bool = True
           ) -> Iterator[Climb]:
    """Climbs for several channels at once, and hands out where it is after each step.

    shape       : (C, H, W) of the network's input
    low, high   : what the darkest and the brightest pixel are, numbers or (C, 1, 1)
    seed        : of the first image, grey with a little noise, and of the jitter
    regularised : with jitter, blur and total variation

    The unit is the one in the middle of the channel's map; of a vector, the channel itself.
    """
    rng = np.random.default_rng(seed)
    dtype = next(model.parameters()).dtype
    low, high = (np.asarray(end, dtype) for end in (low, high))
    span = high - low                                                  # (C, 1, 1)
    start = 0.5 + 0.02 * rng.standard_normal((1, *shape)).astype(dtype)
    start = np.repeat(start, len(channels), axis=0)                    # (K, C, H, W), 0 to 1
    pixels = Tensor(start, requires_grad=True)
    climber = Adam([pixels], lr=RATE)
    climb = Climb(low + span * start, [])
    for step in range(1, steps + 1):
        down, right = rng.integers(-JITTER, JITTER + 1, 2) if regularised else (0, 0)
        moved = np.roll(climb.images, (down, right), axis=(2, 3))
        y, dx = pixel_gradient(model, moved, layer, lambda y: middle_units(y, channels))
        dx = np.roll(dx, (-down, -right), axis=(2, 3)) * span
        climb.values.append(at_middle(y, channels))
        rms = np.sqrt((dx ** 2).mean(axis=(1, 2, 3), keepdims=True))
        pixels.grad = -dx / np.maximum(rms, np.finfo(dtype).tiny)
        if regularised:
            pixels.grad += SMOOTH * variation_gradient(pixels.data)
        climber.step()
        if regularised and step % BLUR_EVERY == 0 and step < steps // 2:
            pixels.data[...] = blurred(pixels.data)
        np.clip(pixels.data, 0, 1, out=pixels.data)
        climb.images = low + span * pixels.data
        yield climb


def middle_units(y: Array, channels: Sequence[int]) -> Array:
    """1 at the middle unit of channel k in image k, 0 elsewhere; y: (K, C, H, W) or (K, D)."""
    dy = y * 0
    for image, channel in enumerate(channels):
        dy[(image, channel, *middle(y))] = 1
    return dy


def at_middle(y: Array, channels: Sequence[int]) -> np.ndarray:
    """(K,): the values of these units."""
    return np.array([y[(image, channel, *middle(y))] for image, channel in enumerate(channels)])


def middle(y: Array) -> tuple[int, ...]:
    """Where the middle of a map is; () of a vector."""
    return tuple(size // 2 for size in y.shape[2:])


def variation_gradient(x: np.ndarray) -> np.ndarray:
    """d TV / dx of images (K, C, H, W), by the engine."""
    image = Tensor(x, requires_grad=True)
    down = image[:, :, 1:] - image[:, :, :-1]                          # (K, C, H - 1, W)
    right = image[:, :, :, 1:] - image[:, :, :, :-1]                   # (K, C, H, W - 1)
    ((down * down).sum() * 0.5 + (right * right).sum() * 0.5).backward()
    return np.asarray(image.grad)


def blurred(x: np.ndarray) -> np.ndarray:
    """Each pixel a half of itself and a quarter of each neighbour, down and then across."""
    for axis in (2, 3):
        padded = np.pad(x, [(1, 1) if k == axis else (0, 0) for k in range(4)], mode="edge")
        size = x.shape[axis]
        before, after = (padded.take(range(start, start + size), axis) for start in (0, 2))
        x = 0.5 * x + 0.25 * (before + after)
    return x
