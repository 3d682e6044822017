"""`python -m minicnn train NAME --data mnist|cifar10|digits|DIR`: a network learns."""

import argparse
import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minicnn.analysis.profile import check_step
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import (
    above_zero,
    add_device,
    add_network,
    check_folder,
    choose_precision,
    helpers,
    limited,
    pixels,
    place,
    seed,
    whole,
    word,
    workers,
)
from minicnn.data.dataset import Dataset
from minicnn.data.find import NAMES, find_data
from minicnn.data.find_scenes import NAMES as SCENES
from minicnn.data.find_scenes import scenes_of
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Module, Shape
from minicnn.models import DETECTORS, NETWORKS, SEGMENTERS, build
from minicnn.training import fit
from minicnn.training.evaluate import own_input, tested_shape
from minicnn.training.interrupt import ENDED_BY
from minicnn.training.loop import silent
from minicnn.training.parallel.mpi import PATIENCE, processes
from minicnn.training.parallel.world import World
from minicnn.training.recipes import Recipe, recipe_for, recipe_named
from minicnn.training.records import said
from minicnn.weights.fill import load
from minicnn.weights.read import read

WHAT = "train a network on mnist, cifar10, drawn digits or scenes, or a folder of pictures"
EXAMPLE = "train resnet20 --data cifar10"
SMALL_SIDE = 64     # pixels up to which the small form of a recipe is taken
DRAWN_SIDE = 64     # pixels of a drawn scene


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network(parser)
    option = parser.add_argument
    option("--data", required=True, type=word, metavar="NAME", help="mnist, cifar10, digits (drawn "
           "by minicnn), or a folder of folders of pictures, one for each class; for maps and "
           f"boxes {', '.join(SCENES)} (drawn), or a folder of pictures with masks or boxes")
    option("--weights", type=word, metavar="FILE", help="begin with these, as published for the "
           "network; its last layer is new where they are for other classes")
    option("--recipe", type=word, metavar="NAME", help="if not that of the network's family, "
           "as in resnet-slide (minicnn/training/recipes/)")
    option("--epochs", type=whole, help="times through the pictures, if not the recipe's")
    option("--batch", type=whole, help="pictures in one step")
    option("--lr", type=above_zero, help="learning rate")
    option("--limit", type=whole, metavar="N", help="train on the first N pictures only; the "
           "test pictures are all read nevertheless")
    option("--skip-unreadable", action="store_true", help="leave out files of DIR that are no "
           "readable pictures")
    option("--size", type=pixels, metavar="PIXELS", help="side of what the network reads")
    option("--patience", type=whole, metavar="EPOCHS", help="stop after so many without a new "
           "lowest error")
    option("--seed", type=seed, default=0, help="of weights, order and distortions (0)")
    option("--threads", type=workers, help="threads that share the work: 1 is steady "
           "on a busy machine")
    option("--readers", type=helpers, default=0, metavar="N", help="processes that read and "
           "distort pictures ahead of the step: for folders (0)")
    option("--sync-norms", action="store_true", help="where mpiexec has started several processes: "
           "batch norms with one mean over all of them, not one for each")
    option("--patience-seconds", type=whole, default=int(PATIENCE), metavar="N", help="end all "
           f"processes if one of them is silent for so long ({PATIENCE:.0f})")
    add_device(parser)
    option("--fresh", action="store_true", help="remove the run that is in --out, and begin anew")
    option("--out", type=place, metavar="DIR", help="folder for the results; a run that is there "
           "already goes on (out/NETWORK-DATA, out/NETWORK-VARIANT-DATA)")


def run(args: argparse.Namespace) -> int:
    choose_precision(args)
    with processes(args.patience_seconds) as world:
        if args.threads or world.size > 1 and not os.environ.get("MINICNN_THREADS"):
            set_threads(args.threads or world.cores())
        return trained(args, world)


