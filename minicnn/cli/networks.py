"""`python -m minicnn networks [WORD]`: what there is to build, family by family."""

import argparse
import json
from dataclasses import asdict, dataclass
from types import ModuleType

from minicnn.analysis.summary import summary
from minicnn.analysis.tables import aligned, as_csv, markdown
from minicnn.backend.windows import times
from minicnn.cli.arguments import add_format
from minicnn.models import FAMILIES, build, detection, segmentation
from minicnn.training.evaluate import own_input

WHAT = "list the networks by name, with their parameters and MACs"
EXAMPLE = "networks mobilenet"


@dataclass(frozen=True)
class Entry:
    """One network, in its default variant.  MACs: of one image of the size that it reads."""

    network: str
    reads: str
    parameters: int
    macs: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("word", nargs="?", default="", help="only names with this in them")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    from tqdm import tqdm
    chosen = {family: [name for name in family.NETWORKS if args.word.lower() in name]
              for family in (*FAMILIES, *segmentation.FAMILIES, *detection.FAMILIES)}
    every = [name for names in chosen.values() for name in names]
    if not every:
        build(args.word)               # raises, and names the nearest
    entries = {name: entry(name)
               for name in tqdm(every, "counting", delay=1, leave=False, disable=None)}
    if args.format == "csv":
        print(as_csv(list(entries.values())))
    elif args.format == "json":
        print(json.dumps([asdict(found) for found in entries.values()], indent=1))
    else:
        print("\n\n".join(block(family, [entries[name] for name in names], args.format)
                          for family, names in chosen.items() if names))
    return 0


def entry(name: str) -> Entry:
    model = build(name)
    table = summary(model)
    return Entry(name, times(own_input(model)), table.parameters, table.macs)


def block(family: ModuleType, entries: list[Entry], style: str) -> str:
    """What the family is, in the first line of its file, and its table."""
    title = (family.__doc__ or "").partition("\n")[0].rstrip(".")
    heads, words = ["network", "reads", "parameters", "MACs"], {"network", "reads"}
    rows = [[found.network, found.reads, f"{found.parameters:,}", f"{found.macs:,}"]
            for found in entries]
    if style == "markdown":
        return "\n".join([f"**{title}**", "", *markdown(heads, rows, words)])
    return "\n".join([title, "", *aligned(heads, rows, words)])
