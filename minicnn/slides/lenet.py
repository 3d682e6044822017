"""Claims about LeNet-5."""

from math import prod

from minicnn.backend.windows import times
from minicnn.slides.claim import AGREES, OTHER, Claim, Topic
from minicnn.slides.measure import (
    network,
    output,
    printed,
    printed_side,
    row,
    table,
    weight_shape,
)


def printed_sides(variant: str, *labels: str) -> tuple[str, ...]:
    return tuple(printed_side("lenet5", label, variant=variant) for label in labels)


def sides(variant: str, *labels: str) -> tuple[int, ...]:
    return tuple(int(output("lenet5", label, variant=variant).split("x")[-1]) for label in labels)


def pattern(one_pixel: str) -> list[str]:
    """The layers of LeNet-5 in words; `one_pixel`: for a convolution whose maps have one pixel."""
    words = {"Conv2d": "CONV", "AvgPool2d": "POOL", "Linear": "FC"}
    return [one_pixel if line.output.endswith("x1x1") else words[line.layer]
            for line in table("lenet5", variant="slide").lines if line.layer in words]


TABLE = ("C1", "S2", "C3", "S4", "C5")                     # rows with windows


def maps(*labels: str) -> tuple[int, ...]:
    return tuple(int(output("lenet5", label, variant="slide").split("x")[0]) for label in labels)


def windows(variant: str, *labels: str) -> tuple[str, ...]:
    """Kernel and stride of each row."""
    return tuple(figure for label in labels for figure in (
        row("lenet5", label, variant=variant).kernel, row("lenet5", label, variant=variant).stride))


def printed_windows(variant: str, *labels: str) -> tuple[str, ...]:
    return tuple(printed("lenet5", label, column, variant=variant)
                 for label in labels for column in ("kernel", "stride"))


def trained_for_each_map() -> int:
    """Coefficient and bias of the paper's S2."""
    S2 = row("lenet5", "S2", variant="paper")
    return S2.parameters // int(S2.output.split("x")[0])


LENET = Topic("LeNet-5", (
    Claim("stanford: Review: LeNet-5; unicamp: LeNet-5",
          "architecture", "CONV-POOL-CONV-POOL-FC-FC",
          lambda: "-".join(pattern("CONV")), OTHER, "C5 is a convolution that sees whole maps",
          ("C5 as fully connected, the output left out", lambda: "-".join(pattern("FC")[:-1]))),
    Claim("virginia: LeNet-5 (2nd)",
          "sides of C1, S2, C3, S4",
          lambda: printed_sides("slide", "C1", "S2", "C3", "S4"),
          lambda: sides("slide", "C1", "S2", "C3", "S4"), AGREES),
    Claim("virginia: LeNet-5 (2nd)",
          "side of C5, sizes of F6 and Out",
          lambda: printed_sides("slide", "C5", "F6", "OUT"),
          lambda: sides("slide", "C5", "F6", "OUT"), AGREES),
    Claim("virginia: LeNet-5 (2nd)", "maps and sides of the input", ("1", "32x32"),
          lambda: (network("lenet5").input_shape[0], times(network("lenet5").input_shape[1:])),
          AGREES),
    Claim("virginia: LeNet-5 (2nd)", "maps of C1, S2, C3, S4, C5",
          lambda: tuple(printed("lenet5", label).split("x")[0] for label in TABLE),
          lambda: maps(*TABLE), AGREES),
    Claim("virginia: LeNet-5 (2nd)", "kernel and stride of C1, S2, C3, S4, C5",
          lambda: printed_windows("slide", *TABLE), lambda: windows("slide", *TABLE), AGREES),
    Claim("stanford: Review: LeNet-5; unicamp: LeNet-5", "kernel and stride: convolution, pooling",
          ("5x5", "1", "2x2", "2"), lambda: windows("slide", "C1", "S2"), AGREES),
    Claim("iitk: LeNet-5", "window of the subsampling", "2x2",
          lambda: row("lenet5", "S2", variant="paper").kernel, AGREES,
          lambda: f"each map has {trained_for_each_map()} numbers to train, coefficient and bias"),
    Claim("unicamp: Visualizing a CNN trained on Handwritten Digits",
          "strides of CONV 1 and CONV 2; kernel and stride of POOL 1 and POOL 2",
          ("1", "1", "2x2", "2", "2x2", "2"),
          lambda: (row("lenet5", "CONV1", variant="visualiser").stride,
                   row("lenet5", "CONV2", variant="visualiser").stride,
                   *windows("visualiser", "POOL1", "POOL2")), AGREES),
    Claim("unicamp: Visualizing a CNN trained on Handwritten Digits",
          "fully connected layers before the output", "2",
          lambda: [line.layer for line in table("lenet5", variant="visualiser").lines]
          .count("Linear") - 1, AGREES),
    Claim("unicamp: Visualizing a CNN trained on Handwritten Digits",
          "values of a 32x32 image", "1024",
          lambda: prod(network("lenet5", variant="visualiser").input_shape), AGREES),
    Claim("unicamp: Visualizing a CNN trained on Handwritten Digits",
          "filters of CONV 1 and CONV 2", ("6", "16"),
          lambda: (weight_shape("lenet5", "CONV1", variant="visualiser")[0],
                   weight_shape("lenet5", "CONV2", variant="visualiser")[0]), AGREES),
    Claim("unicamp: Visualizing a CNN trained on Handwritten Digits",
          "size of the filters of CONV 1 and CONV 2", ("5x5", "5x5"),
          lambda: (row("lenet5", "CONV1", variant="visualiser").kernel,
                   row("lenet5", "CONV2", variant="visualiser").kernel), AGREES,
          "the text of the slide has lost a space: 6.5 x 5 are 6 filters of 5x5"),
    Claim("unicamp: Visualizing a CNN trained on Handwritten Digits",
          "neurons of the fully connected layers",
          lambda: printed_sides("visualiser", "FC1", "FC2", "OUT"),
          lambda: sides("visualiser", "FC1", "FC2", "OUT"), AGREES),
))
