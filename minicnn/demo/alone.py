"""The first tab in one file that needs no server: for the book, and for a telephone.

    page/network.js    the pocket LeNet in a hundred lines of JavaScript, forward and backward
    page/prepare.js    a drawing as MNIST's digits were
    page/alone.js      what the server answers elsewhere

Pad, maps and bars are those of the live page, and the arithmetic that of `explain --html`.
"""

from typing import Any

import numpy as np

from minicnn.data.mnist import CLASSES
from minicnn.demo.addresses import PAD
from minicnn.demo.document import document, drawn, inlined, piece
from minicnn.demo.packing import packed
from minicnn.explain.pocket import HIGH, LOW, pixels, pocket_digit, pocket_lenet
from minicnn.explain.subject import Subject
from minicnn.explain.web import FOLDER, nodes_of, sources_of
from minicnn.layers.module import Module

ARITHMETIC = ("numbers.js", "forward.js", "backward.js")
SCRIPTS = ("network.js", "prepare.js", "alone.js", "colours.js", "pad.js", "maps.js", "reading.js",
           "start.js")
POLICY = "default-src 'none'; script-src 'nonce-@@NONCE@@'; style-src 'nonce-@@NONCE@@'; " \
         "img-src blob: data:; media-src blob:"
COMPUTED = ("y", "dy", "w", "b", "dw", "db", "dxs", "back")    # by the browser


def page_alone() -> str:
    """The whole file, about 0.2 MB."""
    model = pocket_lenet()
    subject = Subject(model, pixels(pocket_digit(7)[None, None]), "", "lenet5",
                      lambda k: np.empty(0))
    recorder = subject.run(label=9)
    nodes = [{name: part for name, part in node.items() if name not in COMPUTED}
             for node in nodes_of(subject, recorder)]
    words = "lenet5, visualiser: the pocket weights, whole hundredths"
    arithmetic = "\n".join((FOLDER / name).read_text("utf-8") for name in ARITHMETIC)
    scripts = [piece("tools.js"), f"const arithmetic = (() => {{\n{arithmetic}\n"
               "return {data, explain, follow};\n})();", *map(piece, SCRIPTS)]
    found = document("alone.html", drawn(model, "lenet5"), facts(model, words), scripts,
                     DATA=inlined({"nodes": nodes, "sources": sources_of(recorder)}))
    # A page from a server has this in its head, where one in a file has only itself.
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return found.text.replace("<head>", "<head>\n" + head.replace("@@NONCE@@", found.nonce), 1)


def facts(model: Module, words: str) -> dict[str, Any]:
    """What the page has to know: the weights among it, a byte each."""
    weights = {name: bytes_of(values) for name, values in model.state_dict().items()}
    return {"words": words, "classes": list(CLASSES), "pad": PAD, "low": LOW, "high": HIGH,
            "weights": weights, "digits": packed(np.stack([pocket_digit(k) for k in range(10)]))}


def bytes_of(weights: np.ndarray) -> dict[str, Any]:
    """Hundredths, -128 to 127, as the bytes that JavaScript reads into an Int8Array."""
    return packed(np.rint(np.asarray(weights) * 100).astype(np.int8).view(np.uint8))
