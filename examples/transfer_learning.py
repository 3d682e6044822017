"""Transfer learning: what a network has learnt from some pictures, used for others.

    python examples/transfer_learning.py                              trains its own base network
    python examples/transfer_learning.py --weights efficientnet-lite0-57934424.pth

Read it beside the slides "Transfer learning with CNNs" (stanford) and "How it's implemented for
ImageNet" (memphis).  A base network learns the first half of the classes; the questions are about
the other half, which is similar, and about quite other pictures.  Each cell of the tables is kept
in out/transfer-...: after Ctrl-C the same command goes on from there.
"""

from argparse import ArgumentParser
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm

from minicnn import Tensor, manual_seed, no_grad, set_threads, weights
from minicnn.cli.arguments import above_zero, pixels, place, whole, word
from minicnn.data import Dataset, Loader, find_data
from minicnn.layers import BatchNorm2d, Flatten, GlobalAvgPool2d, Linear, Sequential
from minicnn.layers.freeze import freeze
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.models.network import conv_unit
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR
from minicnn.training import Transforms, fit, transfer
from minicnn.training.cells import Cells
from minicnn.training.features import dataset_features
from minicnn.training.interrupt import end_quietly, finish_step, told_in_one_line
from minicnn.training.probe import fit_probe
from minicnn.training.recipes.recipe import Recipe

# 1. Settings ------------------------------------------------------------------------------------
settings = ArgumentParser(
    description="Linear classifiers on frozen features, fine-tuning a few layers or more, and "
    "training from scratch: on similar and on different data, little and much.",
    epilog="example: python examples/transfer_learning.py --data cifar10 --sizes 5 25 100")
option = settings.add_argument
option("--data", type=word, metavar="NAME", help="cifar10, mnist, digits (drawn by minicnn), or a "
       "folder of class folders (cifar10 where it is found, else digits)")
option("--weights", type=place, metavar="FILE", help="take EfficientNet-Lite0 with these weights "
       "as base, not a network trained here")
option("--side", type=pixels, default=64, help="pixels a side that --weights' network sees (64)")
option("--sizes", type=whole, nargs="+", default=[5, 25, 100], metavar="N",
       help="pictures of each class to learn from (5 25 100)")
option("--seeds", type=whole, default=3, help="times that each cell is measured (3)")
option("--base", type=whole, default=10, metavar="EPOCHS", help="of a base network (10)")
option("--images", type=whole, default=10**5, metavar="N", help="that a base learns from, at most")
option("--passes", type=whole, default=6000, metavar="N", help="pictures that a network learns "
       "from in a cell, the same ones again and again (6000)")
option("--rate", type=above_zero, default=0.1, metavar="SHARE", help="at which layers of the base "
       "learn on, as a share of the rate of new ones (0.1)")
option("--test", type=whole, default=1000, metavar="N", help="pictures to test on (1000)")
option("--out", type=place, metavar="DIR", help="for results (out/transfer-DATA)")
option("--fresh", action="store_true", help="begin anew, and forget the results in --out")
args = settings.parse_args()
end_quietly()                                                    # Ctrl-C: a line, no traceback
set_threads(1)                           # small networks gain nothing from more


# 2. Pictures: classes A for the base, classes B (similar), and others (different) -----------------
def found(name):
    """Training and test pictures: of that name, or CIFAR-10, or digits that minicnn draws."""
    if name:
        return find_data(name, args.side if args.weights else 32)
    try:
        return find_data("cifar10")
    except FileNotFoundError:
        print("CIFAR-10 is not here (--help): classes of drawn digits take its place")
        return find_data("digits")


def some_classes(data, first, last):
    """The pictures of the classes first, first + 1, ..., last - 1, which count from 0 then."""
    chosen = data[(data.labels >= first) & (data.labels < last)]
    return chosen.replace(labels=chosen.labels - first, classes=data.classes[first:last])


