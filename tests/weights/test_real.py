"""Weights that others trained, from their own files, give what PyTorch gave for them.

The figures are those of PyTorch 2.13, in the README.md beside the files; the folder is that of
MINICNN_DATA, and without it these tests are skipped.
"""

import numpy as np
import pytest

from minicnn import Module, Tensor, no_grad, weights
from minicnn.data import Preparation, cifar10, mnist
from minicnn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from minicnn.models import build
from minicnn.training.recognise import Recogniser
from tests.data.real import REAL, needs_cifar, needs_mnist

WEIGHTS, PHOTOS = REAL / "weights", REAL / "photos"
RESNET20 = WEIGHTS / "cifar_resnet/resnet20-12fca82f.th"
LITE0 = WEIGHTS / "efficientnet_lite0/efficientnet-lite0-57934424.pth"
DIGITS = WEIGHTS / "digit_cnn/handwriting_model.pth"


def needs(path):
    return pytest.mark.skipif(not path.exists(), reason=f"no {path.name} here: set MINICNN_DATA")


class DigitCNN(Module):
    """(N, 1, 28, 28) -> (N, 10); the network of the package digit-recognizer-py."""

    preparation = Preparation(28, 28, (0.1307,), (0.3081,), trained_on="mnist")

    def __init__(self):
        self.conv_layers = Sequential(
            Conv2d(1, 32, 3, padding=1), ReLU(), MaxPool2d(2),
            Conv2d(32, 64, 3, padding=1), ReLU(), MaxPool2d(2),
            Conv2d(64, 128, 3, padding=1), ReLU(), MaxPool2d(2))
        self.fc_layers = Sequential(Linear(1152, 256), ReLU(), Linear(256, 10))
        self.flatten = Flatten()

    def forward(self, x):
        return self.fc_layers(self.flatten(self.conv_layers(x)))


@no_grad()
def right(model, images, labels):
    """How many of the stored images the network names rightly."""
    model.eval()
    found = 0
    for start in range(0, len(images), 500):
        x = model.preparation.normalised(images[start:start + 500])
        found += (model(Tensor(x)).numpy().argmax(axis=1) == labels[start:start + 500]).sum()
    return found


@needs(RESNET20)
@needs(REAL / "cifar10_lossless")
def test_the_lossless_ones():
    say = Recogniser.published(build("resnet20", variant="akamaster", weights=RESNET20))
    pictures = sorted((REAL / "cifar10_lossless").glob("*.png"))
    named = [say.classes.index(say(picture).best[0][0]) for picture in pictures]
    assert named == [int(picture.stem.rpartition("_")[2]) for picture in pictures]
    assert len(named) == 20


@pytest.mark.slow
@needs_cifar
@needs(RESNET20)
def test_resnet20_of_akamaster():
    """81.35 % of 2,000, within one picture."""
    model = build("resnet20", variant="akamaster", weights=RESNET20)
    test = cifar10(REAL / "cifar-10-batches-bin", "test")
    assert len(test.labels) == 2000 and abs(right(model, test.images, test.labels) - 1627) <= 1


@pytest.mark.slow
@needs_mnist
@needs(DIGITS)
def test_digits():
    """99.06 % of 10,000, within one picture."""
    model = weights.load(DigitCNN(), DIGITS)
    test = mnist("test", REAL)
    assert abs(right(model, test.images, test.labels) - 9906) <= 1


@needs_mnist
@needs(DIGITS)
def test_digits_prepared_again():
    """as_mnist makes of MNIST's own digits nearly the same: hardly more are misread."""
    say = Recogniser.published(weights.load(DigitCNN(), DIGITS))
    test = mnist("test", REAL).subset(40)
    with no_grad():
        x = np.stack([say.scale(say.look(picture_of(image))) for image in test.images])
        named = say.model.eval()(Tensor(x)).numpy().argmax(axis=1)
    assert (named == test.labels).sum() >= 38


def picture_of(image):
    """Black on white, 140 pixels a side, on a page."""
    from PIL import Image
    page = np.full((200, 260), 255, np.uint8)
    page[30:170, 50:190] = 255 - np.kron(image[0], np.ones((5, 5), np.uint8))
    return Image.fromarray(page).convert("RGB")


@needs(LITE0)
@needs(PHOTOS)
def test_efficientnet_lite0_names_the_photos():
    say = Recogniser.published(build("efficientnet_lite0", weights=LITE0))
    for picture, name, p in (("coffee.png", "espresso", 0.951), ("chelsea.png", "tiger cat", 0.386),
                             ("motorcycle_left.png", "moped", 0.475),
                             ("rocket.jpg", "missile", 0.296)):
        found = say(PHOTOS / picture).best[0]
        assert found == (name, pytest.approx(p, abs=0.002))


@needs(LITE0)
@needs(REAL / "imagenet_photos")
def test_efficientnet_lite0_names_photos_of_imagenet():
    """Eight of these ten are right, nine among the five likeliest."""
    say = Recogniser.published(build("efficientnet_lite0", weights=LITE0))
    ranks = []
    for picture in sorted((REAL / "imagenet_photos").glob("*.jpg")):
        names = [name for name, _ in say(picture).best]
        true = say.classes[int(picture.stem.rpartition("_")[2])]
        ranks.append(names.index(true) if true in names else 5)
    assert len(ranks) == 10 and ranks.count(0) == 8 and sum(rank < 5 for rank in ranks) == 9
