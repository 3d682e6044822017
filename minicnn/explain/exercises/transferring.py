"""Exercises of chapter 15, transfer."""

from functools import cache

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.freeze import freeze, unfreeze
from minicnn.layers.linear import Linear
from minicnn.models import build
from minicnn.optim.sgd import SGD
from minicnn.schedule.formulas import CosineAnnealingLR


@cache
def learning(name: str, *layers: str) -> int:
    """Parameters that learn in a network for five classes that is frozen but for these layers."""
    model = unfreeze(freeze(build(name, classes=5)), *layers)
    return sum(value.numel() for value in model.parameters() if value.requires_grad)


@cache
def rates(t: int) -> tuple[float, float]:
    """Of the layers that are tuned and of the new one, after t of 100 steps of half a cosine."""
    tuned, new = Tensor(np.zeros(1), requires_grad=True), Tensor(np.zeros(1), requires_grad=True)
    optimizer = SGD([{"params": [tuned], "lr": 0.005}, {"params": [new]}], lr=0.05)
    tuned.grad = new.grad = np.zeros(1)
    schedule = CosineAnnealingLR(optimizer, T_max=100)
    for _ in range(t):
        optimizer.step()
        schedule.step()
    first, second = schedule.get_last_lr()
    return first, second


TRANSFER = (
    Exercise(
        "15.1", "ResNet-50 has 2,048 features before its last layer. It gets a new last layer for "
        "five classes, and the rest is frozen. How many parameters learn?",
        lambda: learning("resnet50", "fc"),
        "5 x (2,048 + 1) = {answer}, of more than 23 million.",
        (Slip(lambda: Linear(2048, 5, bias=False).num_parameters(), "the biases learn, too"),
         Slip(lambda: learning("resnet18", "fc"), "that is ResNet-18's, which has 512 features"),
         Slip(lambda: build("resnet50", classes=5).num_parameters(),
              "that is everything; what is frozen does not learn"))),
    Exercise(
        "15.2", "VGG-16 for five classes: fc8 is new, and fc7 (4,096 to 4,096, with biases) is "
        "fine-tuned with it. How many parameters learn?",
        lambda: learning("vgg16", "fc7", "fc8"),
        "4,096 x 4,097 + 5 x 4,097 = {answer}: \"a few layers\" are a matter of millions here.",
        (Slip(lambda: learning("vgg16", "fc8"), "that is the new layer alone"),
         Slip(lambda: learning("vgg16", "fc7"), "the new layer learns as well"),
         Slip(lambda: learning("vgg16", "fc6", "fc7", "fc8"), "fc6 stays frozen"))),
    Exercise(
        "15.3", "The new layer learns at 0.05, the layers that are fine-tuned at a tenth of it, "
        "and both rates follow half a cosine over 100 steps down to 0. At which rate are the "
        "fine-tuned layers after 50 steps?",
        lambda: rates(50)[0],
        "Half of 0.005, for the cosine is at its middle: {answer}.",
        (Slip(lambda: rates(0)[0], "that is where they began"),
         Slip(lambda: rates(50)[1], "that is the new layer's"),
         Slip(lambda: rates(100)[0], "that is the end"))),
)
