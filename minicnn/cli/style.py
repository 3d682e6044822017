"""`python -m minicnn style PHOTO`: a photograph in the style of a painting."""

import argparse
from pathlib import Path

from minicnn.analysis.paintings import check_plain, draw_paintings, save_plain, whole_picture
from minicnn.cli.arguments import (
    OWN_FOLDER,
    above_zero,
    check_folder_of,
    check_picture,
    pixels,
    place,
    whole,
    word,
)
from minicnn.models.imagine.style import METHODS, Weights, transfer
from minicnn.models.imagine.style_network import published
from minicnn.models.imagine.watched import watched

WHAT = "paint a photograph in the style of a painting, step by step or by a network that learnt it"
EXAMPLE = "style photo.jpg --painting mosaic.jpg --weights vgg19-dcbb9e9d.pth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("photo", type=word, metavar="PHOTO", help="a picture file")
    option("--painting", type=word, metavar="FILE", help="the picture whose style it takes")
    option("--weights", type=word, metavar="FILE|FOLDER", help="of the network that looks, VGG-19, "
           "EfficientNet-Lite0 or vgg_small; without, an untrained vgg_small.  A folder of "
           "fast-style-transfer paints without a painting, in one pass")
    option("--model", type=word, metavar="NAME", help="whose weights they are, if the file does "
           "not tell")
    option("--size", type=pixels, metavar="N", help="pixels of the longer side, at most (192; of "
           "a folder, the photograph's own)")
    option("--steps", type=whole, default=200, metavar="N", help="steps on the pixels (200)")
    option("--strength", type=above_zero, default=Weights().style, metavar="X",
           help=f"how much the style counts beside the content ({Weights().style:g})")
    option("--method", default="adam", choices=METHODS, help="adam, or lbfgs by SciPy: in "
           "minicnn's folder pip install -e '.[imagine]' (adam)")
    option("--out", type=place, metavar="PICTURE", default=OWN_FOLDER / "style.png",
           help="where it is written (out/style.png)")


def run(args: argparse.Namespace) -> int:
    folder = args.weights is not None and Path(args.weights).is_dir()
    check_folder_of(args.out, "--out")
    if folder:
        check_plain(args.out)
    else:
        check_picture(args.out)
    if folder and args.painting:
        raise ValueError(f"{args.weights} is a folder of a network that has learnt one painting; "
                         "--painting goes with a file of weights")
    if not folder and not args.painting:
        raise ValueError("whose style? give --painting FILE, or with --weights a folder of "
                         "fast-style-transfer, which has learnt one")
    photo = whole_picture(args.photo, args.size if folder else args.size or 192)
    if folder:
        print(f"picture: {save_plain(published(args.weights).paint(photo), args.out)}")
        return 0
    from tqdm import tqdm
    painting = whole_picture(args.painting, args.size or 192)
    eye = watched(args.weights, args.model)
    if eye.name == "vgg19":
        eye.average_pooling()
    with tqdm(total=args.steps, desc="painting", leave=False, disable=None) as bar:
        made = transfer(eye, photo, painting, args.steps, Weights(style=args.strength),
                        args.method, each=lambda step, loss: bar.update())
    print(f"loss {made.losses[0]:.3f} -> {made.losses[-1]:.3f} in {len(made.losses)} steps")
    note = f"seen by {eye.said}; {len(made.losses)} steps of {args.method}"
    panels = [("photograph", photo), ("painting", painting), ("both", made.pixels)]
    print(f"picture: {draw_paintings(panels, note, args.out, 'style transfer').path}")
    return 0
