"""Colour: jitter of brightness, contrast and saturation, and AlexNet's PCA lighting.

Brightness, contrast and saturation are the same formula, a mixture of the image with another one:

    y = clip(f x + (1 - f) other)      other = black | its mean grey | its own grey picture

PCA lighting adds the same colour to every pixel of an image, along the directions in which the
colours of the training set vary:

    y = x + sum_k a_k lambda_k p_k     a_k drawn from a normal distribution, mean 0, deviation sigma

with p_k, lambda_k the eigenvectors and eigenvalues of the 3x3 covariance of the RGB values.

Source: lecture deck virginia, "AlexNet" (heavy data augmentation); Krizhevsky, Sutskever, Hinton
2012, section 4.1; Howard 2013, "Some improvements on deep convolutional neural network based image
classification", section 2.2 (jitter).
"""

import numpy as np

from minicnn.data.augment.sampling import as_dtype, blocks, check_images, working_dtype
from minicnn.data.door import as_array

LUMINANCE = (0.299, 0.587, 0.114)      # how bright red, green and blue look, ITU-R BT.601


def colour_jitter(images: np.ndarray, rng: np.random.Generator, brightness: float = 0.4,
                  contrast: float = 0.4, saturation: float = 0.4) -> np.ndarray:
    """Change brightness, then contrast, then saturation of each image by random factors.

    (N, C, H, W) of uint8, or floats in 0..1: jitter comes before normalisation.  `brightness=0.4`
    draws the factor f from 0.6..1.4; each amount lies in 0..1, and 0 changes nothing.  Saturation
    needs three channels; for grey images pass saturation=0.
    """
    N, C, H, W = check_images(images, "colour_jitter")
    for name, amount in (("brightness", brightness), ("contrast", contrast),
                         ("saturation", saturation)):
        if not 0 <= amount <= 1:
            raise ValueError(f"colour_jitter: {name}={amount} should lie in 0..1")
    if saturation and C != 3:
        raise ValueError(f"colour_jitter: saturation needs RGB, images has C={C} {images.shape}; "
                         "pass saturation=0")
    if images.dtype != np.uint8 and N and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"colour_jitter: images run from {images.min():g} to {images.max():g}, "
                         "expected 0..1; jitter before normalising")
    dtype = working_dtype(images)
    white = 255 if images.dtype == np.uint8 else 1
    factors = [rng.uniform(1 - amount, 1 + amount, (N, 1, 1, 1)).astype(dtype)
               for amount in (brightness, contrast, saturation)]

    def mix(f, image, other):
        return np.clip(f * image + (1 - f) * other, 0, white)

    y = np.empty(images.shape, images.dtype)
    for block in blocks(N, C * H * W):
        bright, strong, vivid = (factor[block] for factor in factors)
        x = mix(bright, images[block].astype(dtype), 0)
        x = mix(strong, x, _grey(x).mean(axis=(2, 3), keepdims=True))  # other: (n, 1, 1, 1)
        if saturation:
            x = mix(vivid, x, _grey(x))                                # other: (n, 1, H, W)
        y[block] = as_dtype(x, images.dtype)
    return y


def _grey(images: np.ndarray) -> np.ndarray:
    """The grey picture, (N, 1, H, W)."""
    if images.shape[1] != 3:
        return images.mean(axis=1, keepdims=True)
    red, green, blue = (images[:, c:c + 1] * LUMINANCE[c] for c in range(3))
    return red + green + blue


def rgb_components(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (3,), largest first, and eigenvectors (3, 3), in columns, of the RGB covariance.

    Pass the training set as floats in 0..1.  Each vector's largest entry is positive, since the
    sign of an eigenvector is anybody's choice.
    """
    _check_rgb(images, "rgb_components")
    pixels = images.swapaxes(0, 1).reshape(3, -1).astype(np.float64)          # (3, N*H*W)
    if pixels.shape[1] < 2:
        raise ValueError("rgb_components: no images, so there are no colours to compare")
    eigenvalues, eigenvectors = np.linalg.eigh(np.cov(pixels))                # smallest first
    eigenvalues, eigenvectors = eigenvalues[::-1], eigenvectors[:, ::-1]
    largest = np.abs(eigenvectors).argmax(axis=0)
    return eigenvalues.copy(), eigenvectors * np.sign(eigenvectors[largest, np.arange(3)])


def pca_lighting(images: np.ndarray, rng: np.random.Generator, eigenvalues: np.ndarray,
                 eigenvectors: np.ndarray, sigma: float = 0.1) -> np.ndarray:
    """Add to each image one random colour along the principal components: (N, 3, H, W), floats.

    Eigenvalues and -vectors are those of `rgb_components`, of images on the same scale.  That
    should be 0..1: the eigenvalues grow with the square of the scale, and on 0..255 the paper's
    formula with its sigma = 0.1 would add hundreds of grey levels.  The result is not clipped.
    """
    N = _check_rgb(images, "pca_lighting")
    eigenvalues = as_array(eigenvalues, "pca_lighting: eigenvalues")
    eigenvectors = as_array(eigenvectors, "pca_lighting: eigenvectors")
    if eigenvalues.shape != (3,) or eigenvectors.shape != (3, 3):
        raise ValueError(f"pca_lighting: eigenvalues {eigenvalues.shape} and eigenvectors "
                         f"{eigenvectors.shape} should be (3,) and (3, 3), from rgb_components")
    if not sigma >= 0:
        raise ValueError(f"pca_lighting: sigma={sigma} should be at least 0")
    a = rng.normal(0, sigma, (N, 3))
    colour = (a * eigenvalues) @ eigenvectors.T                               # (N, 3)
    return images + colour.astype(images.dtype)[:, :, None, None]


def _check_rgb(images: np.ndarray, name: str) -> int:
    N, C, H, W = check_images(images, name)
    if C != 3:
        raise ValueError(f"{name}: images has C={C} {images.shape}, expected RGB (N, 3, H, W)")
    if images.dtype == np.uint8:
        raise TypeError(f"{name}: images is uint8, expected floats in 0..1; "
                        "use images.astype(np.float32) / 255")
    return N
