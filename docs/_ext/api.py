"""Pages of the package's names, from its docstrings: docs/made/api/, written before each build.

What is one lecture topic a file has a page a file, with its formulas; the other rooms have a page
each.  All is read from the source, but for constructors that are inherited.
"""

import ast
import importlib
import inspect
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from outputs import ROOT
from prose import as_markdown, escaped

from minicnn.layers.module import Module

PACKAGE = ROOT / "minicnn"
BY_FILE = ("layers", "losses", "optim", "schedule", "autograd")
BY_ROOM = ("models", "data", "weights", "analysis", "training", "explain", "gradcheck",
           "experiments")


def api_pages() -> dict[str, str]:
    """name of the page -> Markdown."""
    pages = {}
    for room in BY_FILE:
        files = [path for path in sorted((PACKAGE / room).glob("*.py")) if tells(path)]
        for path in files:
            pages[f"api/{room}/{path.stem}"] = page_of_file(path)
        pages[f"api/{room}"] = "\n\n".join([
            f"# minicnn.{room}", of_module(PACKAGE / room / "__init__.py"),
            listed({f"{room}/{path.stem}": path for path in files})])
    pages["api/init"] = page_of_file(PACKAGE / "init.py")
    for room in BY_ROOM:
        pages[f"api/{room}"] = page_of_room(PACKAGE / room)
    rooms = ("layers", "losses", "init", "optim", "schedule", "autograd", *BY_ROOM)
    pages["api"] = "\n\n".join([
        "# The package, name by name",
        "Every public class and function with its docstring: shapes, units, ranges, errors, "
        "sources.", listed({f"api/{room}": PACKAGE / ("init.py" if room == "init"
                                                      else f"{room}/__init__.py")
                            for room in rooms})])
    return pages


def listed(pages: dict[str, Path]) -> str:
    """Links to pages, each with the first sentence of the file that it is about."""
    lines = [f"- [{name.split('/')[-1]}]({name}.md): {first_words(path)}"
             for name, path in pages.items()]
    return "\n".join([*lines, "", "```{toctree}", ":hidden:", "", *pages, "```", ""])


def first_words(path: Path) -> str:
    first = (ast.get_docstring(parsed(path)) or "").split("\n\n")[0]
    return escaped(" ".join(first.split()))


def tells(path: Path) -> bool:
    """Whether a file defines anything public."""
    return path.name != "__init__.py" and bool(definitions(path))


def definitions(path: Path) -> list[ast.ClassDef | ast.FunctionDef]:
    """Public classes and functions that have a docstring."""
    return [node for node in parsed(path).body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef))
            and not node.name.startswith("_") and ast.get_docstring(node)]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def of_module(path: Path) -> str:
    return told(parsed(path))


