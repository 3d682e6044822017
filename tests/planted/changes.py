"""All faults that can be planted in a tree, and a fair sample of them.

A fault belongs to a place: the forward passes, the backward passes, the shapes (also costs and
receptive fields), the faster versions of the same mathematics, or other functions.  A sample takes
from every place and every kind in turn, so that the many numbers in forward passes do not crowd out
the few swapped strides in backward passes.
"""

import ast
import difflib
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.planted.kinds import Edit, Nodes
from tests.planted.source import Source, is_left_alone, parts
from tests.planted.terms import KINDS

# The rooms of mathematics; what a tree does not have is passed over.
ROOMS = ("minicnn/layers", "minicnn/losses", "minicnn/autograd", "minicnn/backend/windows.py",
         "minicnn/backend/cpu", "minicnn/optim",
         # as they were called before the rooms had their present names
         "minicnn/losses.py", "minicnn/engine.py", "minicnn/arithmetic.py", "minicnn/functions.py",
         "minicnn/geometry.py", "minicnn/columns.py")
PLACES = ("forward", "backward", "shapes", "faster", "others")
SHAPES = {"out_shape", "shape", "macs", "receptive_field"}
WINDOWS = {"windows.py", "geometry.py"}            # files that are about shapes throughout
FASTER = {"tiled_conv.py", "pointwise_conv.py", "pooling.py", "threads.py"}
WORDS = {"extra_repr", "cure", "refuse", "shown", "located"}   # functions that only make messages
SHOWN, TELLING = 40, 16                            # letters on either side of a change; in all


@dataclass(frozen=True)
class Mutant:
    """One thing changed in one file: its bytes start..end become `new`.

    before, after : the expression around the change; with path, kind and `nth` (of several that
                    read alike) they name the fault, also when lines have been added above it
    """

    path: str
    line: int
    column: int
    kind: str
    before: str
    after: str
    function: str
    place: str
    nth: int = 0
    start: int = 0
    end: int = 0
    new: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.kind}:{self.before}->{self.after}" + (
            f" [{self.nth + 1}]" if self.nth else "")

    @property
    def name(self) -> tuple[str, str, str, str, int]:
        return self.path, self.kind, self.before, self.after, self.nth

    def planted(self, raw: bytes) -> bytes:
        """The file with the fault in it."""
        return raw[:self.start] + self.new.encode() + raw[self.end:]

    def difference(self, raw: bytes) -> list[str]:
        """The lines that change, "- " before and "+ " after."""
        old, new = raw.decode().splitlines(), self.planted(raw).decode().splitlines()
        return [line for line in difflib.ndiff(old, new) if line[:2] in ("- ", "+ ")]


def files(tree: Path, rooms: Iterable[str] = ROOMS) -> list[str]:
    """The Python files of some rooms, as paths from the tree on."""
    found: set[Path] = set()
    for room in rooms:
        found |= {tree / room} if room.endswith(".py") else set((tree / room).rglob("*.py"))
    return sorted(path.relative_to(tree).as_posix() for path in found if path.is_file())


def find(tree: Path, rooms: Iterable[str] = ROOMS) -> list[Mutant]:
    """Every fault that can be planted in the tree, in the order of the files and their lines."""
    return [mutant for path in files(tree, rooms)
            for mutant in find_in(path, (tree / path).read_bytes())]


def find_in(path: str, raw: bytes) -> list[Mutant]:
    """Every fault of one file; two that would write the same file count as one."""
    source, seen, alike = Source(path, raw), set(), Counter()
    found = []
    for name, function in functions(source.tree):
        for kind, edit, around in edits(source, function):
            if edit[:3] in seen or source.line_and_column(edit.start)[0] in source.fast_lines:
                continue
            seen.add(edit[:3])
            found.append(mutant(source, name, place_of(path, name, function), kind, edit, around))
    found.sort(key=lambda one: (one.start, one.end, one.kind, one.new))
    for number, one in enumerate(found):
        found[number] = replace(one, nth=alike[one.name])
        alike[one.name] += 1
    return found


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """("Conv2dFn.forward", its node): functions and methods, but not __init__ and its like."""
    for node in tree.body:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef) and part.name not in WORDS \
                    and not part.name.startswith("__"):
                yield (part.name if part is node else f"{node.name}.{part.name}"), part


