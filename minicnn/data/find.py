"""Data sets by name, as a pair to train and to test on: mnist, digits, cifar10, or a folder."""

import os
from pathlib import Path

from minicnn.backend.messages import did_you_mean
from minicnn.data.cifar import FILES, FOLDER, read_cifar10
from minicnn.data.dataset import Dataset
from minicnn.data.files import cache_folder
from minicnn.data.folder import read_folder
from minicnn.data.mnist import CLASSES, drawn, has_mnist, mnist
from minicnn.data.normalise import pad

NAMES = ("mnist", "digits", "cifar10")


def find_data(name: str, size: int = 32, seed: int = 0, skip_unreadable: bool = False
              ) -> tuple[Dataset, Dataset]:
    """For training and for testing: mnist, digits (drawn by minicnn), cifar10, or a folder's path,
    which holds class folders, MNIST's four files or CIFAR-10's.

    Digits are padded from 28x28 to 32x32, as LeNet-5 reads them.  The files are looked for in
    $MINICNN_DATA, then in the cache; MNIST is downloaded if need be.  The other arguments are
    for a folder of pictures: see read_folder.
    """
    if name == "cifar10":
        folder = cifar_folder()
        return read_cifar10(folder, "train"), read_cifar10(folder, "test")
    if name == "mnist":
        return padded(mnist("train")), padded(mnist("test"))
    if name == "digits":
        return padded(drawn_digits("train")), padded(drawn_digits("test"))
    if has_mnist(Path(name)):
        return padded(mnist("train", name)), padded(mnist("test", name))
    if (Path(name) / FILES["test"][0]).is_file():
        return read_cifar10(name, "train"), read_cifar10(name, "test")
    if Path(name).is_dir():
        return read_folder(name, size, seed, skip_unreadable)
    hint = did_you_mean(name, NAMES)
    raise FileNotFoundError(f"no data set and no folder is called {name!r}; "
                            f"{f'{hint} There' if hint else 'there'} are {', '.join(NAMES)}, or "
                            "give a folder of class folders")


def drawn_digits(split: str) -> Dataset:
    return Dataset(*drawn(split, print), CLASSES, f"digits drawn by minicnn, {split}")


def padded(digits: Dataset) -> Dataset:
    return digits.replace(images=pad(digits.images, 2))           # (N, 1, 32, 32)


def cifar_folder() -> Path:
    """Where the folder or the archive of CIFAR-10's binary version is."""
    named = os.environ.get("MINICNN_DATA")
    for place in ([Path(named).expanduser()] if named else []) + [cache_folder()]:
        for path in (place / FOLDER, place / "cifar-10-binary.tar.gz"):
            if path.exists():
                return path
    raise FileNotFoundError(
        f"CIFAR-10 is neither in $MINICNN_DATA ({named or 'not set'}) nor in {cache_folder()}; put "
        f"its binary version, the folder {FOLDER} or cifar-10-binary.tar.gz, into one of them")
