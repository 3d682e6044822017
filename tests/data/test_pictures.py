"""Picture files of every kind become colours from 0 to 255, or are refused with the reason."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from minicnn.data.files import DamagedFile
from minicnn.data.pictures import FORMATS, Pictures, read_picture
from tests.data.painted import huge_png, paint

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8))
OTHER = ImageOps.flip(NOISE)


def middle(path):
    return read_picture(path, 3)[:, 1, 1].tolist()


def test_the_middle_square(tmp_path):
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, 2:6] = 255                                            # white is the middle
    Image.fromarray(image).save(tmp_path / "wide.png")
    assert (read_picture(tmp_path / "wide.png", 4) == 255).all()
    assert read_picture(tmp_path / "wide.png", 2).shape == (3, 2, 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 9000), (9000, 1)])
def test_a_picture_of_every_size_is_enough(tmp_path, size):
    paint(tmp_path / "thin.png", (9, 8, 7), size)
    assert read_picture(tmp_path / "thin.png", 5)[:, 4, 4].tolist() == [9, 8, 7]


@pytest.mark.parametrize("mode, value, expected, ending", [
    ("L", 77, (77, 77, 77), "png"), ("1", 1, (255, 255, 255), "png"),
    ("1", 1, (255, 255, 255), "tiff"), ("1", 0, (0, 0, 0), "tiff"), ("P", 0, (0, 0, 0), "png"),
    ("P", 0, (0, 0, 0), "gif"), ("CMYK", (0, 255, 255, 0), (255, 0, 0), "tiff"),
    ("CMYK", (0, 255, 255, 0), (255, 0, 0), "jpg"), ("YCbCr", (90, 128, 128), (90, 90, 90), "jpg"),
    ("I;16", 257 * 99, (99, 99, 99), "png"), ("I;16", 257 * 99, (99, 99, 99), "tiff"),
    ("I;16B", 257 * 99, (99, 99, 99), "tiff"), ("L", 77, (77, 77, 77), "pgm")])
def test_every_kind_becomes_colours(tmp_path, mode, value, expected, ending):
    Image.new(mode, (5, 5), value).save(tmp_path / f"one.{ending}")
    assert np.allclose(middle(tmp_path / f"one.{ending}"), expected, atol=1)   # JPEG rounds


# --- transparent ----------------------------------------------------------------------------------

@pytest.mark.parametrize("mode, value, expected", [
    ("RGBA", (10, 20, 30, 255), (10, 20, 30)), ("RGBA", (10, 20, 30, 51), (206, 208, 210)),
    ("LA", (50, 51), (214, 214, 214))])
def test_laid_on_white(tmp_path, mode, value, expected):
    """By hand: a fifth of 10 and four fifths of 255 are 206."""
    Image.new(mode, (5, 5), value).save(tmp_path / "one.png")
    assert middle(tmp_path / "one.png") == list(expected)


def drawn(mode):
    """A black square on a transparent ground, the background's colour black too."""
    if mode in ("P", "L", "1"):
        image = Image.new(mode, (8, 8), 0)
        image.paste(1, (2, 2, 6, 6))
        if mode == "P":
            image.putpalette([0, 0, 0, 0, 0, 0])
        return image, {"transparency": 0}
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (2, 2, 6, 6))
    return image.convert(mode), {}


@pytest.mark.parametrize("mode, ending", [
    ("RGBA", "png"), ("RGBA", "webp"), ("RGBA", "gif"), ("RGBA", "tiff"), ("LA", "png"),
    ("P", "png"), ("P", "gif"), ("L", "png")])
def test_a_black_drawing_on_a_transparent_ground_is_seen(tmp_path, mode, ending):
    """Each used to come out wholly black."""
    image, options = drawn(mode)
    image.save(tmp_path / f"one.{ending}", lossless=True, **options)
    x = read_picture(tmp_path / f"one.{ending}", 8)
    assert (x[:, 3:5, 3:5] <= 1).all() and (x[:, 0] == 255).all()


def test_a_white_drawing_on_a_transparent_ground_is_refused(tmp_path):
    image, options = drawn("1")
    image.save(tmp_path / "one.png", **options)
    with pytest.raises(DamagedFile, match="nothing of it shows on white; save it on a ground"):
        read_picture(tmp_path / "one.png", 8)


