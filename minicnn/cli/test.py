"""`python -m minicnn test RUN ...`: trained networks on their test pictures, alone and together."""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.analysis.pictures import misclassified
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import (
    add_device,
    check_picture,
    choose_precision,
    limited,
    pixels,
    place,
    whole,
    word,
    workers,
)
from minicnn.data.find import find_data
from minicnn.data.find_scenes import scenes_of
from minicnn.layers.fold import fold_all
from minicnn.training.by_class import class_table
from minicnn.training.evaluate import errors
from minicnn.training.plan import check_brightness
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.testtime import Run, at_scales, load_run, one_view, predict, ten_crops

WHAT = "test trained networks, alone and together, on one or many views of each picture"
EXAMPLE = "test out/resnet20-cifar10 --crops 10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("runs", nargs="+", type=word, metavar="RUN", help="folder that the train command "
           "made; the probabilities of several are averaged")
    option("--crops", default="1", choices=("1", "10"), help="10: corners, centre, mirror images")
    option("--scales", nargs="+", type=pixels, metavar="PIXELS", help="sides to which pictures are "
           "resized")
    option("--weights", default="last", choices=("best", "last"), help="best: of the epoch with "
           "the lowest error, which was chosen on these very pictures (last)")
    option("--fold", action="store_true", help="first melt batch norms into the layers before them")
    option("--limit", type=whole, metavar="N", help="only the first N test pictures")
    option("--mistakes", type=place, metavar="PICTURE", help="draw those that were named wrongly, "
           "with what they are and what they were taken for")
    option("--threads", type=workers, help="threads that share the work: 1 is steady "
           "on a busy machine")
    add_device(parser)


def run(args: argparse.Namespace) -> int:
    choose_precision(args)
    if args.threads:
        set_threads(args.threads)
    if args.scales and args.crops == "10":
        raise ValueError("--crops 10 and --scales are two ways to look; choose one")
    if args.mistakes:
        check_picture(args.mistakes, "--mistakes")
    runs = [load_run(folder, args.weights) for folder in args.runs]
    if any(isinstance(run.transforms, SceneTransforms) for run in runs):
        return test_scenes(runs, args)
    view = at_scales(args.scales) if args.scales else ten_crops if args.crops == "10" else one_view
    if any((run.pictures["test"], run.classes) != (runs[0].pictures["test"], runs[0].classes)
           for run in runs):
        raise ValueError("these networks were tested on different pictures: "
                         + "; ".join(f"{folder} on {run.plan.get('test')}"
                                     for folder, run in zip(args.runs, runs, strict=True)))
    test = test_pictures(args.runs[0], runs[0], find_data)
    test = limited(test, args.limit)
    look = ", ".join(f"{side}x{side}" for side in args.scales) if args.scales else \
        "10 crops" if args.crops == "10" else ""
    answers = []                                           # of each network, (N, classes)
    for folder, run in zip(args.runs, runs, strict=True):
        notes = [f"epoch {run.epoch}", look,
                 f"{fold_all(run.model)} batch norms folded" if args.fold else ""]
        member = run.model.to(args.device), run.transforms
        if args.crops == "10" and unseen(run):
            print(f"note: {folder} has seen no {' and no '.join(unseen(run))} in training; ten "
                  "crops are such")
        answers.append(predict([member], test.images, view))
        print(f"{folder} ({', '.join(filter(None, notes))}): "
              f"{said(errors(answers[-1], test.labels))}")
    together = np.mean(answers, axis=0)                    # (N, classes)
    if len(runs) > 1:
        print(f"{len(runs)} networks together: {said(errors(together, test.labels))}")
    if args.mistakes:
        taken = together.argmax(axis=1)
        wrong = np.flatnonzero(taken != test.labels)
        drawn = misclassified(test.images[wrong], test.labels[wrong], taken[wrong], args.mistakes,
                              runs[0].classes, title=", ".join(args.runs))
        print(f"picture: {drawn.path}")
    return 0


def unseen(run: Run) -> list[str]:
    """What the ten crops show that training did not: digits are not mirrored, for example."""
    steps = run.plan.get("augment", [])
    seen = {"shifted pictures": "crop" in steps or "resized crop" in steps,
            "mirror images": "flip" in steps}
    return [what for what, known in seen.items() if not known]


def test_scenes(runs: list[Run], args: argparse.Namespace) -> int:
    """Networks that answer with maps or boxes, one after the other, class by class."""
    if args.scales or args.crops == "10" or args.fold or args.mistakes:
        raise ValueError("--crops, --scales, --fold and --mistakes are for networks that name "
                         "whole pictures")
    for folder, run in zip(args.runs, runs, strict=True):
        if not isinstance(run.transforms, SceneTransforms):
            raise ValueError(f"{folder} names whole pictures, others here find maps or boxes; test "
                             "them one by one")
        test = test_pictures(folder, run, scenes_of)
        test = limited(test, args.limit)
        print(f"{folder} (epoch {run.epoch}), {test.source}")
        print(class_table(run.model.to(args.device), test, run.transforms))
    return 0


def test_pictures(folder: str, run: Run, find: Callable[..., Any]) -> Any:
    """Those that the run was tested on, as far as they are still what they were."""
    try:
        *asked, tested = [run.plan[name] for name in ("data_name", "stored", "seed",
                                                      "skip_unreadable", "test")]
    except KeyError as name:
        raise ValueError(f"{folder} does not say what it was tested on ({name} is missing); it was "
                         "not made by the train command") from None
    test = find(*asked)[1]
    if list(test.classes) != run.classes:
        raise ValueError(f"{folder} knows the classes {', '.join(run.classes)}, but the data has "
                         f"{', '.join(test.classes)}")
    check_brightness(test, run.pictures["brightest"])
    if test.fingerprint != run.pictures["test"]:
        print(f"note: {folder} was tested on {tested} before, now on {test.source}, and these are "
              "other pictures; some that it was trained on may be among them")
    return test


def said(found: dict[str, float]) -> str:
    top5 = f", top-5 {found['top5']:.2f} %" if "top5" in found else ""
    return f"test error {found['error']:.2f} %{top5}"
