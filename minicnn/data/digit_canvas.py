"""Digits spread over a canvas: LeNet's classes, to be found and not only named.

Three channels, all alike, so that the networks that read shapes read them too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.data.dataset import Dataset, check_dataset
from minicnn.data.digits import digits as drawn_digits
from minicnn.data.scene_targets import Target
from minicnn.data.scenes import BACKGROUND, Scenes
from minicnn.data.shapes import CHUNK, check_size
from minicnn.data.shapes_forms import digit_ink
from minicnn.data.shapes_painting import Painting
from minicnn.data.shapes_places import CANVAS, placed

WHITE = np.float32(255)
HANDS = 10_000              # digits that are drawn where none are given


def digit_canvas(count: int, seed: int = 0, size: int = 64, digits: Any = None) -> Scenes:
    """`count` black canvases with 1 to 3 white digits: boxes, labels, masks, class_map, caption.

    seed : of all that is drawn;  size : pixels of a side
    digits : a Dataset of them, (n, 1, 28, 28), as mnist("train"); drawn by code where None

    Digit d is class 1 + d, with the name of the digit.  At size 64 a digit's frame of 28 pixels is
    scaled to 22 to 34.

    >>> digit_canvas(2, seed=1).classes[:3]
    ('background', '0', '1')
    """
    check_size("digit_canvas", count, seed, size)
    rng = np.random.default_rng(seed)
    if digits is None:
        hands = drawn_digits(min(HANDS, 3 * count + 100), int(rng.integers(2 ** 31)))
    else:
        hands = as_hands(digits)
    images = np.empty((count, 3, size, size), np.uint8)
    targets: list[Target] = []
    for start in range(0, count, CHUNK):
        N = min(CHUNK, count - start)
        places = placed(N, size, CANVAS, rng)
        label = rng.integers(1, 11, places.radius.shape)                        # (N, M)
        painting = Painting(np.zeros((N, 3, size, size), np.float32))
        for m in range(label.shape[1]):
            ink = digit_ink(hands, label[:, m] - 1, places.part(m), size, rng, lean=0)
            ink[~places.there[:, m]] = 0                                        # (N, S, S)
            painting.add(ink, np.full((N, 3), WHITE), label[:, m])
        images[start:start + N] = painting.images()
        targets += [painting.target(n, label[n], [str(kind - 1) for kind in label[n]])
                    for n in range(N)]
    whose = hands.source if digits is not None else f"digits drawn by code (seed {seed})"
    return Scenes(images, targets, (BACKGROUND, *"0123456789"), f"{count:,} canvases of {whose}")


def as_hands(digits: Any) -> Dataset:
    """All ten digits as MNIST has them."""
    check_dataset(digits, "digit_canvas: digits")
    found = set(digits.labels.tolist())
    if digits.images.shape[1:] != (1, 28, 28) or found != set(range(10)):
        raise ValueError(f"digit_canvas: digits are images {digits.images.shape} of classes "
                         f"{sorted(found)}, expected (n, 1, 28, 28) with each of 0 to 9, as MNIST")
    return digits
