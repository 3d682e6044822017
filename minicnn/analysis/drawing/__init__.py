"""Networks drawn as the slides draw them, from the networks themselves.

    from minicnn.analysis.drawing import draw, save
    save(draw(build("resnet18")), "resnet18.svg")

A shape goes through the network (nodes.py), layers become boxes (cells.py, panel.py), boxes get
their places (grid.py, tracks.py, overview.py), and the page is written (svg.py, png.py).
"""

from minicnn.analysis.drawing.compose import Drawing, draw
from minicnn.analysis.drawing.save import check_drawing_file, save
from minicnn.analysis.drawing.svg import as_svg

__all__ = ["Drawing", "as_svg", "check_drawing_file", "draw", "save"]
