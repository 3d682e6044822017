"""`python -m minicnn predict IMAGE ... RUN`: what a trained network says to your own pictures."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minicnn.analysis.answers import draw_answers
from minicnn.analysis.sights import draw_sights
from minicnn.cli.arguments import OWN_FOLDER, check_picture, network_for, place, share, whole, word
from minicnn.data.canvas import Picture
from minicnn.training.recognise import Recogniser
from minicnn.training.recognise_scenes import (
    LEAST,
    SceneRecogniser,
    recogniser_of,
    sees_scenes,
)

WHAT = "say what is on your own pictures and where, by a network of yours or published weights"
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
    option("--top", type=whole, default=5, metavar="N", help="of a classifier, the N likeliest "
           "classes (5)")
    option("--least", type=share, default=LEAST, metavar="P", help="of a detector, the boxes with "
           f"a score from P on ({LEAST})")
    option("--json", action="store_true", help="print JSON, and draw only with --out")
    option("--out", type=place, metavar="PICTURE", help="where the pictures are drawn, with the "
           "bars of a classifier, the boxes of a detector or the map of a segmenter "
           "(out/predict.png)")


def run(args: argparse.Namespace) -> int:
    out = args.out or (None if args.json else OWN_FOLDER / "predict.png")
    if out:
        check_picture(out)
    pictures, say, by = recogniser(args)
    found, draw = looked(pictures, say, args)
    if args.json:
        print(json.dumps({"network": by, "pictures": [one.facts for one in found]}, indent=1,
                         ensure_ascii=False))
    else:
        print(*found, sep="\n")
    if out:
        path = draw(found, out, by).path
        if not args.json:
            print(f"picture: {path}")
    return 0


def looked(pictures: list[str], say: Recogniser | SceneRecogniser, args: argparse.Namespace
           ) -> tuple[list[Any], Callable[..., Picture]]:
    """What is said to each picture, and what draws it."""
    if isinstance(say, SceneRecogniser):
        return [say(picture, args.least) for picture in pictures], draw_sights
    return [say(picture, args.top) for picture in pictures], draw_answers


def recogniser(args: argparse.Namespace
               ) -> tuple[list[str], Recogniser | SceneRecogniser, str]:
    """The pictures, what names them, and what that is called."""
    if not args.model:
        *pictures, folder = args.pictures
        if args.variant:
            raise ValueError("--variant goes with --model; a run knows its own")
        if not pictures or not Path(folder).is_dir():
            raise ValueError(f"{folder} is no folder of a run; behind the pictures give one that "
                             "the train command made, or --model NAME and --weights FILE")
        return pictures, recogniser_of(folder, args.weights or "last"), folder
    if not args.weights:
        raise ValueError(f"--model {args.model} has learnt nothing yet: give --weights FILE; "
                         "`python -m minicnn weights fetch NAME` downloads published ones")
    model = network_for(args.weights, args.model, args.variant)
    kind = SceneRecogniser if sees_scenes(model) else Recogniser
    return args.pictures, kind.published(model), f"{args.model}, {Path(args.weights).name}"
