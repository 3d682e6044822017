"""`python -m minicnn test RUN ...`: trained networks on their test pictures, alone and together."""

import argparse

from minicnn.arguments import whole
from minicnn.data.dataset import Dataset
from minicnn.data.find import find_data
from minicnn.layers.fold import fold_all
from minicnn.threads import set_threads
from minicnn.training.evaluate import errors
from minicnn.training.testtime import Run, at_scales, load_run, one_view, predict, ten_crops


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("runs", nargs="+", metavar="RUN", help="folder that the train command made; the "
           "probabilities of several are averaged")
    option("--crops", default="1", choices=("1", "10"), help="10: corners, centre, mirror images")
    option("--scales", nargs="+", type=whole, metavar="PIXELS", help="sides to which pictures are "
           "resized")
    option("--weights", default="best", choices=("best", "last"), help="of which epoch (best)")
    option("--fold", action="store_true", help="first melt batch norms into the layers before them")
    option("--limit", type=whole, metavar="N", help="only the first N test pictures")
    option("--threads", type=whole, help="as set_threads (minicnn/threads.py)")
    option("--device", default="cpu", choices=("cpu", "cuda"))


def run(args: argparse.Namespace) -> int:
    if args.threads:
        set_threads(args.threads)
    if args.scales and args.crops == "10":
        raise ValueError("--crops 10 and --scales are two ways to look; choose one")
    view = at_scales(args.scales) if args.scales else ten_crops if args.crops == "10" else one_view
    runs = [load_run(folder, args.weights) for folder in args.runs]
    plan = runs[0].plan
    if any((run.plan["test"], run.classes) != (plan["test"], runs[0].classes) for run in runs):
        raise ValueError("these networks were tested on different pictures: "
                         + "; ".join(f"{folder} on {run.plan['test']}"
                                     for folder, run in zip(args.runs, runs, strict=True)))
    test = test_pictures(args.runs[0], runs[0])
    test = test.subset(args.limit) if args.limit else test
    members = []
    for folder, (model, prepare, _, _) in zip(args.runs, runs, strict=True):
        note = f", {fold_all(model)} batch norms folded" if args.fold else ""
        members.append((model.to(args.device), prepare))
        found = errors(predict(members[-1:], test.images, view), test.labels)
        print(f"{folder}: {said(found)}{note}")
    if len(members) > 1:
        found = errors(predict(members, test.images, view), test.labels)
        print(f"{len(members)} networks together: {said(found)}")
    return 0


def test_pictures(folder: str, run: Run) -> Dataset:
    """Those that the run was tested on, as far as they are still what they were."""
    try:
        asked = [run.plan[name] for name in ("data_name", "stored", "seed", "skip_unreadable")]
    except KeyError as name:
        raise ValueError(f"{folder} does not say what it was tested on ({name} is missing); it was "
                         "not made by the train command") from None
    test = find_data(*asked)[1]
    if list(test.classes) != run.classes:
        raise ValueError(f"{folder} knows the classes {', '.join(run.classes)}, but the data has "
                         f"{', '.join(test.classes)}")
    if test.source != run.plan["test"]:
        print(f"note: {folder} was tested on {run.plan['test']} before, now on {test.source}; if "
              "pictures came or went, some that it was trained on may be among them")
    return test


def said(found: dict[str, float]) -> str:
    top5 = f", top-5 {found['top5']:.2f} %" if "top5" in found else ""
    return f"test error {found['error']:.2f} %{top5}"
