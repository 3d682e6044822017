"""Claims about AlexNet."""

from minicnn.backend.windows import Window, times
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    MIB,
    layers,
    map_size,
    network,
    output,
    parameters,
    printed,
    printed_side,
    printed_volume,
    row,
    side,
    table,
    values,
    volume,
    weight_shape,
    weights,
    window,
)

CONVS = ("conv1", "conv2", "conv3", "conv4", "conv5")
POOLS = ("pool1", "pool2", "pool3")
FCS = ("fc6", "fc7", "fc8")
HALVED, WHOLE = ("conv2", "conv4", "conv5"), ("conv3", *FCS)             # by the two GPUs

# Rows of stanford's and unicamp's list, and of virginia's table.
LIST = ("conv1", "pool1", "norm1", "conv2", "pool2", "norm2", "conv3", "conv4", "conv5", "pool3")
FULL = "stanford: Full (simplified) AlexNet architecture (1st)"
MAPS = ("S2", "C3", "S4", "C5", "C6", "C7")


def one_tower(label: str) -> int:
    return side("alexnet", label, variant="slide")


def conv1_on_224(padding: int | str) -> int:
    """Side of the maps if the image has 224 pixels, not 227."""
    conv1 = window("alexnet", "conv1")
    return Window.of(conv1.kernel, conv1.stride, padding).out(224, 224)[0]


def inputs(label: str) -> tuple[int, int]:
    """Maps that a filter of a row sees, or values that a neuron does, and how many there are."""
    labels = [line.row for line in table("alexnet").rows]
    before = labels[labels.index(label) - 1]
    there = values("alexnet", before) if label in FCS else \
        int(output("alexnet", before).split("x")[0])
    return weight_shape("alexnet", label)[1], there


def connections(labels: tuple[str, ...], share: float) -> Fact:
    """Each of the rows sees this share of what is before it."""
    found = {label: inputs(label) for label in labels}
    return Fact(all(seen == share * there for seen, there in found.values()),
                "; ".join(f"{label} {seen:,} of {there:,}" for label, (seen, there)
                          in found.items()))


def larger_and_deeper() -> Fact:
    size, depth = parameters("alexnet"), layers("alexnet")
    least, shallow = parameters("lenet5"), layers("lenet5")
    return Fact(size > least and depth > shallow, f"{size:,} parameters and {depth} layers, "
                f"LeNet-5 {least:,} and {shallow}")


def units_of_the_paper() -> int:
    """With what the paper says of conv1."""
    return sum(values("alexnet", label) for label in CONVS[1:] + FCS) + 253_440


def half_of_conv1() -> str:
    """What one GPU has of conv1: the maps that one group of conv2 sees."""
    maps = weight_shape("alexnet", "conv2")[1]
    C, H, W = map(int, output("alexnet", "conv1").split("x"))
    return f"{H}x{W}x{maps}, {C // maps} times"


def kernels(*labels: str, variant: str = "slide") -> tuple[str, ...]:
    """"11x11, stride 4" of each row."""
    rows = [row("alexnet", label, variant=variant) for label in labels]
    return tuple(f"{line.kernel}, stride {line.stride}" for line in rows)


def printed_kernels(*labels: str, variant: str = "slide") -> tuple[str, ...]:
    return tuple(f"{printed('alexnet', label, 'kernel', variant=variant)}, stride "
                 f"{printed('alexnet', label, 'stride', variant=variant)}" for label in labels)


def filters_of(*labels: str) -> tuple[int, ...]:
    return tuple(weight_shape("alexnet", label, variant="slide")[0] for label in labels)


def padding(label: str) -> int | str:
    return window("alexnet", label, variant="slide").padding[0]


def input_for(label: str) -> int:
    """Side of the picture for what a row puts out, through conv1's window, without a border."""
    conv1 = window("alexnet", "conv1")
    return (one_tower(label) - 1) * conv1.stride[0] + conv1.kernel[0]


def filters(variant: str) -> str:
    label = "features" if variant == "torchvision" else "conv1"
    return "x".join(map(str, weight_shape("alexnet", label, variant=variant)))


