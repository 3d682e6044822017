"""A page for each family of networks: docs/made/families/, written before each build."""

import importlib
import inspect
import re
from typing import Any

from outputs import ROOT
from prose import as_markdown, escaped

from minicnn.analysis.drawing import draw
from minicnn.analysis.drawing.svg import as_svg
from minicnn.analysis.summary import summary
from minicnn.models import NETWORKS, build
from minicnn.slides.index import ENTRIES, Entry
from minicnn.slides.index.words import slides_in_words
from minicnn.training.recipes.families import recipe_for

ROOMS = {"segmentation": "Networks that draw maps", "detection": "Networks that find things"}
SMALL = re.compile(r"(^|_)(small|mini|toy)$|^(lenet5|resnet20|wrn_10_2|udnet|sam_toy)$")


def families() -> list[Entry]:
    """Entries of the index whose file makes networks with a name."""
    return [entry for entry in ENTRIES.values() if names_of(entry)]


def names_of(entry: Entry) -> list[str]:
    """Of the networks that a file makes."""
    return [name for name, make in NETWORKS.items() if module_of(make) == entry.module]


def module_of(make: Any) -> str:
    while hasattr(make, "func"):
        make = make.func
    return inspect.unwrap(make).__module__


def family_pages() -> dict[str, str | bytes]:
    """name of the page -> Markdown; name of the drawing -> SVG."""
    pages: dict[str, str | bytes] = {}
    for entry in families():
        name = shown_of(entry)
        model = build(name)
        drawing = draw(model, None, name)
        pages[f"families/{entry.key}.svg"] = as_svg(drawing).encode()
        pages[f"families/{entry.key}"] = page(entry, name, model, drawing.alt)
    rooms: dict[str, list[str]] = {}
    for entry in families():
        room = entry.file.split("/")[1] if entry.file.count("/") > 1 else ""
        rooms.setdefault(ROOMS.get(room, "Networks that name what they see"), []).append(entry.key)
    pages["families"] = "\n".join([
        "# The architectures", "", "A page for each family: its drawing, its table, what was hard "
        "to find out, how its small form is trained.", *(
            f"\n## {title}\n\n```{{toctree}}\n:maxdepth: 1\n\n"
            + "\n".join(f"families/{key}" for key in keys) + "\n```"
            for title, keys in rooms.items()), ""])
    return pages


def shown_of(entry: Entry) -> str:
    """The network that stands for the family: the one that the index shows."""
    asked = entry.run.removeprefix("summary ").split()[0] if entry.run else ""
    return asked if asked in names_of(entry) else names_of(entry)[0]


def page(entry: Entry, name: str, model: Any, alt: str) -> str:
    names, table = names_of(entry), summary(model)
    decks = slides_in_words(entry.key, most=3) or entry.paper
    chapter = next((ROOT / "docs" / "book").glob(f"{entry.chapter:02}_*.md"), None)
    read = f"Chapter: [](../../book/{chapter.name}). " if chapter else ""
    docstring = importlib.import_module(entry.module).__doc__
    return f"""# {entry.topic}

*Slides: {escaped(decks)}.*

{read}Source: `minicnn/{entry.file}`, test: `tests/{entry.test}`. By name:
{', '.join(f'`{one}`' for one in names)}.

````{{container}} drawing
```{{image}} {entry.key}.svg
:alt: {' '.join(alt.split())}
```
````

`python -m minicnn draw {name}`

## Where it comes from, and what was hard to find out

{as_markdown(docstring)}

## The table

`python -m minicnn summary {name} --rows`

{table.by_row().markdown()}

{training(names)}
"""


def training(names: list[str]) -> str:
    """The command for a laptop, and what it does."""
    small = next((name for name in names if SMALL.search(name)), None)
    if small is None:
        return ""
    dataset = "cifar10" if build(small).input_shape[0] == 3 else "mnist"
    try:
        recipe = recipe_for(small, small=True)
    except ValueError:
        return ""
    if recipe.name.endswith("scenes") or "box" in recipe.source:
        dataset = "shapes"
    return f"""## To train the small form

`python -m minicnn train {small} --data {dataset}`

```text
{recipe}
```
"""
