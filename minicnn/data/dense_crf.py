"""Dense CRF: a segmentation drawn along the edges of the picture, after the network has answered.

A network's map is blurred where a border runs.  Two pixels i and j that lie close together, and
look alike, should get the same label; how much so says

    k[i, j] = appearance e^(-|p_i - p_j|^2 / 2 space^2 - |I_i - I_j|^2 / 2 colour^2)
              + smoothness e^(-|p_i - p_j|^2 / 2 near^2),              k[i, i] = 0

with the place p of a pixel and its colours I.  Mean field repeats, for every pixel at once,

    q <- softmax(z + q k)              z: the network's scores; at first q = softmax(z)

in which each pixel hears from all others.  Whoever disagrees with the label l costs k[i, j] (Potts
model): that is the sum over all labels less the own, and the sum is the same for every l, so that
softmax leaves only + q k.  It is post-processing: nothing is learnt, there is no gradient.

The paper filters so cleverly that k is never written down; here it is, HW x HW: 67 MB at 64 x 64,
which is the limit.  Its kernels are not normalised here, as in the paper's equation 3.

Source: Krähenbühl and Koltun 2011, "Efficient inference in fully connected CRFs", equation 3 and
algorithm 1.  Lecture: memphis "Segmentation" (DeepLab).
"""

from typing import Any

import numpy as np

from minicnn.data.door import as_array

MOST = 64 * 64                                             # pixels: k has the square of that


def dense_crf(scores: Any, image: Any, steps: int = 5, appearance: float = 4.0,
              space: float = 12.0, colour: float = 10.0, smoothness: float = 2.0,
              near: float = 1.5) -> np.ndarray:
    """Probabilities after mean field:  (C, H, W), image (3, H, W) -> (C, H, W) float32.

    Parameters
    ----------
    scores : (C, H, W)               of each class at each pixel, the network's, before the softmax
    image : (channels, H, W)         the picture, 0 ... 255;  at most 64 x 64 pixels
    steps : int >= 0                 0 gives softmax(scores)
    appearance, space, colour : float    weight, pixels and grey values of the first kernel
    smoothness, near : float         weight and pixels of the second

    The defaults are ours, for pictures of this size; DeepLab chose its own by search.  A score of
    minus infinity rules a class out.
    """
    z = as_array(scores, "dense_crf: scores").astype(np.float32)
    image = as_array(image, "dense_crf: image").astype(np.float32)
    check(z, image)
    for name, value in (("space", space), ("colour", colour), ("near", near)):
        if not value > 0:
            raise ValueError(f"dense_crf: {name} must be a number above 0, got {value}")
    C, H, W = z.shape
    z = z.reshape(C, -1)                                   # (C, HW)
    places = squared_distance(np.indices((H, W), np.float32).reshape(2, -1))   # (HW, HW)
    colours = squared_distance(image.reshape(len(image), -1))
    k = (appearance * np.exp(-places / (2 * space ** 2) - colours / (2 * colour ** 2))
         + smoothness * np.exp(-places / (2 * near ** 2)))
    np.fill_diagonal(k, 0)                                 # nobody votes for himself
    q = softmax(z)
    for _ in range(steps):
        q = softmax(z + q @ k)                             # (C, HW); k is symmetric
    return q.reshape(C, H, W)


def softmax(z: np.ndarray) -> np.ndarray:
    """Over the classes:  (C, n) -> (C, n)."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def squared_distance(points: np.ndarray) -> np.ndarray:
    """|p_i - p_j|^2 of all pairs:  (D, n) -> (n, n)."""
    squares = (points * points).sum(axis=0)                # (n,)
    return np.maximum(squares[:, None] + squares - 2 * points.T @ points, 0)


def check(z: np.ndarray, image: np.ndarray) -> None:
    if z.ndim != 3 or image.ndim != 3 or z.shape[1:] != image.shape[1:] or not z.size:
        cure = "; one picture at a time: scores[n], images[n]" * (z.ndim == 4)
        raise ValueError(f"dense_crf: expected scores (C, H, W) and an image (3, H, W) of the same "
                         f"size, got {z.shape} and {image.shape}{cure}")
    pixels = z.shape[1] * z.shape[2]
    if pixels > MOST:
        raise ValueError(f"dense_crf: {z.shape[2]} x {z.shape[1]} pixels would need a kernel of "
                         f"{4 * pixels ** 2 / 1e9:,.1f} GB; it is for at most 64 x 64, make the "
                         "picture and the scores smaller")
    if not np.isfinite(z.max(axis=0)).all():
        raise ValueError("dense_crf: a pixel's scores hold NaN, infinity or nothing but minus "
                         "infinity; did the network's loss become NaN in training?")
    if not np.isfinite(image).all():
        raise ValueError("dense_crf: the image holds NaN or infinity")
