"""Every network there is, drawn: nothing is left out, nothing overlaps, every word fits."""

import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

from minicnn.analysis.drawing import as_svg, draw
from minicnn.analysis.drawing.words import text_width
from minicnn.models import NETWORKS, build
from minicnn.models.table import TableNet

QUICK = [
    "lenet5", "alexnet", "vgg16", "googlenet", "resnet18", "resnet152", "densenet121",
    "fractalnet20", "inception_v4", "unet", "fcn8s", "segnet", "ssd300", "faster_rcnn",
    "sam_toy", "capsnet",
    "nasnet_small", "vit_small", "polynet_small", "res2net_small", "shufflenet_v2_small",
    "efficientnet_small", "attention_unet", "mask_rcnn"]
SVG = "{http://www.w3.org/2000/svg}"
NEAR = 0.01                            # of a pixel


def overlapping(boxes):
    """Pairs that share some area."""
    found = []
    for number, a in enumerate(boxes):
        found += [(a, b) for b in boxes[number + 1:]
                  if a.x < b.x + b.width - NEAR and b.x < a.x + a.width - NEAR
                  and a.y < b.y + b.height - NEAR and b.y < a.y + a.height - NEAR]
    return found


def words_that_stick_out(drawing):
    found = []
    for box in drawing.sheet.boxes:
        for x, y, text, size, bold in box.texts():
            half = text_width(text, size, bold) / 2
            if x - half < box.x or x + half > box.x + box.width or y > box.y + box.height \
                    or y - size < box.y:
                found.append((box.path, text))
    return found


def through_boxes(sheet):
    """Lines with a piece that runs through a box."""
    found = []
    for line in sheet.lines:
        for (x0, y0), (x1, y1) in zip(line.points, line.points[1:], strict=False):
            left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
            found += [(line.source.path, line.target.path, box.path) for box in sheet.boxes
                      if left < box.x + box.width - 1 and right > box.x + 1
                      and top < box.y + box.height - 1 and bottom > box.y + 1]
    return found


def missing_edges(drawing):
    """Pairs of layers, one of which reads the other, without a line or a box that says so."""
    panels = {box.rows[0]: sheet for sheet in drawing.panels.values() for box in sheet.boxes
              if box.rows}
    whole = drawing.overview
    lines = {(line.source, line.target) for line in drawing.sheet.lines}
    found = []
    for step in drawing.steps:
        for source in step.sources:
            a, b = whole.shown[source], whole.shown[step]
            if a is not b:
                if (a, b) not in lines:
                    found.append((source.path, step.path))
                continue
            sheet = panels.get(a.path)
            if sheet is None or step not in sheet.shown:       # a chain, or like another module
                continue
            c, d = sheet.shown[source], sheet.shown[step]
            if c is not d and (c, d) not in lines and not c.times == d.times > 1:
                found.append((source.path, step.path))
    return found


def check(name):
    model = build(name)
    drawing = draw(model, name=name)
    sheet, boxes = drawing.sheet, drawing.sheet.boxes
    assert [(a.path, b.path) for a, b in overlapping(boxes)] == []
    assert words_that_stick_out(drawing) == []
    assert through_boxes(sheet) == []
    assert missing_edges(drawing) == []

    steps = Counter(step for box in drawing.overview.boxes for step in box.steps)
    assert set(steps) == set(drawing.steps) and set(steps.values()) == {1}
    if isinstance(model, TableNet):
        ran = {step.path.split(".")[0] for step in drawing.steps}
        rows = {label for label, members, _ in model.row_names if ran.intersection(members)}
        assert rows <= {row for box in drawing.overview.boxes for row in box.rows}

    root = ElementTree.fromstring(as_svg(drawing))
    width, height = map(float, root.get("viewBox").split()[2:])
    points = [point for line in sheet.lines for point in line.points]
    points += [(part.x + part.width, part.y + part.height)
               for part in [*boxes, *sheet.frames]] + [(part.x, part.y) for part in boxes]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    groups = list(root.iter(f"{SVG}g"))
    assert len(groups) == len(boxes)
    assert all(group.get("data-path") and group.find(f"{SVG}title").text for group in groups)
    assert len(list(root.iter(f"{SVG}path"))) == len(sheet.lines)
    return drawing


@pytest.mark.parametrize("name", sorted(set(QUICK)))
def test_drawn_whole(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(NETWORKS) - set(QUICK)))
def test_the_others_too(name):
    check(name)
