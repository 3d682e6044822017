"""Pictures worth projecting: each function draws one and returns it as a Picture.

A notebook shows it.  With a path it is also written; the end of the path says the format, as in
a.png or a.pdf.
"""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import Picture, drawing, figure
from minicnn.data.door import as_labels

WIDE = 4                # largest over smallest error, from which on the scale is logarithmic
MANY = 40               # classes from which on a confusion matrix has colours alone
INK, RED, BLUE = "#222222", "#c0392b", "#1f5fa8"
DIM = "#595959"         # grey that the last row can read; paler things are no letters
GREY = "#8a8a8a"        # lines

Where = str | Path | None


def class_names(classes: Sequence[str] | None, most: int) -> list[str]:
    """The names as they are written: on one line, at most so many letters."""
    names = [" ".join(name.split()) for name in classes or map(str, range(10))]
    return [name if len(name) <= most else f"{name[:most - 1]}\N{HORIZONTAL ELLIPSIS}"
            for name in names]


def headed(drawn: Any, title: str) -> None:
    """A title in as many lines as it needs (matplotlib's wrap=True would read formulas in it)."""
    letters = int(9.5 * drawn.get_figwidth())              # of 13 points, in a line
    drawn.suptitle(fill(title, letters), fontsize=13, color=INK)


def bare(axes: Any, title: str = "", **style: Any) -> None:
    """No ticks and a thin grey frame, for axes that hold an image."""
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#cccccc")
        side.set_linewidth(0.5)
    if title:
        axes.set_title(title, **{"fontsize": 10, "color": INK, **style})


