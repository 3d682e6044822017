"""One HTML document from the pieces in page/: no file of it is asked for by itself."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minicnn.analysis.drawing import as_svg, draw
from minicnn.demo.server import Page
from minicnn.layers.module import Module

FOLDER = Path(__file__).with_name("page")


def document(body: str, drawing: str, facts: dict[str, Any], scripts: Sequence[str],
             big: bool = False, **more: str) -> Page:
    """page.html with everything in it.

    body    : the HTML file of what is on it; facts: what its scripts have to know at their start
    scripts : their texts; more: what stands in further @@NAME@@s
    """
    nonce = secrets.token_urlsafe(12)
    text = piece("page.html")
    for name, part in {
            "BODY": piece(body), "READING": piece("reading.html"), "DRAWING": drawing,
            "STYLE": piece("page.css"), "BIG": "big" if big else "", "FACTS": inlined(facts),
            "SCRIPT": "\n".join(scripts), **more, "NONCE": nonce}.items():
        text = text.replace(f"@@{name}@@", part)
    return Page(text, nonce)


def piece(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def inlined(data: Any) -> str:
    """JSON for a script element, inside which "</" would end it, whatever the language."""
    return json.dumps(data, separators=(",", ":")).replace("</", "<\\/")


def drawn(model: Module, name: str) -> str:
    """The network as `python -m minicnn draw` draws it; its boxes lead to the layers."""
    return as_svg(draw(model, name=name)).replace("<style>", '<style nonce="@@NONCE@@">')
