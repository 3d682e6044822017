"""`python -m minicnn look NETWORK`: what a network sees, and what a layer looks for."""

import argparse
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.activations import activations
from minicnn.analysis.ascent import STEPS, Climb, ascend
from minicnn.analysis.channels_picture import draw_channels
from minicnn.analysis.exciting import BATCH, Best, most_exciting, strongest
from minicnn.analysis.look import (
    check_channel,
    chosen_layer,
    maps_of_layers,
    of_each_channel,
    said_of_channel,
    said_of_saliency,
    seen_of,
)
from minicnn.analysis.pictures import feature_maps
from minicnn.analysis.receptive_field import field_of
from minicnn.analysis.saliency import draw_saliency, saliency
from minicnn.cli.arguments import number, place, seed, whole, word
from minicnn.cli.subjects import add_subject, chosen_subject
from minicnn.cli.test import test_pictures
from minicnn.data.canvas import check_drawing
from minicnn.data.dataset import Dataset
from minicnn.data.files import check_writable
from minicnn.data.find import drawn_digits, find_data, padded
from minicnn.explain.subject import Subject, preparation_of
from minicnn.training.evaluate import answers_distances
from minicnn.training.testtime import load_run
from minicnn.training.transforms import channels, fitted

WHAT = "draw what a network sees: its maps, the pixels that decide, and what a layer looks for"
EXAMPLE = "look lenet5 --layer CONV2"
STRONGEST = 8                  # channels, where none is named
LIMIT = 500                    # pictures of the data set

