"""Before each build: docs/made/, the pages that are written from the package."""

from pathlib import Path
from typing import Any

from api import api_pages
from families import family_pages
from sphinx.application import Sphinx


def write_pages(app: Sphinx) -> None:
    """Only what has changed is written, so that only that is built again; what is gone goes."""
    folder = Path(app.srcdir, "made")
    wanted = {folder / (name if name.endswith(".svg") else f"{name}.md"): content
              for name, content in {**api_pages(), **family_pages()}.items()}
    for path in [old for old in folder.rglob("*.*") if old not in wanted]:
        path.unlink()
    for path, content in wanted.items():
        data = content if isinstance(content, bytes) else content.encode()
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
