"""Claims about AlexNet."""

from minicnn.backend.windows import Window
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    MIB,
    layers,
    map_size,
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


def filters(variant: str) -> str:
    label = "features" if variant == "torchvision" else "conv1"
    return "x".join(map(str, weight_shape("alexnet", label, variant=variant)))


ALEXNET = Topic("AlexNet", 'stanford and unicamp "Full (simplified) AlexNet architecture"; '
                'virginia "AlexNet"; memphis "AlexNet: ILSVRC 2012 winner"', (
    Claim("stanford:411, unicamp:142", "conv1 on 227 pixels: 11x11, stride 4",
          lambda: printed_side("alexnet", "conv1", variant="slide"), lambda: one_tower("conv1"),
          AGREES),
    Claim("virginia:159", 'conv1 on 224 pixels, padding "SAME"',
          lambda: printed_side("alexnet", "C1", variant="virginia"),
          lambda: conv1_on_224("same"), DIFFERS, "55 comes from 227 pixels without padding"),
    Claim("memphis:166, memphis:169", "conv1 on 224 pixels", "55", lambda: conv1_on_224(0),
          OTHER, "(224 - 11) / 4 is not whole; the slide names no padding",
          ("with padding 2", lambda: conv1_on_224(2))),
    Claim("stanford:522, unicamp:142", f"outputs of {', '.join(LIST)}",
          lambda: tuple(printed_volume("alexnet", label, variant="slide") for label in LIST),
          lambda: tuple(volume("alexnet", label, variant="slide") for label in LIST), AGREES),
    Claim("stanford:543, unicamp:152", "outputs of FC6, FC7, FC8",
          lambda: tuple(printed("alexnet", label, variant="slide") for label in FCS),
          lambda: tuple(values("alexnet", label, variant="slide") for label in FCS), AGREES),
    Claim("virginia:158, virginia:157, virginia:156, virginia:155, virginia:154, virginia:153",
          f"sizes of {', '.join(MAPS)}",
          lambda: tuple(map_size(printed_volume("alexnet", label, variant="virginia"))
                        for label in MAPS),
          lambda: tuple(map_size(volume("alexnet", label, variant="virginia")) for label in MAPS),
          AGREES, "from the 55x55 of C1"),
    Claim("stanford:478, stanford:530, stanford:541, unicamp:143, unicamp:146, unicamp:151",
          "sides behind the three poolings",
          lambda: tuple(printed_side("alexnet", label, variant="slide") for label in POOLS),
          lambda: tuple(map(one_tower, POOLS)), AGREES),
    Claim("stanford:463", "parameters of conv1",
          lambda: printed("alexnet", "conv1", "parameters", variant="slide"),
          lambda: row("alexnet", "conv1", variant="slide").parameters, ROUNDS),
    Claim("stanford:506", "parameters of pool1",
          lambda: printed("alexnet", "pool1", "parameters", variant="slide"),
          lambda: row("alexnet", "pool1", variant="slide").parameters, AGREES),
    Claim("stanford:628, unicamp:159", "conv1 on two GPUs", "55x55x48, 2 times",
          half_of_conv1, AGREES),
    Claim("stanford:667", "CONV1 is connected only with maps on the same GPU", "",
          lambda: Fact(row("alexnet", "conv1").parameters ==
                       row("alexnet", "conv1", variant="slide").parameters,
                       f"{row('alexnet', 'conv1').parameters:,} parameters, split or not"), AGREES,
          "both GPUs have the whole image, so the split changes nothing in this layer"),
    Claim("stanford:667", "CONV2, CONV4, CONV5 are connected only with maps on the same GPU", "",
          lambda: connections(HALVED, 1 / 2), AGREES),
    Claim("stanford:706", "CONV3, FC6, FC7, FC8 are connected with all maps before them", "",
          lambda: connections(WHOLE, 1), AGREES),
    Claim("stanford:1774", "filters of the first layer, in the picture",
          "64x3x11x11", lambda: filters("slide"), OTHER,
          "another AlexNet than that of stanford:405, which has 96 filters",
          ("the one-GPU network of 2014", lambda: filters("torchvision"))),
    Claim("unicamp:168, iitk:172, memphis:382, virginia:179",
          "parameters, halved over two GPUs as in the paper", "60 million",
          lambda: parameters("alexnet"), CUT),
    Claim("memphis:141", "parameters, halved over two GPUs as in the paper", "61M",
          lambda: parameters("alexnet"), ROUNDS, lambda: "the one-GPU network of 2014 has "
          f"{parameters('alexnet', variant='torchvision'):,}"),
    Claim("unicamp:168", "parameters of the one tower that unicamp prints (unicamp:141 to 154)",
          "60 million", lambda: parameters("alexnet", variant="slide"), DIFFERS,
          lambda: "conv2, conv4 and conv5 see all maps there: "
          f"{parameters('alexnet', variant='slide') - parameters('alexnet'):,} weights more"),
    Claim("virginia:179, virginia:153", "parameters of virginia's table (virginia:150 to 160), "
          "read literally", "60M", lambda: parameters("alexnet", variant="virginia"), DIFFERS,
          lambda: "the table forgets the pooling behind C7, so F8 reads "
          f"{values('alexnet', 'C7', variant='virginia'):,} values and has "
          f"{weights('alexnet', 'F8', variant='virginia'):,} weights; with the pooling there are "
          f"{parameters('alexnet', variant='slide'):,} parameters"),
    Claim("memphis:141", "units", "650K",
          lambda: sum(values("alexnet", label) for label in CONVS + FCS), DIFFERS,
          lambda: "with the paper's 253,440 for conv1, instead of 55x55x96, it would be "
          f"{units_of_the_paper():,}; neither rounds to 650K"),
    Claim("memphis:382", "bytes of the parameters", "230 Megabytes",
          lambda: 4 * parameters("alexnet"), OTHER, "MB for MiB",
          ("1 MB = 1,048,576 bytes", lambda: 4 * parameters("alexnet") / MIB)),
    Claim("virginia:139", "much larger and deeper than LeNet-5", "", larger_and_deeper, AGREES),
    Claim("iitk:172, unicamp:289, stanford:741, memphis:399", "layers with weights", "8",
          lambda: layers("alexnet"), AGREES),
    Claim("memphis:141", "hidden layers", "7", lambda: layers("alexnet") - 1, AGREES),
    Claim("memphis:620", "layers", "7", lambda: layers("alexnet"), DIFFERS,
          "hidden layers, without the output"),
))