ALEXNET = Topic("AlexNet", (
    Claim("stanford: First layer (CONV1) (1st); unicamp: AlexNet, Architecture",
          "conv1 on 227 pixels: 11x11, stride 4",
          lambda: printed_side("alexnet", "conv1", variant="slide"), lambda: one_tower("conv1"),
          AGREES),
    Claim("virginia: AlexNet",
          'conv1 on 224 pixels, padding "SAME"',
          lambda: printed_side("alexnet", "C1", variant="virginia"),
          lambda: conv1_on_224("same"), DIFFERS, "55 comes from 227 pixels without padding"),
    Claim("memphis: AlexNet: ILSVRC 2012 winner (2nd)",
          "conv1 on 224 pixels", "55", lambda: conv1_on_224(0),
          OTHER, "(224 - 11) / 4 is not whole; the slide names no padding",
          ("with padding 2", lambda: conv1_on_224(2))),
    Claim("stanford: Full (simplified) AlexNet architecture (1st); unicamp: AlexNet, Architecture",
          f"outputs of {', '.join(LIST)}",
          lambda: tuple(printed_volume("alexnet", label, variant="slide") for label in LIST),
          lambda: tuple(volume("alexnet", label, variant="slide") for label in LIST), AGREES),
    Claim("stanford: Full (simplified) AlexNet architecture (1st); unicamp: AlexNet, Architecture",
          "outputs of FC6, FC7, FC8",
          lambda: tuple(printed("alexnet", label, variant="slide") for label in FCS),
          lambda: tuple(values("alexnet", label, variant="slide") for label in FCS), AGREES),
    Claim("virginia: AlexNet",
          f"sizes of {', '.join(MAPS)}",
          lambda: tuple(map_size(printed_volume("alexnet", label, variant="virginia"))
                        for label in MAPS),
          lambda: tuple(map_size(volume("alexnet", label, variant="virginia")) for label in MAPS),
          AGREES, "from the 55x55 of C1"),
    Claim("stanford: Second layer (POOL1) (1st); "
          "stanford: Full (simplified) AlexNet architecture (1st); unicamp: AlexNet, Architecture",
          "sides behind the three poolings",
          lambda: tuple(printed_side("alexnet", label, variant="slide") for label in POOLS),
          lambda: tuple(map(one_tower, POOLS)), AGREES),
    Claim(f"{FULL}; unicamp: AlexNet, Architecture", "input", "227x227x3",
          lambda: times((*network("alexnet", variant="slide").input_shape[1:],
                         network("alexnet", variant="slide").input_shape[0])), AGREES),
    Claim("virginia: AlexNet", "sides of the input for the 55 of C1", "224",
          lambda: input_for("conv1"), DIFFERS, "224 is what the paper prints, too"),
    Claim("memphis: AlexNet: ILSVRC 2012 winner (2nd)", "sides of the input for the 55 of conv1",
          "224", lambda: input_for("conv1"), DIFFERS, "as virginia's"),
    Claim(f"{FULL}; unicamp: AlexNet, Architecture", f"filters of {', '.join(CONVS)}",
          ("96", "256", "384", "384", "256"), lambda: filters_of(*CONVS), AGREES),
    Claim(f"{FULL}; unicamp: AlexNet, Architecture", f"windows of {', '.join(CONVS)}",
          lambda: printed_kernels(*CONVS), lambda: kernels(*CONVS), AGREES),
    Claim(f"{FULL}; unicamp: AlexNet, Architecture", f"windows of {', '.join(POOLS)}",
          lambda: printed_kernels(*POOLS), lambda: kernels(*POOLS), AGREES),
    Claim(f"{FULL}; unicamp: AlexNet, Architecture", f"pad of {', '.join(CONVS)}",
          ("0", "2", "1", "1", "1"), lambda: tuple(map(padding, CONVS)), AGREES),
    Claim("memphis: AlexNet: ILSVRC 2012 winner (2nd)", "conv1: filters, their side, stride",
          ("96", "11", "4"), lambda: (*filters_of("conv1"), window("alexnet", "conv1").kernel[0],
                                      window("alexnet", "conv1").stride[0]), AGREES),
    Claim("virginia: AlexNet", f"maps of C1, S2, {', '.join(MAPS[1:])}",
          ("96", "96", "256", "256", "384", "384", "256"),
          lambda: tuple(int(output("alexnet", label, variant="virginia").split("x")[0])
                        for label in ("C1", *MAPS)), AGREES),
    Claim("virginia: AlexNet", f"windows of C1, {', '.join(MAPS)}",
          lambda: printed_kernels("C1", *MAPS, variant="virginia"),
          lambda: kernels("C1", *MAPS, variant="virginia"), AGREES),
    Claim("virginia: AlexNet", "neurons of F8, F9, Out", ("4,096", "4,096", "1,000"),
          lambda: tuple(values("alexnet", label, variant="virginia")
                        for label in ("F8", "F9", "Out")), AGREES),
    Claim("unicamp: ZFNet; stanford: ZFNet", "filters of conv3, conv4, conv5, which ZFNet changes",
          ("384", "384", "256"), lambda: filters_of("conv3", "conv4", "conv5"), AGREES),
    Claim("unicamp: VGGNet", "neurons in the drawing", ("4096", "4096", "1000"),
          lambda: tuple(values("alexnet", label) for label in FCS), AGREES),
    Claim("memphis: How it's implemented for ImageNet", "layers of base A and base B", "8",
          lambda: layers("alexnet"), AGREES),
    Claim("stanford: First layer (CONV1) (4th)",
          "parameters of conv1",
          lambda: printed("alexnet", "conv1", "parameters", variant="slide"),
          lambda: row("alexnet", "conv1", variant="slide").parameters, ROUNDS),
    Claim("stanford: Second layer (POOL1) (3rd)",
          "parameters of pool1",
          lambda: printed("alexnet", "pool1", "parameters", variant="slide"),
          lambda: row("alexnet", "pool1", variant="slide").parameters, AGREES),
    Claim("stanford: Full (simplified) AlexNet architecture (3rd); unicamp: AlexNet, Architecture",
          "conv1 on two GPUs", "55x55x48, 2 times",
          half_of_conv1, AGREES),
    Claim("stanford: Full (simplified) AlexNet architecture (4th)",
          "CONV1 is connected only with maps on the same GPU", "",
          lambda: Fact(row("alexnet", "conv1").parameters ==
                       row("alexnet", "conv1", variant="slide").parameters,
                       f"{row('alexnet', 'conv1').parameters:,} parameters, split or not"), AGREES,
          "both GPUs have the whole image, so the split changes nothing in this layer"),
    Claim("stanford: Full (simplified) AlexNet architecture (4th)",
          "CONV2, CONV4, CONV5 are connected only with maps on the same GPU", "",
          lambda: connections(HALVED, 1 / 2), AGREES),
    Claim("stanford: Full (simplified) AlexNet architecture (5th)",
          "CONV3, FC6, FC7, FC8 are connected with all maps before them", "",
          lambda: connections(WHOLE, 1), AGREES),
    Claim("stanford: AlexNet: 64 x 3 x 11 x 11",
          "filters of the first layer, in the picture",
          "64x3x11x11", lambda: filters("slide"), OTHER,
          "another AlexNet than that of \"First layer (CONV1)\", which has 96 filters",
          ("the one-GPU network of 2014", lambda: filters("torchvision"))),
    Claim("unicamp: AlexNet, Details (1st); iitk: Number of Parameters; "
          "memphis: Advantages on NiN; virginia: GoogLeNet",
          "parameters, halved over two GPUs as in the paper", "60 million",
          lambda: parameters("alexnet"), CUT),
    Claim("memphis: AlexNet: ILSVRC 2012 winner (1st)",
          "parameters, halved over two GPUs as in the paper", "61M",
          lambda: parameters("alexnet"), ROUNDS, lambda: "the one-GPU network of 2014 has "
          f"{parameters('alexnet', variant='torchvision'):,}"),
    Claim("unicamp: AlexNet, Details (1st)",
          "parameters of the one tower that \"AlexNet, Architecture\" prints",
          "60 million", lambda: parameters("alexnet", variant="slide"), DIFFERS,
          lambda: "conv2, conv4 and conv5 see all maps there: "
          f"{parameters('alexnet', variant='slide') - parameters('alexnet'):,} weights more"),
    Claim("virginia: GoogLeNet; virginia: AlexNet",
          "parameters of virginia's table, "
          "read literally", "60M", lambda: parameters("alexnet", variant="virginia"), DIFFERS,
          lambda: "the table forgets the pooling behind C7, so F8 reads "
          f"{values('alexnet', 'C7', variant='virginia'):,} values and has "
          f"{weights('alexnet', 'F8', variant='virginia'):,} weights; with the pooling there are "
          f"{parameters('alexnet', variant='slide'):,} parameters"),
    Claim("memphis: AlexNet: ILSVRC 2012 winner (1st)",
          "units", "650K",
          lambda: sum(values("alexnet", label) for label in CONVS + FCS), DIFFERS,
          lambda: "with the paper's 253,440 for conv1, instead of 55x55x96, it would be "
          f"{units_of_the_paper():,}; neither rounds to 650K"),
    Claim("memphis: Advantages on NiN",
          "bytes of the parameters", "230 Megabytes",
          lambda: 4 * parameters("alexnet"), OTHER, "MB for MiB",
          ("1 MB = 1,048,576 bytes", lambda: 4 * parameters("alexnet") / MIB)),
    Claim("virginia: AlexNet",
          "much larger and deeper than LeNet-5", "", larger_and_deeper, AGREES),
    Claim("iitk: Number of Parameters; unicamp: VGGNet; stanford: Small filters, Deeper networks; "
          "memphis: ResNet: ILSVRC 2015 winner",
          "layers with weights", "8",
          lambda: layers("alexnet"), AGREES),
    Claim("memphis: AlexNet: ILSVRC 2012 winner (1st)",
          "hidden layers", "7", lambda: layers("alexnet") - 1, AGREES),
    Claim("memphis: Summary: ILSVRC 2012-2015",
          "layers", "7", lambda: layers("alexnet"), DIFFERS,
          "hidden layers, without the output"),
))
