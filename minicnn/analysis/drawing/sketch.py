"""A drawing as data: boxes, lines, frames and words, in units that are pixels at normal size."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from minicnn.analysis.drawing.words import text_width
from minicnn.layers.steps import Step

SIZE, SMALLER, LEADING = 11.0, 10.0, 13.5  # of letters, and from line to line
PAD = 6.0

Point = tuple[float, float]


@dataclass(eq=False)
class Box:
    """One box, with everything that stands in it.

    lines  : its words, of a card the first `bold` of them its name;  title : what it is, in full
    path   : of its main layer;  rows : of the table, that it stands for;  steps : the layers
    bar    : (x, y, width, height) of what is drawn for the size of the output, or None
    times  : equal boxes for which it stands
    """

    x: float
    y: float
    width: float
    height: float
    kind: str
    lines: list[str]
    title: str
    path: str
    rows: list[str]
    steps: list[Step]
    bar: tuple[float, float, float, float] | None = None
    bold: int = 0
    times: int = 1

    def texts(self) -> Iterator[tuple[float, float, str, float, bool]]:
        """(x of the middle, y of the base line, words, size, bold)."""
        top = self.bar[1] + self.bar[3] + 6 if self.bar else \
            self.y + (self.height - LEADING * len(self.lines)) / 2
        for number, line in enumerate(self.lines):
            bold = number < self.bold
            size = SIZE if bold or not self.bar else SMALLER
            yield self.x + self.width / 2, top + LEADING * (number + 0.78), line, size, bold


@dataclass(eq=False)
class Line:
    """An arrow along these points; `jumps` if it passes others by."""

    points: list[Point]
    source: Box
    target: Box
    jumps: bool = False


@dataclass
class Frame:
    """Around what belongs together; `said` stands to its left."""

    x: float
    y: float
    width: float
    height: float
    said: str = ""


@dataclass
class Caption:
    """Words above a part of the drawing; y is the base line."""

    x: float
    y: float
    text: str
    size: float = SIZE
    bold: bool = False

    @property
    def width(self) -> float:
        return text_width(self.text, self.size, self.bold)


@dataclass
class Sheet:
    """Boxes and lines with their positions: a part of the drawing, or all of it.

    shown : the box that shows a layer; of equal units, the box of the first
    """

    width: float = 0.0
    height: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    shown: dict[Step, Box] = field(default_factory=dict)

    def put(self, other: "Sheet", x: float, y: float) -> None:
        """Take over another sheet, moved."""
        for box in other.boxes:
            box.x, box.y = box.x + x, box.y + y
            if box.bar:
                left, top, width, height = box.bar
                box.bar = left + x, top + y, width, height
        for line in other.lines:
            line.points = [(px + x, py + y) for px, py in line.points]
        for frame in other.frames:
            frame.x, frame.y = frame.x + x, frame.y + y
        for caption in other.captions:
            caption.x, caption.y = caption.x + x, caption.y + y
        self.boxes += other.boxes
        self.lines += other.lines
        self.frames += other.frames
        self.captions += other.captions
        self.shown.update(other.shown)
        self.width = max(self.width, x + other.width)
        self.height = max(self.height, y + other.height)