def stripes(count, seed):
    """Noisy stripes in five directions: about as different from digits as pictures can be."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(5, size=count)
    angle = np.pi * labels / 5 + rng.normal(0, 0.12, count)
    length, phase = rng.uniform(4, 9, count), rng.uniform(0, 2 * np.pi, count)
    y, x = np.mgrid[:32, :32]
    across = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y    # (N, 32, 32)
    wave = np.sin(2 * np.pi * across / length[:, None, None] + phase[:, None, None])
    grey = 127 + 30 * wave + rng.normal(0, 45, wave.shape)
    return Dataset(grey.clip(0, 255).astype(np.uint8)[:, None], labels,
                   [f"{36 * n} degrees" for n in range(5)], "stripes")


with told_in_one_line(settings):
    both = found(args.data)
    C = len(both[0].classes)
    if C < 4 and not args.weights:
        raise ValueError(f"{C} classes are too few: base A and base B need two each")
    own = args.weights and args.data and Path(args.data).is_dir()
    first = 0 if own else C // 2                       # ImageNet's base has seen none of your own
    similar = [some_classes(part, first, C) for part in both]
    photos = both[0].images.shape[1] == 3
    different = [some_classes(part, 5, 10) for part in find_data("digits")] if photos else \
        [stripes(4000, 0), stripes(2000, 1)]
    DATA = {"similar": similar, "different": different}
    for name, (train, _) in DATA.items():
        least = np.bincount(train.labels).min()
        if least < max(args.sizes):
            raise ValueError(f"--sizes {max(args.sizes)}: of the {name} data one class has only "
                             f"{least} pictures to learn from; name smaller sizes")
    name = Path(args.data or ("cifar10" if photos else "digits")).name
    out = args.out or Path("out") / f"transfer-{name}{'-efficientnet' if args.weights else ''}"
    tested = {name: test[:args.test] for name, (_, test) in DATA.items()}
    of = {name: ", ".join(train.classes) for name, (train, _) in DATA.items()}
print(*(f"{name}: {of[name]}; {train.source}" for name, (train, _) in DATA.items()), sep="\n")


# 3. The base network, and its layers in order ----------------------------------------------------
def eight_layers(classes):
    """As many as AlexNet has on the slide, but small: (N, 3, 32, 32) -> (N, classes)."""
    return Sequential(
        conv1=conv_unit(3, 16, 3), conv2=conv_unit(16, 32, 3, 2),               # 32x32x32 -> 16x16
        conv3=conv_unit(32, 32, 3), conv4=conv_unit(32, 64, 3, 2),              # 64x8x8
        conv5=conv_unit(64, 64, 3), conv6=conv_unit(64, 64, 3), conv7=conv_unit(64, 64, 3),
        pool=GlobalAvgPool2d(), flatten=Flatten(), fc=Linear(64, classes))


def efficientnet(classes):
    model = build("efficientnet_lite0")
    model.fc = Linear(1280, classes)                   # a head of its own
    for part in model.modules():
        if isinstance(part, BatchNorm2d):
            part.momentum = 0.1        # its 0.01 averages over more steps than there are here
    return model


if args.weights:
    network = efficientnet
    LAYERS = ["conv1", *(f"stage{n}" for n in range(1, 8)), "head"]
    STAGES = {"stage3": 4, "stage5": 4, "head": 1}     # maps are averaged to 4x4, to 1x1
    FEW = ["stage7", "head"]
else:
    network = eight_layers
    LAYERS = [f"conv{n}" for n in range(1, 8)]
    STAGES = {"conv3": 4, "conv5": 4, "conv7": 1}
    FEW = ["conv6", "conv7"]
*EARLIER, TOP = STAGES
METHODS = {"scratch": "from scratch",
           **{f"earlier {layer}": f"linear on {layer}" for layer in EARLIER}, "top": f"linear on "
           f"top ({TOP})", "few": f"fine-tune a few ({', '.join(FEW)})", "more": "fine-tune more"}
RECIPE = Recipe("transfer", "of this example", lr=0.1, batch=64, epochs=args.base, augment=(),
                optimizer=("SGD", {"momentum": 0.9, "weight_decay": 5e-4}))


def trained(letter, train, test):
    """A base network on its pictures; stopped, it goes on from there the next time."""
    manual_seed(ord(letter))
    train, test = train[:args.images], test[:args.test]
    model = eight_layers(len(train.classes))
    told = fit(model, train, test, RECIPE, out=out / f"base-{letter}", fresh=args.fresh,
               in_shape=(3, 32, 32), log=lambda line: print(f"base {letter}: {line}"))
    if not told.finished:
        raise SystemExit(128 + told.signal)            # fit has saved
    return model, told


with told_in_one_line(settings):
    if args.weights:
        base, base_name = efficientnet(1000), "EfficientNet-Lite0 (ImageNet)"
        weights.load(base, args.weights)
        prepare = Transforms((3, args.side, args.side), [127 / 255] * 3, [128 / 255] * 3).test
    else:
        base, told = trained("A", *[some_classes(part, 0, first) for part in both])
        prepare = told.transforms.test
        base_name = f"a base that has learnt {', '.join(both[0].classes[:first])}"
learnt = base.state_dict()


# 4. How a network learns: the base's layers slowly, what is new at the full rate ------------------
def copy_of(values, layers, classes):
    """A network whose `layers` are those of `values`; the others are new."""
    model = network(classes)
    model.load_state_dict({name: value for name, value in values.items()
                           if name.split(".")[0] in layers}, strict=False)
    norms = [path for path, part in model.named_modules() if isinstance(part, BatchNorm2d)
             and path.split(".")[0] in layers]         # a few pictures make poor averages
    return freeze(model, *norms) if norms else model


def learn(model, old, images, labels, epochs, seed, lr=0.01 if args.weights else 0.05):
    """old: layers that have learnt before, of which frozen ones stay as they are."""
    named = [(name.split(".")[0], p) for name, p in model.named_parameters() if p.requires_grad]
    slow, fast = ([p for layer, p in named if (layer in old) == known] for known in (True, False))
    groups = [{"params": fast}] + ([{"params": slow, "lr": args.rate * lr}] if slow else [])
    loader = Loader(images, labels, 32, seed=seed, drop_last=len(labels) > 32)
    optimizer = SGD(groups, lr=lr, momentum=0.9, weight_decay=5e-4)
    schedule = CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    model.train()
    for _ in range(epochs):
        for x, y in loader:
            loss = cross_entropy(model(Tensor(prepare(x))), y)                  # forward, loss
            optimizer.zero_grad()                                               # zero
            loss.backward()                                                     # backward
            optimizer.step()                                                    # step
            schedule.step()
            if stop:
                stop.leave()                           # this cell is lost, the others are kept


@no_grad()
def error(model, test):
    """In percent."""
    model.eval()
    answers = [model(Tensor(prepare(test.images[i:i + 100]))).numpy().argmax(axis=1)
               for i in range(0, len(test), 100)]
    return 100 * float((np.concatenate(answers) != test.labels).mean())


# 5. The pictures of a cell, and what the base says to them ---------------------------------------
@cache
def drawn(data, seed):
    """Numbers of max(sizes) pictures of each class in turn: the first n C of them are n a class."""
    labels, rng = DATA[data][0].labels, np.random.default_rng(seed)
    of_class = [rng.permutation(np.flatnonzero(labels == c))[:max(args.sizes)]
                for c in range(labels.max() + 1)]
    return np.stack(of_class, axis=1).ravel()


@cache
def drawn_features(data, seed):
    return dataset_features(base, DATA[data][0].images[drawn(data, seed)], prepare, STAGES)


@cache
def test_features(data):
    return dataset_features(base, tested[data].images, prepare, STAGES)


def measured(data, size, method, seed):
    """The test error of one cell."""
    train, test, C = DATA[data][0], tested[data], len(DATA[data][0].classes)
    chosen = drawn(data, seed)[:size * C]
    kind, _, layer = method.partition(" ")
    if kind in ("top", "earlier"):                     # the features are there, only w and b learn
        x, layer = drawn_features(data, seed), layer or TOP
        probe = fit_probe(x[layer][:size * C], train.labels[chosen], C)
        return probe.error(test_features(data)[layer], test.labels)
    manual_seed(seed)
    old = [] if kind == "scratch" else LAYERS
    model = copy_of(learnt, old, C)
    if kind == "few":
        freeze(model, *LAYERS[:LAYERS.index(FEW[0])])
    epochs = max(min(args.passes // len(chosen), 60), 1)
    learn(model, old, train.images[chosen], train.labels[chosen], epochs, seed)
    return error(model, test)


# 6. The cells: each is kept as soon as it is known -----------------------------------------------
plan = {"base": args.weights.name if args.weights else both[0].fingerprint, "side": args.side,
        "epochs": args.base, "images": args.images, "passes": args.passes, "test": args.test,
        "rate": args.rate, "data": {name: train.fingerprint for name, (train, _) in DATA.items()}}
errors, copied = {}, {}
with told_in_one_line(settings), Cells(out, plan, args.fresh) as cells, finish_step() as stop:
    work = list(product(range(args.seeds), DATA, args.sizes, METHODS))
    for seed, data, size, method in tqdm(work, "cells", leave=False, disable=None):
        name = f"{data} | {size} | {method} | {seed}"
        if name not in cells:
            cells[name] = measured(data, size, method, seed)
        errors.setdefault((data, size, method), []).append(cells[name])
        if stop:
            stop.leave()

    print(f"\n{base_name}; test errors in percent, seeds 0 to {args.seeds - 1}")
    for data in DATA:
        print(f"\n{data} data: {of[data]}", transfer.table(errors, data, METHODS), sep="\n")
    print("", *transfer.verdicts(errors, METHODS), "", sep="\n")
    print("picture:", transfer.draw_transfer(errors, METHODS, of, out / "transfer.png",
                                             f"Transfer from {base_name}").path)

    # 7. Base A and base B: the first n layers copied and kept, the others learn anew on B ---------
    if not args.weights:
        on_b, NAMES = similar[0][:args.images], ["nothing", *LAYERS]
        states = {"A": learnt, "B": trained("B", *similar)[0].state_dict()}
        work = list(product(range(len(NAMES)), states))
        for n, letter in tqdm(work, "AnB, BnB", leave=False, disable=None):
            name, kept = f"{letter}{n}B", LAYERS[:n]
            if name not in cells:
                manual_seed(n)
                model = copy_of(states[letter], kept, len(on_b.classes))
                if kept:
                    freeze(model, *kept)
                learn(model, kept, on_b.images, on_b.labels, max(args.base // 3, 1), n)
                cells[name] = error(model, tested["similar"])
            copied[letter, n] = cells[name]
        print("", *transfer.copied_table(copied, NAMES), "", sep="\n")
        print("picture:", transfer.draw_copied_layers(copied, NAMES, out / "base_a_base_b.png",
                                                      "Which layers are general?").path)
