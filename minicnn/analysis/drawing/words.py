"""What stands in a box: the kind of a layer, its words, and how wide they are."""

from math import ceil
from typing import Any

from minicnn.backend.windows import times

KINDS = {
    "input": "input", "conv": "convolution", "pool": "pooling", "fc": "fully connected",
    "attention": "attention", "norm": "normalisation", "activation": "activation",
    "join": "where paths meet", "resize": "enlarges or cuts", "module": "module, drawn below",
    "other": "other",
}
OF_CLASS = {
    "Image": "input",
    "Conv2d": "conv", "Patches": "conv", "PrimaryCapsules": "conv", "PartialConv2d": "conv",
    "Linear": "fc", "TokenLinear": "fc", "RBF": "fc", "RoutedCapsules": "fc",
    "Attention": "attention", "Attend": "attention",
    "Add": "join", "Concat": "join", "Mean": "join", "ScaleChannels": "join", "MaskProduct": "join",
    "Upsample": "resize", "Resize": "resize", "ConvTranspose2d": "resize", "MaxUnpool2d": "resize",
    "Crop": "resize", "Subsample2d": "pool", "RegionPool": "pool",
    "ContrastNorm": "norm", "LocalResponseNorm": "norm", "L2Norm": "norm",
    "ReLU": "activation", "ReLU6": "activation", "LeakyReLU": "activation", "PReLU": "activation",
    "Sigmoid": "activation", "Tanh": "activation", "ScaledTanh": "activation",
    "Hardtanh": "activation", "SiLU": "activation", "GELU": "activation", "Softmax": "activation",
    "CapsuleLength": "activation",
}
SHORT = {
    "Image": "image",
    "BatchNorm2d": "BN", "BatchNorm1d": "BN", "FrozenBatchNorm2d": "BN", "LayerNorm": "LN",
    "LayerNorm2d": "LN", "LocalResponseNorm": "LRN", "L2Norm": "L2 norm", "GroupNorm": "GN",
    "ContrastNorm": "contrast", "Add": "+", "Concat": "concat", "Mean": "mean",
    "ScaleChannels": "scale", "GlobalAvgPool2d": "global avg pool", "TokenLinear": "linear",
    "AdaptiveAvgPool2d": "avg pool", "MaxUnpool2d": "unpool", "ChannelSlice": "slice",
    "ChannelShuffle": "shuffle", "StochasticDepth": "drop path", "LayerScale": "layer scale",
    "LeakyReLU": "leaky ReLU", "ImageToTokens": "to tokens", "RegionPool": "region pool",
    "Subsample2d": "subsample", "Linear": "fc", "RoutedCapsules": "capsules", "Scale": "scale",
    "PrimaryCapsules": "conv", "Patches": "conv", "ConvTranspose2d": "up-conv", "Attend": "attend",
    "MaskProduct": "product", "Conv2d": "conv", "CapsuleLength": "length",
    "ClassToken": "class token", "FirstToken": "first token", "PointToken": "point token",
    "Sigmoid": "sigmoid", "Tanh": "tanh", "Crop": "crop", "Positions": "positions",
    "Dropout": "dropout", "Flatten": "flatten", "Attention": "attention", "Upsample": "upsample",
    "Resize": "resize",
}
SMALL = {"Flatten", "Dropout", "StochasticDepth", "LayerScale", "Scale", "Same", "ImageToTokens",
         "DropConnect"}                # what is written beside the layer before it
# How wide letters are, in thousandths of the size: DejaVu Sans, which is wider than most.
WIDTHS = {letter: width for letters, width in [
    ("ijlIJ|'", 335), (" .,:;", 350), ("frt()/-[]!", 440), ("_s", 525), ("cz", 550),
    ("kvxyL", 592), ("aeoYF", 645), ("0123456789bdghnpquESBKTP", 692), ("ACRVXZ", 712),
    ("GUHND", 778), ("OQw^~", 835), ("M+×=<>→", 880), ("mW@%#&", 1010)] for letter in letters}
BOLD = 1.13                            # times as wide


def kind_of(layer: Any) -> str:
    name = type(layer).__name__
    if name in OF_CLASS:
        return OF_CLASS[name]
    return "pool" if "Pool" in name else "norm" if "Norm" in name else "other"


def is_small(layer: Any) -> bool:
    """Whether the layer shares the box of the one before it."""
    return type(layer).__name__ in SMALL or kind_of(layer) in ("activation", "norm")


def short(layer: Any) -> str:
    name = type(layer).__name__
    if name == "MaxPool2d":
        return "max pool"
    return SHORT.get(name, "avg pool" if name == "AvgPool2d" else name)


def form_of(layer: Any) -> str:
    """"conv 3x3", without the number of maps."""
    words: str = short(layer)
    window: Any = getattr(layer, "window", None)
    if window is None:
        return words
    groups = getattr(layer, "groups", 1)
    if groups > 1 and groups == getattr(layer, "in_channels", 0):
        words = "depthwise"
    said = [f"{words} {times(window.kernel)}"]
    if groups > 1 and words != "depthwise":
        said.append(f"{groups} groups")
    if any(size > 1 for size in window.dilation):
        said.append(f"dilation {one(window.dilation)}")
    if any(size > 1 for size in window.stride):
        said.append(f"{'×' if kind_of(layer) == 'resize' else '/'}{one(window.stride)}")
    return ", ".join(said)


def one(sizes: Any) -> str:
    return str(sizes[0]) if sizes[0] == sizes[1] else times(sizes)


def words_of(layer: Any, shape: Any) -> str:
    """"conv 3x3, 64, /2"."""
    form, kind = form_of(layer), kind_of(layer)
    if form.startswith("depthwise") and layer.in_channels == layer.out_channels:
        return form
    if kind == "conv" or type(layer).__name__ == "ConvTranspose2d":
        first, *others = form.split(", ")
        return ", ".join([first, str(shape[0]), *others])
    if kind == "fc":
        return f"{form} {shape[-1]}"
    if kind == "join" and type(layer).__name__ == "Concat":
        return f"{form}, {shape[0] if len(shape) == 3 else shape[-1]}"
    return form


def text_width(text: str, size: float, bold: bool = False) -> float:
    """At least what the text takes, in any of the fonts that a drawing asks for."""
    return size * sum(WIDTHS.get(letter, 700) for letter in text) / 1000 * (BOLD if bold else 1)


def folded(text: str, most: float, size: float, bold: bool = False) -> list[str]:
    """The text in as few lines no wider than `most` as it takes, and those about equally wide;
    broken behind spaces, "_" and ".".  A single piece that is wider keeps a line of its own.
    """
    pieces = [""]
    for letter in text:
        pieces[-1] += letter
        if letter in " _.":
            pieces.append("")
    lines = filled(pieces, most, size, bold)
    for share in (0.6, 0.7, 0.8, 0.9):
        narrow = filled(pieces, most * share, size, bold)
        if len(narrow) == len(lines):
            return narrow
    return lines


def filled(pieces: list[str], most: float, size: float, bold: bool) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size, bold) > most:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


def widest(lines: list[str], size: float, bold: bool = False) -> float:
    return ceil(max((text_width(line, size, bold) for line in lines), default=0.0))
