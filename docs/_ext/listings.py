"""Code, commands and what they print, as they stand in the pages.

    >>> 1 + 1                      takes Python's colours, wherever it stands
    $ python -m minicnn ...        in a box of its own, with what it prints below, as after {run}

Commands go on in the next line where a page is narrow, but not within an option such as --at.  What
they print scrolls there, or its columns would not stand below one another.
"""

import re
from typing import Any

from book import shown
from docutils import nodes

PROGRAMS = r"([A-Z_]+=\S* )*(python|pip|make|git|mpiexec|cd|\.venv)\b"


def tidy_listings(app: Any, doctree: Any, page: str) -> None:
    """No empty lines at the end; sessions apart; Python and commands by name."""
    for block in list(doctree.findall(nodes.literal_block)):
        text = block.astext().rstrip("\n")
        if text.startswith("$ "):
            block.replace_self([shown(*piece) for piece in pieces(text)])
            continue
        block.rawsource, block[:] = text, [nodes.Text(text)]
        block["language"] = language(text, block["language"])
    for block in doctree.findall(nodes.literal_block):
        if is_commands(block.astext()):
            block["classes"].append("commands")
            block["language"] = "text"


def language(text: str, named: str) -> str:
    """Of a listing; where none is named, Python's prompts and imports tell it."""
    if text.startswith(">>>"):
        return "pycon"
    if named == "default":
        return "python" if text.startswith(("from ", "import ")) else "text"
    return named


def pieces(text: str) -> list[tuple[str, str]]:
    """(command, what it prints) of each "$ command" in a session."""
    said = [piece.partition("\n") for piece in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    return [(command, output.rstrip("\n")) for command, _, output in said]


def is_commands(text: str) -> bool:
    """Each line for a shell: settings such as NAME=1, then a program that the book knows."""
    lines = re.sub(r"\\\n", "", text).split("\n")
    return all(re.match(rf"{PROGRAMS}|#|$", line) for line in lines)


def mark_options(app: Any, page: str, template: str, context: Any, doctree: Any) -> None:
    """The words in code that begin with a hyphen, behind which a browser would begin a line."""
    if "body" in context:
        inline = context["body"].replace('class="pre">-', 'class="pre option">-')
        context["body"] = re.sub(r'commands [^>]*><div class="highlight"><pre>.*?</pre>',
                                 mark_in_block, inline, flags=re.DOTALL)


def mark_in_block(block: re.Match[str]) -> str:
    return re.sub(r"(?<=\s)(--?\w[\w-]*)", r'<span class="option">\1</span>', block[0])


def setup(app: Any) -> dict[str, bool]:
    app.connect("doctree-resolved", tidy_listings)
    app.connect("html-page-context", mark_options)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
