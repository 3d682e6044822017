"""One file of the package: where each piece of its syntax stands, and what no fault may touch.

`ast` gives places as lines and bytes; here they are bytes from the start of the file, so that a
change can be cut in and every other byte stays as it is.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import accumulate

Span = tuple[int, int]                             # bytes from the start of the file

# A number of at least this size, or one of these words, makes a line a matter of speed: how large
# a tile is, how much memory is worth a thread.
LARGE = 64
SPEED = re.compile(r"\b(sizes|ENOUGH|setbufsize|nbytes|itemsize|reused)\b")
TALK = {"warn", "located", "shown"}                # calls that make messages


class Source:
    """A file as bytes, its syntax tree, and `code`: the same bytes with blanks for comments."""

    def __init__(self, path: str, raw: bytes) -> None:
        self.path, self.raw, self.tree = path, raw, ast.parse(raw)
        lines = raw.splitlines(keepends=True)
        self.starts = [0, *accumulate(map(len, lines))]
        self.code = without_comments(raw, self.starts)
        self.fast_lines = {number for number, line in enumerate(self.code.splitlines(), 1)
                           if is_about_speed(line.decode())}

    def span(self, node: ast.AST) -> Span:
        """Where a node starts and ends; brackets around it are not part of it."""
        start = self.starts[node.lineno - 1] + node.col_offset
        return start, self.starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, span: Span) -> str:
        return self.code[slice(*span)].decode()

    def between(self, left: ast.AST, right: ast.AST, symbol: str) -> Span:
        """Where the operator between two nodes stands; brackets may be around either."""
        start = self.code.index(symbol.encode(), self.span(left)[1], self.span(right)[0])
        return start, start + len(symbol)

    def line_and_column(self, start: int) -> tuple[int, int]:
        line = self.raw.count(b"\n", 0, start) + 1
        return line, len(self.raw[self.starts[line - 1]:start].decode())


def without_comments(raw: bytes, starts: list[int]) -> bytes:
    code = bytearray(raw)
    for token in tokenize.tokenize(io.BytesIO(raw).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            start = starts[line - 1] + len(token.line[:column].encode())
            length = len(token.string.encode())
            code[start:start + length] = b" " * length
    return bytes(code)


def is_about_speed(line: str) -> bool:
    """Whether a line of code sets a size of a tile or the like.

    >>> is_about_speed("enough = 512 / W"), is_about_speed("y[:, 1:3] = x0128")
    (True, False)
    """
    numbers = re.findall(r"(?<![\w.])\d+(?![\w.])", line)
    return bool(SPEED.search(line)) or any(int(number) >= LARGE for number in numbers)


def is_text(node: ast.AST | None) -> bool:
    """Whether an expression makes a string, for a message or a table."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return is_text(node.left) or is_text(node.right)
    if isinstance(node, ast.IfExp):
        return is_text(node.body) or is_text(node.orelse)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and is_text(node.func.value)
    return isinstance(node, ast.JoinedStr)


def called(node: ast.Call) -> str:
    """The last name of what is called: "sum" for x.sum(axis=1) and for sum(xs)."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def is_left_alone(node: ast.AST) -> bool:
    """Docstrings, messages, raise statements, imports, and names of types."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.ClassDef,
                         ast.arguments)) or is_text(node):
        return True
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        return is_text(node.value)
    if isinstance(node, ast.If):                   # chooses between the words of a message
        return all(map(is_left_alone, node.body)) and not any(
            isinstance(part, ast.Raise) for part in node.body)
    if isinstance(node, ast.Call):
        return called(node) in TALK
    return isinstance(node, ast.Expr) and is_text(node.value)


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes directly inside, without annotations, decorators and default values."""
    if isinstance(node, ast.FunctionDef):
        yield from node.body
    elif isinstance(node, ast.Lambda):
        yield node.body
    elif isinstance(node, ast.AnnAssign):
        yield from filter(None, [node.value])
    else:
        yield from ast.iter_child_nodes(node)
