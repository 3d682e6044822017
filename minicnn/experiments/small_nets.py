"""Small networks that several experiments train."""

from collections.abc import Callable

from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.network import conv_unit

Norm = Callable[[int], Module]


def six_convolutions(norm: Norm | None) -> Module:
    """conv - norm - relu six times, the mean over places, linear: (N, 1, 14, 14) -> (N, 10).

    norm : norm(channels) -> Module, or None
    """
    model = Sequential(
        conv_unit(1, 16, 3, norm=norm), conv_unit(16, 16, 3, norm=norm),
        conv_unit(16, 32, 3, 2, norm=norm), conv_unit(32, 32, 3, norm=norm),
        conv_unit(32, 32, 3, norm=norm), conv_unit(32, 32, 3, norm=norm),
        GlobalAvgPool2d(), Flatten(), Linear(32, 10))
    apply_init(model, weight=he_normal(), bias=zeros)
    return model


def last_of(model: Module) -> str:
    """The name of the last layer, which is new for other classes."""
    return model.named_parts()[-1][0]
