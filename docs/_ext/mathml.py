"""Formulas as MathML, which browsers draw themselves: no script, no font, no network.

Docutils turns TeX into MathML; this hands it what stands between $ and $$ in a page.  Formulas that
stand side by side, with \\qquad between them, come one below the other where a page is narrow.
"""

import re
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError

FUNCTION = r"\\(?:log|exp|tanh)(?![a-z])"
BEFORE = re.compile(rf"(?<=[\w)}}])\s+(?={FUNCTION})")
BEHIND = re.compile(rf"({FUNCTION})\s+(?=[\w\\](?![,;:!]))")
ACCENTED = re.compile(r"(\\(?:hat|bar|tilde|dot|vec)\s*(?:\{[^{}]*\}|\w))\s*_")


def drawn(tex: str, as_block: bool) -> str:
    """Two things that docutils leaves to the browser, and no browser does.

    The index of a letter with a hat stands beside it, not below; a function's name stands apart
    from the letters around it.
    """
    tex = BEHIND.sub(r"\1 \, ", BEFORE.sub(r" \, ", ACCENTED.sub(r"\1{}_", tex)))
    try:
        return tex2mathml(tex, as_block=as_block)
    except MathError as problem:
        raise ExtensionError(f"formula {tex!r}: {problem}") from None


def inline(writer: Any, node: Any) -> None:
    writer.body.append(drawn(node.astext(), as_block=False))
    raise SkipNode


def display(writer: Any, node: Any) -> None:
    """A wide formula scrolls inside its own box: the page does not."""
    formulas = [drawn(tex, as_block=True) for tex in node.astext().split(r"\qquad") if tex.strip()]
    writer.body.append(f'<div class="formula">{"".join(formulas)}</div>\n')
    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
