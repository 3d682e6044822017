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
SMALL = re.compile(r"(^|_)(small|mini)$|^(lenet5|(preact_|se_)?resnet20|wrn_10_2)$")
ELSEWHERE = {"resnet": "resnet20"}                         # whose own smallest has 224 x 224 pixels


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
    rooms: dict[str, list[Entry]] = {}
    for entry in families():
        room = entry.file.split("/")[1] if entry.file.count("/") > 1 else ""
        rooms.setdefault(ROOMS.get(room, "Networks that name what they see"), []).append(entry)
    pages["families"] = "\n".join([
        "# The architectures", "", "A page for each family: its drawing, its table, what was hard "
        "to find out, how its small form is trained.", *(
            "\n".join([f"\n## {title}\n", *map(line_of, entries), "\n```{toctree}\n:hidden:\n",
                       *(f"families/{entry.key}" for entry in entries), "```"])
            for title, entries in rooms.items()), ""])
    return pages


def line_of(entry: Entry) -> str:
    """A link, and what the family is in a sentence: its file's first."""
    told = (importlib.import_module(entry.module).__doc__ or "").strip().split("\n\n")[0]
    words = re.sub(r"^[^:]*: ", "", " ".join(told.split()))
    return f"- [{escaped(entry.topic)}](families/{entry.key}.md): {escaped(words)}"


def shown_of(entry: Entry) -> str:
    """The network that stands for the family: the one that the index shows."""
    asked = entry.run.removeprefix("summary ").split()[0] if entry.run else ""
    return asked if asked in names_of(entry) else names_of(entry)[0]


def page(entry: Entry, name: str, model: Any, alt: str) -> str:
    names, table = names_of(entry), summary(model)
    decks = slides_in_words(entry.key) or entry.paper
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

```text
$ python -m minicnn draw {name}
```

## Where it comes from, and what was hard to find out

{as_markdown(docstring, margin=0)}

## The table

```text
$ python -m minicnn summary {name} --rows
```

{table.by_row().markdown()}

{training(entry)}
"""


def training(entry: Entry) -> str:
    """The command for a laptop, and what it does."""
    small = small_form(entry)
    if small is None:
        return ""
    name, variant, dataset = small
    model = build(name, **({"variant": variant} if variant else {}))
    recipe = recipe_for(name, small=True)
    printed = re.sub(r"(?<=-)\n\s+", "", str(recipe._replace(source="")))
    figures = " ".join(printed.split()).removeprefix(f"recipe {recipe.name}: ")
    return f"""## To train the small form

```text
$ python -m minicnn train {name}{f' --variant {variant}' if variant else ''} --data {dataset}
```

{model.num_parameters():,} parameters, images of {"x".join(map(str, model.input_shape))}.

Recipe {recipe.name}: {escaped(recipe.source)}.

{escaped(figures)}.
"""


def small_form(entry: Entry) -> tuple[str, str, str] | None:
    """(network, variant, data) that a laptop trains in minutes; None if its loss is not built."""
    names = names_of(entry)
    for name in filter(None, [*filter(SMALL.search, names), ELSEWHERE.get(entry.key)]):
        channels, height, _ = build(name).input_shape
        if height <= 32:                                   # not ConvNeXt's "small", of 224 pixels
            return name, "", "cifar10" if channels == 3 else "mnist"
    for name in names:
        if "variant" in inspect.signature(NETWORKS[name]).parameters:
            return name, "small", "shapes"
    return None
