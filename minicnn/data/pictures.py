"""Picture files: read as colours from 0 to 255, whatever they are stored as.

Pictures come from anywhere: files may be damaged, something else with a picture's name, or a few
bytes that claim a billion pixels.  Each is refused with its name and the reason.

    transparent        laid on white paper, as a browser shows them
    16 bits            the upper 8
    several frames     the first
    held sideways      turned upright, as the camera noted
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data.files import DamagedFile
from minicnn.data.fingerprint import fingerprint

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")   # none that runs other programs
LARGEST_PICTURE = 50_000_000        # pixels
ORIENTATION, BITS, PHOTOMETRIC = 274, 258, 262      # numbers of the notes in EXIF and in TIFF
# Orientation as the camera noted it -> Pillow's number of the turn: mirror left and right 0, top
# and bottom 1, by 90 degrees 2, 180 3, 270 4, mirror across the diagonals 5 and 6.
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


class Pictures:
    """Picture files as an array (N, 3, size, size) uint8 that is read where it is indexed."""

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, paths: list[Path], size: int) -> None:
        self.paths, self.size = paths, size

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (len(self.paths), 3, self.size, self.size)

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        return f"Pictures({len(self):,} files, read as {self.size}x{self.size})"

    def __getitem__(self, chosen: Any) -> np.ndarray:
        """One picture (3, size, size), or those of a slice or an array of numbers (n, ...)."""
        numbers = self.numbers(chosen)
        if numbers.ndim == 0:
            return read_picture(self.paths[numbers], self.size)
        found = [read_picture(self.paths[number], self.size) for number in numbers]
        return np.stack(found) if found else np.zeros((0, *self.shape[1:]), np.uint8)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or np.uint8, copy=False)

    def chosen(self, chosen: Any) -> Pictures:
        """The same without reading them."""
        return Pictures([self.paths[number] for number in self.numbers(chosen)], self.size)

    def numbers(self, chosen: Any) -> np.ndarray:
        if isinstance(chosen, tuple):
            raise IndexError("pictures are read whole, so one index only: images[:8][:, 0], not "
                             "images[:8, 0]")
        return np.arange(len(self))[chosen]

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, every one of them: about as long as it takes to copy the folder."""
        return fingerprint(str(self.size), *(np.fromfile(path, np.uint8) for path in self.paths))


def check_head(path: Path) -> None:
    """DamagedFile unless the file begins as a picture of a bearable size does."""
    open_picture(path, lambda image: None)


def read_picture(path: Path, size: int) -> np.ndarray:
    """The middle square of the picture, colours, (3, size, size) uint8."""
    return open_picture(path, lambda image: square(image, size))


def open_picture(path: Path, use: Callable[[Any], Any]) -> Any:
    """use(image) of a picture file; DamagedFile, with its name, for whatever is wrong with it."""
    from PIL import Image, UnidentifiedImageError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")            # odd but readable headers; size: see below
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > LARGEST_PICTURE:
                    raise ValueError(f"{image.width}x{image.height} pixels, more than "
                                     f"{LARGEST_PICTURE:,}")
                return use(image)
    except (MemoryError, FileNotFoundError):
        raise
    except UnidentifiedImageError:
        said = "empty, no picture" if os.path.getsize(path) == 0 else \
            f"no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture; if of another kind, " \
            "save it as PNG"
        raise DamagedFile(f"{path}: {said}") from None
    except IsADirectoryError:
        raise DamagedFile(f"{path}: this is a folder; name one picture in it") from None
    except Exception as problem:         # what a damaged picture raises is listed nowhere
        raise DamagedFile(f"{path}: {problem}") from None


def square(image: Any, size: int) -> np.ndarray:
    """The middle square, scaled to size x size: (3, size, size) uint8."""
    from PIL import Image, ImageOps
    picture = ImageOps.fit(colours(image), (size, size), Image.Resampling.BILINEAR)
    return np.asarray(picture).transpose(2, 0, 1)      # (3, size, size)


def colours(image: Any) -> Any:
    """In RGB, eight bits each, turned upright."""
    from PIL import Image
    image.load()
    turn = TURNS.get(orientation(image))
    if image.mode == "F":                              # which convert() would turn black
        raise ValueError("pixels are fractions, whose largest nobody knows; save it with 8 bits")
    if image.mode.startswith("I"):                     # which convert() would cut off
        image = Image.fromarray(eight_bits(image))
    elif image.mode == "P" or image.getbands()[-1] in "Aa" or "transparency" in image.info:
        drawing = image.convert("RGBA")
        alpha = drawing.getchannel("A")
        image = Image.new("RGB", image.size, "white")
        image.paste(drawing, mask=alpha)
        if image.getextrema() == ((255, 255),) * 3 and alpha.getextrema() != (255, 255):
            raise ValueError("transparent, and nothing of it shows on white; save it on a ground")
    image = image.convert("RGB")
    return image if turn is None else image.transpose(turn)


def orientation(image: Any) -> Any:
    """What the camera noted; None where the notes are damaged, for the picture itself is not."""
    try:
        return image.getexif().get(ORIENTATION)
    except Exception:                # what damaged notes raise is listed nowhere
        return None


def eight_bits(image: Any) -> np.ndarray:
    """Grey of up to 16 bits as (H, W) uint8."""
    notes = getattr(image, "tag_v2", {})               # of a TIFF file, and only of that
    if notes and image.mode == "I":
        raise ValueError("pixels are signed or 32-bit whole numbers, whose largest nobody knows; "
                         "save it with 8 bits")
    largest = 2 ** int(notes.get(BITS, (16,))[0]) - 1
    values = np.asarray(image).astype(np.int64)        # (H, W)
    if notes.get(PHOTOMETRIC) == 0:                    # white is 0, which Pillow overlooks here
        values = largest - values
    grey = (values * 255 // largest).astype(np.uint8)
    if values.any() and not grey.any():
        raise ValueError(f"its brightest pixel is {values.max()} of {largest:,}, which is black; "
                         "save it with 8 bits")
    return grey
