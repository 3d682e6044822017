"""Claims about single layers, and about LeNet-5."""

from math import prod

from minicnn.analysis.receptive_field import receptive_fields, trace
from minicnn.analysis.summary import summary
from minicnn.backend.windows import times
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Sequential
from minicnn.slides.claim import AGREES, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    MIB,
    network,
    output,
    printed_side,
    row,
    table,
    weight_shape,
)

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


LAYERS = Topic("Layers", 'memphis "Convolution and receptive field"; iitk "Small convolution '
               'kernels"; virginia "Solution: 1x1 convolution", "Hyperparameters and Memory '
               'Requirements"', (
    Claim("memphis:44, memphis:45", "5x5 pixels after one and two 3x3 convolutions, stride 2, "
          "padding 1", ("3x3", "2x2"), strided_sizes, AGREES,
          lambda: f"what one output sees: {', then '.join(seen(strided()))}, borders included"),
    Claim("iitk:102, iitk:103, iitk:104", "what one output of one, two, three 3x3 layers sees",
          ("3x3", "5x5", "7x7"), lambda: seen(conv3(3)), AGREES),
    Claim("stanford:763", "three 3x3 layers see what one layer sees of", "7x7",
          lambda: seen(conv3(3))[-1], AGREES),
    Claim("memphis:247, stanford:824, iitk:116", "weights of one 7x7 layer, of three 3x3, in units "
          "of C^2", ("49", "27"), lambda: (conv7(C).num_parameters() // C ** 2,
                                         conv3(3, C).num_parameters() // C ** 2), AGREES),
    Claim("iitk:117", "weights that one 7x7 layer has more than three 3x3", "81%",
          lambda: 100 * (ratio(3) - 1), ROUNDS,
          lambda: f"the other way round, three 3x3 have {100 * (1 - 1 / ratio(3)):.1f} % less"),
    Claim("virginia:227, virginia:233", "1x1 convolution of 64 maps: maps it makes, length of each "
          "dot product", ("32", "64"), projection, AGREES),
    Claim("virginia:249", "1x1 convolution preserves spatial dimensions, reduces depth", "",
          reduces, AGREES),
    Claim("virginia:451", "5x5 layer, 200 maps of 150x100: neurons of a map, inputs of each",
          ("15,000", "75"), lambda: (prod(example_output()[1:]), prod(example().weight.shape[1:])),
          AGREES),
    Claim("virginia:451", "5x5 layer, 200 maps of 150x100: multiplications", "225 million",
          lambda: example().macs((3, 100, 150), example_output()), AGREES),
    Claim("virginia:452", "5x5 layer, 200 maps of 150x100: bits of the output", "96 million",
          lambda: 8 * example_bytes(), AGREES),
    Claim("virginia:452", "5x5 layer, 200 maps of 150x100: bytes of the output", "11.4 MB",
          example_bytes, OTHER, "MB for MiB",
          ("1 MB = 1,048,576 bytes", lambda: example_bytes() / MIB)),
    Claim("virginia:452", "5x5 layer, 200 maps of 150x100: bytes for a batch of 100", "1 GB",
          lambda: 100 * example_bytes(), ROUNDS, "to one digit"),
))


def printed_sides(variant: str, *labels: str) -> tuple[str, ...]:
    return tuple(printed_side("lenet5", label, variant=variant) for label in labels)


def sides(variant: str, *labels: str) -> tuple[int, ...]:
    return tuple(int(output("lenet5", label, variant=variant).split("x")[-1]) for label in labels)


def pattern(one_pixel: str) -> list[str]:
    """The layers of LeNet-5 in words; `one_pixel`: for a convolution whose maps have one pixel."""
    words = {"Conv2d": "CONV", "AvgPool2d": "POOL", "Linear": "FC"}
    return [one_pixel if line.output.endswith("x1x1") else words[line.layer]
            for line in table("lenet5", variant="slide").lines if line.layer in words]


LENET = Topic("LeNet-5", 'virginia "LeNet-5"; unicamp "Visualizing a CNN trained on Handwritten '
              'Digits"; stanford "Review: LeNet-5"', (
    Claim("stanford:298, unicamp:96", "architecture", "CONV-POOL-CONV-POOL-FC-FC",
          lambda: "-".join(pattern("CONV")), OTHER, "C5 is a convolution that sees whole maps",
          ("C5 as fully connected, the output left out", lambda: "-".join(pattern("FC")[:-1]))),
    Claim("virginia:103, virginia:102, virginia:101, virginia:100", "sides of C1, S2, C3, S4",
          lambda: printed_sides("slide", "C1", "S2", "C3", "S4"),
          lambda: sides("slide", "C1", "S2", "C3", "S4"), AGREES),
    Claim("virginia:99, virginia:98, virginia:97", "side of C5, sizes of F6 and Out",
          lambda: printed_sides("slide", "C5", "F6", "OUT"),
          lambda: sides("slide", "C5", "F6", "OUT"), AGREES),
    Claim("unicamp:19", "values of a 32x32 image", "1024",
          lambda: prod(network("lenet5", variant="visualiser").input_shape), AGREES),
    Claim("unicamp:20, unicamp:22", "filters of CONV 1 and CONV 2", ("6", "16"),
          lambda: (weight_shape("lenet5", "CONV1", variant="visualiser")[0],
                   weight_shape("lenet5", "CONV2", variant="visualiser")[0]), AGREES),
    Claim("unicamp:20, unicamp:22", "size of the filters of CONV 1 and CONV 2", ("5x5", "5x5"),
          lambda: (row("lenet5", "CONV1", variant="visualiser").kernel,
                   row("lenet5", "CONV2", variant="visualiser").kernel), AGREES,
          "the text of the slide has lost a space: 6.5 x 5 are 6 filters of 5x5"),
    Claim("unicamp:25, unicamp:26, unicamp:27", "neurons of the fully connected layers",
          lambda: printed_sides("visualiser", "FC1", "FC2", "OUT"),
          lambda: sides("visualiser", "FC1", "FC2", "OUT"), AGREES),
))