def told(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    """What it says of itself."""
    margin = 0 if isinstance(node, ast.Module) else node.col_offset + 4
    return as_markdown(ast.get_docstring(node, clean=False), margin)


def page_of_file(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    title = name.removesuffix(".py").replace("/", ".")
    if path.parent != PACKAGE:
        title = title.removeprefix("minicnn.")
    return "\n\n".join([f"# {title}", f"`{name}`", of_module(path),
                        *(entry(node, path, "##") for node in definitions(path))]) + "\n"


def page_of_room(folder: Path) -> str:
    """All files below one another."""
    parts = [f"# minicnn.{folder.name}", of_module(folder / "__init__.py")]
    for path in sorted(folder.rglob("*.py")):
        if tells(path):
            name = path.relative_to(ROOT).as_posix()
            parts += [f"## {path.relative_to(folder).with_suffix('').as_posix()}", f"`{name}`",
                      of_module(path), *(entry(node, path, "###") for node in definitions(path))]
    return "\n\n".join(parts) + "\n"


def entry(node: ast.ClassDef | ast.FunctionDef, path: Path, level: str) -> str:
    """Name, how it is called, what it says of itself, the same of its public methods."""
    place = f"`{path.relative_to(ROOT).as_posix()}:{node.lineno}`"
    parts = [f"{level} {escaped(node.name)}", called(signature(node, path)), place,
             told(node)]
    if isinstance(node, ast.ClassDef):
        parts += [f"{called(signature(method, path, inside=True))}\n\n"
                  f"{told(method)}"
                  for method in node.body if isinstance(method, ast.FunctionDef)
                  and not method.name.startswith("_") and ast.get_docstring(method)]
    return "\n\n".join(parts)


def called(typed: str) -> str:
    """In a box whose lines go on below where a page is narrow."""
    return f"```{{code-block}} python\n:class: signature\n\n{typed}\n```"


def inherited(node: ast.ClassDef | ast.FunctionDef, path: Path) -> str:
    """A class without a constructor of its own is called as what it comes from."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    defined = getattr(importlib.import_module(name), node.name)
    if getattr(defined, "_is_protocol", False):            # nobody makes one
        return node.name
    try:
        given = inspect.signature(defined)
    except (ValueError, TypeError):                        # of Python's own classes
        return node.name
    if defined.__init__ is object.__init__ and defined.__new__ is Module.__new__:
        return f"{node.name}()"                            # which refuses whatever it is given
    shown = str(given.replace(return_annotation=inspect.Signature.empty))
    shown = re.sub(r"ForwardRef\('([^']*)'\)|(?:(?<=\[)|(?<=: ))'(\w+(?: \| \w+)*)'",
                   r"\1\2", shown)                         # a type written as text
    shown = re.sub(r"\b(collections\.abc|typing|types|pathlib|minicnn(\.\w+)*)\.", "", shown)
    shown = re.sub(r"= <.*?>(?=, \w+: |, \*|\)$)", "= ...", shown)     # no text is it
    return node.name + shown.replace("numpy.", "np.").replace("random._generator.", "random.")


def signature(node: ast.ClassDef | ast.FunctionDef, path: Path, inside: bool = False) -> str:
    """"conv(x, w)", as it is called; of a class its constructor."""
    function: ast.ClassDef | ast.FunctionDef | None = node
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    if isinstance(node, ast.ClassDef):
        function = next((part for part in node.body if isinstance(part, ast.FunctionDef)
                         and part.name == "__init__"), None)
        inside = True
    if not isinstance(function, ast.FunctionDef):
        return inherited(node, path)
    given = unquoted(function.args)
    if inside and "staticmethod" not in marks:             # without self
        (given.posonlyargs or given.args).pop(0)
    answer = f" -> {ast.unparse(unquoted(function.returns))}" if (
        function.returns and function is node) else ""
    if marks & {"property", "cached_property"}:
        return f"{node.name}{answer}"
    return f"{node.name}({typed(given)}){answer}"


def typed(given: ast.arguments) -> str:
    """"x, size: int = 3, *, bias: bool = True": as inspect writes it, where ast leaves no space."""
    def one(argument: ast.arg, default: ast.expr | None = None) -> str:
        equals = " = " if argument.annotation else "="
        return ast.unparse(argument) + (equals + ast.unparse(default) if default else "")

    first = [*given.posonlyargs, *given.args]
    unset = [None] * (len(first) - len(given.defaults))
    parts = [one(*pair) for pair in zip(first, [*unset, *given.defaults], strict=True)]
    if given.posonlyargs:
        parts.insert(len(given.posonlyargs), "/")
    if given.vararg or given.kwonlyargs:
        parts.append("*" + (one(given.vararg) if given.vararg else ""))
    parts += [one(*pair) for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return ", ".join([*parts, *(f"**{one(each)}" for each in [given.kwarg] if each)])


def unquoted(typed: Any) -> Any:
    """A copy in which the types 'Tensor' and Tensor are written alike."""
    if isinstance(typed, ast.Constant) and isinstance(typed.value, str):
        return ast.parse(typed.value, mode="eval").body
    copy = deepcopy(typed)
    for argument in ast.walk(copy):
        if isinstance(argument, ast.arg) and isinstance(argument.annotation, ast.Constant):
            argument.annotation = unquoted(argument.annotation)
    return copy
