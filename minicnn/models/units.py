"""Residual units: two or three convolutions with a way around them, and how they make a stage.

    y = after(body(x) + shortcut(x))

What stands in the body and behind the sum differs from paper to paper.  An Order spells it out, one
word for a layer:

    order                     body                         behind the sum
    original                  conv bn relu conv bn         relu
    bn after addition         conv bn relu conv            bn relu
    no relu                   conv bn relu conv bn
    relu before addition      conv bn relu conv bn relu
    relu-only preactivation   relu conv bn relu conv bn
    preactivation             bn relu conv bn relu conv

The layers bear these words and a number as their names: conv1, bn1, relu1, conv2, ...

Sources: He et al. 2016, "Deep residual learning", section 3 (original); He et al. 2016, "Identity
mappings in deep residual networks", figure 4 (all but "no relu").  Slides: memphis "ResNet" (bn
after addition, no relu), stanford "Identity Mappings in Deep Residual Networks" (preactivation).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.module import Module
from minicnn.layers.residual import Shortcut
from minicnn.models.network import Residual

Unit = Callable[..., Module]           # unit(in_channels, channels, stride); some, also dilation=


# --- the convolutions of a unit ------------------------------------------------------------------

def basic(in_channels: int, channels: int, stride: int) -> list[Conv2d]:
    """[3x3, channels; 3x3, channels]"""
    return [Conv2d(in_channels, channels, 3, stride, 1, bias=False),
            Conv2d(channels, channels, 3, 1, 1, bias=False)]


def bottleneck(in_channels: int, middle: int, out_channels: int, stride: int, groups: int = 1,
               stride_on: str = "3x3", dilation: int = 1) -> list[Conv2d]:
    """[1x1, middle; 3x3, middle; 1x1, out_channels], the stride on the "3x3" or the "first 1x1".

    dilation : of the 3x3
    """
    first, second = (stride, 1) if stride_on == "first 1x1" else (1, stride)
    return [Conv2d(in_channels, middle, 1, first, bias=False),
            Conv2d(middle, middle, 3, second, dilation, dilation, groups, bias=False),
            Conv2d(middle, out_channels, 1, bias=False)]


def convolutions(kind: str, in_channels: int, channels: int, stride: int,
                 stride_on: str = "3x3", dilation: int = 1) -> list[Conv2d]:
    """Those of ResNet's "basic" unit, or of its "bottleneck", which gives 4 * channels.

    dilation : of a bottleneck's 3x3
    """
    if kind == "basic":
        return basic(in_channels, channels, stride)
    return bottleneck(in_channels, channels, 4 * channels, stride, 1, stride_on, dilation)


# --- the layers around them ----------------------------------------------------------------------

class Order(NamedTuple):
    """The words of a body with any number of convolutions, and those behind the sum.

    each  : for every convolution but the last
    last  : for the last one
    after : behind the sum
    """

    each: str
    last: str
    after: str = ""

    def words(self, convs: Sequence[Conv2d]) -> str:
        """Of the body: "conv bn relu conv bn relu conv bn" for three convolutions."""
        return " ".join([self.each] * (len(convs) - 1) + [self.last])


ORDERS = {
    "original":                Order("conv bn relu", "conv bn", "relu"),
    "bn after addition":       Order("conv bn relu", "conv", "bn relu"),
    "no relu":                 Order("conv bn relu", "conv bn"),
    "relu before addition":    Order("conv bn relu", "conv bn relu"),
    "relu-only preactivation": Order("relu conv bn", "relu conv bn"),
    "preactivation":           Order("bn relu conv", "bn relu conv"),
}


def named_layers(words: str, convs: Sequence[Conv2d], channels: int | None = None,
                 dropout: float = 0.0) -> dict[str, Module]:
    """The layers that the words name: "conv bn relu conv" -> conv1, bn1, relu1, conv2.

    channels : of what comes in; if left out, the first convolution's
    dropout  : probability, where "dropout" is among the words
    """
    named: dict[str, Module] = {}
    numbers: Counter[str] = Counter()
    waiting = iter(convs)
    channels = channels or convs[0].in_channels            # of what the next layer reads
    for word in words.split():
        layer: Module
        if word == "conv":
            layer = conv = next(waiting)
            channels = conv.out_channels
        elif word == "bn":
            layer = BatchNorm2d(channels)
        elif word == "relu":
            layer = ReLU()
        else:
            layer = Dropout(dropout)
        numbers[word] += 1
        named[f"{word}{numbers[word]}"] = layer
    return named


def around(convs: Sequence[Conv2d], option: str = "B",
           norm: Callable[[int], Module] | None = BatchNorm2d) -> Shortcut | None:
    """The shortcut that fits these convolutions; None where it is x itself."""
    stride = convs[0].stride[0] * convs[1].stride[0]
    shortcut = Shortcut(convs[0].in_channels, convs[-1].out_channels, stride, option, norm)
    return None if shortcut.identity else shortcut


# --- whole units ---------------------------------------------------------------------------------

def residual_unit(convs: Sequence[Conv2d], shortcut: Module | None, order: Order,
                  **last: Module) -> Residual:
    """y = after(body(x) + shortcut(x));  `last` ends the body (squeeze-and-excitation)."""
    body = Sequential(**named_layers(order.words(convs), convs), **last)
    after = named_layers(order.after, [], convs[-1].out_channels)
    if len(after) < 2:                                     # one ReLU needs no Sequential
        return Residual(body, shortcut, *after.values())
    return Residual(body, shortcut, Sequential(**after))


def preactivation_unit(convs: Sequence[Conv2d], option: str = "B",
                       order: Order = ORDERS["preactivation"], dropout: float = 0.0) -> Module:
    """y = x + body(x), where x goes around as it is.

    Where a projection goes around, it reads relu(bn(x)), as the first convolution of the body does:
    these two layers then stand before the fork.
    """
    shortcut = around(convs, option, norm=None)
    layers = named_layers(order.words(convs), convs, dropout=dropout)
    if shortcut is None or shortcut.projection is None:
        return Residual(Sequential(**layers), shortcut)
    before = dict(takewhile(lambda named: named[0] != "conv1", layers.items()))
    body = {name: layer for name, layer in layers.items() if name not in before}
    return Sequential(before=Sequential(**before), residual=Residual(Sequential(**body), shortcut))


def plain_unit(convs: Sequence[Conv2d]) -> Sequential:
    """The original unit without the way around."""
    words = ORDERS["original"].words(convs)
    return Sequential(body=Sequential(**named_layers(words, convs)), after=ReLU())


# --- stages --------------------------------------------------------------------------------------

def stage(unit: Unit, count: int, in_channels: int, channels: int, stride: int,
          expansion: int = 1, dilations: tuple[int, int] = (1, 1)) -> Sequential:
    """`count` units, each giving expansion * channels; the first one changes the shape.

    dilations : of the first one, and of the others
    """
    first, other = [unit if dilation == 1 else partial(unit, dilation=dilation)
                    for dilation in dilations]
    return Sequential(first(in_channels, channels, stride),
                      *[other(expansion * channels, channels, 1) for _ in range(count - 1)])


def units_per_stage(name: str, depth: int, each: int, others: int, published: Sequence[int]) -> int:
    """The n of depth = each n + others, or an error."""
    if not isinstance(depth, int) or depth < each + others or (depth - others) % each:
        raise ValueError(f"{name}: no depth {depth}; it is {each} n + {others}, such as "
                         f"{', '.join(map(str, published))}")
    return (depth - others) // each
