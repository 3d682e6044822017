"""Gradient-check cases of pooling layers."""

from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.adaptive import AdaptiveAvgPool2d, GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.subsample import Subsample2d

CASES = [
    Case("MaxPool2d", "2x2", lambda: MaxPool2d(2), (apart(2, 2, 4, 6),)),
    Case("MaxPool2d", "overlapping, 3x3 stride 2", lambda: MaxPool2d(3, 2), (apart(2, 2, 7, 5),)),
    Case("MaxPool2d", "3x3 stride 1 padding 1", lambda: MaxPool2d(3, 1, 1), (apart(2, 2, 4, 3),)),
    Case("MaxPool2d", "kernel 3x2, stride 2x1, padding 1x0",
         lambda: MaxPool2d((3, 2), (2, 1), (1, 0)), (apart(2, 2, 5, 4),)),
    Case("MaxPool2d", "ceil mode", lambda: MaxPool2d(3, 2, ceil_mode=True), (apart(2, 2, 6, 4),)),
    Case("MaxPool2d", "dilation 2, padding 1", lambda: MaxPool2d(2, 1, 1, dilation=2),
         (apart(2, 2, 5, 4),)),
    Case("MaxPool2d", 'padding "same"', lambda: MaxPool2d(3, 2, "same"), (apart(2, 1, 4, 5),)),
    Case("AvgPool2d", "2x2", lambda: AvgPool2d(2), (normal(2, 2, 4, 5),)),
    Case("AvgPool2d", "overlapping, 3x3 stride 2", lambda: AvgPool2d(3, 2), (normal(2, 2, 7, 5),)),
    Case("AvgPool2d", "padding 1, counted", lambda: AvgPool2d(3, 2, 1), (normal(2, 2, 6, 5),)),
    Case("AvgPool2d", "padding 1x0, not counted",
         lambda: AvgPool2d((3, 2), 2, (1, 0), count_include_pad=False), (normal(2, 2, 6, 5),)),
    Case("AvgPool2d", "ceil mode, padding counted",
         lambda: AvgPool2d(3, 2, 1, ceil_mode=True), (normal(2, 2, 6, 4),)),
    Case("AvgPool2d", "ceil mode, padding not counted",
         lambda: AvgPool2d(3, 2, 1, True, False), (normal(2, 2, 6, 4),)),
    Case("AvgPool2d", "sums over a divisor", lambda: AvgPool2d(3, 2, 1, True, divisor_override=5),
         (normal(2, 2, 6, 4),)),
    Case("GlobalAvgPool2d", "whole map", GlobalAvgPool2d, (normal(2, 3, 4, 3),)),
    Case("AdaptiveAvgPool2d", "divides", lambda: AdaptiveAvgPool2d((2, 3)), (normal(2, 2, 4, 6),)),
    Case("AdaptiveAvgPool2d", "overlapping windows", lambda: AdaptiveAvgPool2d((3, 2)),
         (normal(2, 2, 5, 7),)),
    Case("AdaptiveAvgPool2d", "larger than the image", lambda: AdaptiveAvgPool2d((5, None)),
         (normal(2, 2, 3, 2),)),
    Case("Subsample2d", "2x2", lambda: Subsample2d(2), (normal(2, 2, 4, 6),)),
    Case("Subsample2d", "3x2, rest cut off", lambda: Subsample2d(3, (3, 2)), (normal(2, 3, 7, 5),)),
]
