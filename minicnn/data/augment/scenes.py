"""Augmentation of scenes: a picture, its boxes, its masks and its map of classes move together.

Every function takes images, (N, C, H, W) uint8 or a list of (C, H, W) whose sizes may differ, their
targets, and a numpy.random.Generator, and returns two new lists; nothing it is given is changed.
For the SceneLoader fix the amounts and chain the steps:

    SceneLoader(scenes, 16, transform=in_turn(flip, partial(random_crop, pad=4), colour_jitter))

Masks and maps are never mixed between two pixels.  Boxes are moved and cut to the picture; around
an object that was cut and has a mask, the box is drawn anew.  Of what is cut, the objects that show
less than `least` of themselves are left out, and with them the caption, which may speak of them.

Source: Liu et al. 2016, "SSD: single shot multibox detector", section 2.2 (data augmentation).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.data.augment.colour import colour_jitter as jittered
from minicnn.data.augment.crop import TRIES, window
from minicnn.data.scene_sizes import Size, resize_scene
from minicnn.data.scene_targets import IGNORED, Target, boxes_of, chosen_objects

Batch = tuple[list[np.ndarray], list[Target]]
Step = Callable[[Sequence[np.ndarray], Sequence[Target], np.random.Generator], Batch]

LEAST = 0.25            # of an object, or of its box where it has no mask


def in_turn(*steps: Step) -> Step:
    """One step after the other, as one transform."""
    def all_steps(images: Sequence[np.ndarray], targets: Sequence[Target],
                  rng: np.random.Generator) -> Batch:
        for step in steps:
            images, targets = step(images, targets, rng)
        return list(images), list(targets)
    return all_steps


def flip(images: Sequence[np.ndarray], targets: Sequence[Target], rng: np.random.Generator,
         probability: float = 0.5) -> Batch:
    """Mirror each picture left to right with this probability: x becomes W - x."""
    if not 0 <= probability <= 1:
        raise ValueError(f"flip: probability={probability} should lie in 0..1")
    mirrored = rng.random(len(images)) < probability
    pairs = [mirror(image, target) if turned else (image, target)
             for image, target, turned in zip(images, targets, mirrored, strict=True)]
    return unzipped(pairs)


def random_crop(images: Sequence[np.ndarray], targets: Sequence[Target], rng: np.random.Generator,
                size: int | Size | None = None, pad: int | None = None, fill: int = 0,
                least: float = LEAST) -> Batch:
    """Cut a window of `size` from a random place, after a border of `pad` pixels of `fill`.

    size : (height, width) or one number; as large as the picture where None
    pad  : an eighth of the picture's longer side where None and size is None, else 0

    In a class map the border is 255.
    """
    pairs = []
    for image, target in zip(images, targets, strict=True):
        H, W = image.shape[1:]
        border = pad if pad is not None else max(H, W) // 8 if size is None else 0
        if border < 0:
            raise ValueError(f"random_crop: pad={pad} should be at least 0 pixels")
        height, width = window("random_crop", (H, W) if size is None else size,
                               (H + 2 * border, W + 2 * border))
        top = int(rng.integers(-border, H + border - height + 1))
        left = int(rng.integers(-border, W + border - width + 1))
        pairs.append(cut(image, target, top, left, (height, width), fill, least))
    return unzipped(pairs)


def random_resized_crop(images: Sequence[np.ndarray], targets: Sequence[Target],
                        rng: np.random.Generator, size: Size | None = None,
                        area: tuple[float, float] = (0.3, 1),
                        aspect: tuple[float, float] = (3 / 4, 4 / 3), least: float = LEAST
                        ) -> Batch:
    """Cut a window of random area and width / height ratio, and bring it to `size`.

    size : (height, width); that of the picture where None
    area : of the window, as a share of the picture's;  aspect : the ratio, evenly on a log scale
    """
    if not 0 < area[0] <= area[1] <= 1:
        raise ValueError(f"random_resized_crop: area={area} should be (low, high) within 0..1")
    if not 0 < aspect[0] <= aspect[1] < math.inf:
        raise ValueError(f"random_resized_crop: aspect={aspect} should be (low, high), above 0")
    pairs = []
    for image, target in zip(images, targets, strict=True):
        H, W = image.shape[1:]
        pixels = rng.uniform(*area, TRIES) * (H * W)
        ratio = np.exp(rng.uniform(math.log(aspect[0]), math.log(aspect[1]), TRIES))
        heights, widths = np.sqrt(pixels / ratio), np.sqrt(pixels * ratio)      # (TRIES,)
        chosen = ((heights <= H) & (widths <= W)).argmax()
        height = min(max(round(heights[chosen]), 1), H)
        width = min(max(round(widths[chosen]), 1), W)
        top, left = int(rng.integers(H - height + 1)), int(rng.integers(W - width + 1))
        part = cut(image, target, top, left, (height, width), 0, least)
        pairs.append(resize_scene(*part, size or (H, W)))
    return unzipped(pairs)


def scale(images: Sequence[np.ndarray], targets: Sequence[Target], rng: np.random.Generator,
          low: float = 0.5, high: float = 2.0) -> Batch:
    """Make each picture smaller or larger by a factor from low to high, evenly on a log scale.

    The sizes then differ; random_crop with a size brings them together.
    """
    if not 0 < low <= high < math.inf:
        raise ValueError(f"scale: low={low} and high={high} should rise and be above 0")
    factors = np.exp(rng.uniform(math.log(low), math.log(high), len(images))).tolist()
    pairs = []
    for image, target, factor in zip(images, targets, factors, strict=True):
        H, W = image.shape[1:]
        pairs.append(resize_scene(image, target, (max(round(factor * H), 1),
                                                  max(round(factor * W), 1))))
    return unzipped(pairs)


def colour_jitter(images: Sequence[np.ndarray], targets: Sequence[Target],
                  rng: np.random.Generator, brightness: float = 0.4, contrast: float = 0.4,
                  saturation: float = 0.4) -> Batch:
    """augment.colour_jitter of each picture; grey ones have no saturation."""
    changed = [jittered(np.asarray(image)[None], rng, brightness, contrast,
                        saturation if len(image) == 3 else 0)[0] for image in images]
    return changed, list(targets)


# --- one scene --------------------------------------------------------------------------------

def mirror(image: np.ndarray, target: Target) -> tuple[np.ndarray, Target]:
    """Left becomes right, in the caption too."""
    W = image.shape[2]
    made = dict(target)
    if "boxes" in made:
        x1, y1, x2, y2 = made["boxes"].T
        made["boxes"] = np.stack([W - x2, y1, W - x1, y2], axis=1)              # (n, 4)
    for name in ("masks", "class_map"):
        if name in made:
            made[name] = made[name][..., ::-1]
    if "caption" in made:
        made["caption"] = mirrored_words(made["caption"])
    return image[:, :, ::-1], made


def mirrored_words(caption: str) -> str:
    """The caption of the mirror image.

    >>> mirrored_words("a circle left of a square")
    'a square left of a circle'
    >>> mirrored_words("a cat to the left")
    'a cat to the right'
    """
    parts = caption.split(" left of ")
    if not any(word in part.split() for part in parts for word in ("left", "right")):
        return " left of ".join(reversed(parts))
    other = {"left": "right", "right": "left"}
    return " ".join(other.get(word, word) for word in caption.split(" "))


def cut(image: np.ndarray, target: Target, top: int, left: int, size: Size, fill: int = 0,
        least: float = LEAST) -> tuple[np.ndarray, Target]:
    """The window of (height, width) at top, left, which may reach out of the picture."""
    if not 0 <= least <= 1:
        raise ValueError(f"crop: least={least} should lie in 0..1")
    made = dict(target)
    for name, outside in (("masks", False), ("class_map", IGNORED)):
        if name in made:
            made[name] = cut_array(made[name], top, left, size, outside)
    if "boxes" in made:
        moved = made["boxes"] - np.array([left, top] * 2, np.float32)           # (n, 4)
        boxes = np.clip(moved, 0, np.array([size[1], size[0]] * 2, np.float32))
        shares = area(boxes) / area(moved)                                      # (n,)
        if "masks" in made:
            before, after = target["masks"].sum(axis=(1, 2)), made["masks"].sum(axis=(1, 2))
            seen = after > 0
            shares = np.where(before > 0, after / np.maximum(before, 1), shares)
            was_cut = (boxes != moved).any(axis=1) & seen
            boxes[was_cut] = boxes_of(made["masks"][was_cut])
        kept = (boxes[:, :2] < boxes[:, 2:]).all(axis=1) & (shares >= least) & (shares > 0)
        made = chosen_objects(made | {"boxes": boxes}, kept)
        if not kept.all():
            made.pop("caption", None)
    return cut_array(image, top, left, size, fill), made


def cut_array(values: np.ndarray, top: int, left: int, size: Size, outside: Any) -> np.ndarray:
    """(..., H, W) -> (..., *size), `outside` where the window reaches out."""
    H, W = values.shape[-2:]
    rows = slice(max(top, 0), max(min(top + size[0], H), 0))
    cols = slice(max(left, 0), max(min(left + size[1], W), 0))
    inside = values[..., rows, cols]
    made = np.full((*values.shape[:-2], *size), outside, values.dtype)
    y, x = rows.start - top, cols.start - left
    made[..., y:y + inside.shape[-2], x:x + inside.shape[-1]] = inside
    return made


def area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def unzipped(pairs: Sequence[tuple[np.ndarray, Target]]) -> Batch:
    return [image for image, _ in pairs], [target for _, target in pairs]
