"""Tables and pictures that can be read at every width.

Verdicts take their colours, columns of numbers end at the right, and a table that is too wide for a
phone becomes, there, one card for each row: the name of the column stands before each cell.  A
table of many numbers stays one, to be compared down its columns: it scrolls in a box of its own.
So does a broad picture.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.images import get_image_size

from minicnn.slides import VERDICTS

PHONE = 44        # letters that fit side by side on a phone,
GAP = 2.4         # of which the space between two columns takes so many
COMFORT = 14      # a column of sentences narrower than this is a column of single words
NAME = 32         # letters at most of what a row of numbers is called
MANY = 8          # columns of a network's table
LONGEST = 20      # letters; what is longer is a list, which may be broken into lines
BROAD, BROADEST = 900, 1300   # pixels; the letters of a wider picture are too small on a phone


def colour_verdicts(app: Any, doctree: Any, page: str) -> None:
    """Cells that say "rounds to it" get the class rounds-to-it, which book.css colours."""
    for cell in doctree.findall(nodes.entry):
        if cell.astext() in VERDICTS:
            cell["classes"].append(cell.astext().replace(" ", "-"))


def align_numbers(app: Any, doctree: Any, page: str) -> None:
    """Columns of which more than half are numbers get the class number: book.css moves them right.
    """
    for table in doctree.findall(nodes.table):
        for column in columns(table):
            told = [cell.astext() for cell in column[1:] if cell.astext()]
            if 2 * sum(map(is_number, told)) > len(told) and max(map(len, told)) <= LONGEST:
                for cell in column:
                    cell["classes"].append("number")


def fit_tables(app: Any, doctree: Any, page: str) -> None:
    """Each table into a box; those too wide for a phone get the names of their columns as well."""
    for table in list(doctree.findall(nodes.table)):
        box = nodes.container(classes=["wide"])
        if needs(table) > PHONE and is_of_figures(table):
            box["classes"].append("figures")
        elif needs(table) > PHONE:
            box["classes"].append("cards")
            name_cells(table)
        table.replace_self(box)
        box += table


def is_of_figures(table: Any) -> bool:
    """At least half of the columns are numbers, and what stands beside them are no sentences.

    A network's table may end in remarks: as cards, its rows would fill ten screens.
    """
    figures = ["number" in column[0]["classes"] for column in columns(table)]
    words = [cell.astext() for column, figure in zip(columns(table), figures, strict=True)
             if not figure for cell in column]
    told = max(map(len, words), default=0) <= NAME or len(figures) > MANY
    return 2 * sum(figures) >= len(figures) and told


def name_cells(table: Any) -> None:
    """Before each cell the name of its column, which a wide page hides."""
    for place, (head, *cells) in enumerate(columns(table)):
        name = head.astext()
        for cell in cells:
            if not cell.astext():
                cell["classes"].append("empty")
            elif place == 0:
                cell["classes"].append("title")
            elif name:
                cell.insert(0, nodes.paragraph("", name, classes=["column"]))


def mark_pictures(app: Any, doctree: Any, page: str) -> None:
    """Those with more than BROAD pixels get classes: they scroll where a page is narrow."""
    for image in doctree.findall(nodes.image):
        width, _ = get_image_size(Path(app.srcdir, image["uri"])) or (0, 0)
        image["classes"] += ["broad"] * (width > BROAD) + ["broadest"] * (width > BROADEST)


def needs(table: Any) -> float:
    """Letters side by side, when every column is as narrow as it can sensibly be."""
    return sum(GAP + max(map(need, column)) for column in columns(table))


def need(cell: Any) -> int:
    """Letters of the longest word, or of a few words; a number is not broken."""
    text = cell.astext()
    if "number" in cell["classes"]:
        return len(text)
    words = re.split(r"[\s-]+", text)
    return max(min(len(text), COMFORT), max(map(len, words)))


def columns(table: Any) -> Any:
    """Of cells; the first is the head's."""
    return zip(*[row.children for row in table.findall(nodes.row)], strict=True)


def is_number(text: str) -> bool:
    """It begins with a digit, has at most one word ("7.64", "~70K", "225 million"), and is no list.
    """
    words = re.findall("[A-Za-z]{2,}", text)
    return (bool(re.match(r"[<>~+-]?\s?\d", text)) and len(words) < 2 and ", " not in text
            and not text.endswith(" layers"))              # what a table calls a part, as "Conv2d"


def fold_headings(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """binary_cross_entropy_with_logits may be broken behind each line below, and not in a word."""
    if "body" in context:
        context["body"] = re.sub(r"<h[1-6]>[^<]*_[^<]*", lambda found: re.sub(
            r"(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])", "_<wbr>", found[0]), context["body"])


def setup(app: Any) -> dict[str, bool]:
    app.connect("html-page-context", fold_headings)
    for step in (colour_verdicts, align_numbers, fit_tables, mark_pictures):
        app.connect("doctree-resolved", step)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
