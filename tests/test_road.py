"""How long the road through one layer is: what a student steps through in a debugger.

Counted in plain mode over one call of a layer and its backward, the engine included: functions
entered, and lines of code in them without docstrings, comments and blank lines.
"""

import ast
import inspect
import io
import sys
import textwrap
import tokenize
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, layers
from minicnn.backend.versions import plain

PACKAGE = str(Path(minicnn.__file__).parent)
NOT_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
            tokenize.ENDMARKER}
INSIDE_ANOTHER = {"<genexpr>", "<listcomp>", "<lambda>", "<dictcomp>"}

ROADS = {                                                  # layer, input, functions, lines
    "Conv2d": (lambda: layers.Conv2d(3, 8, 3, padding=1), (4, 3, 10, 10), 34, 240),
    "Conv2d, large": (lambda: layers.Conv2d(64, 64, 3, padding=1), (8, 64, 28, 28), 34, 240),
    "MaxPool2d": (lambda: layers.MaxPool2d(2), (4, 3, 10, 10), 25, 180),
    "BatchNorm2d": (lambda: layers.BatchNorm2d(3), (4, 3, 10, 10), 27, 190),
    "ReLU": (layers.ReLU, (4, 3, 10, 10), 15, 115),
    "Linear": (lambda: layers.Linear(8, 4), (4, 8), 16, 130),
}


def lines_of_code(code):
    """How many lines a function has, without its docstring, comments and blank lines."""
    source = textwrap.dedent("".join(inspect.getsourcelines(code)[0]))
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            text = node.body[0]
            docstrings |= set(range(text.lineno, text.end_lineno + 1))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return len({token.start[0] for token in tokens if token.type not in NOT_CODE} - docstrings)


def entered(run):
    """The code objects of the package that run() enters, each once."""
    seen, before = {}, sys.getprofile()

    def note(frame, event, argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE):
            seen[code.co_filename, code.co_firstlineno, code.co_name] = code

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return [code for code in seen.values() if code.co_name not in INSIDE_ANOTHER]


@pytest.mark.parametrize("name", ROADS)
def test_the_road_is_short(name):
    make, shape, most_functions, most_lines = ROADS[name]
    layer = make()
    x = Tensor(np.random.default_rng(0).standard_normal(shape).astype("f"), requires_grad=True)
    dy = np.ones((shape[0], *layer.shape(shape[1:])), "f")
    with plain():
        layer(x).backward(dy)                              # weights are drawn before it counts
        road = entered(lambda: layer(x).backward(dy))
    assert len(road) <= most_functions, sorted(code.co_qualname if hasattr(code, "co_qualname")
                                               else code.co_name for code in road)
    assert sum(map(lines_of_code, road)) <= most_lines


def test_lines_are_counted_without_words():
    def example(x):
        """A docstring

        of three lines.
        """
        # a comment

        y = (x +
             1)
        return y

    assert lines_of_code(example.__code__) == 4
