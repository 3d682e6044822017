"""Pages of the package's names, from its docstrings: docs/made/api/, written before each build.

What is one lecture topic a file has a page a file, with its formulas; the other rooms have a page
each.  All is read from the source, but for constructors that are inherited.
"""

import ast
import importlib
import inspect
from functools import cache
from pathlib import Path

from outputs import ROOT
from prose import as_markdown, escaped

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
        names = "\n".join(f"{room}/{path.stem}" for path in files)
        pages[f"api/{room}"] = (f"# minicnn.{room}\n\n{of_module(PACKAGE / room / '__init__.py')}"
                                f"\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n")
    pages["api/init"] = page_of_file(PACKAGE / "init.py")
    for room in BY_ROOM:
        pages[f"api/{room}"] = page_of_room(PACKAGE / room)
    order = "\n".join(f"api/{room}" for room in ("layers", "losses", "init", "optim", "schedule",
                                                 "autograd", *BY_ROOM))
    pages["api"] = f"""# The package, name by name

Every public class and function with its docstring: shapes, units, ranges, errors, sources.

```{{toctree}}
:maxdepth: 1

{order}
```
"""
    return pages


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
    return as_markdown(ast.get_docstring(parsed(path)))


def page_of_file(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    title = name.removeprefix("minicnn/").removesuffix(".py").replace("/", ".")
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
    parts = [f"{level} {escaped(node.name)}", f"```python\n{signature(node, path)}\n```", place,
             as_markdown(ast.get_docstring(node))]
    if isinstance(node, ast.ClassDef):
        parts += [f"```python\n{signature(method, path, inside=True)}\n```\n\n"
                  f"{as_markdown(ast.get_docstring(method))}"
                  for method in node.body if isinstance(method, ast.FunctionDef)
                  and not method.name.startswith("_") and ast.get_docstring(method)]
    return "\n\n".join(parts)


def inherited(node: ast.ClassDef | ast.FunctionDef, path: Path) -> str:
    """A class without a constructor of its own is called as what it comes from."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    defined = getattr(importlib.import_module(name), node.name)
    try:
        called = str(inspect.signature(defined))
    except (ValueError, TypeError):                        # of Python's own classes
        return node.name
    return node.name + ("(...)" if "<" in called else called)       # <object at ...>


def signature(node: ast.ClassDef | ast.FunctionDef, path: Path, inside: bool = False) -> str:
    """"conv(x, w)", as it is called; of a class its constructor."""
    function: ast.ClassDef | ast.FunctionDef | None = node
    if isinstance(node, ast.ClassDef):
        function = next((part for part in node.body if isinstance(part, ast.FunctionDef)
                         and part.name == "__init__"), None)
        inside = True
    if not isinstance(function, ast.FunctionDef):
        return inherited(node, path)
    arguments = ast.unparse(function.args)
    if inside:
        arguments = arguments.removeprefix("self").removeprefix(", ")
    answer = f" -> {ast.unparse(function.returns)}" if function.returns and function is node else ""
    return f"{node.name}({arguments}){answer}"
