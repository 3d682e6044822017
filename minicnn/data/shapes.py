"""Scenes drawn by code: circles, squares and triangles on textured grounds, and all that is there.

What is drawn is known to the pixel, so boxes, masks, maps of classes and captions cost nothing and
are never wrong.  Objects are painted one over the other, and what counts is what can still be seen
at the end (shapes_painting.py):

    mask        ink >= 1/2, and no later object has so much ink there
    box         the smallest around the mask
    class map   the class of the mask; 255, left out, along its edge

A colour is taken from those that differ by more than CONTRAST from what lies under the object, for
green on green can be learnt by nobody; and, while there is one, from those that the picture has not
yet, so that a caption names one object.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.messages import type_name
from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits as drawn_digits
from minicnn.data.scene_targets import Target
from minicnn.data.scenes import BACKGROUND, Scenes
from minicnn.data.shapes_forms import FORMS, digit_ink, form_ink
from minicnn.data.shapes_grounds import grounds
from minicnn.data.shapes_painting import Painting
from minicnn.data.shapes_places import DIGIT, EASY, HARD, Kind, placed

COLOURS = {"red": (220, 40, 40), "green": (40, 170, 60), "blue": (45, 70, 220),
           "yellow": (235, 215, 50), "purple": (160, 50, 190), "cyan": (60, 200, 215)}
CONTRAST = 100.0            # between a colour and the ground under it, in RGB of 0 to 255
HANDS = 1_000               # digits that are drawn to choose from, at most
CHUNK = 64                  # pictures drawn at once


def shapes(count: int, seed: int = 0, size: int = 64, hard: bool = False, digits: bool = False
           ) -> Scenes:
    """`count` drawn scenes of size x size pixels, with boxes, labels, masks, class_map and caption.

    hard   : up to 6 objects instead of 3, of radius 4 to 9 pixels instead of 6 to 15, which cover
             more of each other
    digits : ten more classes, "0" to "9", digits drawn by code

    One seed gives the same scenes on every run.  1,000 take about a second.  Sizes above are for 64
    pixels and grow with `size`.

    >>> shapes(2, seed=1).images.shape
    (2, 3, 64, 64)
    """
    check_size("shapes", count, seed, size)
    rng = np.random.default_rng(seed)
    classes = (BACKGROUND, *FORMS, *(tuple("0123456789") if digits else ()))
    kind, hands = HARD if hard else EASY, None
    if digits:
        hands = drawn_digits(min(HANDS, 100 + 3 * count), int(rng.integers(2 ** 31)))
        kind = kind._replace(low=max(kind.low, DIGIT))
    images = np.empty((count, 3, size, size), np.uint8)
    targets: list[Target] = []
    for start in range(0, count, CHUNK):
        drawn, found = draw(min(CHUNK, count - start), size, kind, classes, hands, rng)
        images[start:start + CHUNK] = drawn
        targets += found
    return Scenes(images, targets, classes, f"{count:,} {'hard ' if hard else ''}scenes of shapes"
                  f"{' and digits' if digits else ''} drawn by code (seed {seed})")


def check_size(who: str, count: int, seed: int, size: int) -> None:
    for name, number, least in (("count", count, 1), ("seed", seed, 0), ("size", size, 32)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise TypeError(f"{who}: {name} is a {type_name(number)}, expected a whole number")
        if number < least:
            raise ValueError(f"{who}: {name} is {number}, expected at least {least}")


def draw(N: int, size: int, kind: Kind, classes: tuple[str, ...], hands: Dataset | None,
         rng: np.random.Generator) -> tuple[np.ndarray, list[Target]]:
    """N pictures (N, 3, size, size) uint8 and their targets."""
    places = placed(N, size, kind, rng)                                         # M objects each
    label = rng.integers(1, len(classes), places.radius.shape)                  # (N, M)
    painting = Painting(grounds(N, size, rng))
    colour = np.zeros(label.shape, np.int64)                                    # (N, M)
    used = np.zeros((N, len(COLOURS)), bool)
    for m in range(label.shape[1]):
        ink = form_ink(label[:, m], places.part(m), size)                       # (N, S, S)
        written = label[:, m] > len(FORMS)
        if hands is not None and written.any():
            digit = label[written, m] - 1 - len(FORMS)
            ink[written] = digit_ink(hands, digit, places.part(m, written), size, rng)
        ink[~places.there[:, m]] = 0
        colour[:, m], paint = contrasting(painting.picture, ink, used, rng)
        used[np.arange(N), colour[:, m]] |= places.there[:, m]
        painting.add(ink, paint, label[:, m])
    large = places.radius > places.typical                                      # (N, M)
    words = [[f"{'large' if large[n, m] else 'small'} {list(COLOURS)[colour[n, m]]} "
              f"{classes[label[n, m]]}" for m in range(label.shape[1])] for n in range(N)]
    return painting.images(), [painting.target(n, label[n], words[n]) for n in range(N)]


def contrasting(picture: np.ndarray, ink: np.ndarray, used: np.ndarray, rng: np.random.Generator
                ) -> tuple[np.ndarray, np.ndarray]:
    """(numbers (N,) of COLOURS, paint (N, 3)) that stand out from what lies under the ink.

    used : (N, 6) bool, the colours that each picture has
    """
    amount = np.maximum(ink.sum(axis=(1, 2)), 1e-6)                             # (N,)
    under = (picture * ink[:, None]).sum(axis=(2, 3)) / amount[:, None]         # (N, 3)
    palette = np.array(list(COLOURS.values()), np.float32)                      # (6, 3)
    distance = np.sqrt(((palette - under[:, None]) ** 2).sum(axis=2))           # (N, 6)
    wish = rng.random(distance.shape) - used                                    # unused ones first
    chosen = np.where(distance > CONTRAST, wish, -np.inf).argmax(axis=1)        # (N,)
    return chosen, palette[chosen]
