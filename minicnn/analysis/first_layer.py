"""What the first layer of a trained network looks for: its filters as small pictures.

A filter of the first layer has the channels of the image, so it can be looked at as one: edges of
every direction, blobs of colour.  stanford and unicamp show AlexNet's, 64 x 3 x 11 x 11 in
torchvision's network, 96 in the paper's.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn.analysis.pictures import Where, filters
from minicnn.backend.arrays import to_cpu
from minicnn.data.canvas import Picture
from minicnn.layers.module import Module


def first_filters(weights: Module | Mapping[str, Any]) -> tuple[str, Any]:
    """(name, array) of the filters that see the image itself: (F, 3, KH, KW), else (F, 1, KH, KW).

    weights : a network, or names and what has a shape, in the order of a network
    """
    named = dict(weights.named_parameters()) if isinstance(weights, Module) else weights
    for C in (3, 1):               # a file in the order of the alphabet has depthwise ones first
        for name, array in named.items():
            if len(array.shape) == 4 and array.shape[1] == C and min(array.shape[2:]) > 1:
                return name, array
    raise ValueError("there are no filters (F, 3, KH, KW) or (F, 1, KH, KW): no layer here sees an "
                     "image of 3 colours or of grey")


def draw_first_layer(weights: Module | Mapping[str, Any], path: Where = None, title: str = ""
                     ) -> Picture:
    """The filters of `first_filters` as a picture."""
    name, array = first_filters(weights)
    values = np.asarray(to_cpu(array.data if isinstance(weights, Module) else array), np.float32)
    size = "x".join(map(str, values.shape))
    return filters(values, path, f"{title}{': ' if title else ''}{name}, {size}")
