"""What is drawn of networks whose form is known."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from minicnn.analysis.drawing import as_svg, check_drawing_file, draw, save
from minicnn.analysis.drawing.colours import INK, KINDS
from minicnn.analysis.drawing.compose import Drawing
from minicnn.analysis.drawing.words import BOLD, folded, text_width, words_of
from minicnn.layers import Conv2d, Dropout, MaxPool2d, Module, ReLU, Sequential
from minicnn.models import build
from tests.analysis.drawing.test_every_network import (
    missing_edges,
    overlapping,
    through_boxes,
    words_that_stick_out,
)

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"


def lines(sheet):
    return [" ".join(box.lines) for box in sheet.boxes]


def test_lenet():
    drawing = draw(build("lenet5", variant="paper"))
    assert drawing.title == "LeNet5: 1x32x32 to 10" and not drawing.panels
    assert lines(drawing.overview)[:3] == [
        "input 1x32x32", "C1 conv 5x5, 6 6x28x28", "S2 subsample 2x2, /2 6x14x14"]
    assert len(drawing.overview.lines) == 7 and not any(line.jumps for line in drawing.sheet.lines)
    bars = [box.bar for box in drawing.overview.boxes]
    assert bars[1][3] / bars[0][3] == pytest.approx(np.sqrt(28 / 32))
    assert bars[3][2] > bars[1][2]                         # 16 maps, 6 maps


def test_resnet_is_folded():
    drawing = draw(build("resnet152"))
    assert list(drawing.panels) == ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]
    assert [frame.said for sheet in drawing.panels.values() for frame in sheet.frames
            if frame.said] == ["× 2", "× 7", "× 35", "× 2"]
    assert sum(line.jumps for line in drawing.sheet.lines) == 4    # the identities


def test_an_inception_module_and_those_of_its_form():
    drawing = draw(build("googlenet"))
    (name, sheet), = drawing.panels.items()
    assert name == "inception (3a)" and "inception (5b)" in sheet.captions[-1].text
    assert lines(sheet) == [
        "pool2 192x28x28", "conv 1x1, 64 ReLU", "conv 1x1, 96 ReLU", "conv 3x3, 128 ReLU",
        "conv 1x1, 16 ReLU", "conv 5x5, 32 ReLU", "max pool 3x3", "conv 1x1, 32 ReLU",
        "concat, 256"]


def test_dense_units_grow():
    sheet = draw(build("densenet_small")).panels["dense1"]
    assert [line for line in lines(sheet) if "concat" in line] == [
        "concat, 36", "concat, 48", "concat, 60"]
    assert [frame.said for frame in sheet.frames if frame.said] == ["× 4"]


def test_unet_is_a_u():
    overview = draw(build("unet")).overview
    box = {box.path: box for box in overview.boxes}
    assert box["down1.0"].y < box["down2.0"].y < box["down5.0"].y > box["merge4.0"].y
    assert box["crop3"].y == box["join3"].y == box["down3.0"].y
    assert box["pool1"].x + box["pool1"].width / 2 == box["down1.0"].x + box["down1.0"].width / 2


def test_heads_that_run_on_several_maps():
    overview = draw(build("mask_rcnn")).overview
    head = next(box for box in overview.boxes if box.path == "rpn.head.cls_logits")
    assert "on 5 maps" in head.lines and len({step.path for step in head.steps}) == 1
    assert len(head.steps) == 5


def test_a_network_of_ones_own():
    class Block(Module):
        def __init__(self):
            self.a, self.b = Conv2d(4, 4, 3, padding=1), Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            return self.b(self.a(x)) + x                   # added without a layer

    drawing = draw(Sequential(first=Conv2d(3, 4, 3), block=Block(), pool=MaxPool2d(2)), (3, 8, 8))
    assert missing_edges(drawing) == []
    with pytest.raises(ValueError, match=r"draw: Block does not say which image size"):
        draw(Block())


def test_svg():
    drawing = draw(build("lenet5"), name="a<b&\"c\"")
    root = ElementTree.fromstring(as_svg(drawing))
    assert root.get("role") == "img" and root.get("aria-label") == drawing.alt
    assert root[0].text == "a<b&\"c\": 1x32x32 to 10"
    assert "prefers-color-scheme: dark" in root[2].text
    group = next(root.iter("{http://www.w3.org/2000/svg}g"))
    assert (group.get("data-path"), group.get("data-row")) == ("input", "input")
    assert as_svg(drawing) == as_svg(draw(build("lenet5"), name="a<b&\"c\""))


def test_files_and_what_stops_them(tmp_path):
    drawing = draw(build("lenet5"))
    assert isinstance(drawing, Drawing)
    assert save(drawing, tmp_path / "a.svg").read_text() == as_svg(drawing)
    assert save(drawing, tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    for refuse in (lambda path: save(drawing, path), check_drawing_file):
        with pytest.raises(ValueError, match=r"drawing is '.*a\.txt', expected the name of a pict"):
            refuse(tmp_path / "a.txt")
    for suffix in (".svg", ".png"):
        (tmp_path / f"folder{suffix}").mkdir()
        with pytest.raises(OSError, match="which cannot be written \\(it is a folder"):
            check_drawing_file(tmp_path / f"folder{suffix}")


@pytest.mark.parametrize("name", ["lenet5", "resnet152", "googlenet", "unet", "ssd300"])
def test_pictures_of_the_book_are_of_today(name):
    path = PICTURES / f"draw_{name}.svg"
    of_today = path.read_text(encoding="utf-8") == as_svg(draw(build(name), name=name))
    assert of_today, f"python -m minicnn draw {name} --out docs/pictures/{path.name}"


def test_words():
    conv = Conv2d(8, 8, 3, stride=2, padding=1, groups=8)
    assert words_of(conv, (8, 4, 4)) == "depthwise 3x3, /2"
    assert words_of(Conv2d(8, 16, (1, 7), groups=2, dilation=2), (16, 4, 4)) \
        == "conv 1x7, 16, 2 groups, dilation 2"
    assert words_of(Dropout(), (8,)) == "dropout" and words_of(ReLU(), (8,)) == "ReLU"
    assert folded("max pool 2x2, /2", 70, 10) == ["max pool", "2x2, /2"]
    assert folded("inception_module", 20, 10) == ["inception_", "module"]
    assert folded("", 20, 10) == []


def real_width(text, size, bold):
    """What matplotlib measures."""
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=size)
    return TextPath((0, 0), text, prop=font).get_extents().x1


def test_no_letter_is_wider_than_is_thought():
    for letter in set(map(chr, range(33, 127))) - {"$"}:           # that is mathematics
        for bold in (False, True):
            assert real_width(letter * 5, 10, bold) <= text_width(letter * 5, 10, bold) * 1.005
    assert BOLD > 1


def luminance(colour):
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("kind", KINDS)
def test_words_stand_out(kind):
    """A contrast of 4.5 for words, of 3 for bars, by the rule of WCAG 2."""
    for ink, (card, edge) in zip(INK, KINDS[kind], strict=True):
        for colour, least in ((ink, 4.5), (edge, 3)):
            bright, dark = sorted((luminance(colour), luminance(card)), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= least


def test_the_checks_of_every_drawing_can_fail():
    drawing = draw(build("resnet18"))
    conv, pool = drawing.sheet.boxes[1], drawing.sheet.boxes[2]
    pool.lines.append("so long a line that it does not fit into this box")
    assert words_that_stick_out(drawing) == [(pool.path, pool.lines[-1])]
    drawing.sheet.lines.remove(next(line for line in drawing.sheet.lines if line.jumps))
    assert len(missing_edges(drawing)) == 1
    pool.x = conv.x + 1
    assert overlapping(drawing.sheet.boxes) == [(conv, pool)]
    line = drawing.sheet.lines[0]                          # from the image to conv1
    line.points[-1] = (conv.x + conv.width + 9, line.points[-1][1])
    assert (line.source.path, line.target.path, conv.path) in through_boxes(drawing.sheet)
