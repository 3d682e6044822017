"""The layers, one file for each lecture topic; here they are handed on: minicnn.layers.Conv2d."""

from typing import NoReturn

from minicnn.layers.activations import LeakyReLU, PReLU, ReLU, ScaledTanh, Sigmoid, Tanh
from minicnn.layers.adaptive import AdaptiveAvgPool2d, GlobalAvgPool2d
from minicnn.layers.attention import Attention, SelfAttention
from minicnn.layers.attention_gate import AttentionGate
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.capsule import CapsuleLength, PrimaryCapsules, RoutedCapsules
from minicnn.layers.channel_slice import ChannelSlice
from minicnn.layers.concat import Concat
from minicnn.layers.containers import (
    Identity,
    ModuleDict,
    ModuleList,
    ParameterList,
    Sequential,
)
from minicnn.layers.contrast import ContrastNorm
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.dropconnect import DropConnectLinear
from minicnn.layers.dropout import Dropout, Dropout2d
from minicnn.layers.elsewhere import refuse
from minicnn.layers.embedding import Embedding
from minicnn.layers.fold import fold_all, fold_batchnorm
from minicnn.layers.freeze import freeze, unfreeze
from minicnn.layers.frozen_batchnorm import FrozenBatchNorm2d
from minicnn.layers.groupnorm import GroupNorm, InstanceNorm2d
from minicnn.layers.hardtanh import Hardtanh, ReLU6
from minicnn.layers.interpolate import Upsample, interpolate
from minicnn.layers.l2norm import L2Norm
from minicnn.layers.layernorm import LayerNorm
from minicnn.layers.layernorm2d import LayerNorm2d
from minicnn.layers.layerscale import LayerScale
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.lrn import LocalResponseNorm, LocalResponseNormWithin
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.maxunpool import MaxUnpool2d
from minicnn.layers.module import Buffer, Module, Parameter
from minicnn.layers.partial_conv import LENET_C3_TABLE, PartialConv2d
from minicnn.layers.rbf import RBF
from minicnn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from minicnn.layers.recurrent_conv import RecurrentConv2d
from minicnn.layers.recurrent_unit import RecurrentUnit2d, SharedRecurrentConv2d
from minicnn.layers.residual import Add, Shortcut
from minicnn.layers.roi import RoIAlign, RoIPool, roi_align, roi_pool
from minicnn.layers.shuffle import ChannelShuffle
from minicnn.layers.smooth_activations import GELU, SiLU
from minicnn.layers.softmax import LogSoftmax, Softmax, log_softmax, softmax
from minicnn.layers.squeeze_excite import SqueezeExcite
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.layers.subsample import Subsample2d
from minicnn.layers.tokens import ClassToken, FirstToken, ImageToTokens, Positions, TokenLinear

__all__ = [
    "AdaptiveAvgPool2d", "Add", "Attention", "AttentionGate", "AvgPool2d", "BatchNorm1d",
    "BatchNorm2d", "Buffer", "CapsuleLength", "ChannelShuffle", "ChannelSlice", "ClassToken",
    "Concat", "ContrastNorm", "Conv2d", "ConvTranspose2d", "DropConnectLinear", "Dropout",
    "Dropout2d", "Embedding", "FirstToken", "Flatten", "FrozenBatchNorm2d", "GELU", "GRUCell",
    "GlobalAvgPool2d", "GroupNorm", "Hardtanh", "Identity", "ImageToTokens", "InstanceNorm2d",
    "L2Norm", "LENET_C3_TABLE", "LSTMCell", "LayerNorm", "LayerNorm2d", "LayerScale", "LeakyReLU",
    "Linear", "LocalResponseNorm", "LocalResponseNormWithin", "LogSoftmax", "MaxPool2d",
    "MaxUnpool2d", "Module", "ModuleDict", "ModuleList", "PReLU", "Parameter", "ParameterList",
    "PartialConv2d", "Positions", "PrimaryCapsules", "RBF", "RNNCell", "ReLU", "ReLU6",
    "RecurrentConv2d", "RecurrentUnit2d", "RoIAlign", "RoIPool", "RoutedCapsules", "ScaledTanh",
    "SelfAttention", "Sequential", "SharedRecurrentConv2d", "Shortcut", "SiLU", "Sigmoid",
    "Softmax", "SqueezeExcite", "StochasticDepth", "Subsample2d", "Tanh", "TokenLinear", "Upsample",
    "fold_all", "fold_batchnorm", "freeze", "interpolate", "log_softmax", "roi_align", "roi_pool",
    "softmax", "unfreeze",
]


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with what to write."""
    refuse(name, __all__)
