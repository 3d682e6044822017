"""A LeNet-5 that reads digits, which several experiments look at; trained once for each seed."""

from typing import NamedTuple

from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Settings
from minicnn.experiments.networks import Plan, Trained, trained
from minicnn.experiments.pictures import digits, some
from minicnn.layers.module import Module
from minicnn.models import build

FEATURES = "FC2"                       # the 100 numbers before the scores


class Reader(NamedTuple):
    """The network, the digits that it learnt from, and others."""

    net: Trained
    train: Dataset
    test: Dataset


def lenet() -> Module:
    return build("lenet5", variant="visualiser")


def reader(settings: Settings, seed: int) -> Reader:
    train, test = digits(settings, 32)
    count, epochs = settings.pick(2000, 12_000, 64), settings.pick(5, 8, 1)
    settings.note(network="lenet5, variant visualiser", images=count, epochs=epochs)
    train, test = some(train, count, seed), test[:settings.pick(1000, 10_000, 64)]
    net = trained(settings, "reader", Plan(epochs, 0.05, 32), seed, lenet, train, test)
    return Reader(net, train, test)
