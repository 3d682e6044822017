"""Pictures of a segmenter's work: the class of every pixel over the picture, with a key.

    draw_maps          the map over each picture
    draw_map_errors    the answer beside the truth, and which pixels are wrong
    compare_maps       one picture, one map for each of several networks: FCN's 32s, 16s and 8s

Each returns a Picture, and writes it where a path is given.  Images are pixels as stored, (C, H, W)
uint8; maps are (H, W) whole numbers, 0 the background, 255 a pixel that does not count.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from minicnn.analysis.panels import (
    MOST,
    as_picture,
    as_pictures,
    class_colour,
    grid,
    key,
    panels,
    show,
    shown_names,
)
from minicnn.analysis.pictures import GREY, INK, RED, Where
from minicnn.data.canvas import Picture, drawing
from minicnn.data.door import as_array
from minicnn.data.scene_targets import IGNORED

COVER = 0.75                   # how much of a pixel is its class's colour


def as_map(values: Any, image: np.ndarray, classes: int, name: str) -> np.ndarray:
    """(H, W) whole numbers from 0 to classes - 1, or 255, of the picture's size."""
    found = as_array(values, name)
    if found.dtype.kind not in "iu":
        raise TypeError(f"{name} is {found.dtype}, expected whole numbers; of scores "
                        "(classes, H, W) take scores.argmax(axis=0)")
    if found.shape != image.shape[1:]:
        raise ValueError(f"{name} is {found.shape}, the picture {image.shape[1:]}")
    wrong = found[(found < 0) | ((found >= classes) & (found != IGNORED))]
    if wrong.size:
        raise ValueError(f"{name} has class {wrong[0]} in it, expected 0 to {classes - 1}, or "
                         f"{IGNORED} for what does not count")
    return found


def coloured(image: np.ndarray, found: np.ndarray) -> np.ndarray:
    """(3, H, W): the classes' colours over the picture, white over what does not count.

    Under a class the picture is grey: blue over yellow would be another class's green.
    """
    from matplotlib.colors import to_rgb
    pixels = np.broadcast_to(image, (3, *found.shape)).astype(np.float64)
    pixels[:, found == IGNORED] = 255
    grey = image.mean(axis=0)                              # (H, W)
    for label in np.unique(found[(found != 0) & (found != IGNORED)]).tolist():
        own = 255 * np.array(to_rgb(class_colour(label)))[:, None]
        pixels[:, found == label] = COVER * own + (1 - COVER) * grey[found == label]
    return pixels.round().astype(np.uint8)


def key_of(found: Sequence[np.ndarray], names: Sequence[str]) -> list[tuple[str, str]]:
    """The classes that the maps have, with their colours."""
    present = np.unique(np.concatenate([one.ravel() for one in found]))
    return [(class_colour(label), names[label]) for label in present.tolist()
            if label not in (0, IGNORED)] + [("white", "does not count")] * (IGNORED in present)


def rows_of(entries: Sequence[Any]) -> float:
    """Inches for a key."""
    return 0.1 + 0.3 * ceil(len(entries) / 6)


@drawing()
def draw_maps(images: Any, maps: Sequence[Any], classes: Sequence[str], path: Where = None,
              title: str = "", names: Sequence[str] | None = None) -> Picture:
    """The map over each picture; below them the key.

    images  : of each picture its pixels, (1, H, W) or (3, H, W) uint8
    maps    : of each the class of every pixel, (H, W)
    classes : names, the background first, which is left as it is;  names : of the pictures
    path    : where it is written too, as a.png or a.pdf;  title : above it
    """
    pictures = as_pictures(images, "draw_maps", maps)[:MOST]
    known = shown_names(classes)
    found = [as_map(one, picture, len(known), f"draw_maps: map {number}")
             for number, (picture, one) in enumerate(zip(pictures, maps, strict=False))]
    entries = key_of(found, known)
    more = f" (the first {MOST} of {len(maps)})" if len(maps) > MOST else ""
    drawn, cells = panels(*grid(len(pictures)), pictures[0].shape, title + more, rows_of(entries))
    for number, axes in enumerate(cells.ravel()):
        if number >= len(pictures):
            axes.axis("off")
            continue
        show(axes, coloured(pictures[number], found[number]))
        said = shares(found[number], known)
        axes.set_xlabel(f"{shown_names([names[number]])[0]}: {said}" if names else said,
                        fontsize=10, wrap=True)
    key(drawn, entries)
    return Picture(drawn, path)


