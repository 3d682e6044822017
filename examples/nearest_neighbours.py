"""Nearest neighbours: which pictures does a network find alike, and which do their pixels?

    python examples/nearest_neighbours.py --data mnist
    python examples/nearest_neighbours.py --data DIR --model efficientnet_lite0 --weights FILE

Read it beside the slide "L2 nearest neighbors in feature space" (stanford).  DIR is a folder of
your own photos, in folders or without; they need a network that knows photographs.  Without --model
or --run a small network is trained first, in out/neighbours-..., once.
"""

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path

import numpy as np
from tqdm import tqdm

from minicnn import manual_seed, set_threads, weights
from minicnn.analysis.neighbours import draw_neighbours, nearest, same_class
from minicnn.cli.arguments import check_picture, place, seed, whole, word
from minicnn.data import DamagedFile, find_data
from minicnn.data.pictures import Pictures, check_head
from minicnn.layers import Linear
from minicnn.models import LeNet5, build
from minicnn.models.resnet_cifar import CifarResNet
from minicnn.training import Transforms, fit
from minicnn.training.features import dataset_features
from minicnn.training.interrupt import end_quietly, told_in_one_line
from minicnn.training.recipes import recipe_for
from minicnn.training.testtime import load_run

# 1. Settings ------------------------------------------------------------------------------------
settings = ArgumentParser(
    description="Nearest neighbours in feature space, beside those in pixel space.",
    epilog="example: python examples/nearest_neighbours.py --data mnist --run out/lenet")
option = settings.add_argument
option("--data", type=word, default="digits", metavar="NAME", help="digits (drawn by minicnn), "
       "mnist, cifar10, or a folder of pictures (digits)")
option("--run", type=place, metavar="DIR", help="a network of the train command, or out/lenet")
option("--model", type=word, metavar="NAME", help="a network by name, with --weights")
option("--weights", type=place, metavar="FILE", help="its published weights: .pth, .safetensors")
option("--variant", type=word, help="of the network that the weights are for")
option("--layer", type=word, metavar="PATH", help="whose answers are the features (the last one "
       "before the scores)")
option("--unit", action="store_true", help="features of length 1: only their direction counts")
option("--known", type=whole, default=5000, metavar="N", help="pictures to look among (5000)")
option("--queries", type=whole, default=500, metavar="N", help="pictures to look for (500)")
option("--rows", type=whole, default=8, metavar="N", help="of them are drawn (8)")
option("--count", type=whole, default=5, metavar="N", help="neighbours of each (5)")
option("--epochs", type=whole, default=4, help="of a network that is trained first (4)")
option("--seed", type=seed, default=0, help="which pictures are looked for (0)")
option("--out", type=place, metavar="PICTURE", help="(out/neighbours-DATA.png)")
args = settings.parse_args()
end_quietly()                                                    # Ctrl-C: a line, no traceback
set_threads(1)
manual_seed(0)


# 2. Pictures: some to look for, and others to look among ------------------------------------------
def photos(folder):
    """The files below a folder that begin as pictures do."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file()
                   and not any(part.startswith(".") for part in path.relative_to(folder).parts))
    found = []
    for path in tqdm(files, "reading", unit=" pictures", delay=1, leave=False, disable=None):
        with suppress(DamagedFile):
            check_head(path)
            found.append(path)
    print(f"{folder}: {len(found)} pictures, {len(files) - len(found)} other files")
    if len(found) < 2:
        raise ValueError(f"{folder} has {len(found)} pictures, expected 2 or more")
    return found[:args.known]


own = Path(args.data).is_dir()
with told_in_one_line(settings):
    args.out = args.out or Path("out") / f"neighbours-{Path(args.data).resolve().name}.png"
    check_picture(args.out)
    if own and not (args.weights or args.run):
        raise ValueError("photos of your own need a network that knows photographs: give --model "
                         "efficientnet_lite0 --weights FILE, or --run DIR")
    if bool(args.weights) != bool(args.model):
        raise ValueError("--model NAME and --weights FILE go together")
    if own:
        files = photos(args.data)
    else:
        train, test = find_data(args.data)
        train = train.subset(min(args.known, len(train)))
        test = test[np.random.default_rng(args.seed).permutation(len(test))[:args.queries]]


# 3. The network, and how it wants its pictures ---------------------------------------------------
with told_in_one_line(settings):
    if args.weights:
        model = build(args.model, **({"variant": args.variant} if args.variant else {}))
        weights.load(model, args.weights)
        how = getattr(model, "preparation", None)
        if how is None:
            raise ValueError(f"{args.model} does not say how pictures are prepared for it; take "
                             "the --variant that the weights are for")
        transforms = Transforms((3, how.size, how.size), how.mean, how.std)
        name = f"{args.model}, {args.weights.name}"
    elif args.run:
        run = load_run(args.run)
        model, transforms, name = run.model, run.transforms, str(args.run)
    else:
        model = LeNet5() if train.images.shape[1] == 1 else CifarResNet(8)
        recipe = recipe_for("lenet5" if isinstance(model, LeNet5) else "resnet20", small=True)
        learnt = fit(model, train, test, recipe._replace(epochs=args.epochs),
                     out=args.out.with_suffix(""))
        if not learnt.finished:
            raise SystemExit(128 + learnt.signal)      # fit has saved: the same command goes on
        transforms, name = learnt.transforms, f"{type(model).__name__}, {args.epochs} epochs"
    if own:                                            # pixels are compared on small pictures
        known, seen = Pictures(files, 32)[:], Pictures(files, transforms.in_shape[1])
    else:
        known = seen = train.images


def before_the_scores(model):
    """The layer whose answers the last Linear turns into scores."""
    layers = [(path, part) for path, part in model.named_modules() if not part.named_parts()]
    places = [place for place, (_, part) in enumerate(layers) if isinstance(part, Linear)]
    if not places or not places[-1]:
        raise ValueError(f"{type(model).__name__} does not end in a Linear; name the --layer")
    return layers[places[-1] - 1][0]


def features(pictures):
    """(N, D)"""
    x = dataset_features(model, pictures, transforms.test, {layer: 1})[layer]
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) if args.unit else x


# 4. Neighbours in feature space, and in pixel space ----------------------------------------------
with told_in_one_line(settings):
    layer = args.layer or before_the_scores(model)
    x = features(seen)
    if own:                                            # each is the nearest to itself: not counted
        asked = np.random.default_rng(args.seed).permutation(len(known))[:args.rows]
        count = min(args.count, len(known) - 1)
        near, flat = (nearest(values[asked], values, count + 1)[0][:, 1:] for values in (x, known))
        large = Pictures(files, 128)[:]
        queries, labels, classes = large[asked], None, None
    else:
        near = nearest(features(test.images), x, args.count)[0]
        flat = nearest(test.images, known, args.count)[0]
        print(f"{len(test)} pictures looked for among {len(known):,}; of their {args.count} nearest"
              " neighbours are of the same class")
        for space, numbers in (("features", near), ("pixels", flat)):
            print(f"  {space:9} {same_class(numbers, train.labels, test.labels):5.1f} %")
        large, queries = known, test.images[:args.rows]
        labels, classes = (test.labels[:args.rows], train.labels), train.classes
    blocks = {f"L2 nearest neighbours in feature space ({layer})": near[:args.rows],
              "L2 in pixel space": flat[:args.rows]}
    picture = draw_neighbours(queries, large, blocks, args.out, name, labels, classes)
print(f"picture: {picture.path}")
