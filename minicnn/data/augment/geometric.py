"""Warps: shift, rotate, scale, stretch, shear, lens distortion, elastic; alone, or all at once.

A warp says for each output pixel p from which place q of the input it comes:

    d = A^-1 (p - centre - shift)            A = rotation . shear . stretch . scale
    q = centre + d (1 + lens |d|^2) + elastic displacement          |d| = 1 in a corner

and reads the input there (sampling.py).  However many changes are combined, the image is sampled
once, so it is blurred once.  Random numbers are drawn for each image anew.

An amount is a number or a pair.  `degrees=10` draws evenly from -10..10, `degrees=(0, 90)` from
0..90, and `degrees=(90, 90)` is always 90.  For scale and stretch, whose neutral value is 1,
`scale=0.1` draws from 0.9..1.1 and a pair holds the factors themselves.

Source: lecture deck unicamp, "Data Augmentation" (translation, rotation, stretching, shearing, lens
distortions, and random combinations of them); Simard, Steinkraus, Platt 2003, "Best practices for
convolutional neural networks applied to visual document analysis", section 2 (elastic).
"""

import math

import numpy as np

from minicnn.data.augment.sampling import blocks, check_fill, check_images, sample, working_dtype

Amount = float | tuple[float, float]

# source radius = r + lens r^3 must grow with r up to the corner r = 1, or the image folds over
STRONGEST_PINCUSHION = -1 / 3


def warp(images: np.ndarray, rng: np.random.Generator, *, shift: Amount = 2, degrees: Amount = 10,
         scale: Amount = 0.1, stretch: Amount = 0.1, shear: Amount = 10, lens: Amount = 0,
         elastic_alpha: float = 0, elastic_sigma: float = 4, fill: float = 0) -> np.ndarray:
    """Move, turn, resize and bend each image at random: (N, C, H, W) -> (N, C, H, W), same dtype.

    shift          pixels, drawn for rows and for columns; positive is down, right
    degrees        rotation, positive is counter-clockwise
    scale          factor of the size
    stretch        factor of width / height; the area stays
    shear          degrees; positive leans the upright strokes to the right, as in handwriting
    lens           positive bulges (barrel), negative pinches (pincushion), at least -1/3;
                   a corner is read from 1 + lens times its distance to the centre
    elastic_alpha  strength in pixels times elastic_sigma, see `elastic`; 0 is none
    elastic_sigma  smoothness of the elastic displacement in pixels
    fill           value of what comes in from outside: the background after normalisation
    """
    N, C, H, W = check_images(images, "warp")
    check_fill(fill, images, "warp")
    dtype = working_dtype(images)

    def draw(name, amount, neutral=0, least=-math.inf, most=math.inf):
        low, high = _ends(name, amount, neutral, least, most)
        return rng.uniform(low, high, (N, 1, 1))                       # one number for each image

    down, right = draw("shift", shift), draw("shift", shift)
    angle = np.radians(draw("degrees", degrees))
    size = draw("scale", scale, neutral=1, least=0.01)
    aspect = draw("stretch", stretch, neutral=1, least=0.01)
    lean = np.radians(draw("shear", shear, least=-80, most=80))
    curvature = draw("lens", lens, least=STRONGEST_PINCUSHION)

    amounts = [value.astype(dtype) for value in (
        down, right, np.cos(angle), np.sin(angle), np.tan(lean),
        size / np.sqrt(aspect), size * np.sqrt(aspect), curvature)]
    centre_row, centre_col = (H - 1) / 2, (W - 1) / 2
    corner = centre_row ** 2 + centre_col ** 2 or 1.0                  # |d|^2 there, in pixels
    y = np.empty(images.shape, images.dtype)
    for block in blocks(N, H * W):
        down, right, cos, sin, tan, tall, wide, bend = (value[block] for value in amounts)
        i = np.arange(H, dtype=dtype)[:, None] - centre_row - down     # (n, H, 1)
        j = np.arange(W, dtype=dtype) - centre_col - right             # (n, 1, W)
        # Backwards through A: undo rotation, shear, then stretch and scale.  Rows grow downwards.
        rows, cols = cos * i + sin * j, cos * j - sin * i              # (n, H, W)
        cols += tan * rows
        rows /= tall
        cols /= wide
        if bend.any():
            further = 1 + bend * ((rows * rows + cols * cols) / corner)
            rows *= further
            cols *= further
        rows += centre_row
        cols += centre_col
        if elastic_alpha != 0:
            field = displacement(rng, rows.shape, elastic_alpha, elastic_sigma, dtype)
            rows += field[0]
            cols += field[1]
        y[block] = sample(images[block], rows, cols, fill)
    return y


