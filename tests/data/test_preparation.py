"""Pictures as a trained network wants them: size, cut, colours."""

import numpy as np
import pytest
from PIL import Image

from minicnn.data import DamagedFile, Preparation, imagenet_classes


def stripes(width, height):
    """Each column has its own red, each row its own green."""
    x = np.zeros((height, width, 3), np.uint8)
    x[..., 0], x[..., 1] = np.arange(width), np.arange(height)[:, None]
    return Image.fromarray(x)


def test_the_middle_of_the_picture():
    """No scaling: 40 x 30 is cut to 10 x 10 from column 15 and row 10 on."""
    y = Preparation(10, 30).cropped(stripes(40, 30))
    assert y.shape == (3, 10, 10) and y.dtype == np.uint8
    assert y[0, 0].tolist() == list(range(15, 25)) and y[1, :, 0].tolist() == list(range(10, 20))


@pytest.mark.parametrize("nearest, left", [(False, 6), (True, 5)])
def test_how_halves_are_rounded(nearest, left):
    """11 columns to spare: torchvision's round(5.5) is 6, the other way is 5."""
    y = Preparation(20, 20, nearest=nearest).cropped(stripes(31, 20))
    assert y[0, 0, 0] == left


@pytest.mark.parametrize("width, height, nearest, whole", [
    (451, 300, False, (384, 256)), (451, 300, True, (385, 256)), (300, 451, False, (256, 384)),
    (256, 256, False, (256, 256)), (1, 100, False, (256, 25_600))])
def test_the_shorter_side(width, height, nearest, whole):
    class Asked(Exception):
        pass

    class Picture:
        mode, info, size = "RGB", {}, (width, height)

        def load(self):
            """As Pillow's."""

        def getexif(self):
            return {}

        def getbands(self):
            return "RGB"

        def convert(self, mode):
            return self

        def resize(self, size, way):
            raise Asked(tuple(size), way)

    with pytest.raises(Asked) as asked:
        Preparation(nearest=nearest, bicubic=True).middle(Picture())
    assert asked.value.args == (whole, Image.Resampling.BICUBIC)


def test_colours_by_hand():
    pixels = np.array([0, 255, 51], np.uint8).reshape(3, 1, 1)
    y = Preparation(mean=(0.5, 0.5, 0.1), std=(0.5, 0.25, 0.1)).normalised(pixels)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.ravel(), [-1, 2, 1], atol=1e-6)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK", "I;16"])
def test_pictures_of_every_kind(mode, tmp_path):
    path = tmp_path / ("a.tif" if mode in ("CMYK", "I;16") else "a.png")
    grey = Image.fromarray(np.full((30, 40), 200, np.uint8))
    (Image.fromarray(np.full((30, 40), 51_400, np.uint16)) if mode == "I;16"
     else grey.convert(mode)).save(path)
    y = Preparation(8, 8)(path)
    assert y.shape == (3, 8, 8) and y.dtype == np.float32 and np.isfinite(y).all()
    assert np.array_equal(y, Preparation(8, 8)(str(path)))


@pytest.mark.parametrize("content, words", [(b"", "empty, no picture"), (b"hello", "no JPEG"),
                                            (b"\x89PNG\r\n\x1a\n" + bytes(50), "no JPEG|broken")])
def test_what_is_no_picture(content, words, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=rf"a\.png: .*({words})"):
        Preparation()(path)
    with pytest.raises(FileNotFoundError):
        Preparation()(tmp_path / "b.png")


def test_a_strip_is_not_blown_up():
    """1 x 100,000 pixels would become 256 x 25,600,000, which is 20 GB."""
    with pytest.raises(ValueError, match="1x100000 pixels are too narrow a strip: .* cut the"):
        Preparation().cropped(Image.new("RGB", (1, 100_000)))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5)])
def test_pictures_of_every_shape(size):
    picture = Image.new("RGB", size, (255, 0, 0))
    y = Preparation(16, 18).cropped(picture)
    assert y.shape == (3, 16, 16) and (y[0] == 255).all() and not y[1:].any()


def test_classes():
    names = imagenet_classes()
    assert len(names) == 1000 and all(name == name.strip() and name for name in names)
    assert (names[0], names[282], names[665], names[967], names[999]) == (
        "tench", "tiger cat", "moped", "espresso", "toilet tissue")
