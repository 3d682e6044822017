"""The networks that are timed, as data: rows of (layer, arguments) under PyTorch's names.

Every contestant gets the same rows and builds them from its own layers, so that the networks are
the same.  Rows that are no layers:

    Block        a residual block of two 3x3 convolutions with batch norm, shortcut of option A or B
    Bottleneck   1x1, 3x3 and 1x1 convolutions with batch norm, shortcut B
    Skip         its input, and behind it in the channels what its own rows make of that input
    Boxes        reads boxes from the map where it stands: a 3x3 convolution for how each box moves,
                 one for its scores; `step` pixels from place to place, squares of these `sides`
"""

from typing import Any

Row = tuple[str, dict[str, Any]]
Shape = tuple[int, ...]                                    # (C, H, W)


def conv(C: int, F: int, kernel: int, stride: int = 1, padding: int = 0, groups: int = 1,
         bias: bool = True) -> Row:
    return "Conv2d", {"in_channels": C, "out_channels": F, "kernel_size": kernel, "stride": stride,
                      "padding": padding, "groups": groups, "bias": bias}


def conv_norm_relu(C: int, F: int, kernel: int, stride: int = 1, padding: int = 0,
                   groups: int = 1) -> list[Row]:
    return [conv(C, F, kernel, stride, padding, groups, bias=False),
            ("BatchNorm2d", {"num_features": F}), ("ReLU", {})]


def maxpool(kernel: int, stride: int, padding: int = 0) -> Row:
    return "MaxPool2d", {"kernel_size": kernel, "stride": stride, "padding": padding}


def linear(M: int, F: int) -> Row:
    return "Linear", {"in_features": M, "out_features": F}


def lenet(in_shape: Shape) -> list[Row]:
    """The slide's LeNet-5, as in minicnn/models/lenet.py."""
    squash: Row = ("Tanh", {})
    halve: Row = ("AvgPool2d", {"kernel_size": 2})
    return [conv(1, 6, 5), squash, halve, squash, conv(6, 16, 5), squash, halve, squash,
            conv(16, 120, 5), squash, ("Flatten", {}), linear(120, 84), squash, linear(84, 10)]


def resnet(widths: list[int], count: int, option: str, classes: int) -> list[Row]:
    """Stages of `count` blocks, of which every one but the first halves the image."""
    rows: list[Row] = []
    before = widths[0]
    for width in widths:
        for number in range(count):
            stride = 2 if number == 0 and width != widths[0] else 1
            rows.append(("Block", {"in_channels": before, "out_channels": width,
                                   "stride": stride, "option": option}))
            before = width
    return [*rows, ("GlobalAvgPool2d", {}), ("Flatten", {}), linear(before, classes)]


def resnet20(in_shape: Shape) -> list[Row]:
    """He et al. 2016, section 4.2: for CIFAR, shortcuts A."""
    return [*conv_norm_relu(in_shape[0], 16, 3, padding=1), *resnet([16, 32, 64], 3, "A", 10)]


def resnet18(in_shape: Shape) -> list[Row]:
    """He et al. 2016, table 1: for ImageNet, shortcuts B."""
    return [*conv_norm_relu(in_shape[0], 64, 7, 2, padding=3), maxpool(3, 2, padding=1),
            *resnet([64, 128, 256, 512], 2, "B", 1000)]


def resnet50(in_shape: Shape) -> list[Row]:
    """He et al. 2016, table 1, the stride in the 3x3 convolution as in the published weights."""
    rows = [*conv_norm_relu(in_shape[0], 64, 7, 2, padding=3), maxpool(3, 2, padding=1)]
    before = 64
    for width, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for number in range(count):
            rows.append(("Bottleneck", {"in_channels": before, "width": width,
                                        "stride": 2 if number == 0 and width > 64 else 1}))
            before = 4 * width
    return [*rows, ("GlobalAvgPool2d", {}), ("Flatten", {}), linear(before, 1000)]


def classifier(size: int) -> list[Row]:
    """The end of AlexNet and VGG: two hidden layers of 4096, with dropout."""
    hidden: list[Row] = [("ReLU", {}), ("Dropout", {"p": 0.5})]
    return [("Flatten", {}), linear(size, 4096), *hidden, linear(4096, 4096), *hidden,
            linear(4096, 1000)]


