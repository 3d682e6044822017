"""The legend below a drawing, always: what the colours, bars, lines and signs mean."""

from minicnn.analysis.drawing.compose import BORDER, Drawing
from minicnn.analysis.drawing.sketch import SIZE
from minicnn.analysis.drawing.words import text_width

NOTE = "note"
STEP = 20.0                            # from line to line

Entry = tuple[str, str, float, float]  # kind or NOTE, words, x and y of its corner


def legend_of(drawing: Drawing) -> tuple[list[Entry], float]:
    """What stands below the drawing, and the height of it all."""
    entries: list[Entry] = []
    x, y = BORDER, drawing.height + 4
    for kind, said in drawing.legend.items():
        width = 22 + text_width(said, SIZE) + 18
        if x > BORDER and x + width > drawing.width - BORDER:
            x, y = BORDER, y + STEP
        entries.append((kind, said, x, y))
        x += width
    for note in notes_of(drawing):
        width = text_width(note, SIZE) + 18
        if x > BORDER and x + width > drawing.width - BORDER:
            x, y = BORDER, y + STEP
        entries.append((NOTE, note, x, y))
        x += width
    return entries, y + STEP + BORDER / 2


def notes_of(drawing: Drawing) -> list[str]:
    sheet = drawing.sheet
    said = ["bar: height by the root of the rows, width by the log of the maps"]
    if any(line.jumps for line in sheet.lines):
        said.append("red: passes boxes by")
    if any(box.times > 1 for box in sheet.boxes):
        said.append("× n: n alike in a row")
    if any("/2" in line for box in sheet.boxes for line in box.lines):
        said.append("/2: stride 2")
    return said
