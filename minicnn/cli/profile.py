"""`python -m minicnn profile NAME`: where the time of a training step goes, layer by layer."""

import argparse
import sys
from pathlib import Path

from minicnn.analysis.profile import profile
from minicnn.analysis.profile_picture import profile_picture
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import (
    add_device,
    add_format,
    add_network,
    check_picture,
    choose_precision,
    chosen_network,
    image_size,
    place,
    seed,
    whole,
    workers,
)

WHAT = "time a training step of a network layer by layer, and say where the time goes and why"
EXAMPLE = "profile lenet5 --batch 64"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network(parser)
    option = parser.add_argument
    option("--input", type=image_size, metavar="CxHxW", help="image size, if not the network's own")
    option("--batch", type=whole, default=32, help="images in a step (32)")
    option("--rounds", type=whole, help="steps that are watched (3 to 50, by time)")
    option("--forward", action="store_true", help="only forward, in test mode")
    option("--threads", type=workers, help="threads that share the work: 1 is steady on a busy "
           "machine, 2 or more for large networks")
    add_device(parser)
    option("--sort", default="network", choices=("network", "time"), help="layers in their order "
           "(network), or the longest first")
    option("--top", type=whole, metavar="N", help="only the N longest layers")
    add_format(parser)
    option("--out", type=place, metavar="FILE", help="the picture, .png, .jpg, .pdf or .svg "
           "(out/profile-NETWORK.png)")
    option("--seed", type=seed, default=0, help="of weights and images (0)")


def run(args: argparse.Namespace) -> int:
    choose_precision(args)
    manual_seed(args.seed)
    model = chosen_network(args).to(args.device)
    path = args.out or Path(f"out/profile-{args.network}.png")
    check_picture(path)
    if args.threads:
        set_threads(args.threads)
    table = profile(model, args.input, args.batch, args.rounds, args.forward, seed=args.seed,
                    progress=True)
    shown = table.by_time() if args.sort == "time" else table
    shown = shown.top(args.top) if args.top else shown
    print(getattr(shown, args.format)(), flush=True)
    if table.warning() and args.format in ("csv", "json"):
        print(table.warning(), file=sys.stderr)
    profile_picture(table, path)
    print(path, file=sys.stdout if args.format == "text" else sys.stderr)
    return 0