# --- more than eight bits -------------------------------------------------------------------------

def tiff(path, pixels, dtype, sample_format, photometric=1, bits=None):
    """A grey TIFF file written by hand, one number after the other."""
    pixels = np.asarray(pixels, dtype)
    height, width = pixels.shape
    entries = [(256, width), (257, height), (258, bits or 8 * pixels.itemsize), (259, 1),
               (262, photometric), (273, 8 + 2 + 12 * 10 + 4), (277, 1), (278, height),
               (279, pixels.nbytes), (339, sample_format)]
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    path.write_bytes(head + table + struct.pack("<I", 0) + pixels.tobytes())
    return path


@pytest.mark.parametrize("dtype, sample_format", [("<i4", 2), ("<u4", 1), ("<i2", 2)])
def test_numbers_without_a_known_largest_are_refused(tmp_path, dtype, sample_format):
    """Values up to 255 in an int32 TIFF file used to come out wholly black."""
    path = tiff(tmp_path / "one.tiff", [[0, 100], [200, 255]], dtype, sample_format)
    with pytest.raises(DamagedFile, match="signed or 32-bit whole numbers, .* save it with 8 bits"):
        read_picture(path, 2)


def test_fractions_are_refused(tmp_path):
    path = tiff(tmp_path / "one.tiff", [[0, 0.5], [1, 0]], "<f4", 3)
    with pytest.raises(DamagedFile, match="pixels are fractions"):
        read_picture(path, 2)


def test_sixteen_bits_by_hand(tmp_path):
    values = [[0, 257], [257 * 100 + 256, 65535]]
    expected = [[0, 1], [100, 255]]
    path = tiff(tmp_path / "one.tiff", values, "<u2", 1)
    assert read_picture(path, 2).tolist() == [expected] * 3
    path = tiff(tmp_path / "two.tiff", values, "<u2", 1, photometric=0)        # 0 is white
    assert read_picture(path, 2).tolist() == [[[255, 254], [154, 0]]] * 3


def test_twelve_bits(tmp_path):
    """Two pixels of 12 bits lie in three bytes: 0xfff twice is white, and was 15 of 255."""
    path = tiff(tmp_path / "one.tiff", [[0xff, 0xff, 0xff]], "<u1", 1, bits=12)
    content = bytearray(path.read_bytes())
    content[18:22] = struct.pack("<I", 2)                                      # width
    path.write_bytes(content)
    with Image.open(path) as image:
        assert image.size == (2, 1)
    assert read_picture(path, 1).tolist() == [[[255]]] * 3


@pytest.mark.parametrize("largest", [1, 200, 256])
def test_sixteen_bits_that_would_be_black_are_refused(tmp_path, largest):
    Image.new("I;16", (4, 4), largest).save(tmp_path / "one.png")
    with pytest.raises(DamagedFile, match=f"brightest pixel is {largest} of 65,535, which is bl"):
        read_picture(tmp_path / "one.png", 2)
    Image.new("I;16", (4, 4), 0).save(tmp_path / "one.png")                    # black it is
    assert middle(tmp_path / "one.png") == [0, 0, 0]


@pytest.mark.parametrize("largest", [65535, 1023])
def test_netpbm_says_what_its_largest_is(tmp_path, largest):
    numbers = struct.pack(">4H", *[largest] * 4)
    (tmp_path / "one.pgm").write_bytes(b"P5 2 2 %d\n" % largest + numbers)
    assert middle(tmp_path / "one.pgm") == [255, 255, 255]


# --- notes of the camera, several frames ----------------------------------------------------------

