"""The error that all layers with a fixed number of channels share, and its likely cure."""

from typing import Any, NoReturn

from minicnn.backend.messages import plural
from minicnn.layers.parameter import Shape


def refuse_channels(layer: Any, in_shape: Shape, wanted: int, other: str) -> NoReturn:
    """in_shape has not the `wanted` channels; `other` is a layer that takes what came."""
    came, has = ", ".join(map(str, in_shape)), plural(in_shape[0], "channel")
    raise ValueError(f"{layer.located()}: the input (N, {came}) has {has}, the layer was built for "
                     f"{wanted}; {cure(in_shape, wanted, other)}")


def cure(in_shape: Shape, wanted: int, other: str) -> str:
    """What to do about an image whose first size is not the number of channels.

    >>> cure((32, 32, 3), 3, "Conv2d(32, ...)")
    'channels come before height and width: x.permute(0, 3, 1, 2)'
    >>> cure((16, 32, 32), 32, "Conv2d(16, ...)")
    'feed it 32, or build it with Conv2d(16, ...)'
    """
    if channels_last(in_shape, wanted):
        return "channels come before height and width: x.permute(0, 3, 1, 2)"
    if in_shape[0] == 1 and wanted == 3:
        return f"grey images need {other}"
    return f"feed it {wanted}, or build it with {other}"


def channels_last(in_shape: Shape, wanted: int) -> bool:
    """Whether (H, W, C) is the likely story: C at the end, and before it what looks like pixels."""
    if len(in_shape) != 3 or in_shape[2] != wanted:
        return False
    H, W, C = in_shape
    return H == W or min(5, H, W) > C                      # a square, or a picture's few colours
