"""Gradient-check cases of convolution and fully connected layers."""

from functools import partial

from minicnn.gradcheck.cases.case import Case, normal
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear

CASES = [
    Case("Conv2d", "3x3", lambda: Conv2d(2, 3, 3), (normal(2, 2, 5, 4),)),
    Case("Conv2d", "no bias", lambda: Conv2d(2, 3, 3, bias=False), (normal(2, 2, 5, 4),)),
    Case("Conv2d", "kernel 2x3, stride 2x1, padding 1x0",
         lambda: Conv2d(2, 3, (2, 3), (2, 1), (1, 0)), (normal(2, 2, 5, 4),)),
    Case("Conv2d", "stride larger than kernel", lambda: Conv2d(2, 3, 2, 3), (normal(2, 2, 7, 6),)),
    Case("Conv2d", 'padding "same", even kernel, stride 2',
         lambda: Conv2d(2, 3, 4, 2, "same"), (normal(2, 2, 5, 6),)),
    *(Case("Conv2d", f"padding mode {mode}",
           partial(Conv2d, 2, 3, 3, padding=(2, 1), padding_mode=mode),
           (normal(2, 2, 3, 4),)) for mode in ("reflect", "replicate", "circular")),
    Case("Conv2d", 'padding "valid"', lambda: Conv2d(1, 2, 3, padding="valid"),
         (normal(2, 1, 5, 4),)),
    Case("Conv2d", "dilation 2", lambda: Conv2d(2, 3, 3, padding=2, dilation=2),
         (normal(2, 2, 6, 5),)),
    Case("Conv2d", "2 groups", lambda: Conv2d(4, 6, 3, padding=1, groups=2), (normal(2, 4, 4, 3),)),
    Case("Conv2d", "depthwise", lambda: Conv2d(3, 3, 3, padding=1, groups=3),
         (normal(2, 3, 4, 5),)),
    Case("Conv2d", "1x1", lambda: Conv2d(3, 4, 1), (normal(2, 3, 3, 4),)),
    Case("Conv2d", "1x1, no bias", lambda: Conv2d(3, 4, 1, bias=False), (normal(2, 3, 3, 4),)),
    Case("Conv2d", "1x1, stride 2x3", lambda: Conv2d(3, 2, 1, (2, 3)), (normal(2, 3, 5, 4),)),
    Case("Conv2d", "1x1, stride 2x1", lambda: Conv2d(3, 2, 1, (2, 1)), (normal(2, 3, 5, 4),)),
    Case("Conv2d", "1x1, stride 2, 2 groups", lambda: Conv2d(4, 2, 1, 2, groups=2),
         (normal(2, 4, 3, 5),)),
    Case("Conv2d", "kernel as large as the image", lambda: Conv2d(2, 3, (4, 3)),
         (normal(2, 2, 4, 3),)),
    Case("Conv2d", "everything at once, no bias",
         lambda: Conv2d(4, 2, (3, 2), (2, 3), (1, 0), (1, 2), 2, bias=False),
         (normal(2, 4, 5, 6),)),
    Case("Linear", "with bias", lambda: Linear(5, 3), (normal(4, 5),)),
    Case("Linear", "no bias", lambda: Linear(5, 3, bias=False), (normal(4, 5),)),
    Case("Flatten", "images to vectors", Flatten, (normal(2, 3, 2, 2),)),
]
