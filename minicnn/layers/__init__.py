"""The layers, one file for each lecture topic; here they are handed on: minicnn.layers.Conv2d."""

from minicnn.layers.activations import LeakyReLU, PReLU, ReLU, ScaledTanh, Sigmoid, Tanh
from minicnn.layers.adaptive import AdaptiveAvgPool2d, GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.contrast import ContrastNorm
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropconnect import DropConnectLinear
from minicnn.layers.dropout import Dropout, Dropout2d
from minicnn.layers.fold import fold_all, fold_batchnorm
from minicnn.layers.groupnorm import GroupNorm, InstanceNorm2d
from minicnn.layers.layernorm import LayerNorm
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.lrn import LocalResponseNorm, LocalResponseNormWithin
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.partial_conv import LENET_C3_TABLE, PartialConv2d
from minicnn.layers.rbf import RBF
from minicnn.layers.residual import Add, Shortcut
from minicnn.layers.softmax import LogSoftmax, Softmax, log_softmax, softmax
from minicnn.layers.squeeze_excite import SqueezeExcite
from minicnn.layers.subsample import Subsample2d

__all__ = [
    "AdaptiveAvgPool2d", "Add", "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "Concat",
    "ContrastNorm", "Conv2d", "DropConnectLinear", "Dropout", "Dropout2d", "Flatten",
    "GlobalAvgPool2d", "GroupNorm", "InstanceNorm2d", "LENET_C3_TABLE", "LayerNorm", "LeakyReLU",
    "Linear", "LocalResponseNorm", "LocalResponseNormWithin", "LogSoftmax", "MaxPool2d", "PReLU",
    "PartialConv2d", "RBF", "ReLU", "ScaledTanh", "Shortcut", "Sigmoid", "Softmax",
    "SqueezeExcite", "Subsample2d", "Tanh", "fold_all", "fold_batchnorm", "log_softmax",
    "softmax",
]
