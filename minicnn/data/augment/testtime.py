"""At test time: look at several crops of an image and average what the network says about them.

Source: lecture deck unicamp, "Data Augmentation" (apply on training and testing); Krizhevsky,
Sutskever, Hinton 2012, section 4.1: five 224x224 patches and their mirror images, the softmax
outputs averaged.
"""

from collections.abc import Callable

import numpy as np

from minicnn.data.augment.crop import window
from minicnn.data.augment.sampling import check_images
from minicnn.data.door import as_array


def center_crop(images: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """The middle `size` pixels, (N, C, H, W) -> (N, C, h, w), a view; rounded to the top left."""
    N, C, H, W = check_images(images, "center_crop")
    height, width = window("center_crop", size, (H, W))
    top, left = (H - height) // 2, (W - width) // 2
    return images[:, :, top:top + height, left:left + width]


def ten_crop(images: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Four corners and the centre, then their mirror images: (N, C, H, W) -> (10, N, C, h, w).

    Order: upper left, upper right, lower left, lower right, centre; then the same five mirrored.
    """
    N, C, H, W = check_images(images, "ten_crop")
    height, width = window("ten_crop", size, (H, W))
    corners = [images[:, :, top:top + height, left:left + width]
               for top in (0, H - height) for left in (0, W - width)]
    five = np.stack([*corners, center_crop(images, (height, width))])         # (5, N, C, h, w)
    return np.concatenate([five, five[..., ::-1]])                            # (10, N, C, h, w)


def average_views(predict: Callable[[np.ndarray], np.ndarray], views: np.ndarray) -> np.ndarray:
    """Mean of `predict(view)` over views (V, N, C, h, w), for instance those of `ten_crop`.

    `predict` turns (N, C, h, w) into probabilities (N, K): AlexNet averages after the softmax.
    """
    views = as_array(views, "average_views: views")
    if views.ndim != 5 or len(views) == 0:
        raise ValueError(f"average_views: views of shape {views.shape}, expected (V, N, C, h, w) "
                         "with at least one view, as ten_crop returns them")
    return np.mean([predict(view) for view in views], axis=0)