def shift(images: np.ndarray, rng: np.random.Generator, pixels: Amount = 2,
          fill: float = 0) -> np.ndarray:
    """Translate by up to `pixels`, fractions included, down or up and right or left."""
    return _warp_only(images, rng, fill, shift=pixels)


def rotate(images: np.ndarray, rng: np.random.Generator, degrees: Amount = 10,
           fill: float = 0) -> np.ndarray:
    """Turn about the centre, counter-clockwise for positive degrees."""
    return _warp_only(images, rng, fill, degrees=degrees)


def scale(images: np.ndarray, rng: np.random.Generator, factor: Amount = 0.1,
          fill: float = 0) -> np.ndarray:
    """Enlarge or shrink about the centre; the array keeps its size."""
    return _warp_only(images, rng, fill, scale=factor)


def stretch(images: np.ndarray, rng: np.random.Generator, factor: Amount = 0.1,
            fill: float = 0) -> np.ndarray:
    """Multiply width / height by the factor; the area stays."""
    return _warp_only(images, rng, fill, stretch=factor)


def shear(images: np.ndarray, rng: np.random.Generator, degrees: Amount = 10,
          fill: float = 0) -> np.ndarray:
    """Slant: rows slide sideways, in proportion to their height above the centre."""
    return _warp_only(images, rng, fill, shear=degrees)


def lens(images: np.ndarray, rng: np.random.Generator, strength: Amount = 0.2,
         fill: float = 0) -> np.ndarray:
    """Radial lens distortion: barrel for positive strength, pincushion for negative."""
    return _warp_only(images, rng, fill, lens=strength)


def elastic(images: np.ndarray, rng: np.random.Generator, alpha: float = 34, sigma: float = 4,
            fill: float = 0) -> np.ndarray:
    """Elastic distortion: each pixel is displaced by a smooth random field, as by a hand's tremor.

    The field is noise, even in -1..1, smoothed by a Gaussian of `sigma` pixels and multiplied by
    `alpha`: displacements have a standard deviation of about 0.16 alpha / sigma pixels inside the
    image and less at its border.  Simard's best values for 29x29 digits are sigma 4, alpha 34.
    """
    return _warp_only(images, rng, fill, elastic_alpha=alpha, elastic_sigma=sigma)


def _warp_only(images: np.ndarray, rng: np.random.Generator, fill: float,
               **changes: Amount) -> np.ndarray:
    amounts: dict = {"shift": 0, "degrees": 0, "scale": 0, "stretch": 0, "shear": 0}
    return warp(images, rng, fill=fill, **{**amounts, **changes})


def displacement(rng: np.random.Generator, shape: tuple[int, ...], alpha: float, sigma: float,
                 dtype: np.dtype) -> np.ndarray:
    """The elastic field in pixels, downwards and to the right: shape (N, H, W) -> (2, N, H, W)."""
    N, H, W = shape
    if not 0 <= alpha < math.inf:
        raise ValueError(f"elastic: alpha is {alpha}, expected a finite number of at least 0")
    if not sigma > 0:
        raise ValueError(f"elastic: sigma is {sigma}, expected a positive number of pixels")
    noise = rng.random((2, N, H, W), dtype=dtype.type).reshape(2 * N * H, W)
    noise *= 2 * alpha
    noise -= alpha
    # A Gaussian is separable: along the columns, then along the rows, each a matrix product.
    field = noise @ _gaussian(W, sigma, dtype)                                # (2*N*H, W)
    return (_gaussian(H, sigma, dtype) @ field.reshape(2 * N, H, W)).reshape(2, N, H, W)


def _gaussian(size: int, sigma: float, dtype: np.dtype) -> np.ndarray:
    """Row i: the bell curve around i, (size, size).  What lies outside the image counts as 0."""
    away = np.subtract.outer(np.arange(size), np.arange(size)) / sigma
    return (np.exp(-away * away / 2) / (sigma * math.sqrt(2 * math.pi))).astype(dtype)


def _ends(name: str, amount: Amount, neutral: float, least: float, most: float
          ) -> tuple[float, float]:
    """The lowest and the highest value of an amount, checked."""
    if isinstance(amount, (tuple, list)):
        if len(amount) != 2:
            raise ValueError(f"warp: {name}={amount} should be a number or a pair (low, high)")
        low, high = amount
    else:
        if not amount >= 0:
            raise ValueError(f"warp: {name}={amount} should be at least 0; to draw from one side "
                             "only, pass a pair (low, high)")
        low, high = neutral - amount, neutral + amount
    if not (least <= low <= high <= most and math.isfinite(high - low)):
        raise ValueError(f"warp: {name}={amount} draws from {low:g} to {high:g}, which should rise "
                         f"and lie within {least:g} to {most:g}")
    return low, high
