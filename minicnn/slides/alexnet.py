"""Claims about AlexNet, ZFNet and Network in Network."""

from minicnn.geometry import Window, out_size
from minicnn.layers.linear import Linear
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    MIB,
    kinds,
    layers,
    network,
    output,
    parameters,
    row,
    side,
    values,
    weight_shape,
    weights,
)

CONVS = ("conv1", "conv2", "conv3", "conv4", "conv5")
FCS = ("fc6", "fc7", "fc8")


def one_tower(label: str) -> int:
    return side("alexnet", label, variant="slide")


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
    Claim("stanford:411, unicamp:142", "conv1 on 227 pixels: 11x11, stride 4", "55",
          lambda: out_size(227, 11, 4), AGREES),
    Claim("virginia:159", 'conv1 on 224 pixels, padding "SAME"', "55",
          lambda: Window.of(11, 4, "same").out(224, 224)[0], DIFFERS,
          "55 comes from 227 pixels without padding"),
    Claim("memphis:166, memphis:169", "conv1 on 224 pixels", "55", lambda: out_size(224, 11, 4),
          OTHER, "(224 - 11) / 4 is not whole; the slide names no padding",
          ("with padding 2", lambda: out_size(224, 11, 4, 2))),
    Claim("stanford:478, stanford:530, stanford:541, unicamp:143, unicamp:146, unicamp:151",
          "sides behind the three poolings", ("27", "13", "6"),
          lambda: (one_tower("pool1"), one_tower("pool2"), one_tower("pool3")), AGREES),
    Claim("stanford:463", "parameters of conv1", "35K",
          lambda: row("alexnet", "conv1", variant="slide").parameters, ROUNDS),
    Claim("stanford:506", "parameters of pool1", "0",
          lambda: row("alexnet", "pool1", variant="slide").parameters, AGREES),
    Claim("stanford:628, unicamp:159", "conv1 on two GPUs", "55x55x48, 2 times",
          half_of_conv1, AGREES),
    Claim("stanford:667", "CONV1 is connected only with maps on the same GPU", "",
          lambda: Fact(row("alexnet", "conv1").parameters ==
                       row("alexnet", "conv1", variant="slide").parameters,
                       f"{row('alexnet', 'conv1').parameters:,} parameters, split or not"), AGREES,
          "both GPUs have the whole image, so the split changes nothing in this layer"),
    Claim("stanford:1774", "filters of the first layer, in the picture",
          "64x3x11x11", lambda: filters("slide"), OTHER,
          "another AlexNet than that of stanford:405, which has 96 filters",
          ("the one-GPU network of 2014", lambda: filters("torchvision"))),
    Claim("unicamp:168, iitk:172, memphis:382, virginia:179",
          "parameters, halved over two GPUs as in the paper", "60 million",
          lambda: parameters("alexnet"), CUT),
    Claim("memphis:141", "parameters, halved over two GPUs as in the paper", "61M",
          lambda: parameters("alexnet"), ROUNDS),
    Claim("unicamp:168", "parameters of the one tower that unicamp prints (unicamp:141 to 154)",
          "60 million", lambda: parameters("alexnet", variant="slide"), DIFFERS,
          lambda: "conv2, conv4 and conv5 see all maps there: "
          f"{parameters('alexnet', variant='slide') - parameters('alexnet'):,} weights more"),
    Claim("virginia:179", "parameters of virginia's table (virginia:150 to 160), read literally",
          "60M", lambda: parameters("alexnet", variant="virginia"), DIFFERS,
          lambda: "the table forgets the pooling behind C7, so F8 reads 13x13x256 values and has "
          f"{weights('alexnet', 'F8', variant='virginia'):,} weights"),
    Claim("memphis:141", "units", "650K",
          lambda: sum(values("alexnet", label) for label in CONVS + FCS), DIFFERS,
          "the paper adds 253,440 for conv1 instead of 55x55x96; neither sum rounds to 650K"),
    Claim("memphis:382", "bytes of the parameters", "230 Megabytes",
          lambda: 4 * parameters("alexnet"), OTHER, "MB for MiB",
          ("1 MB = 1,048,576 bytes", lambda: 4 * parameters("alexnet") / MIB)),
    Claim("iitk:172, unicamp:289, stanford:741, memphis:399", "layers with weights", "8",
          lambda: layers("alexnet"), AGREES),
    Claim("memphis:141", "hidden layers", "7", lambda: layers("alexnet") - 1, AGREES),
    Claim("memphis:620", "layers", "7", lambda: layers("alexnet"), DIFFERS,
          "hidden layers, without the output"),
))


