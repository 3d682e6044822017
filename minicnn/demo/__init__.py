"""A page in the browser where a class can play: `python -m minicnn demo`.

    server.py            who may ask, and what: 127.0.0.1 alone
    addresses.py         the page, and a row for each address
    reading.py           first tab: a drawing, every layer's maps, the arithmetic of any cell
    looking.py           the part of every layer that a cell depends on
    lesson.py            second tab: LeNet-5 learns
    scene.py             third tab: boxes around objects that one can move
    pocket_detector.py   the network of that tab, which comes with the package
    packing.py           between arrays and JSON
    document.py          the pieces of page/ as one HTML document
    alone.py             the first tab as a file without a server: the book's
    page/                what the browser gets, no library among it
"""

from minicnn.demo.addresses import Site
from minicnn.demo.lesson import Lesson
from minicnn.demo.reading import Reader
from minicnn.demo.scene import Scene
from minicnn.demo.server import Server

__all__ = ["Lesson", "Reader", "Scene", "Server", "Site"]
