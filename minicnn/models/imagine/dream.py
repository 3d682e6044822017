"""DeepDream: the picture is changed until a row, or one channel, is excited by it.

    goal     mean of y^2            y: the output of a row;  of one channel, the mean of y
    step     x <- x + step g / mean |g|,      g = d goal / dx

    octaves  the picture is made small, dreamt on, made 1.4 times as large, dreamt on, ...; what was
             dreamt is enlarged and laid on the photograph of that size
    jitter   before each step the picture is shifted around by a random number of pixels, and back

A step of the gradient alone makes grain: the smallest change that excites.  Octaves make the small
network see large things, and jitter keeps what is right only at one place of the grid of strides
from growing.  Early rows find strokes, late ones parts of what the network knows: a network that
has seen digits dreams of strokes.

Source: Mordvintsev, Olah and Tyka 2015, "Inceptionism: going deeper into neural networks", and
their notebook.  Slides: virginia, "CNNs are everywhere" (Inceptionism).

Departures: the notebook's photograph is enlarged by a spline, here bilinearly.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.layers.interpolate import interpolate
from minicnn.models.imagine.style import Painting
from minicnn.models.imagine.watched import Watched

LEAST = 32                             # pixels of the smallest octave's shorter side


def dream(eye: Watched, photo: np.ndarray, row: str, channel: int | None = None, octaves: int = 4,
          scale: float = 1.4, steps: int = 10, lr: float = 0.05, jitter: int = 16, seed: int = 0,
          each: Callable[[int, float], Any] = lambda step, goal: None) -> Painting:
    """The photograph, dreamt on.

    photo   : (3, H, W) of 0 to 255
    row     : of the network; channel: one of its channels, or None for all
    octaves : sizes, each `scale` times the one before; at most so many that the smallest has 32
    steps   : in each octave;  lr: how far a step goes, in units of the normalised colours
    jitter  : largest shift in pixels;  0 for none
    each    : called with the number of each step and the goal, which the painting keeps as losses
    """
    eye.check(row)
    octaves, steps = whole(octaves, "dream: octaves"), whole(steps, "dream: steps")
    if not scale > 1:
        raise ValueError(f"dream: scale must be above 1, got {scale}; octaves=1 is one size alone")
    rng, goals = np.random.default_rng(seed), []
    whole_photo = Tensor(eye.normalised(photo))            # (1, 3, H, W)
    sizes = octave_sizes(photo.shape[1], photo.shape[2], octaves, scale)
    dreamt = np.zeros((1, 3, *sizes[0]), np.float32)       # what is added to the photograph
    for size in sizes:
        base = resized(whole_photo.data, size)
        x = base + resized(dreamt, size)                   # (1, 3, h, w)
        for _ in range(steps):
            shift = tuple(rng.integers(-jitter, jitter + 1, 2)) if jitter else (0, 0)
            x = np.roll(x, shift, (2, 3))
            goal, g = excited(eye, x, row, channel)
            x = np.clip(x + lr / (float(np.abs(g).mean()) + 1e-8) * g, eye.darkest, eye.brightest)
            x = np.roll(x, (-shift[0], -shift[1]), (2, 3))
            goals.append(goal)
            each(len(goals), goal)
        dreamt = x - base
    return Painting(eye.pixels(x), goals)


def octave_sizes(H: int, W: int, octaves: int, scale: float) -> list[tuple[int, int]]:
    """From the smallest to (H, W).

    >>> octave_sizes(140, 280, 3, 1.4)
    [(71, 143), (100, 200), (140, 280)]
    """
    sizes = [(round(H / scale ** k), round(W / scale ** k)) for k in range(octaves)]
    return [size for size in sizes if min(size) >= LEAST or size == (H, W)][::-1]


def resized(x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if x.shape[2:] == size:
        return x
    with no_grad():
        return interpolate(Tensor(x), size, mode="bilinear").data


def excited(eye: Watched, pixels: np.ndarray, row: str, channel: int | None
            ) -> tuple[float, np.ndarray]:
    """The goal, and its gradient to the pixels."""
    x = Tensor(pixels, requires_grad=True)
    y = eye(x, [row])[row]                                 # (1, C, h, w)
    if channel is None:
        goal = (y * y).mean()
    else:
        if not 0 <= channel < y.shape[1]:
            raise ValueError(f"dream: {row} has channels 0 to {y.shape[1] - 1}, got {channel}")
        goal = y[:, channel].mean()
    goal.backward()
    return goal.item(), np.asarray(x.grad)
