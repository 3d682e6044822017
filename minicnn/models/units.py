"""Residual units: two or three convolutions with a way around them, and how they make a stage.

A unit is built from its convolutions and an Order, which says where batch norm and ReLU stand:

    original                  conv bn relu conv bn  + x  relu       He et al. 2016, figure 2
    bn after addition         conv bn relu conv     + x  bn relu    memphis "ResNet"
    no relu                   conv bn relu conv bn  + x             memphis "ResNet"
    relu before addition      conv bn relu conv bn relu  + x
    relu-only preactivation   relu conv bn relu conv bn  + x
    preactivation             bn relu conv bn relu conv  + x        stanford "Identity Mappings in
                                                                    Deep Residual Networks"

Sources: He et al. 2016, "Deep residual learning", section 3; He et al. 2016, "Identity mappings in
deep residual networks", figure 4 (all but "no relu"), here 2016b.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.residual import Shortcut
from minicnn.models.network import Residual
from minicnn.module import Module, Sequential

Unit = Callable[[int, int, int], Module]                   # (in_channels, channels, stride)


class Order(NamedTuple):
    """What stands, word by word, where a unit has a convolution, and behind the sum.

    each  : for every convolution but the last
    last  : for the last
    after : behind the sum
    """

    each: str
    last: str
    after: str = ""

    def words(self, convs: Sequence[Conv2d]) -> str:
        return " ".join([self.each] * (len(convs) - 1) + [self.last])


ORDERS = {
    "original":                Order("conv bn relu", "conv bn", "relu"),
    "bn after addition":       Order("conv bn relu", "conv", "bn relu"),
    "no relu":                 Order("conv bn relu", "conv bn"),
    "relu before addition":    Order("conv bn relu", "conv bn relu"),
    "relu-only preactivation": Order("relu conv bn", "relu conv bn"),
    "preactivation":           Order("bn relu conv", "bn relu conv"),
}


def basic(in_channels: int, channels: int, stride: int) -> list[Conv2d]:
    """[3x3, channels; 3x3, channels]"""
    return [Conv2d(in_channels, channels, 3, stride, 1, bias=False),
            Conv2d(channels, channels, 3, 1, 1, bias=False)]


def bottleneck(in_channels: int, middle: int, out_channels: int, stride: int, groups: int = 1,
               stride_on: str = "3x3") -> list[Conv2d]:
    """[1x1, middle; 3x3, middle; 1x1, out_channels], the stride on the "3x3" or the "first 1x1"."""
    strides = (stride, 1) if stride_on == "first 1x1" else (1, stride)
    return [Conv2d(in_channels, middle, 1, strides[0], bias=False),
            Conv2d(middle, middle, 3, strides[1], 1, groups=groups, bias=False),
            Conv2d(middle, out_channels, 1, bias=False)]


def around(convs: Sequence[Conv2d], option: str = "B",
           norm: Callable[[int], Module] | None = BatchNorm2d) -> Shortcut | None:
    """The shortcut that fits these convolutions; None where it is the identity."""
    stride = convs[0].stride[0] * convs[1].stride[0]
    shortcut = Shortcut(convs[0].in_channels, convs[-1].out_channels, stride, option, norm)
    return None if shortcut.identity else shortcut


def residual_unit(convs: Sequence[Conv2d], shortcut: Module | None, order: Order,
                  **last: Module) -> Residual:
    """y = after(body(x) + shortcut(x));  `last` ends the body (squeeze-and-excitation)."""
    body = Sequential(**laid_out(order.words(convs), convs), **last)
    after = laid_out(order.after, [], convs[-1].out_channels)
    if len(after) < 2:                                     # one ReLU needs no Sequential
        return Residual(body, shortcut, *after.values())
    return Residual(body, shortcut, Sequential(**after))


def preactivation_unit(convs: Sequence[Conv2d], option: str = "B",
                       order: Order = ORDERS["preactivation"], dropout: float = 0.0) -> Module:
    """A projection reads relu(bn(x)), as the body does; without one x itself goes around."""
    shortcut = around(convs, option, norm=None)
    named = laid_out(order.words(convs), convs, dropout=dropout)
    if shortcut is None or shortcut.projection is None:
        return Residual(Sequential(**named), shortcut)
    parts, first = list(named.items()), list(named).index("conv1")
    before, body = Sequential(**dict(parts[:first])), Sequential(**dict(parts[first:]))
    return Sequential(before=before, residual=Residual(body, shortcut))


def plain_unit(convs: Sequence[Conv2d]) -> Sequential:
    """The original unit without the way around."""
    words = ORDERS["original"].words(convs)
    return Sequential(body=Sequential(**laid_out(words, convs)), after=ReLU())


def laid_out(words: str, convs: Sequence[Conv2d], channels: int | None = None,
             dropout: float = 0.0) -> dict[str, Module]:
    """The layers that the words name: "conv bn relu conv" -> conv1, bn1, relu1, conv2.

    channels : of what comes in; if left out, the first convolution's
    """
    named: dict[str, Module] = {}
    waiting = iter(convs)
    channels = channels or convs[0].in_channels
    for word in words.split():
        layer: Module = ReLU()
        if word == "conv":
            layer = conv = next(waiting)
            channels = conv.out_channels
        elif word == "bn":
            layer = BatchNorm2d(channels)
        elif word == "dropout":
            layer = Dropout(dropout)
        number = 1 + sum(name.startswith(word) for name in named)
        named[f"{word}{number}"] = layer
    return named


def stage(unit: Unit, count: int, in_channels: int, channels: int, stride: int,
          expansion: int = 1) -> Sequential:
    """`count` units; the first changes the shape, the others read expansion * channels."""
    first = unit(in_channels, channels, stride)
    return Sequential(first, *[unit(expansion * channels, channels, 1) for _ in range(count - 1)])


def units_per_stage(name: str, depth: int, each: int, others: int, published: Sequence[int]) -> int:
    """The n of depth = each n + others, or an error."""
    if not isinstance(depth, int) or depth < each + others or (depth - others) % each:
        raise ValueError(f"{name}: no depth {depth}; it is {each} n + {others}, such as "
                         f"{', '.join(map(str, published))}")
    return (depth - others) // each
