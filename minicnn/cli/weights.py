"""`python -m minicnn weights inspect|convert|fetch`: files of weights, without PyTorch."""

import argparse
import json
from math import prod
from pathlib import Path
from typing import Any

from minicnn import weights
from minicnn.analysis.first_layer import draw_first_layer, first_filters
from minicnn.analysis.tables import aligned
from minicnn.backend.windows import times
from minicnn.cli.arguments import check_picture, network_for, place, word
from minicnn.models import NETWORKS
from minicnn.models.nearest import best_fits
from minicnn.weights import fetching
from minicnn.weights.read import WeightFile, read
from minicnn.weights.save import check_place

WHAT = "look into a file of weights, change its format, fetch a published one"
LONGEST = 200                  # letters of a name that are shown
EXAMPLE = "weights inspect resnet50-0676ba61.pth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="inspect|convert|fetch")
    for run_it, options, what, example in (
            (inspect, inspect_arguments, "names, shapes, types, sizes, which network they fit, and "
             "what is unusual; nothing in it is run", "inspect resnet50-0676ba61.pth"),
            (convert, convert_arguments, "the same arrays in another format: OUT ends in "
             ".safetensors or .npz", "convert resnet50-0676ba61.pth resnet50.safetensors"),
            (fetch, fetch_arguments, "download torchvision's weights of a network",
             "fetch resnet50")):
        action = actions.add_parser(run_it.__name__, help=what, description=what,
                                    epilog=f"example: python -m minicnn weights {example}")
        action.set_defaults(run_it=run_it)
        options(action)


def run(args: argparse.Namespace) -> int:
    return args.run_it(args)


def add_part(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=word, metavar="FILE", help=".pth, .pt, .safetensors, .npz, or "
                        "an index of safetensors")
    parser.add_argument("--part", type=word, metavar="NAME", help="where a trainer saved several "
                        "networks, which of them: model_ema")


# --- inspect --------------------------------------------------------------------------------------

def inspect_arguments(parser: argparse.ArgumentParser) -> None:
    add_part(parser)
    parser.add_argument("--format", default="text", choices=("text", "json"), help="how it is "
                        "printed (text)")
    parser.add_argument("--filters", type=place, metavar="PICTURE", help="also draw the filters of "
                        "the first layer")


def inspect(args: argparse.Namespace) -> int:
    if args.filters:
        check_picture(args.filters, "--filters")
    file = read(args.file, args.part)
    fits = best_fits({name: entry.shape for name, entry in file.entries.items()}, NETWORKS)
    if args.format == "json":
        print(json.dumps({"format": file.format, "notes": file.notes, "fits": [
            {"network": one.name, "options": one.options, "arrays": one.named, "of": one.total}
            for one in fits], "arrays": [
            {"name": name, "shape": entry.shape, "type": entry.kind, "bytes": entry.nbytes}
            for name, entry in file.entries.items()]}, indent=1))
    else:
        print(listed(file))
        print(*[f"network: {one}" for one in fits] or
              ["network: none of minicnn's has half of these arrays"], sep="\n")
    if args.filters:
        name, entry = first_filters(file.entries)
        draw_first_layer({name: entry.read()}, args.filters, Path(args.file).name)
    return 0


def listed(file: WeightFile) -> str:
    """A line for each array, the totals, and the notes."""
    rows = [[readable(name), times(entry.shape) or "one number", entry.kind, f"{entry.nbytes:,}"]
            for name, entry in file.entries.items()]
    count = sum(prod(entry.shape) for entry in file.entries.values())
    total = sum(entry.nbytes for entry in file.entries.values())
    return "\n".join([
        f"{file.path}: {file.format}, {file.path.stat().st_size:,} bytes", "",
        *aligned(["name", "shape", "type", "bytes"], rows, {"name", "shape", "type"}), "",
        f"{len(rows)} arrays, {count:,} numbers, {total:,} bytes",
        *(f"note: {note}" for note in file.notes)])


def readable(name: str) -> str:
    """A name from a stranger's file, without signs that steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:LONGEST])


# --- convert --------------------------------------------------------------------------------------

def convert_arguments(parser: argparse.ArgumentParser) -> None:
    add_part(parser)
    option = parser.add_argument
    option("out", type=place, metavar="OUT", help="ends in .safetensors or .npz")
    option("--model", type=word, metavar="NAME", help="the network that the weights are for: they "
           "are checked against it, and named as it names them")
    option("--variant", type=word, help="its variant, for example torchvision")
    option("--names", type=word, help="whose names OUT shall have, with --model: minicnn, or as "
           "published, torchvision (minicnn)")


def convert(args: argparse.Namespace) -> int:
    if not args.model and (args.variant or args.names):
        raise ValueError(f"--{'variant' if args.variant else 'names'} goes with --model, which "
                         "says the network")
    check_place(args.out)
    what: Any
    if args.model:
        what = network_for(args.file, args.model, args.variant, args.part)
    else:
        source = read(args.file, args.part)
        what = source.arrays()
        if any(entry.kind == "bfloat16" for entry in source.entries.values()):
            print("note: bfloat16 is written as float32, which holds it exactly")
    path = weights.save(what, args.out, args.names or "minicnn")
    file = read(path)
    print(f"{path}: {file.format}, {len(file.entries)} arrays, {path.stat().st_size:,} bytes")
    return 0


# --- fetch ----------------------------------------------------------------------------------------

def fetch_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", type=word, metavar="NAME",
                        help=f"one of {', '.join(fetching.FILES)}")


def fetch(args: argparse.Namespace) -> int:
    print(fetching.fetch(args.name))
    return 0