@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "jpg", "tiff", "webp"])
def test_turned_as_the_camera_was_held(tmp_path, number, ending):
    image = Image.new("RGB", (32, 32), (0, 0, 0))
    image.paste((255, 0, 0), (0, 0, 32, 16))
    image.paste((255, 255, 255), (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = number
    path = tmp_path / f"one.{ending}"
    image.save(path, exif=exif, quality=95)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(read_picture(path, 32), expected)
    assert number == 1 or not np.array_equal(read_picture(path, 32),
                                             np.asarray(image).transpose(2, 0, 1))


@pytest.mark.parametrize("note", [
    b"garbage, garbage", b"", b"MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03",
    b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x04abcd\0\0\0\0",              # words for a number
    b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0",        # there is no turn 9
    b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x05\0\0\0\x01\0\0\0\x1a\0\0\0\0\0\0\0\0\0\0"])   # 0 / 0
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_damaged_notes_do_not_make_a_picture_unreadable(tmp_path, note, ending):
    NOISE.save(tmp_path / f"bare.{ending}")
    NOISE.save(tmp_path / f"one.{ending}", exif=b"Exif\0\0" + note)
    assert np.array_equal(read_picture(tmp_path / f"one.{ending}", 8),
                          read_picture(tmp_path / f"bare.{ending}", 8))


@pytest.mark.parametrize("ending, kind", [("gif", "GIF"), ("png", "PNG"), ("webp", "WEBP"),
                                          ("tiff", "TIFF"), ("jpg", "MPO")])
def test_the_first_of_several_frames(tmp_path, ending, kind):
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    NOISE.save(one, "JPEG" if kind == "MPO" else kind, lossless=True)
    NOISE.save(two, kind, save_all=True, append_images=[OTHER], lossless=True)
    with Image.open(two) as image:
        assert image.n_frames == 2
    assert np.array_equal(read_picture(one, 8), read_picture(two, 8))


def test_a_damaged_colour_profile_is_passed_over(tmp_path):
    NOISE.save(tmp_path / "one.png", icc_profile=b"no profile")
    assert read_picture(tmp_path / "one.png", 8).tolist() == np.asarray(NOISE).transpose(
        2, 0, 1).tolist()


# --- no pictures ----------------------------------------------------------------------------------

@pytest.mark.parametrize("name, content", [
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("a.png", b"<html>404</html>"),
    ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    ("a.heic", b"\0\0\0\x18ftypheic"), ("a.pdf", b"%PDF-1.7\n"), ("a.jpg", b"\xff\xd8\xff")])
def test_no_picture(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedFile, match="no JPEG, PNG, WEBP, BMP, GIF, TIFF or PPM picture"):
        read_picture(tmp_path / name, 4)
    assert not {"EPS", "PDF", "WMF"} & set(FORMATS)                    # they run other programs


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(DamagedFile, match="this is a folder; name one picture in it"):
        read_picture(tmp_path, 4)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "tiff", "bmp"])
@pytest.mark.parametrize("share", [0.4, 0.9])
def test_cut_off(tmp_path, ending, share):
    path = tmp_path / f"one.{ending}"
    Image.effect_noise((64, 64), 90).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:int(share * path.stat().st_size)])
    with pytest.raises(DamagedFile, match=f"one.{ending}: "):
        read_picture(path, 8)


def test_a_picture_just_too_large(tmp_path):
    huge_png(tmp_path / "one.png", 10_000, 5_001)
    with pytest.raises(DamagedFile, match="10000x5001 pixels, more than 50,000,000"):
        read_picture(tmp_path / "one.png", 8)


# --- many, as an array ----------------------------------------------------------------------------

@pytest.fixture
def pictures(tmp_path):
    for number in range(4):
        paint(tmp_path / f"{number}.png", (number, 0, 0))
    return Pictures([tmp_path / f"{number}.png" for number in range(4)], 2)


@pytest.mark.parametrize("chosen", [2, -1, slice(1, 3), slice(0, 0), [3, 0], np.array([1, 1]),
                                    slice(4, 2), np.array([True, False, True, False])])
def test_indexed_as_an_array(pictures, chosen):
    x = np.asarray(pictures)
    assert x.shape == pictures.shape == (4, 3, 2, 2) and x.dtype == pictures.dtype == np.uint8
    assert np.array_equal(pictures[chosen], x[np.arange(4)[chosen]])


def test_numbers_that_are_none(pictures):
    with pytest.raises(IndexError):
        pictures[4]
    with pytest.raises(IndexError, match=r"one index only: images\[:8\]\[:, 0\]"):
        pictures[:, 0]


def test_loops_and_is_readable(pictures):
    assert [image[0, 0, 0] for image in pictures] == [0, 1, 2, 3]
    assert repr(pictures) == "Pictures(4 files, read as 2x2)" and len(pictures.chosen([3, 1])) == 2
