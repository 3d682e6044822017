"""The two sheets: a picture comes out, of the expected size, for every kind of image."""

import subprocess
import sys

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits
from minicnn.data.sheet import augmentation_sheet, digits_sheet

PNG = b"\x89PNG\r\n\x1a\n"


def size(path):
    """(width, height) as the PNG's header gives them."""
    head = path.read_bytes()[:24]
    assert head[:8] == PNG
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def test_grey_digit(tmp_path):
    image = digits(1, seed=0).images[0, 0]                             # (28, 28) uint8
    before = image.copy()
    augmentation_sheet(image, tmp_path / "a.png")
    augmentation_sheet(image, tmp_path / "b.png")
    augmentation_sheet(image, tmp_path / "c.png", seed=1)
    assert np.array_equal(image, before)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "c.png").read_bytes()
    width, height = size(tmp_path / "a.png")
    assert width > 2000 and height > 600                               # a projector's worth


def test_colour_image_of_another_shape(tmp_path):
    image = np.random.default_rng(0).random((3, 24, 40)).astype(np.float32)
    augmentation_sheet(image, tmp_path / "colour.png")
    assert size(tmp_path / "colour.png")[0] > 2000


def test_first_image_of_a_batch(tmp_path):
    batch = digits(3, seed=0).images
    augmentation_sheet(batch, str(tmp_path / "batch.png"))
    augmentation_sheet(batch[0, 0] / 255, tmp_path / "one.png")
    assert size(tmp_path / "batch.png") == size(tmp_path / "one.png")


def test_digits_sheet(tmp_path):
    dataset = digits(60, seed=0)
    digits_sheet(dataset, tmp_path / "digits.png", rows=11, cols=5)    # one row begins anew
    width, height = size(tmp_path / "digits.png")
    assert height > width > 300
    colour = Dataset(np.zeros((2, 3, 8, 8), np.uint8), np.array([0, 1]), ("cat", "dog"), "two")
    digits_sheet(colour, tmp_path / "colour.png", rows=2, cols=2)
    assert size(tmp_path / "colour.png")


def test_needs_no_display_and_leaves_pyplot_alone(tmp_path):
    code = ("import sys, numpy as np; from minicnn.data.sheet import digits_sheet; "
            "from minicnn.data.digits import digits; assert 'matplotlib' not in sys.modules; "
            f"digits_sheet(digits(10), {str(tmp_path / 'x.png')!r}, cols=1); "
            "assert 'matplotlib.pyplot' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)
    assert size(tmp_path / "x.png")


def test_says_what_is_wrong(tmp_path):
    path = tmp_path / "none.png"
    with pytest.raises(ValueError, match=r"shape \(5,\), expected \(H, W\)"):
        augmentation_sheet(np.zeros(5), path)
    with pytest.raises(ValueError, match="expected"):
        augmentation_sheet([[1.0, 0.0]], path)
    with pytest.raises(ValueError, match="C=2, expected 1"):
        augmentation_sheet(np.zeros((2, 8, 8)), path)
    with pytest.raises(ValueError, match="expected 0..1; draw the image before normalising it"):
        augmentation_sheet(np.full((8, 8), -0.1), path)
    with pytest.raises(TypeError, match="int64"):
        augmentation_sheet(np.zeros((8, 8), np.int64), path)
    dataset = digits(10)
    with pytest.raises(ValueError, match="10 images in 0 rows of 20"):
        digits_sheet(dataset, path, rows=0)
    with pytest.raises(ValueError, match="digits_sheet: dataset has no images"):
        digits_sheet(dataset[:0], path)
    with pytest.raises(TypeError, match="digits_sheet: dataset is a tuple, expected a Dataset"):
        digits_sheet((dataset.images, dataset.labels), path)
    with pytest.raises(ValueError, match="C=2"):
        digits_sheet(dataset.replace(images=np.zeros((10, 2, 8, 8), np.uint8)), path)
    assert not path.exists()
