"""Data: arrays in, arrays out.  Readers, download and cache, batches, augmentation."""

from typing import NoReturn

from minicnn.data import augment, boxes
from minicnn.data.as_mnist import as_mnist
from minicnn.data.cifar import read_cifar10 as cifar10
from minicnn.data.dataset import Dataset
from minicnn.data.dense_crf import dense_crf
from minicnn.data.digit_canvas import digit_canvas
from minicnn.data.digits import digits
from minicnn.data.download import CacheError, DownloadError
from minicnn.data.elsewhere import refuse
from minicnn.data.files import DamagedFile
from minicnn.data.find import find_data
from minicnn.data.find_scenes import find_scenes
from minicnn.data.folder import read_folder
from minicnn.data.idx import read_idx
from minicnn.data.loader import Loader
from minicnn.data.mnist import find_digits, mnist
from minicnn.data.normalise import channel_statistics, normalise, pad, standardise
from minicnn.data.pixel_weights import border_weights, median_frequency
from minicnn.data.preparation import Preparation, imagenet_classes
from minicnn.data.readers import read_coco, read_masks, read_voc, read_yolo
from minicnn.data.scene_batches import class_maps, normalised, stacked
from minicnn.data.scenes import SceneLoader, Scenes
from minicnn.data.shapes import shapes

__all__ = [
    "CacheError", "DamagedFile", "Dataset", "DownloadError", "Loader", "Preparation", "SceneLoader",
    "Scenes", "as_mnist", "augment", "border_weights", "boxes", "channel_statistics", "cifar10",
    "class_maps", "dense_crf", "digit_canvas", "digits", "find_data", "find_digits", "find_scenes",
    "imagenet_classes", "median_frequency", "mnist", "normalise", "normalised", "pad", "read_coco",
    "read_folder", "read_idx", "read_masks", "read_voc", "read_yolo", "shapes", "stacked",
    "standardise",
]


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with what to write."""
    refuse(name, __all__)
