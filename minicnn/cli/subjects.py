"""A network and a picture, as `explain` and `step` take them from the command line."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from shlex import quote

from minicnn.backend.seeds import manual_seed
from minicnn.cli.arguments import chosen_network, network_for, word
from minicnn.explain.subject import UNTRAINED, Subject, network_subject, pocket_subject
from minicnn.training.recognise import Recogniser


def add_subject(parser: ArgumentParser) -> None:
    """NETWORK, --variant, --weights, --digit, --image"""
    option = parser.add_argument
    option("network", type=word, metavar="NETWORK|RUN", help="a name that `python -m minicnn "
           "networks` lists, or a folder that the train command made; lenet5 is the pocket LeNet")
    option("--variant", type=word, help="a variant of the network, for example paper")
    option("--weights", type=word, metavar="FILE", help="its weights; without them it is untrained,"
           " but for the pocket LeNet; of a run, best or last (last)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--digit", type=digit, default=7, metavar="D", help="a digit that minicnn "
                       "drew, 0 to 9 (7)")
    which.add_argument("--image", type=word, metavar="FILE", help="a picture file")


def digit(text: str) -> int:
    if len(text) != 1 or not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a digit, 0 to 9; other pictures: --image FILE")
    return int(text)


def chosen_subject(args: Namespace) -> Subject:
    """The network that the arguments name, and its picture; what is wrong is said at once."""
    manual_seed(0)                                 # untrained weights, and what dropout drops
    if Path(args.network).is_dir():
        if args.variant:
            raise ValueError("--variant goes with a network's name; a run knows its own")
        which = args.weights or "last"
        reads = Recogniser.of_run(args.network, which)
        asked = quote(args.network) + (f" --weights {which}" if args.weights else "")
        return network_subject(reads.model, args.network, f"its {which} weights", asked,
                               args.digit, args.image, reads)
    if args.network == "lenet5" and not args.variant and not args.weights:
        return pocket_subject(args.digit, args.image)
    name = args.network + (f" ({args.variant})" if args.variant else "")
    asked = args.network + (f" --variant {args.variant}" if args.variant else "")
    if not args.weights:
        return network_subject(chosen_network(args), name, UNTRAINED, asked, args.digit, args.image)
    model = network_for(args.weights, args.network, args.variant)
    return network_subject(model, name, Path(args.weights).name,
                           f"{asked} --weights {quote(args.weights)}", args.digit, args.image)
