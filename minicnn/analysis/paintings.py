"""Pictures that a network has made: drawn beside what they came from, or saved as they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.pictures import DIM, Where, bare, headed
from minicnn.data.canvas import Picture, drawing, figure
from minicnn.data.files import written_whole
from minicnn.data.pictures import colours, open_picture

PLAIN = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


def whole_picture(path: Any, side: int | None = None, least: int = 16) -> np.ndarray:
    """The whole picture of a file, (3, H, W) uint8, its longer side at most `side` pixels."""
    def use(image: Any) -> np.ndarray:
        image = colours(image)
        if side is not None and max(image.size) > side:
            share = side / max(image.size)
            image = image.resize([max(round(share * pixels), 1) for pixels in image.size])
        if min(image.size) < least:
            raise ValueError(f"{image.width}x{image.height} pixels; at least {least}x{least} are "
                             "needed")
        return np.asarray(image).transpose(2, 0, 1)        # (3, H, W)
    return open_picture(Path(path), use)


def check_plain(path: Path, option: str = "--out") -> None:
    if path.suffix.lower() not in PLAIN:
        raise ValueError(f"{option} is {str(path)!r}; the end must be {', '.join(PLAIN)}")


def save_plain(pixels: np.ndarray, path: Path) -> Path:
    """The picture alone, (3, H, W) of 0 to 255, as .png or .jpg."""
    from PIL import Image
    check_plain(path)
    image = Image.fromarray(np.ascontiguousarray(eight_bits(pixels)))
    with written_whole(path) as file:
        image.save(file, PLAIN[path.suffix.lower()])
    return path


def eight_bits(pixels: np.ndarray) -> np.ndarray:
    """(3, H, W) of 0 to 255 -> (H, W, 3) uint8."""
    return np.rint(pixels).clip(0, 255).astype(np.uint8).transpose(1, 2, 0)


@drawing()
def draw_paintings(panels: Sequence[tuple[str, np.ndarray]], note: str, path: Where = None,
                   title: str = "") -> Picture:
    """Pictures side by side, (words, (3, H, W) of 0 to 255) each, and below what made the last."""
    wide = [pixels.shape[2] / pixels.shape[1] for _, pixels in panels]
    drawn = figure(max(3.6 * sum(wide), 7), 4.9)
    headed(drawn, title)
    cells = drawn.subplots(1, len(panels), squeeze=False, width_ratios=wide)[0]
    for axes, (words, pixels) in zip(cells, panels, strict=True):
        axes.imshow(eight_bits(pixels), interpolation="nearest")
        bare(axes, words)
    drawn.supxlabel(note, fontsize=10, color=DIM, wrap=True)
    return Picture(drawn, path)