def zfnet_front(padding: int, ceil_mode: bool) -> str:
    first = out_size(224, 7, 2, padding)
    pooled = out_size(first, 3, 2, ceil_mode=ceil_mode)
    return f"{pooled}x{pooled}"


def stride_1_weights() -> int:
    """fc6 of the 512-1024-512 network if conv2 kept AlexNet's stride 1 and padding 2."""
    pooled = out_size(out_size(side("zfnet", "norm1"), 5, 1, 2), 3, 2)
    last = out_size(pooled, 3, 2)
    return weight_shape("zfnet", "conv5", variant="slide")[0] * last ** 2 * 4096


ZFNET = Topic("ZFNet", 'memphis "Clarifai/ZFNet"; unicamp and stanford "ZFNet"', (
    Claim("memphis:197", "maps behind the first pooling, from 224 pixels, 7x7, stride 2",
          "55x55", lambda: zfnet_front(0, False), OTHER,
          "the figure names neither border nor rounding",
          ("padding 1, pooling rounds up", lambda: zfnet_front(1, True))),
    Claim("memphis:197", "values that the first fully connected layer reads", "9216",
          lambda: weight_shape("zfnet", "fc6")[1], AGREES),
    Claim("unicamp:275, stanford:728", "filters of conv3, conv4, conv5", ("512", "1024", "512"),
          lambda: tuple(weight_shape("zfnet", label, variant="slide")[0] for label in CONVS[2:]),
          AGREES),
    Claim("unicamp:275, stanford:728, memphis:197", "with 512 maps in conv5, fc6 reads memphis's",
          "9216", lambda: weight_shape("zfnet", "fc6", variant="slide")[1], DIFFERS,
          lambda: "two networks: the caption's has 384, 384, 256 maps and "
          f"{parameters('zfnet'):,} parameters, this one {parameters('zfnet', variant='slide'):,}"),
    Claim("unicamp:271, stanford:724", "ZFNet is AlexNet but for conv1 and conv3 to conv5", "",
          lambda: Fact(row("zfnet", "conv2", variant="slide").stride
                       == row("alexnet", "conv2", variant="slide").stride,
                       f"conv2 has stride {row('zfnet', 'conv2', variant='slide').stride}"),
          DIFFERS, lambda: "with AlexNet's stride 1 in conv2, fc6 alone would have "
          f"{stride_1_weights():,} weights"),
    Claim("memphis:622", "layers", "7", lambda: layers("zfnet"), DIFFERS,
          "hidden layers, without the output"),
    Claim("memphis:201", "max pooling follows the convolutions", ("1", "2", "5"),
          lambda: tuple(r.label[-1] for r in network("zfnet").rows if r.label.startswith("pool")),
          AGREES),
))

NIN = Topic("Network in Network", 'memphis "Advantages on NiN"', (
    Claim("memphis:383", "parameters", "7.5 Million", lambda: parameters("nin"), CUT,
          "rounded: 7.6"),
    Claim("memphis:383", "bytes of the parameters", "29 Megabytes", lambda: 4 * parameters("nin"),
          OTHER, "MB for MiB", ("1 MB = 1,048,576 bytes", lambda: 4 * parameters("nin") / MIB)),
    Claim("memphis:377", "the fully connected layers of AlexNet are removed", "",
          lambda: Fact(not kinds("nin", Linear), f"{kinds('nin', Linear)} are left"), AGREES),
))