@drawing()
def learning_curves(history: Sequence[dict[str, float]], path: Where = None,
                    marks: dict[str, float] | None = None, title: str = "") -> Picture:
    """Losses and errors against the epoch, side by side; errors that span a wide range on a
    logarithmic scale.

    history : one dict an epoch with "epoch", "loss", "error" and, if they were counted, "val_loss"
              and "train_error"; errors in percent
    marks   : horizontal lines to beat in the right picture, {"LeNet-5, 1998": 0.95}
    title   : the network and its data
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
    drawn = figure(11, 4.6 if title else 4.2)
    headed(drawn, title)
    left, right = drawn.subplots(1, 2)
    epochs = [line["epoch"] for line in history]
    left.plot(epochs, [line["loss"] for line in history], "o-", color=BLUE, markersize=4,
              label="training")
    tested = [line["val_loss"] for line in history if "val_loss" in line]
    if tested:
        left.plot(epochs, tested, "o-", color=RED, markersize=4, label="test")
        left.legend(frameon=False)
    left.set(xlabel="epoch", title="loss" if tested else "training loss")
    errors = [line["error"] for line in history]
    right.plot(epochs, errors, "o-", color=RED, markersize=4, label="test")
    learnt = [line["train_error"] for line in history if "train_error" in line]
    if learnt:
        right.plot(epochs, learnt, "o-", color=BLUE, markersize=4, label="training")
        right.legend(frameon=False)
    right.set(xlabel="epoch", title=f"test error: {errors[-1]:.2f} % in the end")
    for name, value in (marks or {}).items():
        right.axhline(value, color=GREY, linewidth=1, linestyle="--")
        right.annotate(f"{name}: {value:g} %", (0, value), xycoords=("axes fraction", "data"),
                       xytext=(5, 3), textcoords="offset points", fontsize=9, color=INK)
    if 0 < WIDE * min(errors + learnt) < max(errors + learnt):         # 0 has no logarithm
        right.set(yscale="log", ylabel="logarithmic scale")
        right.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
        right.yaxis.set_minor_locator(NullLocator())
    right.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    for axes in (left, right):
        axes.grid(color="#e6e6e6", linewidth=0.7)
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
        if len(history) == 1 and axes.get_yscale() == "linear":        # a point has no range
            axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
    return Picture(drawn, path)


@drawing()
def filters(weight: np.ndarray, path: Where = None, title: str = "filters") -> Picture:
    """Every filter of a first layer as a small image: (F, 1, KH, KW) grey or (F, 3, KH, KW) colour.

    All share one scale around zero.  Of grey filters blue is negative, white zero, red positive; of
    colour filters grey is zero.
    """
    F, C = weight.shape[:2]
    if C not in (1, 3):
        raise ValueError(f"filters: shape {weight.shape}; only filters that look at a grey or an "
                         "RGB image, with 1 or 3 channels, can be shown as pictures")
    columns = min(F, max(6, ceil(sqrt(F))))
    rows = ceil(F / columns)
    drawn = figure(1.5 * columns + 0.6, 1.6 * rows + 0.8)
    headed(drawn, title)
    cells = drawn.subplots(rows, columns, squeeze=False).ravel()
    largest = float(np.abs(weight).max()) or 1.0
    for number, axes in enumerate(cells):
        if number >= F:
            axes.axis("off")
            continue
        bare(axes, str(number))
        if C == 1:
            shown = axes.imshow(weight[number, 0], cmap="RdBu_r", vmin=-largest, vmax=largest)
        else:
            shown = axes.imshow(0.5 + weight[number].transpose(1, 2, 0) / (2 * largest))
    if C == 1:
        drawn.colorbar(shown, ax=list(cells), fraction=0.03, pad=0.02, label="weight")
    else:
        drawn.supxlabel("grey is 0; brighter or darker in a colour: a positive or negative weight "
                        "for it", fontsize=10, color=DIM)
    return Picture(drawn, path)


@drawing()
def feature_maps(image: np.ndarray, rows: dict[str, np.ndarray], path: Where = None,
                 title: str = "", most: int = 16) -> Picture:
    """What each row of a network makes of one image, from the input at the top to the scores.

    image : (H, W) or (3, H, W);  rows : {"C1": (C, H, W), ..., "F6": (D,)} for that image
    most  : at most so many maps of a row are shown

    Each map has its own grey scale, from its smallest to its largest value; vectors become strips.
    """
    margin, gap, width = 1.25, 0.08, 13.0                  # inches
    bands = [("input", 1.5, [image])]                      # label, height, pictures side by side
    for label, maps in rows.items():
        vector = maps.size == len(maps)
        if vector:
            bands.append((label, 0.5, [maps.reshape(1, -1)]))
        else:
            count = min(len(maps), most)
            side = min((width - margin) / count - gap, 1.5)
            bands.append((label, side, list(maps[:count])))
    sizes = {"input": image.shape, **{label: maps.shape for label, maps in rows.items()}}
    height = sum(band[1] + 2.5 * gap for band in bands) + 1.1
    drawn = figure(width, height, layout=None)
    drawn.text(0.5, 1 - 0.25 / height, title, fontsize=13, color=INK, ha="center", va="center")
    drawn.text(0.5, 1 - 0.58 / height, "black is high, white is low; each map has its own scale, "
               "from its lowest to its highest value", fontsize=11, color=DIM, ha="center",
               va="center")
    top = height - 0.8
    for label, side, shown in bands:
        top -= side
        drawn.text((margin - 0.15) / width, (top + side / 2) / height, ha="right", va="center",
                   s=f"{label}\n{'x'.join(map(str, sizes[label]))}", fontsize=11, color=INK)
        for number, values in enumerate(shown):
            wide = side if values.shape[0] != 1 else width - margin - 0.15
            left = margin + number * (side + gap)
            axes = drawn.add_axes((left / width, top / height, wide / width, side / height))
            axes.imshow(values if values.ndim == 2 else values.transpose(1, 2, 0), cmap="gray_r",
                        aspect="auto")
            bare(axes)
            if values.shape[0] == 1 and values.size <= 20:
                write_values(axes, values[0])
        top -= 2.5 * gap
    return Picture(drawn, path)


def write_values(axes: Any, values: np.ndarray) -> None:
    """Each number into its cell of a strip, and its place below."""
    axes.set_xticks(range(values.size))
    axes.tick_params(length=0, labelsize=10)
    dark = values.min() + 0.54 * (values.max() - values.min())         # white reads better there
    for place, value in enumerate(values):
        axes.text(place, 0, f"{value:.1f}", ha="center", va="center", fontsize=11,
                  color="white" if value > dark else INK)


@drawing()
def confusion(matrix: np.ndarray, classes: Sequence[str], path: Where = None,
              title: str = "confusion matrix") -> Picture:
    """Counts of (true class, predicted class); the colours show the mistakes only.

    More than 40 classes have no room for counts, more than 100 none for names.
    """
    size, names = len(classes), class_names(classes, 30)
    longest = max(map(len, names))
    mistakes = matrix.astype(float)
    np.fill_diagonal(mistakes, 0)
    room = 0.1 * max(longest - 4, 0)                       # inches that long names take
    wide, tall = (0.62, 0.58) if size <= MANY else (15 / size, 15 / size)
    drawn = figure(max(wide * size + 2 + room, 5), tall * size + 1.6 + room)
    axes = drawn.subplots()
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(mistakes.max(), 1))
    for i, j in zip(*np.nonzero(matrix), strict=True) if size <= MANY else ():
        dark = mistakes[i, j] > 0.6 * mistakes.max()
        axes.text(j, i, f"{matrix[i, j]:,}", ha="center", va="center", fontsize=10,
                  color="white" if dark else DIM if i == j else INK)
    if size <= 100:
        small = min(10, 600 / size)                        # points
        axes.set_xticks(range(size), names, rotation=90 if longest > 6 else 0, fontsize=small)
        axes.set_yticks(range(size), names, fontsize=small)
    axes.set(xlabel="predicted class", ylabel="true class")
    wrong = int(mistakes.sum())
    headed(drawn, f"{title}: {wrong:,} of {int(matrix.sum()):,} wrong")
    axes.tick_params(length=0)
    return Picture(drawn, path)


@drawing()
def misclassified(images: np.ndarray, labels: np.ndarray, predicted: np.ndarray, path: Where = None,
                  classes: Sequence[str] | None = None, most: int = 84, title: str = "") -> Picture:
    """The images that the network got wrong, with "true -> predicted" under each.

    images : (N, C, H, W), only the wrong ones;  labels, predicted : (N,)
    title  : the network and its data
    """
    names = class_names(classes, 10)
    labels = as_labels(labels, "misclassified", len(images), len(names))
    predicted = as_labels(predicted, "misclassified, predicted", len(images), len(names))
    long = max(map(len, names)) > 3                        # then each name has a line of its own
    arrow = "\n\N{RIGHTWARDS ARROW} " if long else " \N{RIGHTWARDS ARROW} "
    shown = min(len(images), most)
    columns = 14
    rows = max(ceil(shown / columns), 1)
    drawn = figure(12.5, (1.25 if long else 1.05) * rows + 0.9)
    more = f" (the first {shown} of {len(images):,})" if len(images) > shown else f" ({shown})"
    headed(drawn, f"{title}{': ' if title else ''}misclassified{more}, "
                  "true \N{RIGHTWARDS ARROW} predicted")
    for number, axes in enumerate(drawn.subplots(rows, columns, squeeze=False).ravel()):
        if number >= shown:
            axes.axis("off")
            continue
        image = images[number]
        axes.imshow(image[0] if len(image) == 1 else image.transpose(1, 2, 0), cmap="gray_r")
        bare(axes)
        axes.set_xlabel(f"{names[labels[number]]}{arrow}{names[predicted[number]]}",
                        fontsize=8 if long else 11, color=RED, labelpad=2)
    return Picture(drawn, path)


@drawing()
@no_grad()
def reconstructions(model: Any, images: np.ndarray, labels: np.ndarray, path: Where = None,
                    classes: Sequence[str] | None = None, title: str = "") -> Picture:
    """Images, and below each what a CapsNet's decoder draws from the longest of its capsules.

    images : (N, C, H, W), as the network reads them;  labels : (N,)
    title  : the network and its data
    """
    labels = as_labels(labels, "reconstructions", len(images))
    x = Tensor(images).to(next(model.parameters()).device)
    capsules = model.capsules(x)
    drawn = model.reconstruct(capsules).numpy()
    predicted = model.length(capsules).numpy().argmax(axis=1)
    names = class_names(classes, 10)
    columns = 10
    rows = ceil(len(images) / columns)
    canvas = figure(1.1 * columns, 2.55 * rows + 0.6)
    headed(canvas, f"{title}{': ' if title else ''}what it reads, and below what it draws from one "
                   "capsule")
    cells = canvas.subplots(2 * rows, columns, squeeze=False)
    for axes in cells.ravel():
        axes.axis("off")
    for number, (image, copy) in enumerate(zip(images, drawn, strict=True)):
        row, column = divmod(number, columns)
        for axes, pixels in zip(cells[2 * row:2 * row + 2, column], (image, copy), strict=True):
            axes.axis("on")
            axes.imshow(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0),
                        cmap="gray_r", vmin=0, vmax=1)
            bare(axes)
        right = predicted[number] == labels[number]
        axes.set_xlabel(names[predicted[number]], fontsize=11, color=INK if right else RED,
                        labelpad=2)
    return Picture(canvas, path)