def shares(found: np.ndarray, names: Sequence[str], most: int = 4) -> str:
    """How much of the picture each class has, the largest first."""
    labels, counts = np.unique(found[found != IGNORED], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    parts = [f"{names[labels[i]]} {100 * counts[i] / found.size:.1f} %" for i in order
             if labels[i] != 0]
    return ", ".join(parts[:most]) + ", ..." * (len(parts) > most) or "background alone"


@drawing()
def draw_map_errors(images: Any, answers: Sequence[Any], truths: Sequence[Any],
                    classes: Sequence[str], path: Where = None, title: str = "") -> Picture:
    """Picture, truth, answer and the wrong pixels in red, a row for each picture.

    images, classes, path, title : as in draw_maps;  answers, truths : maps of each
    """
    pictures = as_pictures(images, "draw_map_errors", answers, truths)[:MOST // 2]
    known = shown_names(classes)
    both = [[as_map(one[number], picture, len(known), f"draw_map_errors: {what} {number}")
             for what, one in (("truth", truths), ("answer", answers))]
            for number, picture in enumerate(pictures)]
    entries = [*key_of(sum(both, []), known), (RED, "wrong")]
    drawn, cells = panels(len(pictures), 4, pictures[0].shape, title or "truth and answer",
                          rows_of(entries))
    for picture, (truth, answer), row in zip(pictures, both, cells, strict=True):
        wrong = (truth != answer) & (truth != IGNORED)
        share = wrong.sum() / max((truth != IGNORED).sum(), 1)
        show(row[0], picture, "picture")
        show(row[1], coloured(picture, truth), "truth")
        show(row[2], coloured(picture, answer), "answer")
        show_wrong(row[3], picture, wrong, truth == IGNORED, f"wrong: {100 * share:.1f} %")
    key(drawn, entries)
    return Picture(drawn, path)


def show_wrong(axes: Any, picture: np.ndarray, wrong: np.ndarray, ignored: np.ndarray,
               title: str) -> None:
    """The picture, pale: its wrong pixels in red, those that do not count in grey."""
    from matplotlib.colors import to_rgb
    grey = 255 - 0.3 * (255 - picture.mean(axis=0))
    pixels = np.stack([grey] * 3)
    for where, colour in ((ignored, GREY), (wrong, RED)):
        pixels[:, where] = 255 * np.array(to_rgb(colour))[:, None]
    show(axes, pixels.round().astype(np.uint8), title)


@drawing()
def compare_maps(image: Any, answers: Mapping[str, Any], classes: Sequence[str],
                    truth: Any = None, path: Where = None, title: str = "") -> Picture:
    """One picture and what several networks make of it, side by side, as papers show them.

    answers : {"FCN-32s": map, "FCN-16s": map, "FCN-8s": map};  truth : a map, if it is known
    image, classes, path, title : as in draw_maps, of one picture
    """
    picture, known = as_picture(image, "compare_maps"), shown_names(classes)
    found = {name: as_map(one, picture, len(known), f"compare_maps: {name}")
             for name, one in answers.items()}
    there = {} if truth is None else {"truth": as_map(truth, picture, len(known),
                                                      "compare_maps: truth")}
    entries = key_of(list({**found, **there}.values()), known)
    drawn, cells = panels(1, 1 + len(found) + len(there), picture.shape, title, rows_of(entries))
    show(cells[0, 0], picture, "picture")
    for axes, (name, one) in zip(cells[0, 1:], {**found, **there}.items(), strict=True):
        show(axes, coloured(picture, one), name)
        if there and name not in there:
            counts = there["truth"] != IGNORED
            share = (one == there["truth"])[counts].mean() if counts.any() else np.nan
            axes.set_xlabel(f"{100 * share:.1f} % of the pixels", fontsize=10, color=INK)
    key(drawn, entries)
    return Picture(drawn, path)