def edits(source: Source, function: ast.FunctionDef) -> Iterator[tuple[str, Edit, ast.AST]]:
    """(kind, edit, the expression that shows it) for everything in a function's body."""
    def inside(node: ast.AST, above: Nodes) -> Iterator[tuple[str, Edit, ast.AST]]:
        for part in parts(node):
            if is_left_alone(part):
                continue
            for kind, look in KINDS.items():
                for edit in look(source, part, [*above, node]):
                    yield kind, edit, expression_around(source, edit, [*above, node, part])
            yield from inside(part, [*above, node])

    return inside(function, [])


def expression_around(source: Source, edit: Edit, nodes: Nodes) -> ast.AST:
    """What to show of an edit: the first expression around it that is long enough to tell."""
    outwards, shown = nodes[::-1], None
    if edit.shown:
        outwards = outwards[outwards.index(edit.shown):] if edit.shown in nodes else [edit.shown]
    for node in outwards:
        if isinstance(node, ast.stmt):
            break
        if isinstance(node, ast.expr):
            shown = node
            if len(on_one_line(source.text(source.span(node)))) >= TELLING:
                break
    return shown or node


def mutant(source: Source, function: str, place: str, kind: str, edit: Edit,
           around: ast.AST) -> Mutant:
    start, end = source.span(around)
    if isinstance(around, ast.stmt) and hasattr(around, "body"):       # show its first line alone
        start = source.starts[source.line_and_column(edit.start)[0] - 1]
        end = source.starts[source.line_and_column(edit.end)[0]]
    left = on_one_line(source.text((min(start, edit.start), edit.start))).lstrip()
    right = on_one_line(source.text((edit.end, max(end, edit.end)))).rstrip()
    if len(left) > SHOWN:
        left = left[-SHOWN:].split(" ", 1)[-1]
    if len(right) > SHOWN:
        right = right[:SHOWN].rsplit(" ", 1)[0]
    old = source.text((edit.start, edit.end))
    before, after = (on_one_line(left + middle + right).strip() for middle in (old, edit.new))
    return Mutant(source.path, *source.line_and_column(edit.start), kind, before, after, function,
                  place, start=edit.start, end=edit.end, new=edit.new)


def on_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def place_of(path: str, name: str, function: ast.FunctionDef) -> str:
    """Which of PLACES a function belongs to.

    A helper belongs to the backward passes if it says so, by its name or its first words.
    """
    last, told = name.split(".")[-1], ast.get_docstring(function) or ""
    if "/backend/cpu/" in path or Path(path).name in FASTER:
        return "faster"
    if last in SHAPES or Path(path).name in WINDOWS:
        return "shapes"
    if re.search(r"back|grad", last) or told.startswith("The gradient"):
        return "backward"
    return "forward" if last == "forward" else "others"


def sample(found: list[Mutant], count: int, seed: int = 0) -> list[Mutant]:
    """`count` of them (0: all), as evenly as can be over places and kinds; a longer sample begins
    with the shorter one.
    """
    if not count:
        return list(found)
    rng, cells = random.Random(seed), defaultdict(list)
    for one in found:
        cells[one.place, one.kind].append(one)
    order = sorted(cells)
    rng.shuffle(order)
    for cell in order:
        rng.shuffle(cells[cell])
    chosen: list[Mutant] = []
    while len(chosen) < min(count, len(found)):
        for cell in order:
            if cells[cell] and len(chosen) < count:
                chosen.append(cells[cell].pop())
    return chosen


def again(found: list[Mutant], names: Iterable[tuple]) -> tuple[list[Mutant], list[tuple]]:
    """The faults of an earlier list that still exist, and the names of those that are gone.

    A file that has moved is found by what is written in it, if that stands in one place only.
    """
    by_name = {one.name: one for one in found}
    by_text = defaultdict(list)
    for one in found:
        by_text[one.name[1:]].append(one)
    present = {one.path for one in found}
    chosen, gone = [], []
    for name in map(tuple, names):
        moved = by_text[name[1:]] if name[0] not in present else []
        if name in by_name:
            chosen.append(by_name[name])
        elif len(moved) == 1:
            chosen.append(moved[0])
        else:
            gone.append(name)
    return chosen, gone
