"""`python -m minicnn train NAME --data mnist|cifar10|digits|DIR`: a network learns."""

import argparse
import inspect
from pathlib import Path
from typing import Any

from minicnn.analysis.profile import check_step
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import (
    above_zero,
    add_network,
    check_folder,
    pixels,
    place,
    seed,
    whole,
    word,
    workers,
)
from minicnn.data.dataset import Dataset
from minicnn.data.find import NAMES, find_data
from minicnn.layers.module import Module, Shape
from minicnn.models import NETWORKS, build
from minicnn.training import fit
from minicnn.training.evaluate import own_input, tested_shape
from minicnn.training.interrupt import ENDED_BY
from minicnn.training.recipes import Recipe, recipe_for, recipe_named

WHAT = "train a network on mnist, cifar10, drawn digits or a folder of pictures"
EXAMPLE = "train resnet20 --data cifar10"
SMALL_SIDE = 64     # pixels up to which the small form of a recipe is taken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network(parser)
    option = parser.add_argument
    option("--data", required=True, type=word, metavar="NAME", help="mnist, cifar10, digits (drawn "
           "by minicnn), or a folder of folders of pictures, one for each class")
    option("--recipe", type=word, metavar="NAME", help="if not that of the network's family, "
           "as in resnet-slide (minicnn/training/recipes/)")
    option("--epochs", type=whole, help="times through the pictures, if not the recipe's")
    option("--batch", type=whole, help="pictures in one step")
    option("--lr", type=above_zero, help="learning rate")
    option("--limit", type=whole, metavar="N", help="train on the first N pictures only")
    option("--skip-unreadable", action="store_true", help="leave out files of DIR that are no "
           "readable pictures")
    option("--size", type=pixels, metavar="PIXELS", help="side of what the network reads")
    option("--patience", type=whole, metavar="EPOCHS", help="stop after so many without a new "
           "lowest error")
    option("--seed", type=seed, default=0, help="of weights, order and distortions (0)")
    option("--threads", type=workers, help="threads that share the work: 1 is steady "
           "on a busy machine")
    option("--device", default="cpu", choices=("cpu", "cuda"), help="where to compute (cpu)")
    option("--fresh", action="store_true", help="remove the run that is in --out, and begin anew")
    option("--out", type=place, metavar="DIR", help="folder for the results; a run that is there "
           "already goes on (out/NETWORK-DATA, out/NETWORK-VARIANT-DATA)")


def run(args: argparse.Namespace) -> int:
    if args.threads:
        set_threads(args.threads)
    options: dict[str, Any] = {"variant": args.variant} if args.variant else {}
    own = own_input(build(args.network, **options))
    name = "-".join(filter(None, (args.network, args.variant, Path(args.data).resolve().name)))
    out = args.out or Path("out") / name
    check_folder(out)
    recipe = chosen_recipe(args, own)
    stored = round((args.size or own[1]) * recipe.margin)          # pixels of a side, for folders
    train, val = find_data(args.data, stored, args.seed, args.skip_unreadable)
    train = train.subset(args.limit) if args.limit else train
    side = args.size or own[1]
    options |= asked_for(args.network, classes=len(train.classes), aux=True,
                         image_shape=[train.images.shape[1], side, side])
    manual_seed(args.seed)
    model = build(args.network, **options)
    in_shape = input_of(model, train, args)
    check_step(model, in_shape, min(recipe.batch, len(train.labels)))
    print(f"{args.network}: {model.num_parameters():,} parameters, reads "
          f"{'x'.join(map(str, in_shape))}\n{recipe}\n"
          f"data: {train.source}; tested on {val.source}{recoloured(train, in_shape)}\n"
          f"results: {out}")
    place_of = args.data if args.data in NAMES else str(Path(args.data).resolve())
    plan = {"network": args.network, "options": options, "data_name": place_of,
            "stored": stored, "skip_unreadable": args.skip_unreadable}
    result = fit(model, train, val, recipe, seed=args.seed, device=args.device, out=out,
                 fresh=args.fresh, patience=args.patience, in_shape=in_shape, plan=plan)
    if not result.finished:
        print("saved; the same command goes on from there"
              + (", without --fresh" if args.fresh else ""))
        return ENDED_BY + result.signal
    last, best = result.history[-1], result.best
    print(f"test error {last['error']:.2f} % after the last epoch; lowest {best['error']:.2f} % "
          f"after epoch {best['epoch']:.0f}, chosen on the same pictures")
    return 0


def asked_for(network: str, **options: Any) -> dict[str, Any]:
    """Those of the options that the network's constructor knows."""
    known = inspect.signature(NETWORKS[network]).parameters
    return {name: value for name, value in options.items() if name in known}


def recoloured(data: Dataset, in_shape: Shape) -> str:
    """What happens to the colours, if the network reads another number of channels."""
    given, read = data.images.shape[1], in_shape[0]
    if given == read:
        return ""
    return "; grey is repeated" if given == 1 else "; colours become grey"


def input_of(model: Module, data: Dataset, args: argparse.Namespace) -> Shape:
    """What the network reads: --size; or the data set's own size, if it can; or its own."""
    own = own_input(model)
    C = own[0]
    if args.size:
        return (C, args.size, args.size)
    stored = (C, *data.images.shape[2:])
    if args.data not in NAMES or not fits(model, stored):
        return own
    return stored


def fits(model: Module, in_shape: Shape) -> bool:
    """Also in training, where auxiliary classifiers may need more pixels."""
    try:
        tested_shape(model, in_shape)
        model.train().shape(in_shape)
    except ValueError:
        return False
    return True


def chosen_recipe(args: argparse.Namespace, own: Shape) -> Recipe:
    """The named recipe or the family's, its small form for small images; with the changes asked."""
    side = args.size or (32 if args.data in NAMES else max(own[1:]))
    recipe = recipe_named(args.recipe) if args.recipe else \
        recipe_for(f"{args.network}-{args.variant}", small=side <= SMALL_SIDE)
    changes = {name: getattr(args, name) for name in ("epochs", "batch", "lr")
               if getattr(args, name)}
    if args.data in ("mnist", "digits"):                           # a mirrored 3 is no 3
        changes["augment"] = tuple(step for step in recipe.augment if step != "flip")
    return recipe._replace(**changes)
