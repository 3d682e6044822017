"""`python -m minicnn dream PHOTO`: what a network sees in a photograph, and more and more of it."""

import argparse

from minicnn.analysis.paintings import draw_paintings, whole_picture
from minicnn.cli.arguments import OWN_FOLDER, check_picture, pixels, place, seed, whole, word
from minicnn.models.imagine.dream import dream, octave_sizes
from minicnn.models.imagine.watched import watched

WHAT = "change a photograph until a row of a network, or one channel, is excited: DeepDream"
EXAMPLE = "dream photo.jpg --weights lite0.pth --row stage5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("photo", type=word, metavar="PHOTO", help="a picture file")
    option("--weights", type=word, metavar="FILE", help="of the network that dreams; without, an "
           "untrained vgg_small")
    option("--model", type=word, metavar="NAME", help="whose weights they are, if the file does "
           "not tell")
    option("--row", type=word, metavar="ROW", help="the row to excite (the middle one)")
    option("--channel", type=seed, metavar="N", help="one channel of it, from 0 on; else all")
    option("--size", type=pixels, default=224, metavar="N", help="pixels of the longer side, at "
           "most (224)")
    option("--octaves", type=whole, default=4, metavar="N", help="sizes, from small to large (4)")
    option("--steps", type=whole, default=10, metavar="N", help="in each octave (10)")
    option("--seed", type=seed, default=0, metavar="N", help="of the jitter (0)")
    option("--out", type=place, metavar="PICTURE", default=OWN_FOLDER / "dream.png",
           help="where it is drawn (out/dream.png)")


def run(args: argparse.Namespace) -> int:
    check_picture(args.out)
    from tqdm import tqdm
    photo, eye = whole_picture(args.photo, args.size), watched(args.weights, args.model)
    row = args.row or eye.labels[len(eye.labels) // 2]
    sizes = octave_sizes(photo.shape[1], photo.shape[2], args.octaves, 1.4)
    with tqdm(total=args.steps * len(sizes), desc="dreaming", leave=False, disable=None) as bar:
        made = dream(eye, photo, row, args.channel, args.octaves, steps=args.steps, seed=args.seed,
                     each=lambda step, goal: bar.update())
    what = row if args.channel is None else f"channel {args.channel} of {row}"
    print(f"{what}: {made.losses[0]:.4g} -> {made.losses[-1]:.4g}, {len(sizes)} octaves of "
          f"{args.steps} steps")
    panels = [("photograph", photo), (f"what excites {what}", made.pixels)]
    print(f"picture: {draw_paintings(panels, f'seen by {eye.said}', args.out, 'DeepDream').path}")
    return 0
