"""Claims about single layers."""

from math import prod

import numpy as np

from minicnn.analysis.receptive_field import receptive_fields, trace
from minicnn.analysis.summary import summary
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import times
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.slides.claim import AGREES, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import MIB

C = 64                             # any number of maps: it cancels


def conv3(count: int, maps: int = 1) -> Sequential:
    return Sequential(*[Conv2d(maps, maps, 3, bias=False) for _ in range(count)])


def conv7(maps: int) -> Conv2d:
    return Conv2d(maps, maps, 7, bias=False)


def seen(layers: Sequential) -> tuple[str, ...]:
    """What one output of each layer sees."""
    steps = trace(layers, (1, 32, 32))
    fields = receptive_fields(steps)
    return tuple(times(fields[id(step)][0]) for step in steps)


def strided() -> Sequential:
    """memphis's example."""
    return Sequential(*[Conv2d(1, 1, 3, stride=2, padding=1) for _ in range(2)])


def strided_sizes() -> tuple[str, ...]:
    return tuple(times(step.shape[1:]) for step in trace(strided(), (1, 5, 5)))


def ratio(count: int) -> float:
    """Weights of one 7 x 7 layer for each of so many 3 x 3 layers."""
    return conv7(C).num_parameters() / conv3(count, C).num_parameters()


def projection() -> tuple[int, int]:
    """Maps that 32 filters of 1 x 1 make of 64, and multiplications for each value."""
    conv, in_shape = Conv2d(64, 32, 1), (64, 56, 56)
    out_shape = conv.shape(in_shape)
    return out_shape[0], conv.macs(in_shape, out_shape) // prod(out_shape)


def reduces() -> Fact:
    C, H, W = 64, 56, 56
    F, OH, OW = Conv2d(C, 32, 1).shape((C, H, W))
    return Fact((OH, OW) == (H, W) and F < C, f"{C}x{H}x{W} to {F}x{OH}x{OW}")


def example() -> Conv2d:
    """virginia's layer: 200 maps of 150 x 100 from a colour image, 5 x 5."""
    return Conv2d(3, 200, 5, padding="same")


def example_output() -> tuple[int, ...]:
    return example().shape((3, 100, 150))


def example_bytes() -> int:
    return summary(example(), (3, 100, 150)).memory


# What stands in the drawing of stanford's slide, of which the text has the answer alone.
SLICE = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]


def pooled() -> tuple[int, ...]:
    """The slice after max pooling, 2x2, stride 2, row by row."""
    x = Tensor(np.array([[SLICE]], np.float32))
    return tuple(int(value) for value in MaxPool2d(2, 2)(x).numpy().ravel())


LAYERS = Topic("Layers", (
    Claim("stanford: Review: Pooling", "max pooling of a 4x4 slice, 2x2, stride 2",
          ("6", "8", "3", "4"), pooled, AGREES),
    Claim("memphis: Receptive field in CNNs (2nd)",
          "5x5 pixels after one and two 3x3 convolutions, stride 2, "
          "padding 1", ("3x3", "2x2"), strided_sizes, AGREES,
          lambda: f"what one output sees: {', then '.join(seen(strided()))}, borders included"),
    Claim("iitk: Small convolution kernels (1st)",
          "what one output of one, two, three 3x3 layers sees",
          ("3x3", "5x5", "7x7"), lambda: seen(conv3(3)), AGREES),
    Claim("stanford: Why use smaller filters? (2nd)",
          "three 3x3 layers see what one layer sees of", "7x7",
          lambda: seen(conv3(3))[-1], AGREES),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (2nd); "
          "stanford: Why use smaller filters? (4th); iitk: Small convolution kernels (2nd)",
          "weights of one 7x7 layer, of three 3x3, in units "
          "of C^2", ("49", "27"), lambda: (conv7(C).num_parameters() // C ** 2,
                                         conv3(3, C).num_parameters() // C ** 2), AGREES),
    Claim("iitk: Small convolution kernels (2nd)",
          "nonlinearities of three 3x3 layers, of one 7x7", ("Three", "one"),
          lambda: tuple({1: "one", 3: "Three"}[count] for count in (
              len(list(conv3(3).modules())) - 1, len(list(conv7(C).modules())))), AGREES,
          "one behind each layer"),
    Claim("iitk: Small convolution kernels (2nd)",
          "weights that one 7x7 layer has more than three 3x3", "81%",
          lambda: 100 * (ratio(3) - 1), ROUNDS,
          lambda: f"the other way round, three 3x3 have {100 * (1 - 1 / ratio(3)):.1f} % less"),
    Claim("virginia: Solution: 1x1 convolution",
          "1x1 convolution of 64 maps: maps it makes, length of each "
          "dot product", ("32", "64"), projection, AGREES),
    Claim("virginia: 1x1 convolution",
          "1x1 convolution preserves spatial dimensions, reduces depth", "",
          reduces, AGREES),
    Claim("virginia: Hyperparameters and Memory Requirements",
          "5x5 layer, 200 maps of 150x100: neurons of a map, inputs of each",
          ("15,000", "75"), lambda: (prod(example_output()[1:]), prod(example().weight.shape[1:])),
          AGREES),
    Claim("virginia: Hyperparameters and Memory Requirements",
          "5x5 layer, 200 maps of 150x100: multiplications", "225 million",
          lambda: example().macs((3, 100, 150), example_output()), AGREES),
    Claim("virginia: Hyperparameters and Memory Requirements",
          "5x5 layer, 200 maps of 150x100: bits of the output", "96 million",
          lambda: 8 * example_bytes(), AGREES),
    Claim("virginia: Hyperparameters and Memory Requirements",
          "5x5 layer, 200 maps of 150x100: bytes of the output", "11.4 MB",
          example_bytes, OTHER, "MB for MiB",
          ("1 MB = 1,048,576 bytes", lambda: example_bytes() / MIB)),
    Claim("virginia: Hyperparameters and Memory Requirements",
          "5x5 layer, 200 maps of 150x100: bytes for a batch of 100", "1 GB",
          lambda: 100 * example_bytes(), ROUNDS, "to one digit"),
))
