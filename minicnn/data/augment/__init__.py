"""Augmentation: new training images from old ones.  Arrays in, arrays out, a batch at a time.

Every function takes images (N, C, H, W), uint8 or floating, and returns a new array of the same
dtype; what is random takes a numpy.random.Generator and draws anew for each image.  For the Loader
fix the amounts: functools.partial(warp, degrees=15, fill=-0.1) is a transform(images, rng).
"""

from minicnn.data.augment.colour import colour_jitter, pca_lighting, rgb_components
from minicnn.data.augment.crop import cutout, flip, random_crop, random_resized_crop
from minicnn.data.augment.geometric import elastic, lens, rotate, scale, shear, shift, stretch, warp
from minicnn.data.augment.sampling import sample
from minicnn.data.augment.testtime import average_views, center_crop, ten_crop

__all__ = ["average_views", "center_crop", "colour_jitter", "cutout", "elastic", "flip", "lens",
           "pca_lighting", "random_crop", "random_resized_crop", "rgb_components", "rotate",
           "sample", "scale", "shear", "shift", "stretch", "ten_crop", "warp"]
