"""The source as pages: every file of the package, and those of tests and examples that are named.

A path in the text, `minicnn/layers/conv.py` or `minicnn/layers/conv.py:47`, leads there.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from outputs import ROOT
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx

from minicnn.slides.index import ENTRIES

PATH = re.compile(r"((?:minicnn|tests|examples|benchmarks)/[\w/]+\.py)(?::(\d+))?$")
FOLDERS = ("minicnn", "examples")


def link_paths(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Code spans that are paths of files become links to their pages."""
    if app.builder.format != "html":
        return
    for literal in list(doctree.findall(nodes.literal)):
        if isinstance(literal.parent, nodes.reference):
            continue
        found = PATH.match(literal.astext())
        if found and (ROOT / found[1]).exists():
            to = app.builder.get_relative_uri(docname, page_of(found[1]))
            link = nodes.reference("", "", foldable(literal), internal=True,
                                   refuri=f"{to}#L-{found[2]}" if found[2] else to)
            literal.replace_self(link)


def foldable(literal: nodes.literal) -> nodes.literal:
    """A copy that a narrow page may break behind each slash, and a hand copies as it is."""
    folders = literal.astext().split("/")
    parts: list[nodes.Node] = [nodes.Text(folders[0])]
    for folder in folders[1:]:
        parts += [nodes.Text("/"), nodes.raw("", "<wbr>", format="html"), nodes.Text(folder)]
    return nodes.literal("", "", *parts, classes=list(literal["classes"]))


def page_of(file: str) -> str:
    """minicnn/layers/conv.py  ->  sources/minicnn/layers/conv"""
    return f"sources/{file.removesuffix('.py')}"


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(name, context, template) of each page that is older than its file."""
    formatter = HtmlFormatter(linenos="inline", lineanchors="L", wrapcode=True)
    for file in [*files(), *named_tests(app)]:
        name = file.relative_to(ROOT).as_posix()
        made = Path(app.outdir, f"{page_of(name)}.html")
        if made.exists() and made.stat().st_mtime > file.stat().st_mtime:
            continue
        code = highlight(file.read_text(encoding="utf-8"), PythonLexer(), formatter)
        yield page_of(name), {"title": name, "body": f"<h1>{heading(name)}</h1>{code}",
                              "no_contents": True}, "page.html"


def heading(name: str) -> str:
    """A path that a narrow page breaks behind a slash; behind a word where a part is too long."""
    folded = re.sub(r"(?<=[a-z0-9])_(?=[a-z0-9])", "_<wbr>", name)
    parts = re.findall(r"[^/]+/?", folded)
    return "<wbr>".join(f'<span class="part">{part}</span>' for part in parts)


def files() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def named_tests(app: Sphinx) -> list[Path]:
    """Of tests and benchmarks, whose names stand in the text of a page or in the index."""
    text = "\n".join(Path(app.env.doc2path(name)).read_text(encoding="utf-8")
                     for name in app.env.found_docs)
    found = {ROOT / path for path in re.findall(r"(?:tests|benchmarks)/[\w/]+\.py", text)}
    found |= {ROOT / "tests" / entry.test for entry in ENTRIES.values()}
    return sorted(path for path in found if path.is_file())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", link_paths)
    app.connect("html-collect-pages", source_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
