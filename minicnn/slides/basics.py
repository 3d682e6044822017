"""Claims about single layers, and about LeNet-5."""

from math import prod

from minicnn.inspect.field import receptive_fields, trace
from minicnn.inspect.summary import summary
from minicnn.layers.conv import Conv2d
from minicnn.module import Sequential
from minicnn.slides.claim import AGREES, OTHER, ROUNDS, Claim, Topic
from minicnn.slides.measure import MIB, network, output, row, weight_shape

C = 64                             # any number of maps: it cancels


def conv3(count: int, maps: int = 1) -> Sequential:
    return Sequential(*[Conv2d(maps, maps, 3, bias=False) for _ in range(count)])


def conv7(maps: int) -> Conv2d:
    return Conv2d(maps, maps, 7, bias=False)


def seen(count: int) -> str:
    """What one output of so many 3 x 3 convolutions sees."""
    steps = trace(conv3(count), (1, 32, 32))
    height, width = receptive_fields(steps)[id(steps[-1])][0]
    return f"{height}x{width}"


def strided() -> tuple[str, str]:
    """Sizes after the first and the second convolution of memphis's example."""
    conv = Conv2d(1, 1, 3, stride=2, padding=1)
    first = conv.shape((1, 5, 5))
    return f"{first[1]}x{first[2]}", "x".join(map(str, conv.shape(first)[1:]))


def ratio(count: int) -> float:
    """Weights of one 7 x 7 layer for each of so many 3 x 3 layers."""
    return conv7(C).num_parameters() / conv3(count, C).num_parameters()


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
          "padding 1", ("3x3", "2x2"), strided, AGREES),
    Claim("iitk:102, iitk:103, iitk:104", "what one output of one, two, three 3x3 layers sees",
          ("3x3", "5x5", "7x7"), lambda: (seen(1), seen(2), seen(3)), AGREES),
    Claim("stanford:763", "three 3x3 layers see what one layer sees of", "7x7",
          lambda: seen(3), AGREES),
    Claim("memphis:247, stanford:824", "weights of one 7x7 layer, of three 3x3, in units of C^2",
          ("49", "27"), lambda: (conv7(C).num_parameters() // C ** 2,
                                 conv3(3, C).num_parameters() // C ** 2), AGREES),
    Claim("iitk:117", "weights that one 7x7 layer has more than three 3x3", "81%",
          lambda: 100 * (ratio(3) - 1), ROUNDS),
    Claim("virginia:227, virginia:233", "1x1 convolution: filters, and length of the dot product",
          ("32", "64"), lambda: Conv2d(64, 32, 1).weight.shape[:2], AGREES),
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


def sides(variant: str, *labels: str) -> tuple[int, ...]:
    return tuple(int(output("lenet5", label, variant=variant).split("x")[-1]) for label in labels)


LENET = Topic("LeNet-5", 'virginia "LeNet-5"; unicamp "Visualizing a CNN trained on Handwritten '
              'Digits"', (
    Claim("virginia:103, virginia:102, virginia:101, virginia:100", "sides of C1, S2, C3, S4",
          ("28", "14", "10", "5"), lambda: sides("slide", "C1", "S2", "C3", "S4"), AGREES),
    Claim("virginia:99, virginia:98, virginia:97", "side of C5, sizes of F6 and Out",
          ("1", "84", "10"), lambda: sides("slide", "C5", "F6", "OUT"), AGREES),
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
          ("120", "100", "10"), lambda: sides("visualiser", "FC1", "FC2", "OUT"), AGREES),
))
