"""Claims about ZFNet and Network in Network."""

from dataclasses import replace
from math import prod

from minicnn.backend.windows import times
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, Claim, Fact, Topic
from minicnn.slides.measure import (
    MIB,
    kinds,
    layers,
    map_size,
    network,
    parameters,
    printed_volume,
    row,
    side,
    values,
    volume,
    weight_shape,
    window,
)


def plain_front() -> str:
    """Maps behind ZFNet's first pooling without a border, and rounded down."""
    conv1 = replace(window("zfnet", "conv1"), padding=(0, 0))
    pool1 = replace(window("zfnet", "pool1"), ceil_mode=False)
    return times(pool1.out(*conv1.out(*network("zfnet").input_shape[1:])))


def stride_1_weights() -> int:
    """fc6 of the 512-1024-512 network with AlexNet's windows from conv2 on."""
    size = (side("zfnet", "norm1"),) * 2
    for label in ("conv2", "pool2", "conv3", "conv4", "conv5", "pool3"):
        size = window("alexnet", label).out(*size)
    maps, neurons = (weight_shape("zfnet", label, variant="slide")[0] for label in ("conv5", "fc6"))
    return maps * prod(size) * neurons


def first_layers() -> tuple[str, ...]:
    """Kernel and stride of conv1, AlexNet's and ZFNet's."""
    both = row("alexnet", "conv1"), row("zfnet", "conv1")
    return tuple(figure for line in both for figure in (line.kernel, line.stride))


def pooled() -> tuple[int, ...]:
    """Which of ZFNet's convolutions, counted from 1, have a pooling behind them."""
    found, convs = [], 0
    for layer in network("zfnet").modules():
        convs += isinstance(layer, Conv2d)
        if isinstance(layer, MaxPool2d):
            found.append(convs)
    return tuple(found)


ZFNET = Topic("ZFNet", (
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)",
          "maps behind the first pooling, from 224 pixels, 7x7, stride 2",
          lambda: map_size(printed_volume("zfnet", "pool1")), plain_front, OTHER,
          "the figure names neither border nor rounding",
          ("padding 1, pooling rounds up", lambda: times((side("zfnet", "pool1"),) * 2))),
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)",
          "values that the first fully connected layer reads", "9216",
          lambda: values("zfnet", "pool5"), AGREES),
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)", "planes and sides of the input",
          ("3", "224"), lambda: network("zfnet").input_shape[:2], AGREES),
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)", "conv1: filters, kernel, stride; "
          "pooling: kernel, stride", ("96", "7x7", "2", "3x3", "2"),
          lambda: (weight_shape("zfnet", "conv1")[0], *(
              figure for label in ("conv1", "pool1")
              for figure in (row("zfnet", label).kernel, row("zfnet", label).stride))), AGREES),
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)", "maps behind the last pooling",
          "6x6x256", lambda: volume("zfnet", "pool5"), AGREES),
    Claim("unicamp: ZFNet; stanford: ZFNet",
          "filters of conv3, conv4, conv5", ("512", "1024", "512"),
          lambda: tuple(weight_shape("zfnet", label, variant="slide")[0]
                        for label in ("conv3", "conv4", "conv5")), AGREES),
    Claim("unicamp: ZFNet; stanford: ZFNet; memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)",
          "with 512 maps in conv5, fc6 reads memphis's",
          "9216", lambda: values("zfnet", "pool5", variant="slide"), DIFFERS,
          lambda: "two networks: the caption's has 384, 384, 256 maps and "
          f"{parameters('zfnet'):,} parameters, this one {parameters('zfnet', variant='slide'):,}"),
    Claim("unicamp: ZFNet; stanford: ZFNet; memphis: Clarifai/ZFNet: ILSVRC 2013 winner (2nd)",
          "conv1: kernel and stride, AlexNet's and then "
          "ZFNet's", ("11x11", "4", "7x7", "2"), first_layers, AGREES,
          lambda: f"its output grows from {volume('alexnet', 'conv1')} to "
          f"{volume('zfnet', 'conv1')}"),
    Claim("unicamp: ZFNet; stanford: ZFNet; memphis: Clarifai/ZFNet: ILSVRC 2013 winner (2nd)",
          "AlexNet but for conv1 and conv3 to conv5", "",
          lambda: Fact(row("zfnet", "conv2", variant="slide").stride
                       == row("alexnet", "conv2", variant="slide").stride,
                       f"conv2 has stride {row('zfnet', 'conv2', variant='slide').stride}"),
          DIFFERS, lambda: "with AlexNet's stride 1 in conv2, fc6 alone would have "
          f"{stride_1_weights():,} weights"),
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (1st)",
          "layers with weights", "8", lambda: layers("zfnet"), AGREES),
    Claim("memphis: Summary: ILSVRC 2012-2015",
          "layers", "7", lambda: layers("zfnet"), DIFFERS,
          "hidden layers, without the output"),
    Claim("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (2nd)",
          "max pooling follows the convolutions", ("1", "2", "5"),
          pooled, AGREES),
))

NIN = Topic("Network in Network", (
    Claim("memphis: Advantages on NiN",
          "parameters", "7.5 Million", lambda: parameters("nin"), CUT,
          "rounded: 7.6"),
    Claim("memphis: Advantages on NiN",
          "bytes of the parameters", "29 Megabytes", lambda: 4 * parameters("nin"),
          OTHER, "MB for MiB", ("1 MB = 1,048,576 bytes", lambda: 4 * parameters("nin") / MIB)),
    Claim("memphis: Advantages on NiN", "fully connected layers of AlexNet but the output", "two",
          lambda: {2: "two"}.get(kinds("alexnet", Linear) - 1, "other"), AGREES),
    Claim("memphis: Advantages on NiN",
          "the fully connected layers of AlexNet are removed", "",
          lambda: Fact(not kinds("nin", Linear), f"{kinds('nin', Linear)} are left"), AGREES),
))
