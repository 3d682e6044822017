"""Sheets to project: every augmentation applied to one image, and rows of a data set's images.

Matplotlib is imported when a sheet is drawn, and draws without a display.

Source: lecture deck unicamp, "Data Augmentation" (the gallery of one image, changed many times).
"""

from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np

from minicnn.data import augment
from minicnn.data.augment.sampling import check_images
from minicnn.data.dataset import Dataset

RESULTS = 8                         # changed images beside the original
TILE, GAP = 0.75, 0.08              # inches
NAME, TITLE = 2.25, 0.7             # inches for the text at the left, and above
DPI = 150


def augmentation_sheet(image: np.ndarray, path: str | PathLike, seed: int = 0) -> None:
    """Draw each augmentation of one image, the original first, then eight results, into a picture file.

    `image` is grey or RGB, uint8 or floats in 0..1: (H, W), (C, H, W) or a batch (N, C, H, W), of
    which the first image is taken.  Colour augmentations appear where they apply.
    """
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3, 4) or image.size == 0:
        raise ValueError(f"augmentation_sheet: image has shape {np.shape(image)}, expected (H, W), "
                         "(C, H, W) or (N, C, H, W)")
    images = image.reshape((-1, *(1, 1, *image.shape)[-3:]))[:1]       # (1, C, H, W)
    C = check_images(images, "augmentation_sheet")[1]
    if C not in (1, 3):
        raise ValueError(f"augmentation_sheet: image has C={C} channels, expected 1 (grey) or 3 (RGB)")
    if images.dtype == np.uint8:
        images = images / np.float32(255)
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"augmentation_sheet: values run from {images.min():g} to "
                         f"{images.max():g}, expected 0..1; draw the image before normalising it")

    entries = _entries(images)
    lines = -(-len(entries) // 2)                                      # two blocks side by side
    block = NAME + (RESULTS + 1) * (TILE + GAP) + 4 * GAP
    figure = _figure(2 * block, TITLE + lines * (TILE + GAP) + 0.12)
    width, height = figure.get_size_inches()
    figure.text(0.15 / width, 1 - TITLE / 2 / height, "Augmentation: one image, changed at random",
                size=22, weight="bold", va="center")
    for k, (name, amounts, function) in enumerate(entries):
        rng = np.random.default_rng((seed, k))
        left = 0.15 + (k // lines) * block
        bottom = height - TITLE - (k % lines + 1) * (TILE + GAP)
        figure.text(left / width, (bottom + 0.62 * TILE) / height, name, size=16, va="center")
        figure.text(left / width, (bottom + 0.26 * TILE) / height, amounts, size=12, va="center",
                    color="0.35")
        results = function(np.repeat(images, RESULTS, axis=0), rng)
        left += NAME
        for column, tile in enumerate([images[0], *results]):
            # a crop keeps its scale: it is drawn smaller than the original
            tall = TILE * tile.shape[1] / images.shape[2]
            wide = TILE * tile.shape[2] / images.shape[3]
            x = left + column * (TILE + GAP) + (GAP if column else 0) + (TILE - wide) / 2
            y = bottom + (TILE - tall) / 2
            _show(figure, tile, (x / width, y / height, wide / width, tall / height))
    figure.savefig(path, dpi=DPI)


def _entries(images: np.ndarray) -> list[tuple[str, str, Callable]]:
    """Name, amounts in words, and function(images, rng) of each row of the sheet."""
    H, W = images.shape[2:]
    pixels = round(0.12 * min(H, W))           # amounts in pixels follow the size of the image
    half = min(H, W) // 2
    sigma = max(1, round(0.13 * min(H, W)))
    alpha = 0.2 * sigma * min(H, W)            # displacements of some 3 % of the image
    window = (H - 2 * pixels, W - 2 * pixels)

    def with_amounts(function, **amounts):
        return lambda batch, rng: function(batch, rng, **amounts)

    entries = [
        ("shift", f"up to {pixels} pixels", with_amounts(augment.shift, pixels=pixels)),
        ("rotate", "up to 25 degrees", with_amounts(augment.rotate, degrees=25)),
        ("scale", "by 0.7 to 1.3", with_amounts(augment.scale, factor=0.3)),
        ("stretch", "width / height 0.6 to 1.4", with_amounts(augment.stretch, factor=0.4)),
        ("shear", "up to 25 degrees", with_amounts(augment.shear, degrees=25)),
        ("lens", "strength -0.3 to 0.6", with_amounts(augment.lens, strength=(-0.3, 0.6))),
        ("elastic", f"alpha {alpha:.0f}, sigma {sigma:.0f} pixels",
         with_amounts(augment.elastic, alpha=alpha, sigma=sigma)),
        ("warp", "all of these, sampled once",
         with_amounts(augment.warp, shift=pixels / 2, degrees=12, scale=0.15, stretch=0.2, shear=12,
                      lens=0.15, elastic_alpha=alpha / 2, elastic_sigma=sigma)),
        ("flip", "probability 0.5", augment.flip),
        ("random crop", f"{window[0]}x{window[1]} of {H}x{W}",
         with_amounts(augment.random_crop, size=window)),
        ("resized crop", "area 0.3 to 1, then resized",
         with_amounts(augment.random_resized_crop, size=(H, W), area=(0.3, 1))),
        ("cutout", f"square of {half} pixels",
         with_amounts(augment.cutout, size=half, fill=0.5)),
    ]
    if images.shape[1] == 1:
        return [*entries, ("brightness", "and contrast: 0.4 to 1.6",
                           with_amounts(augment.colour_jitter, brightness=0.6, contrast=0.6,
                                        saturation=0))]
    values, vectors = augment.rgb_components(images)

    def lighting(batch, rng):
        return np.clip(augment.pca_lighting(batch, rng, values, vectors, sigma=1), 0, 1)

    return [*entries,
            ("colour jitter", "0.4 to 1.6 each", with_amounts(augment.colour_jitter, brightness=0.6,
                                                              contrast=0.6, saturation=0.6)),
            ("PCA lighting", "sigma 1 (AlexNet: 0.1)", lighting)]


def digits_sheet(dataset: Dataset, path: str | PathLike, rows: int = 10, cols: int = 20) -> None:
    """Draw rows of `cols` images, one class per row in turn, dark ink on white, into a picture file."""
    N, C, H, W = check_images(dataset.images, "digits_sheet")
    K = len(dataset.classes)
    if N == 0 or rows < 1 or cols < 1:
        raise ValueError(f"digits_sheet: {N} images in {rows} rows of {cols}; needs one of each")
    if C not in (1, 3):
        raise ValueError(f"digits_sheet: images have C={C} channels, expected 1 (grey) or 3 (RGB)")
    tile = 0.55
    figure = _figure(0.9 + cols * tile, 0.75 + rows * tile)
    width, height = figure.get_size_inches()
    figure.text(0.15 / width, 1 - 0.3 / height, dataset.source, size=13, va="center")
    for row in range(rows):
        chosen = np.flatnonzero(dataset.labels == row % K)
        chosen = chosen[row // K * cols:(row // K + 1) * cols]
        bottom = height - 0.6 - (row + 1) * tile
        figure.text(0.45 / width, (bottom + tile / 2) / height, dataset.classes[row % K], size=15,
                    ha="center", va="center")
        if len(chosen):
            strip = np.concatenate(list(dataset.images[chosen]), axis=2)      # (C, H, n*W)
            _show(figure, 255 - strip if C == 1 else strip,
                  (0.8 / width, bottom / height, len(chosen) * tile / width, tile / height))
    figure.savefig(path, dpi=DPI)


def _figure(width: float, height: float) -> Any:
    """An empty white page, in inches, that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _show(figure: Any, image: np.ndarray, where: tuple[float, float, float, float]) -> None:
    """One picture (C, H, W) at left, bottom, width, height, as fractions of the page."""
    axes = figure.add_axes(where)
    axes.set_axis_off()
    white = 255 if image.dtype == np.uint8 else 1
    axes.imshow(image[0] if len(image) == 1 else image.transpose(1, 2, 0), cmap="gray", vmin=0,
                vmax=white, aspect="auto", interpolation="nearest")
