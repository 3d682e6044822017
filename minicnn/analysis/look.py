"""What is looked at, and what is said of it: the layer, the channels, and each finding in words."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis.ascent import Climb, at_middle, middle
from minicnn.analysis.channels_picture import Looked, short
from minicnn.analysis.exciting import Best, patch
from minicnn.analysis.layer_names import NAMED, no_such_layer
from minicnn.analysis.receptive_field import Field
from minicnn.analysis.saliency import answer_of
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.dataset import Dataset
from minicnn.layers.module import Module
from minicnn.layers.windowed import Windowed

LAYERS = 24                    # more do not fit on a page


def chosen_layer(model: Module, found: dict[str, np.ndarray], name: str | None) -> str:
    """The layer of that name, whatever its capitals; without one the last convolution with maps.

    found : what each layer answers, as activations() gives it
    """
    names = [key for key in found if key]
    if name is None:
        filters = [key for key in names if found[key].ndim == 4 and found[key].shape[2] > 1
                   and isinstance(part := model.get_submodule(key.partition("#")[0]), Windowed)
                   and hasattr(part, "weight")]
        if not filters:
            raise ValueError("this network has no convolution with maps; name a layer: --layer "
                             + ", ".join(names[:NAMED]))
        return filters[-1]
    alike = [key for key in names if key == name] or [
        key for key in names if key.lower() == name.lower()]
    if len(alike) != 1:
        raise ValueError(f"--layer: no layer {name!r} ran; {no_such_layer(name, names)}")
    if found[alike[0]].ndim not in (2, 4):
        raise ValueError(f"--layer: {alike[0]} answers with "
                         f"{'x'.join(map(str, found[alike[0]].shape[1:]))} numbers, which are "
                         "neither maps nor a vector: it has no channels to look at")
    return alike[0]


def check_channel(layer: str, count: int, channel: int) -> None:
    if not 0 <= channel < count:
        raise ValueError(f"--channel is {channel}, but {layer} has the channels 0 to {count - 1}")


def maps_of_layers(model: Module, found: dict[str, np.ndarray], layer: str
                   ) -> dict[str, np.ndarray]:
    """{layer: (C, H, W) or (D,)} of one image, for a drawing: each layer that has no parts.

    Of a deep network the rows of its table, else every so many layers; and always the one asked
    for.
    """
    leaves = [key for key in found if key and found[key].ndim in (2, 4) and not any(
        other.startswith(f"{key.partition('#')[0]}.") for other in found)]
    rows = [key for key in getattr(model, "row_ends", {}).values() if key in found]
    if len(leaves) > LAYERS:
        leaves = rows if 1 < len(rows) <= LAYERS else leaves[::-(-len(leaves) // LAYERS)]
        leaves = [key for key in found if key in {*leaves, layer}]
    return {in_lines(key): found[key][0] for key in leaves}


def in_lines(name: str, most: int = 12) -> str:
    """A long path in lines that fit beside its maps.

    >>> in_lines("stage3.2.body.conv2"), in_lines("CONV2")
    ('stage3.2.\\nbody.conv2', 'CONV2')
    """
    lines = [""]
    for part in re.findall(r"[^._]+[._]?", name):
        if lines[-1] and len(lines[-1]) + len(part) > most:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def seen_of(field: Field, shape: Sequence[int]) -> str:
    """How much of an image (C, H, W) a unit sees, in words."""
    (h, w), (_, H, W) = field.size, shape
    if h >= H and w >= W:
        return f"a unit sees the whole image, {H}x{W} pixels"
    return f"a unit sees {h}x{w} pixels of {H}x{W}"


@no_grad()
def of_each_channel(model: Module, layer: str, channels: Sequence[int], maps: np.ndarray,
                    field: Field, best: Best | None, climb: Climb | None, pixels: Any, shown: Any
                    ) -> list[Looked]:
    """What is known of each channel, as pictures from 0 to 1.

    maps   : (C, OH, OW) or (C,), what the layer answers to the picture at hand
    pixels : pixels(number) -> (C, H, W), an image of the data set as the network reads it
    shown  : shown(x) -> (C, H, W) from 0 to 1
    """
    rows, ends = [], None
    if climb is not None and climb.steps:
        ends = answer_of(model, Tensor(climb.images), layer).data
        heights = at_middle(ends, channels)
    for number, channel in enumerate(channels):
        own = maps[channel].reshape(maps.shape[1:] or (1, 1))
        patches = [] if best is None else [
            patch(shown(pixels(image)), field, at)
            for image, at in zip(best.images[channel], best.places[channel], strict=True)]
        values = [] if best is None else best.values[channel].tolist()
        if climb is None:
            rows.append(Looked(channel, own, patches, values))
        else:
            top = patch(shown(climb.images[number]), field, middle(ends) or (0, 0))
            rows.append(Looked(channel, own, patches, values, top, float(heights[number])))
    return rows


# --- in words -------------------------------------------------------------------------------------

def said_of_saliency(name: str, score: float, slopes: np.ndarray) -> str:
    """The pixels (row, column) at which a score is steepest, both ways."""
    signed = slopes.sum(axis=0)                                                # (H, W)
    up, down = (np.unravel_index(place, signed.shape) for place in (signed.argmax(),
                                                                    signed.argmin()))
    return (f"{name}, {short(score)}: brighter at ({up[0]}, {up[1]}) raises it most, "
            f"{signed[up]:+.3g}; at ({down[0]}, {down[1]}) lowers it most, {signed[down]:+.3g}")


def said_of_channel(row: Looked, best: Best | None, data: Dataset, climb: Climb | None) -> str:
    """Its value here, the best of the data set and of which classes they are, and by ascent."""
    said = [f"channel {row.channel}: {short(float(row.map.max()))} here"]
    if best is not None:
        count = len(row.values)
        said.append(f"{short(row.values[0])} in {best.seen:,} pictures")
        often = Counter(data.labels[best.images[row.channel]].tolist()).most_common()
        said.append(f"the {count} best are of " + ", ".join(
            f"{data.classes[label]}{f' ({times})' if times > 1 else ''}" for label, times in often))
    if climb is not None and climb.steps:
        said.append(f"{short(row.ascent_value)} by ascent")
    return "; ".join(said)
