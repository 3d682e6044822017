"""`python -m minicnn predict IMAGE ... RUN`: what a trained network says to your own pictures."""

import argparse
import json
from pathlib import Path

from minicnn.analysis.answers import draw_answers
from minicnn.cli.arguments import OWN_FOLDER, check_picture, network_for, place, whole, word
from minicnn.training.recognise import Recogniser

WHAT = "name what is on your own pictures, by a network of yours or with published weights"
EXAMPLE = "predict photo.jpg --model efficientnet_lite0 --weights efficientnet-lite0-57934424.pth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("pictures", nargs="+", type=word, metavar="IMAGE", help="picture files; behind them, "
           "without --model, a folder that the train command made")
    option("--model", type=word, metavar="NAME", help="a network that `python -m minicnn networks` "
           "lists, for published weights")
    option("--variant", type=word, help="its variant, for example torchvision")
    option("--weights", type=word, metavar="FILE", help="its weights, .pth, .safetensors or .npz: "
           "`python -m minicnn weights fetch NAME` downloads some; of a run, best or last (last)")
    option("--top", type=whole, default=5, metavar="N", help="the N likeliest classes (5)")
    option("--json", action="store_true", help="print JSON, and draw only with --out")
    option("--out", type=place, metavar="PICTURE", help="where the pictures and their bars are "
           "drawn (out/predict.png)")


def run(args: argparse.Namespace) -> int:
    out = args.out or (None if args.json else OWN_FOLDER / "predict.png")
    if out:
        check_picture(out)
    pictures, say, by = recogniser(args)
    found = [say(picture, args.top) for picture in pictures]
    if args.json:
        print(json.dumps({"network": by, "pictures": [
            {"picture": one.picture, "answers": [{"class": name, "probability": round(p, 6)}
                                                 for name, p in one.best]}
            for one in found]}, indent=1, ensure_ascii=False))
    else:
        for one in found:
            print(one.picture)
            print(*(f"  {100 * p:5.1f} %  {name}" for name, p in one.best), sep="\n")
    if out:
        path = draw_answers(found, out, by).path
        if not args.json:
            print(f"picture: {path}")
    return 0


def recogniser(args: argparse.Namespace) -> tuple[list[str], Recogniser, str]:
    """The pictures, what names them, and what that is called."""
    if not args.model:
        *pictures, folder = args.pictures
        if args.variant:
            raise ValueError("--variant goes with --model; a run knows its own")
        if not pictures or not Path(folder).is_dir():
            raise ValueError(f"{folder} is no folder of a run; behind the pictures give one that "
                             "the train command made, or --model NAME and --weights FILE")
        return pictures, Recogniser.of_run(folder, args.weights or "last"), folder
    if not args.weights:
        raise ValueError(f"--model {args.model} has learnt nothing yet: give --weights FILE; "
                         "`python -m minicnn weights fetch NAME` downloads published ones")
    say = Recogniser.published(network_for(args.weights, args.model, args.variant))
    return args.pictures, say, f"{args.model}, {Path(args.weights).name}"
