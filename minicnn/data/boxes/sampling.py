"""Of thousands of anchors a few are drawn to learn from: nearly all of them see only background.

Source: Ren et al. 2015, section 3.1.3 (256 anchors of an image, at most half of them positive);
Girshick 2015 (Fast R-CNN), section 2.3 (a quarter of 64).
"""

import numpy as np

from minicnn.data.boxes.matching import BACKGROUND


def sample(matches: np.ndarray, size: int, positive_fraction: float, rng: np.random.Generator
           ) -> tuple[np.ndarray, np.ndarray]:
    """(numbers of positives, numbers of negatives) drawn without repetition, in rising order.

    matches : (anchors,) as match gives;  those BETWEEN are never drawn
    size : how many together;  positive_fraction : at most this share of `size` is positive

    Where positives are missing, negatives take their place; where those are missing too, fewer are
    drawn.
    """
    if not 0 <= positive_fraction <= 1 or size < 0:
        raise ValueError(f"sample: expected size >= 0 and a fraction in [0, 1], got size {size} "
                         f"and positive_fraction {positive_fraction}")
    matches = np.asarray(matches)
    positives = drawn(matches >= 0, int(size * positive_fraction), rng)
    negatives = drawn(matches == BACKGROUND, size - len(positives), rng)
    return positives, negatives


def drawn(wanted: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    numbers = np.flatnonzero(wanted)
    if len(numbers) > most:
        numbers = np.sort(rng.choice(numbers, most, replace=False))
    return numbers