Prepared = Callable[[Any], np.ndarray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    option = parser.add_argument
    option("--layer", type=word, help="whose channels are looked at, by its path, such as CONV2 "
           "(the last convolution)")
    option("--channel", type=any_number, metavar="K", help=f"one channel (the {STRONGEST} that "
           "answer most to the picture)")
    option("--label", type=any_number, metavar="K", help="the class whose score is held beside "
           "that of the answer (the one that the network answers second)")
    option("--data", type=word, metavar="NAME", help="where patches are cut from: digits, mnist, "
           "cifar10 or a folder; their test pictures (of a run its own, else digits)")
    option("--limit", type=whole, default=LIMIT, metavar="N", help="the first N pictures of them "
           f"({LIMIT})")
    option("--seed", type=seed, default=0, help="of the ascent (0)")
    option("--out", type=place, metavar="FOLDER", help="where the pictures go (out/look)")


def any_number(text: str) -> int:
    return number(text, 0, 10 ** 6)


def run(args: argparse.Namespace) -> int:
    out = args.out or Path("out/look")
    check_drawing()
    check_writable(out / "look.md", f"--out is {str(out)!r}")
    subject = chosen_subject(args)
    model, x = subject.model, subject.x
    found = activations(model, x)
    layer = chosen_layer(model, found, args.layer)
    if args.channel is not None:
        check_channel(layer, found[layer].shape[1], args.channel)
    scores = compared(subject, args.label)
    data, prepared = pictures(args, subject)
    low, high = ends(prepared, data, x.shape[1:])

    def shown(values: np.ndarray) -> np.ndarray:
        """From 0 to 1."""
        return (values - low) / (high - low)

    name = Path(args.network).name
    page = Page(out, subject.words)
    rows = maps_of_layers(model, found, layer)
    image = shown(x[0])
    page.picture("maps.png", feature_maps(image[0] if len(image) == 1 else image, rows, title=(
        f"what {len(rows)} layers of {name} make of it")),
        f"the maps of {', '.join(rows)}, layer below layer".replace("\n", ""))
    sign = -1.0 if answers_distances(model) else 1.0
    slopes = [(f"score of {label}", saliency(model, x[0], label, sign)) for label in scores]
    if slopes:
        page.picture("saliency.png", draw_saliency(image, slopes, title=f"{name}: which "
                     "pixels decide"), "for each score how much, and which way, every pixel counts")
        page.say(*(said_of_saliency(name, score, slope) for (name, slope), score
                   in zip(slopes, scores.values(), strict=True)))
    else:
        page.say("no saliency: this network has no score for each class")
    chosen = strongest(found[layer][0], STRONGEST) if args.channel is None else [args.channel]
    look_for(page, args, model, layer, chosen, found[layer][0], data, prepared, low, high)
    return 0


def compared(subject: Subject, label: int | None) -> dict[int, float]:
    """{class: score} of the answer and the class beside it; {} if a network gives no scores."""
    try:
        scores = subject.scores()
    except ValueError:
        if label is not None:
            raise
        return {}
    if label is not None and label >= len(scores):
        raise ValueError(f"--label is {label}, but there are the classes 0 to {len(scores) - 1}")
    best = int(scores.argmax())
    return {one: float(scores[one]) for one in (best, subject.label(label))}


def pictures(args: argparse.Namespace, subject: Subject) -> tuple[Dataset, Prepared]:
    """What patches are cut from, and how it becomes what the network reads, in float32."""
    C, H, W = subject.x.shape[1:]
    if Path(args.network).is_dir():
        run = load_run(args.network, args.weights or "last")
        data = find_data(args.data, max(H, W))[1] if args.data else test_pictures(
            args.network, run, find_data)
        return first(data, args.limit), lambda images: run.transforms.test(images)
    _, scale = preparation_of(subject.model)
    data = padded(drawn_digits("test")) if args.data in (None, "digits") else \
        find_data(args.data, max(H, W))[1]

    def prepared(images: Any) -> np.ndarray:
        ready = fitted(channels(np.asarray(images), C), (H, W))
        return np.stack([scale(one) for one in ready]).astype(np.float32)

    return first(data, args.limit), prepared


def first(data: Dataset, count: int) -> Dataset:
    return data.subset(count) if count < len(data) else data


def ends(prepared: Prepared, data: Dataset, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """What the darkest and the brightest pixel become, (C, 1, 1) each."""
    c = data.images.shape[1]
    low, high = (prepared(np.full((1, c, *shape[1:]), value, np.uint8))[0][:, :1, :1]
                 for value in (0, 255))
    return low, high


def look_for(page: "Page", args: argparse.Namespace, network: Any, layer: str, chosen: list[int],
             maps: np.ndarray, data: Dataset, prepared: Prepared, low: Any, high: Any) -> None:
    """Patches and ascent; what Ctrl-C leaves is drawn, too."""
    model = deepcopy(network).to(dtype=np.float32)
    shape = prepared(data.images[:1]).shape[1:]
    field = field_of(model, layer, shape)
    best: Best | None = None
    climb: Climb | None = None
    stopped: KeyboardInterrupt | None = None
    try:
        for after in watched(most_exciting(model, layer, data.images, prepared),
                             -(-len(data) // BATCH), "patches"):
            best = after
        for so_far in watched(ascend(model, layer, chosen, shape, low, high, STEPS, args.seed),
                              STEPS, "ascent"):
            climb = so_far
    except KeyboardInterrupt as stop:
        stopped = stop
    rows = of_each_channel(model, layer, chosen, maps, field, best, climb,
                           lambda image: prepared(data.images[image:image + 1])[0],
                           lambda values: (values - low) / (high - low))
    sees = seen_of(field, shape)
    name = f"{layer.replace('/', '_').replace('#', '_')}.png"
    page.say(f"{layer}: {len(maps)} channels; {sees}", f"patches of {data.source}",
             *(said_of_channel(row, best, data, climb) for row in rows))
    if stopped:
        page.say(f"stopped after {best.seen if best else 0:,} of {len(data):,} pictures and "
                 f"{climb.steps if climb else 0} of {STEPS} steps of the ascent")
    title = f"{Path(args.network).name}: what {layer} looks for"
    page.picture(name, draw_channels(rows, title=title,
                                     source=data.source, field=sees),
                 f"for each channel of {layer} its map, the picture found by ascent, and patches")
    if stopped:
        raise stopped


def watched(steps: Iterable[Any], count: int, what: str) -> Iterable[Any]:
    """The same, with a bar where somebody watches and it takes more than two seconds."""
    from tqdm import tqdm
    return tqdm(steps, what, count, delay=2, leave=False, disable=None)


class Page:
    """The folder: pictures, and look.md that shows them with what was found; told line by line."""

    def __init__(self, folder: Path, words: str) -> None:
        self.folder, self.lines = folder, ["# What was looked at", ""]
        self.say(words)

    def say(self, *lines: str) -> None:
        for line in lines:
            print(line)
        self.lines += [f"- {line}" for line in lines]
        self.write()

    def picture(self, name: str, drawn: Any, alt: str) -> None:
        print(drawn.save(self.folder / name))
        self.lines += ["", f"![{alt}]({name})", ""]
        self.write()

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "look.md").write_text("\n".join(self.lines) + "\n", encoding="utf-8")