def alexnet(in_shape: Shape) -> list[Row]:
    """Krizhevsky et al. 2012 in one tower, without the two groups that two GPUs called for."""
    C, H, W = in_shape
    relu: Row = ("ReLU", {})
    norm: Row = ("LocalResponseNorm", {"size": 5, "alpha": 5e-4, "beta": 0.75, "k": 2.0})
    OH, OW = (((size - 11) // 4 + 1 - 3) // 2 + 1 for size in (H, W))
    for _ in range(2):                                     # pool2 and pool5
        OH, OW = (OH - 3) // 2 + 1, (OW - 3) // 2 + 1
    return [conv(C, 96, 11, 4), relu, norm, maxpool(3, 2),
            conv(96, 256, 5, padding=2), relu, norm, maxpool(3, 2),
            conv(256, 384, 3, padding=1), relu, conv(384, 384, 3, padding=1), relu,
            conv(384, 256, 3, padding=1), relu, maxpool(3, 2), *classifier(256 * OH * OW)]


def vgg16(in_shape: Shape) -> list[Row]:
    """Simonyan and Zisserman 2015, table 1, column D."""
    rows: list[Row] = []
    before = in_shape[0]
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            rows += [conv(before, width, 3, padding=1), ("ReLU", {})]
            before = width
        rows.append(maxpool(2, 2))
    return rows + classifier(512 * (in_shape[1] // 32) * (in_shape[2] // 32))


def mobilenet(in_shape: Shape) -> list[Row]:
    """Howard et al. 2017, table 1: each step a depthwise 3x3 and a 1x1 convolution."""
    rows, before = conv_norm_relu(in_shape[0], 32, 3, 2, padding=1), 32
    for width, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
                          *[(512, 1)] * 5, (1024, 2), (1024, 1)):
        rows += conv_norm_relu(before, before, 3, stride, padding=1, groups=before)
        rows += conv_norm_relu(before, width, 1)
        before = width
    return [*rows, ("GlobalAvgPool2d", {}), ("Flatten", {}), linear(1024, 1000)]


def unet_small(in_shape: Shape) -> list[Row]:
    """minicnn's small U-Net (Ronneberger et al. 2015, figure 1, with four sizes of image)."""
    widths = 16, 32, 64, 128
    rows = double(widths[-2], widths[-1])                  # from the bottom up
    for step in (2, 1, 0):
        width = widths[step]
        up: Row = ("ConvTranspose2d", {"in_channels": widths[step + 1], "out_channels": width,
                                       "kernel_size": 2, "stride": 2})
        rows = [*double(widths[step - 1] if step else in_shape[0], width),
                ("Skip", {"rows": [maxpool(2, 2), *rows, up]}), *double(2 * width, width)]
    return [*rows, conv(widths[0], 4, 1)]


def double(C: int, F: int) -> list[Row]:
    return conv_norm_relu(C, F, 3, padding=1) + conv_norm_relu(F, F, 3, padding=1)


def ssd_small(in_shape: Shape) -> list[Row]:
    """minicnn's small SSD (Liu et al. 2016) for pictures of 64 x 64."""
    boxes = {6: (4, 14, 22), 8: (8, 22, 30), 9: (16, 30, 40)}          # step, size, next size
    rows, before = [], in_shape[0]
    for number, width in enumerate((16, 16, 32, 32, 64, 64, 64, 64, 64), 1):
        rows += conv_norm_relu(before, width, 3, padding=1)
        if number in boxes:
            step, size, following = boxes[number]
            rows.append(("Boxes", {"in_channels": width, "classes": 4, "step": step,
                                   "places": in_shape[1] // step,
                                   "sides": [size, (size * following) ** 0.5]}))
        if number in (2, 4, 6, 8):
            rows.append(maxpool(2, 2))
        before = width
    return rows


NETWORKS = {"lenet": lenet, "resnet20": resnet20, "resnet18": resnet18, "resnet50": resnet50,
            "alexnet": alexnet, "vgg16": vgg16, "mobilenet": mobilenet,
            "unet_small": unet_small, "ssd_small": ssd_small}