def trained(args: argparse.Namespace, world: World) -> int:
    if args.weights:
        read(args.weights)                                 # what is no file of weights ends here
    options: dict[str, Any] = {"variant": args.variant} if args.variant else {}
    own = own_input(build(args.network, **options))
    name = "-".join(filter(None, (args.network, args.variant, Path(args.data).resolve().name)))
    out = args.out or Path("out") / name
    if world.is_first:
        check_folder(out)
    recipe = chosen_recipe(args, own)
    drawn = args.data in SCENES and not args.size
    stored = DRAWN_SIDE if drawn else round((args.size or own[1]) * recipe.margin)
    train, val = world.after_first(lambda: found_data(args.network, args.data, stored, args.seed,
                                                      args.skip_unreadable))
    say = print if world.is_first else silent
    train = limited(train, args.limit, say)
    side = args.size or own[1]
    options |= asked_for(args.network, classes=len(train.classes), aux=True,
                         image_shape=[train.images[0].shape[0], side, side])
    manual_seed(args.seed)
    model = build(args.network, **options)
    in_shape = input_of(model, train, args)
    check_step(model, in_shape, -(-min(recipe.batch, len(train)) // world.size), device=args.device)
    if args.weights:
        load(model, args.weights, head="new")
    say(f"{args.network}: {model.num_parameters():,} parameters, reads "
        f"{'x'.join(map(str, in_shape))}\n{recipe}\n"
        f"data: {train.source}; tested on {val.source}{recoloured(train, in_shape)}\n"
        f"{named(train.classes)}\n"
        f"results: {out}")
    if world.size > 1:
        say(f"{world.size} processes share each batch of {recipe.batch}")
    place_of = args.data if args.data in (*NAMES, *SCENES) else str(Path(args.data).resolve())
    plan = {"network": args.network, "options": options, "data_name": place_of,
            "stored": stored, "skip_unreadable": args.skip_unreadable}
    if args.weights:
        plan["weights"] = Path(args.weights).name
    result = fit(model, train, val, recipe, seed=args.seed, device=args.device, out=out,
                 fresh=args.fresh, patience=args.patience, in_shape=in_shape, plan=plan,
                 world=world, sync_norms=args.sync_norms, readers=args.readers)
    if not result.finished:
        say("saved; the same command goes on from there"
            + (", without --fresh" if args.fresh else ""))
        return ENDED_BY + result.signal
    last, best = result.history[-1], result.best
    say(f"{said(last)} after the last epoch; the best {said(best)} after epoch "
        f"{best['epoch']:.0f}, chosen on the same pictures")
    return 0


def named(classes: Sequence[str], most: int = 10) -> str:
    return (f"{len(classes)} classes: {', '.join(classes[:most])}"
            + (", ..." if len(classes) > most else ""))


def found_data(network: str, *asked: Any) -> tuple[Any, Any]:
    """For training and testing: what the network answers decides what is looked for."""
    if network in SEGMENTERS or network in DETECTORS:
        return scenes_of(*asked)
    if asked[0] in SCENES:
        few = ", ".join([*list(SEGMENTERS)[:3], *list(DETECTORS)[:3]])
        raise ValueError(f"{asked[0]} has maps and boxes, but {network} names whole pictures; take "
                         f"{few}, ..., or --data {', '.join(NAMES)}")
    return find_data(*asked)


def asked_for(network: str, **options: Any) -> dict[str, Any]:
    """Those of the options that the network's constructor knows."""
    known = inspect.signature(NETWORKS[network]).parameters
    return {name: value for name, value in options.items() if name in known}


def recoloured(data: Dataset | Scenes, in_shape: Shape) -> str:
    """What happens to the colours, if the network reads another number of channels."""
    given, read = data.images[0].shape[0], in_shape[0]
    if given == read:
        return ""
    return "; grey is repeated" if given == 1 else "; colours become grey"


def input_of(model: Module, data: Dataset | Scenes, args: argparse.Namespace) -> Shape:
    """What the network reads: --size; or the data set's own size, if it can; or its own."""
    own = own_input(model)
    C = own[0]
    if args.size:
        return (C, args.size, args.size)
    stored = (C, *data.images[0].shape[1:])
    if args.data not in (*NAMES, *SCENES) or not fits(model, stored):
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
    side = args.size or (32 if args.data in NAMES else DRAWN_SIDE if args.data in SCENES
                         else max(own[1:]))
    recipe = recipe_named(args.recipe) if args.recipe else \
        recipe_for(f"{args.network}-{args.variant}", small=side <= SMALL_SIDE)
    changes = {name: getattr(args, name) for name in ("epochs", "batch", "lr")
               if getattr(args, name)}
    if args.data in ("mnist", "digits", "shapes-hard", "digits-canvas"):     # a mirrored 3 is no 3
        changes["augment"] = tuple(step for step in recipe.augment if step != "flip")
    return recipe._replace(**changes)
