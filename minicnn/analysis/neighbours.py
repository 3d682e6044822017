"""Nearest neighbours: the pictures that lie next to one, among pixels or among features.

    d(q, x) = |q - x|                                       L2: the root of the summed squares

Next to a picture in pixels lies what is bright and dark at the same places; next to it at a late
layer of a network lies what shows the same thing.  The second is also how pictures are retrieved.

Slide: stanford, "Test image, L2 nearest neighbors in feature space" (AlexNet's 4096 numbers before
the scores: Krizhevsky et al. 2012, section 6.1); virginia, image retrieval.
"""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np

from minicnn.analysis.pictures import BLUE, DIM, INK, RED, Where, bare, class_names, headed
from minicnn.data.canvas import Picture, drawing, figure

ROUNDING = 1e-5                # of sums of thousands of float32 products, to be on the safe side
AT_ONCE = 256                  # queries


def nearest(queries: Any, known: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(numbers, distances), both (Q, count): of each query the nearest of `known`, nearest first.

    queries, known : (Q, ...) and (N, ...), rows, maps or pictures; each counts as one vector.
                     Equally near ones come in the order of their numbers

    |q - x|^2 = |q|^2 - 2 q x + |x|^2 finds the candidates by one matrix product; q - x itself puts
    them in order: where q and x are alike, the product has no digits left.
    """
    q, x = as_vectors(queries, "queries"), as_vectors(known, "known")            # (Q, D), (N, D)
    N = len(x)
    if q.shape[1] != x.shape[1]:
        raise ValueError(f"nearest: queries have {q.shape[1]} numbers each, known {x.shape[1]}; "
                         "are they of one layer?")
    if not 1 <= count <= N:
        raise ValueError(f"nearest: {count} neighbours asked for, there are 1 to {N}")
    centre = x.mean(axis=0)
    q, x = q - centre, x - centre
    squares = (x * x).sum(axis=1)                                                # (N,)
    found: tuple[list, list] = [], []
    for part in (q[start:start + AT_ONCE] for start in range(0, len(q), AT_ONCE)):
        for one, near in zip(part, squares - 2 * part @ x.T, strict=True):       # (D,), (N,)
            last = np.partition(near, count - 1)[count - 1]
            chosen = np.flatnonzero(near <= last + ROUNDING * (one @ one + squares.max()))
            d = np.sqrt(((x[chosen] - one).astype(np.float64) ** 2).sum(axis=1))
            first = np.argsort(d, kind="stable")[:count]
            found[0].append(chosen[first])
            found[1].append(d[first])
    return np.array(found[0]), np.array(found[1])


def as_vectors(values: Any, name: str) -> np.ndarray:
    """(N, D) float32."""
    x = np.asarray(values)
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(f"nearest: {name} have shape {x.shape}, expected (N, ...) with a row for "
                         "each picture")
    x = x.reshape(len(x), -1).astype(np.float32)
    if not np.isfinite(x).all():
        raise ValueError(f"nearest: some of {name} are no numbers")
    return x


@drawing()
def draw_neighbours(queries: np.ndarray, known: np.ndarray, blocks: dict[str, np.ndarray],
                    path: Where = None, title: str = "", labels: Sequence[Any] | None = None,
                    classes: Sequence[str] | None = None) -> Picture:
    """As on the slide: each query at the left, and beside it its neighbours, a block for each way.

    queries, known : (Q, C, H, W) and (N, C, H, W), stored pictures
    blocks  : {"in feature space": numbers (Q, count), "in pixels": ...}, as `nearest` gives them
    labels  : (labels of the queries, labels of the known), if there are any: a neighbour of
              another class has a red frame
    """
    Q, ratios = len(queries), [1.0]
    for numbers in blocks.values():
        ratios += [0.35, *[1.0] * numbers.shape[1]]                    # a gap before each block
    drawn = figure(max(0.8 * sum(ratios), 7), 0.8 * Q + 1.3)
    headed(drawn, title)
    headings, *cells = drawn.subplots(Q + 1, len(ratios), squeeze=False, width_ratios=ratios,
                                      height_ratios=(0.25, *[1.0] * Q))
    for axes in (*headings, *np.ravel(cells)):
        axes.axis("off")
    names = class_names(classes, 12)
    write(headings[0], "test image", INK)
    for row, image in enumerate(queries):
        show(cells[row][0], image, names[labels[0][row]] if labels and classes else "")
    place = 2
    for (heading, numbers), colour in zip(blocks.items(), cycle((BLUE, DIM))):
        write(headings[place], heading, colour)
        for row, column in np.ndindex(*numbers.shape):
            number = numbers[row, column]
            wrong = labels is not None and labels[1][number] != labels[0][row]
            show(cells[row][place + column], known[number], wrong=wrong)
        place += 1 + numbers.shape[1]
    if labels is not None:
        drawn.supxlabel("red frame: another class", fontsize=9.5, color=RED)
    return Picture(drawn, path)


def write(axes: Any, heading: str, colour: str) -> None:
    """A heading that may be wider than its column."""
    axes.text(0, 0, heading, fontsize=10, color=colour, in_layout=False)


def show(axes: Any, image: np.ndarray, name: str = "", wrong: bool = False) -> None:
    axes.axis("on")
    if len(image) == 1:
        axes.imshow(image[0], cmap="gray_r", vmin=0, vmax=255)
    else:
        axes.imshow(image.transpose(1, 2, 0))
    bare(axes)
    for side in axes.spines.values():
        if wrong:
            side.set(color=RED, linewidth=2)
    if name:
        axes.set_ylabel(name, fontsize=9, color=INK, rotation=0, ha="right", va="center")


def same_class(numbers: np.ndarray, labels: Any, of_queries: Any) -> float:
    """Percent of the neighbours (Q, count) that are of their query's class."""
    return 100 * float((np.asarray(labels)[numbers] == np.asarray(of_queries)[:, None]).mean())
