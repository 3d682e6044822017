"""Pictures of a detector's work: what it found, what was wrong with it, and how it came about.

    draw_boxes         boxes with names and scores
    draw_box_errors    the answer beside the truth, each error in its own colour
    draw_anchors       the anchors that a truth has got for training
    draw_suppressed    what non-maximum suppression removed

Each returns a Picture, and writes it where a path is given.  Images are pixels as stored, (C, H, W)
uint8; what was found and the truth are dicts of boxes, labels (and scores), as detectors give.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from minicnn.analysis.panels import (
    MOST,
    as_picture,
    as_pictures,
    class_colour,
    grid,
    key,
    outline,
    panels,
    show,
    shown_names,
    tag,
)
from minicnn.analysis.pictures import BLUE, DIM, RED, Where
from minicnn.backend.messages import plural
from minicnn.data.boxes.judging import box_overlap, coco_matches
from minicnn.data.boxes.matching import BETWEEN
from minicnn.data.boxes.objects import Objects, read_objects, read_scores
from minicnn.data.canvas import Picture, drawing

LEAST = 0.5                    # score from which on a box is drawn
BOXES = 60                     # in one picture
RIGHT, MISSED = "#1e7d32", "#b45309"


class Seen(NamedTuple):
    """What is drawn of one picture's answer: the surest boxes, the surest first."""

    objects: Objects
    scores: np.ndarray
    left_out: int


def seen(found: Any, classes: Sequence[str], least: float, name: str) -> Seen:
    objects = read_objects(found, len(classes), name, area=False)
    scores = read_scores(found, len(objects.labels), name)
    order = np.argsort(-scores, kind="stable")
    sure = order[scores[order] >= least]
    chosen = sure[:BOXES]
    masks = None if objects.masks is None else objects.masks[chosen]
    kept = Objects(objects.boxes[chosen], objects.labels[chosen], masks)
    return Seen(kept, scores[chosen], len(sure) - len(chosen))


@drawing()
def draw_boxes(images: Any, found: Sequence[Any], classes: Sequence[str], path: Where = None,
               title: str = "", names: Sequence[str] | None = None, least: float = LEAST
               ) -> Picture:
    """The boxes found in each picture, with their classes and scores, and their masks if any.

    images  : of each picture its pixels, (1, H, W) or (3, H, W) uint8
    found   : of each picture a dict of boxes (n, 4), labels (n,) from 1 on, and scores (n,)
    classes : names, the background first;  names : of the pictures
    least   : the score from which on a box is drawn
    path    : where it is written too, as a.png or a.pdf;  title : above it
    """
    pictures = as_pictures(images, "draw_boxes", found)[:MOST]
    known = shown_names(classes)
    drawn, cells = panels(*grid(len(pictures)), pictures[0].shape, counted(title, len(found)))
    for number, axes in enumerate(cells.ravel()):
        if number >= len(pictures):
            axes.axis("off")
            continue
        one = seen(found[number], classes, least, f"draw_boxes: found in picture {number}")
        show(axes, masked(pictures[number], one.objects))
        for box, label, score in surest_last(one):
            outline(axes, box, class_colour(label))
            tag(axes, box, f"{known[label]} {score:.2f}", class_colour(label))
        said = plural(len(one.scores) + one.left_out, "object")
        more = f", the {BOXES} surest are drawn" if one.left_out else ""
        own = f"{shown_names([names[number]])[0]}: " if names else ""
        axes.set_xlabel(f"{own}{said}{more}", fontsize=10)
    return Picture(drawn, path)


def counted(title: str, count: int) -> str:
    return f"{title} (the first {MOST} of {count})" if count > MOST else title


def masked(image: np.ndarray, objects: Objects) -> np.ndarray:
    """(3, H, W): each object's pixels half in the colour of its class, the surest on top."""
    from matplotlib.colors import to_rgb
    if objects.masks is None:
        return image
    if objects.masks.shape[1:] != image.shape[1:]:
        raise ValueError(f"draw_boxes: masks are {objects.masks.shape[1:]}, the picture "
                         f"{image.shape[1:]}")
    painted = np.broadcast_to(image, (3, *image.shape[1:])).astype(np.float64)
    for mask, label in zip(objects.masks[::-1], objects.labels[::-1].tolist(), strict=True):
        own = 255 * np.array(to_rgb(class_colour(label)))[:, None]
        painted[:, mask] = (own + image[:, mask]) / 2
    return painted.round().astype(np.uint8)


