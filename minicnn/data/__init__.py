"""Data: arrays in, arrays out.  Readers, download and cache, batches, augmentation."""

from typing import NoReturn

from minicnn.data import augment
from minicnn.data.as_mnist import as_mnist
from minicnn.data.cifar import read_cifar10 as cifar10
from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits
from minicnn.data.download import CacheError, DownloadError
from minicnn.data.elsewhere import refuse
from minicnn.data.files import DamagedFile
from minicnn.data.find import find_data
from minicnn.data.folder import read_folder
from minicnn.data.idx import read_idx
from minicnn.data.loader import Loader
from minicnn.data.mnist import find_digits, mnist
from minicnn.data.normalise import channel_statistics, normalise, pad, standardise
from minicnn.data.preparation import Preparation, imagenet_classes

__all__ = [
    "CacheError", "DamagedFile", "Dataset", "DownloadError", "Loader", "Preparation", "as_mnist",
    "augment", "channel_statistics", "cifar10", "digits", "find_data", "find_digits",
    "imagenet_classes", "mnist", "normalise", "pad", "read_folder", "read_idx", "standardise",
]


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with what to write."""
    refuse(name, __all__)
