"""`python -m minicnn demo`: a page in the browser where a class can play with a network."""

import argparse
import os
import webbrowser
from functools import partial
from pathlib import Path

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import chosen_network, network_for, number, word
from minicnn.data.mnist import CLASSES, has_mnist
from minicnn.data.shapes_forms import FORMS
from minicnn.demo.addresses import Site
from minicnn.demo.lesson import Lesson, drawn_digits, mnist_digits
from minicnn.demo.pocket_detector import pocket_detector
from minicnn.demo.reading import Reader
from minicnn.demo.scene import Scene
from minicnn.demo.server import Server
from minicnn.explain.pocket import pixels, pocket_lenet
from minicnn.explain.subject import UNTRAINED, preparation_of
from minicnn.layers.module import Module
from minicnn.training.recognise import Recogniser, digit_of
from minicnn.training.recognise_scenes import sees_scenes

WHAT = "open a page where one draws a digit, sees every layer, and asks any number where it is from"
EXAMPLE = "demo lenet5 --port 8080"
NUMBERS = [str(k) for k in range(25_000)]      # names of classes that nobody has named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("network", nargs="?", default="lenet5", type=word, metavar="NETWORK|RUN", help="a name "
           "that `python -m minicnn networks` lists, or a folder that the train command made "
           "(lenet5, the pocket LeNet)")
    option("--variant", type=word, help="a variant of the network, for example paper")
    option("--weights", type=word, metavar="FILE", help="its weights; of a run, best or last "
           "(last)")
    option("--data", type=word, metavar="DIR", help="folder of MNIST's files, for the tab where "
           "LeNet-5 learns ($MINICNN_DATA; else digits that minicnn draws)")
    option("--port", type=port, default=8080, help="of the page; if it is taken, the next that is "
           "free (8080)")
    option("--no-browser", action="store_true", help="print the address, and open nothing")
    option("--big", action="store_true", help="large type, for a lecture hall")


def port(text: str) -> int:
    return number(text, 1, 65_535)


def run(args: argparse.Namespace) -> int:
    """Until Ctrl-C."""
    set_threads(1)                     # beside the browser, and for small networks the fastest
    server = Server(Site(reader(args), Lesson(digits(args.data)), scene(), args.big).routes,
                    args.port)
    if server.server_port != args.port:
        print(f"port {args.port} is taken: this is {server.server_port}")
    print(f"{server.address}\nOnly this machine can reach it.  Ctrl-C ends it.", flush=True)
    if not args.no_browser:
        webbrowser.open(server.address)
    server.run()
    return 0


def digits(folder: str | None) -> partial:
    """What finds the digits to learn from."""
    named = folder or os.environ.get("MINICNN_DATA")
    if named and has_mnist(Path(named).expanduser()):
        return partial(mnist_digits, str(Path(named).expanduser()))
    if folder:
        raise FileNotFoundError(f"--data is {folder!r}, but MNIST's files are not there")
    return partial(drawn_digits)


def reader(args: argparse.Namespace) -> Reader:
    """The network of the first tab."""
    if Path(args.network).is_dir():
        if args.variant:
            raise ValueError("--variant goes with a network's name; a run knows its own")
        which = args.weights or "last"
        found = Recogniser.of_run(args.network, which)
        return Reader(found.model, found.classes, found.look, found.scale,
                      f"{args.network}: its {which} weights",
                      args.network + (f" --weights {which}" if args.weights else ""))
    if args.network == "lenet5" and not args.variant and not args.weights:
        return Reader(pocket_lenet(), CLASSES, digit_of(28), lambda seen: pixels(seen[None])[0],
                      "lenet5, visualiser: the pocket weights, whole hundredths", "lenet5")
    name = args.network + (f" ({args.variant})" if args.variant else "")
    asked = args.network + (f" --variant {args.variant}" if args.variant else "")
    if args.weights:
        model = readable(network_for(args.weights, args.network, args.variant), name)
        words, asked = Path(args.weights).name, f"{asked} --weights {args.weights}"
        if getattr(model, "preparation", None) is not None:
            found = Recogniser.published(model)
            return Reader(model, found.classes, found.look, found.scale, f"{name}: {words}", asked)
    else:
        manual_seed(0)
        model, words = readable(chosen_network(args), name), UNTRAINED
    look, scale = preparation_of(model)
    return Reader(model, NUMBERS, look, scale, f"{name}: {words}", asked)


def readable(model: Module, name: str) -> Module:
    if sees_scenes(model):
        raise ValueError(f"{name} answers with boxes or maps; the first tab needs a network that "
                         "answers with one class, such as lenet5 or resnet18")
    return model


def scene() -> Scene:
    """The pocket detector."""
    model, mean, std, ap = pocket_detector()
    return Scene(model, lambda image: ((image - mean) / std).astype(np.float32),
                 ("background", *FORMS), "ssd300, small: the pocket detector, AP "
                 f"{ap:.2f} % on 300 scenes that it has not seen")