def surest_last(one: Seen) -> list[tuple[np.ndarray, int, float]]:
    """(box, label, score): the surest is drawn over the others."""
    return list(zip(one.objects.boxes, one.objects.labels.tolist(), one.scores.tolist(),
                    strict=True))[::-1]


@drawing()
def draw_box_errors(images: Any, found: Sequence[Any], truths: Sequence[Any],
                    classes: Sequence[str], path: Where = None, title: str = "",
                    least: float = LEAST, threshold: float = 0.5) -> Picture:
    """Truth and answer side by side, for each picture.

    Green is right.  Red is wrong, and the words say how: of another class, badly placed, found
    again, nothing there.  Orange and dashed, in the truth: missed.

    images, found, classes : as in draw_boxes;  truths : of each picture its boxes and labels
    threshold : the IoU of a hit;  least : the score from which on a box is drawn and judged
    path, title : as in draw_boxes
    """
    pictures = as_pictures(images, "draw_box_errors", found, truths)[:MOST // 2]
    known, counts = shown_names(classes), np.zeros(3, int)
    rows, columns = (1, 2) if len(pictures) == 1 else (ceil(len(pictures) / 2), 4)
    drawn, cells = panels(rows, columns, pictures[0].shape, title or "truth and answer", below=0.5)
    for number, (left, right) in enumerate(cells.reshape(-1, 2)):
        if number >= len(pictures):
            left.axis("off")
            right.axis("off")
            continue
        there = read_objects(truths[number], len(classes),
                             f"draw_box_errors: truth of picture {number}", area=True)
        one = seen(found[number], classes, least, f"draw_box_errors: found in picture {number}")
        verdicts, missed = judged(one.objects, there, threshold, known)
        show(left, pictures[number], "truth")
        show(right, pictures[number], "answer")
        for place, (box, label) in enumerate(zip(there.boxes, there.labels, strict=True)):
            lost = place in missed
            outline(left, box, MISSED if lost else RIGHT, dashed=lost)
            tag(left, box, f"{known[label]}{', missed' * lost}", MISSED if lost else RIGHT)
        for (box, label, score), word in zip(surest_last(one), verdicts[::-1], strict=True):
            outline(right, box, RED if word else RIGHT)
            tag(right, box, f"{known[label]} {score:.2f}{word and ', ' + word}",
                RED if word else RIGHT)
        wrong = sum(map(bool, verdicts))
        counts += (len(verdicts) - wrong, wrong, len(missed))
    key(drawn, [(RIGHT, f"right: {counts[0]}"), (RED, f"wrong: {counts[1]}"),
                (MISSED, f"missed: {counts[2]}")])
    return Picture(drawn, path)


def judged(found: Objects, truth: Objects, threshold: float, names: Sequence[str]
           ) -> tuple[list[str], set[int]]:
    """(what is wrong with each box, "" if nothing; which truths are missed).

    A box is judged as COCO does, at one threshold; the surest boxes come first.
    """
    none = np.zeros(len(truth.labels), bool)
    iou = box_overlap(found.boxes, truth.boxes, none)                  # (n, m)
    same = found.labels[:, None] == truth.labels                      # (n, m)
    match = coco_matches(np.where(same, iou, 0), none, none, np.array([threshold]))[0]
    words = []
    for row, own, hit in zip(iou, same, match, strict=True):
        best = row.argmax() if len(row) else 0
        if hit >= 0:
            words.append("")
        elif (row[own] >= threshold).any():
            words.append("found again")
        elif (row >= threshold).any():
            words.append(f"is {names[truth.labels[best]]}")
        elif (row[own] >= 0.1).any():
            words.append("badly placed")
        else:
            words.append("nothing there")
    return words, set(range(len(truth.labels))) - set(match.tolist())


@drawing()
def draw_anchors(image: Any, anchors: Any, boxes: Any, matched: Any, path: Where = None,
                 title: str = "anchors that learn an object") -> Picture:
    """The anchors that each truth has got, in the truth's colour, thin; the truth is thick.

    image   : (1, H, W) or (3, H, W) uint8
    anchors : (A, 4);  boxes : (m, 4), the truths
    matched : (A,) the truth of each anchor, negative where it has none, as minicnn.data.boxes.match
              gives
    path    : where it is written too, as a.png or a.pdf;  title : above it
    """
    picture = as_picture(image, "draw_anchors")
    anchors, boxes, matched = np.asarray(anchors), np.asarray(boxes), np.asarray(matched)
    if anchors.shape != (len(matched), 4) or boxes.ndim != 2:
        raise ValueError(f"draw_anchors: anchors {anchors.shape}, boxes {boxes.shape} and matched "
                         f"{matched.shape}; expected (A, 4), (m, 4) and (A,)")
    if len(matched) and matched.max() >= len(boxes):
        raise ValueError(f"draw_anchors: matched names truth {matched.max()}, there are "
                         f"{len(boxes)}")
    drawn, cells = panels(1, 1, picture.shape, title, below=0.6)
    axes = cells[0, 0]
    show(axes, picture, dim=0.55)
    entries = []
    for number, box in enumerate(boxes):
        colour, own = class_colour(number + 1), np.flatnonzero(matched == number)
        for anchor in anchors[own]:
            outline(axes, anchor, colour, width=1.0, rim=False)
        outline(axes, box, colour, width=3.0)
        entries.append((colour, f"object {number + 1}: {plural(len(own), 'anchor')}"))
    _, H, W = picture.shape
    axes.set(xlim=(min(0, *anchors[matched >= 0, 0], 0), max(W, *anchors[matched >= 0, 2], W)),
             ylim=(max(H, *anchors[matched >= 0, 3], H), min(0, *anchors[matched >= 0, 1], 0)))
    between = int((matched == BETWEEN).sum())
    axes.set_xlabel(f"{(matched >= 0).sum():,} of {len(anchors):,} anchors"
                    + (f", {between:,} learn nothing" if between else ""), fontsize=10)
    key(drawn, entries, 3)
    return Picture(drawn, path)


@drawing()
def draw_suppressed(image: Any, boxes: Any, scores: Any, kept: Any, path: Where = None,
                    title: str = "non-maximum suppression") -> Picture:
    """All boxes, and beside them those that were kept; what was removed is grey.

    image   : (1, H, W) or (3, H, W) uint8;  boxes : (n, 4);  scores : (n,)
    kept    : numbers of those kept, as minicnn.data.boxes.nms gives
    path    : where it is written too, as a.png or a.pdf;  title : above it
    """
    picture = as_picture(image, "draw_suppressed")
    given = {"boxes": boxes, "scores": scores, "labels": np.ones(len(boxes), int)}
    objects = read_objects(given, 2, "draw_suppressed", area=False)
    sure = read_scores(given, len(objects.labels), "draw_suppressed")
    stays = np.zeros(len(sure), bool)
    stays[np.asarray(kept, int)] = True
    drawn, ((before, after),) = panels(1, 2, picture.shape, title, below=0.4)
    show(before, picture, f"before: {len(sure)}", dim=0.55)
    show(after, picture, f"after: {stays.sum()}", dim=0.55)
    for number in np.argsort(sure, kind="stable"):         # the surest over the others
        outline(before, objects.boxes[number], BLUE, width=1.2, rim=False)
        if not stays[number]:
            outline(after, objects.boxes[number], DIM, width=0.9, dashed=True, rim=False)
    for number in np.flatnonzero(stays):
        outline(after, objects.boxes[number], BLUE, width=2.2)
        tag(after, objects.boxes[number], f"{sure[number]:.2f}", BLUE)
    key(drawn, [(BLUE, "kept"), (DIM, f"removed: {(~stays).sum()}")])
    return Picture(drawn, path)
