"""Sheets to project: every augmentation applied to one image, and rows of a data set's images.

Each is returned as a Picture, which a notebook shows; with a path it is also written.

Source: lecture deck unicamp, "Data Augmentation" (the gallery of one image, changed many times).
"""

from collections.abc import Callable
from os import PathLike

import numpy as np

from minicnn.data import augment
from minicnn.data.augment.sampling import check_images
from minicnn.data.canvas import DPI, Picture, drawing, figure
from minicnn.data.dataset import Dataset, check_dataset

RESULTS = 8                     # changed images beside the original
TILE, GAP = 112, 12             # pixels of the sheet
NAME, TITLE, MARGIN = 352, 100, 24


def augmentation_sheet(image: np.ndarray, path: str | PathLike | None = None, seed: int = 0
                       ) -> Picture:
    """Draw each augmentation of one image: the original, then eight results.

    `image` is grey or RGB, uint8 or floats in 0..1: (H, W), (C, H, W) or a batch (N, C, H, W), of
    which the first image is taken.  Colour augmentations appear where they apply.
    """
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3, 4) or image.size == 0:
        raise ValueError(f"augmentation_sheet: image has shape {np.shape(image)}, expected (H, W), "
                         "(C, H, W) or (N, C, H, W)")
    images = image.reshape((-1, *(1, *image.shape)[-3:]))[:1]          # (1, C, H, W)
    _, C, H, W = check_images(images, "augmentation_sheet")
    if C not in (1, 3):
        raise ValueError(f"augmentation_sheet: image has C={C}, expected 1 (grey) or 3 (RGB)")
    if images.dtype == np.uint8:
        images = images / np.float32(255)
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"augmentation_sheet: values run from {images.min():g} to "
                         f"{images.max():g}, expected 0..1; draw the image before normalising it")

    entries = _entries(images)
    lines = -(-len(entries) // 2)                                      # two blocks side by side
    tall, wide = round(TILE * min(1, H / W)), round(TILE * min(1, W / H))
    block = NAME + (RESULTS + 1) * (TILE + GAP) + 4 * GAP
    page = np.full((TITLE + lines * (TILE + GAP) + GAP, 2 * block, 3), 255, np.uint8)
    texts = [(MARGIN, TITLE // 2, 22, "black", "Augmentation: one image, changed at random")]
    for k, (name, amounts, function) in enumerate(entries):
        left, top = MARGIN + k // lines * block, TITLE + k % lines * (TILE + GAP)
        texts += [(left, top + 40, 16, "black", name), (left, top + 78, 12, "dimgrey", amounts)]
        results = function(np.repeat(images, RESULTS, axis=0), np.random.default_rng((seed, k)))
        for column, tile in enumerate([images[0], *results]):
            # a crop keeps its scale: it is drawn smaller than the original
            height, width = tall * tile.shape[1] // H, wide * tile.shape[2] // W
            x = left + NAME + column * (TILE + GAP) + (GAP if column else 0)
            _paste(page, tile * 255, top + (TILE - height) // 2, x + (TILE - width) // 2, height,
                   width)
    return _picture(page, texts, path)


def _entries(images: np.ndarray) -> list[tuple[str, str, Callable]]:
    """Name, amounts in words, and function(images, rng) of each row of the sheet."""
    C, H, W = images.shape[1:]
    # amounts in pixels follow the size of the image
    side = min(H, W)
    pixels, half = round(0.12 * side), side // 2
    sigma = max(1, round(0.13 * side))
    alpha = 0.2 * sigma * side                 # displacements of some 3 % of the image
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
                      lens=0.15, elastic_alpha=alpha, elastic_sigma=sigma)),
        ("flip", "probability 0.5", augment.flip),
        ("random crop", f"{window[0]}x{window[1]} of {H}x{W}",
         with_amounts(augment.random_crop, size=window)),
        ("resized crop", "area 0.3 to 1, then resized",
         with_amounts(augment.random_resized_crop, size=(H, W), area=(0.3, 1))),
        ("cutout", f"square of {half} pixels",
         with_amounts(augment.cutout, size=half, fill=0.5)),
    ]
    if C == 1:
        grey = with_amounts(augment.colour_jitter, brightness=0.6, contrast=0.6, saturation=0)
        return [*entries, ("brightness", "and contrast: 0.4 to 1.6", grey)]
    jitter = with_amounts(augment.colour_jitter, brightness=0.6, contrast=0.6, saturation=0.6)
    values, vectors = augment.rgb_components(images)

    def lighting(batch, rng):
        return np.clip(augment.pca_lighting(batch, rng, values, vectors, sigma=1), 0, 1)

    return [*entries, ("colour jitter", "factors 0.4 to 1.6", jitter),
            ("PCA lighting", "sigma 1 (AlexNet: 0.1)", lighting)]


def digits_sheet(dataset: Dataset, path: str | PathLike | None = None, rows: int = 10,
                 cols: int = 20) -> Picture:
    """Draw rows of `cols` images, one class a row in turn; grey as dark ink."""
    check_dataset(dataset, "digits_sheet: dataset")
    N, C, H, W = dataset.images.shape
    K = len(dataset.classes)
    if rows < 1 or cols < 1:
        raise ValueError(f"digits_sheet: {N} images in {rows} rows of {cols}; needs one of each")
    if C not in (1, 3):
        raise ValueError(f"digits_sheet: images have C={C}, expected 1 (grey) or 3 (RGB)")
    side, label = 84, 96
    page = np.full((TITLE + rows * side + MARGIN, label + cols * side + MARGIN, 3), 255, np.uint8)
    texts = [(MARGIN, TITLE // 2, 13, "black", dataset.source)]
    for row in range(rows):
        top = TITLE + row * side
        texts.append((MARGIN, top + side // 2, 15, "black", dataset.classes[row % K]))
        members = np.flatnonzero(dataset.labels == row % K)
        for column, n in enumerate(members[row // K * cols:(row // K + 1) * cols]):
            image = dataset.images[n]
            _paste(page, 255 - image if C == 1 else image, top, label + column * side, side, side)
    return _picture(page, texts, path)


def _paste(page: np.ndarray, image: np.ndarray, top: int, left: int, height: int,
           width: int) -> None:
    """Enlarge an image (C, H, W) in 0..255 without smoothing, into a rectangle of the page."""
    _, H, W = image.shape
    rows, cols = np.arange(height) * H // height, np.arange(width) * W // width
    page[top:top + height, left:left + width] = image.transpose(1, 2, 0)[rows[:, None], cols]


@drawing()
def _picture(page: np.ndarray, texts: list[tuple[int, int, int, str, str]],
             path: str | PathLike | None) -> Picture:
    """The page (H, W, 3) with texts (x, y of the middle, points, colour, words)."""
    H, W, _ = page.shape
    drawn = figure(W / DPI, H / DPI, layout=None)
    drawn.figimage(page)
    for x, y, points, colour, words in texts:
        drawn.text(x / W, 1 - y / H, words, size=points, color=colour, va="center")
    return Picture(drawn, path)
