"""`python -m minicnn demo`: a page in the browser where a class can play with a network."""

import argparse
import os
import webbrowser
from functools import partial
from pathlib import Path

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import check_file, chosen_network, network_for, number, place, word
from minicnn.data.mnist import CLASSES, has_mnist
from minicnn.data.shapes_forms import FORMS
from minicnn.demo.addresses import Site
from minicnn.demo.alone import page_alone
from minicnn.demo.lesson import Lesson, drawn_digits, mnist_digits
from minicnn.demo.pocket_detector import pocket_detector
from minicnn.demo.reading import Reader
from minicnn.demo.scene import Scene
from minicnn.demo.server import Server
from minicnn.explain.pocket import pixels, pocket_lenet
from minicnn.explain.subject import UNTRAINED, preparation_of
from minicnn.layers.module import Module
from minicnn.training.recognise import Recogniser, digit_of
from minicnn.training.recognise_scenes import (
    SceneRecogniser,
    answered_classes,
    recogniser_of,
    sees_scenes,
)

WHAT = "open a page where one draws a digit, sees every layer, and asks any number where it is from"
EXAMPLE = "demo lenet5 --port 8080"
NUMBERS = [str(k) for k in range(25_000)]      # names of classes that nobody has named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("network", nargs="?", default="lenet5", type=word, metavar="NETWORK|RUN", help="a name "
           "that `python -m minicnn networks` lists, or a folder that the train command made; what "
           "answers with boxes or maps goes into the third tab (lenet5, the pocket LeNet)")
    option("--variant", type=word, help="a variant of the network, for example paper")
    option("--weights", type=word, metavar="FILE", help="its weights; of a run, best or last "
           "(last)")
    option("--data", type=word, metavar="DIR", help="folder of MNIST's files, for the tab where "
           "LeNet-5 learns ($MINICNN_DATA; else digits that minicnn draws)")
    option("--port", type=port, default=8080, help="of the page; if it is taken, the next that is "
           "free (8080)")
    option("--no-browser", action="store_true", help="print the address, and open nothing")
    option("--big", action="store_true", help="large type, for a lecture hall")
    option("--html", type=place, metavar="FILE", help="write the first tab into one file instead, "
           "with the pocket LeNet in JavaScript: it needs no server, and a phone can play")


def port(text: str) -> int:
    return number(text, 1, 65_535)


def run(args: argparse.Namespace) -> int:
    """Until Ctrl-C; with --html at once."""
    if args.html:
        return write_page(args)
    set_threads(1)                     # beside the browser, and for small networks the fastest
    reader, scene = tabs(args)
    server = Server(Site(reader, Lesson(digits(args.data)), scene, args.big).routes, args.port)
    if server.server_port != args.port:
        print(f"port {args.port} is taken: this is {server.server_port}")
    print(f"{server.address}\nOnly this machine can reach it.  Ctrl-C ends it.", flush=True)
    if not args.no_browser:
        webbrowser.open(server.address)
    server.run()
    return 0


def write_page(args: argparse.Namespace) -> int:
    """--html: a file in place of a server."""
    check_file(args.html, "--html")
    if args.network != "lenet5" or args.variant or args.weights:
        raise ValueError("--html has the pocket LeNet, which is all that its JavaScript computes; "
                         "leave out network, variant and weights, or leave out --html")
    args.html.write_text(page_alone(), encoding="utf-8")
    print(args.html)
    return 0


def digits(folder: str | None) -> partial:
    """What finds the digits to learn from."""
    named = folder or os.environ.get("MINICNN_DATA")
    if named and has_mnist(Path(named).expanduser()):
        return partial(mnist_digits, str(Path(named).expanduser()))
    if folder:
        raise FileNotFoundError(f"--data is {folder!r}, but MNIST's files are not there")
    return partial(drawn_digits)


def tabs(args: argparse.Namespace) -> tuple[Reader, Scene]:
    """What the first tab and the third show: the network goes where its answers belong."""
    found = network(args)
    if isinstance(found, Scene):
        return pocket_reader(), found
    return found, pocket_scene()


def network(args: argparse.Namespace) -> Reader | Scene:
    """The network of the arguments, and how it reads pictures."""
    if Path(args.network).is_dir():
        if args.variant:
            raise ValueError("--variant goes with a network's name; a run knows its own")
        which = args.weights or "last"
        words, found = f"{args.network}: its {which} weights", recogniser_of(args.network, which)
        if isinstance(found, SceneRecogniser):
            return seen_by(found, words)
        return read_by(found, words, args.network + (f" --weights {which}" if args.weights else ""))
    if args.network == "lenet5" and not args.variant and not args.weights:
        return pocket_reader()
    name = args.network + (f" ({args.variant})" if args.variant else "")
    asked = args.network + (f" --variant {args.variant}" if args.variant else "")
    if not args.weights:
        manual_seed(0)
        return unpublished(chosen_network(args), f"{name}: {UNTRAINED}", asked)
    model = network_for(args.weights, args.network, args.variant)
    words, asked = f"{name}: {Path(args.weights).name}", f"{asked} --weights {args.weights}"
    if sees_scenes(model) and "torchvision" in getattr(model, "published", {}) and \
            getattr(model, "preparation", None) is not None:
        return seen_by(SceneRecogniser.published(model), words)
    if not sees_scenes(model) and getattr(model, "preparation", None) is not None:
        return read_by(Recogniser.published(model), words, asked)
    return unpublished(model, words, asked)


def pocket_reader() -> Reader:
    """The pocket LeNet."""
    return Reader(pocket_lenet(), CLASSES, digit_of(28), lambda seen: pixels(seen[None])[0],
                  "lenet5, visualiser: the pocket weights, whole hundredths", "lenet5")


def pocket_scene() -> Scene:
    """The pocket detector."""
    model, mean, std, ap = pocket_detector()
    return Scene(model, lambda image: ((image - mean) / std).astype(np.float32),
                 ("background", *FORMS), "ssd300, small: the pocket detector, AP "
                 f"{ap:.2f} % on 300 scenes that it has not seen")


def read_by(found: Recogniser, words: str, asked: str) -> Reader:
    return Reader(found.model, found.classes, found.look, found.scale, words, asked)


def seen_by(found: SceneRecogniser, words: str) -> Scene:
    def prepare(image: np.ndarray) -> np.ndarray:
        from PIL import Image
        return found.prepare(found.look(Image.fromarray(image.transpose(1, 2, 0))))
    return Scene(found.model, prepare, found.classes, words, chosen=True)


def unpublished(model: Module, words: str, asked: str) -> Reader | Scene:
    """A network of which nobody says how its pictures are prepared."""
    if not sees_scenes(model):
        return Reader(model, NUMBERS, *preparation_of(model), words, asked)
    C = model.input_shape[0]                               # type: ignore[attr-defined]

    def prepare(image: np.ndarray) -> np.ndarray:
        x = (image / 255).astype(np.float32)                                 # (3, 64, 64)
        return 4 * (x if C == 3 else x.mean(axis=0, keepdims=True)) - 2
    count = answered_classes(model)
    names = ("background", *FORMS) if count == 1 + len(FORMS) else NUMBERS[:count]
    return Scene(model, prepare, names, words, chosen=True)
