"""Gradient-check cases of the layers of mobile networks, transformers and capsules."""

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_device
from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.attention import Attention, SelfAttention
from minicnn.layers.capsule import CapsuleLength, PrimaryCapsules, RoutedCapsules, SquashFn
from minicnn.layers.channel_slice import ChannelSlice
from minicnn.layers.dropout import DropoutFn
from minicnn.layers.hardtanh import Hardtanh, ReLU6
from minicnn.layers.layernorm2d import LayerNorm2d
from minicnn.layers.layerscale import LayerScale
from minicnn.layers.recurrent_conv import RecurrentConv2d
from minicnn.layers.shuffle import ChannelShuffle
from minicnn.layers.smooth_activations import GELU, SiLU
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.layers.tokens import ClassToken, FirstToken, ImageToTokens, Positions, TokenLinear


def without_second(x: Tensor) -> Tensor:
    """A fixed mask, by images: the check needs the same result each time."""
    return DropoutFn(to_device(np.array([[True], [False], [True]]), x.device), 0.4)(x)


CASES = [
    Case("ChannelShuffle", "3 groups of 2", lambda: ChannelShuffle(3), (normal(2, 6, 3, 2),)),
    Case("ChannelShuffle", "1 group", lambda: ChannelShuffle(1), (normal(2, 3, 2, 2),)),
    Case("ChannelSlice", "2 of 5", lambda: ChannelSlice(0, 2), (normal(2, 5, 2, 3),)),
    Case("Hardtanh", "from -1 to 1", Hardtanh, (apart(2, 3, 2, 2),)),
    Case("ReLU6", "", ReLU6, (5 * apart(2, 3, 2, 3),)),
    Case("SiLU", "", SiLU, (3 * normal(2, 3, 2, 2),)),
    Case("GELU", "", GELU, (3 * normal(2, 3, 2, 2),)),
    Case("GELU", "by tanh", lambda: GELU("tanh"), (3 * normal(2, 3, 2, 2),)),
    Case("LayerNorm2d", "", lambda: LayerNorm2d(4), (normal(2, 4, 3, 2),)),
    Case("LayerNorm2d", "large eps", lambda: LayerNorm2d(3, 0.5), (normal(2, 3, 1, 2),)),
    Case("LayerScale", "images", lambda: LayerScale(3), (normal(2, 3, 2, 3),)),
    Case("LayerScale", "vectors", lambda: LayerScale(4), (normal(3, 4),)),
    Case("StochasticDepth", "one image left out", lambda: without_second, (normal(3, 4),)),
    Case("StochasticDepth", "p 1", lambda: StochasticDepth(1.0), (normal(2, 3),)),
    Case("StochasticDepth", "test mode", lambda: StochasticDepth(0.4).eval(), (normal(2, 3),)),
    Case("ImageToTokens", "", ImageToTokens, (normal(2, 3, 2, 3),)),
    Case("ClassToken", "", lambda: ClassToken(4), (normal(2, 3, 4),)),
    Case("Positions", "", lambda: Positions(3, 4), (normal(2, 3, 4),)),
    Case("FirstToken", "", FirstToken, (normal(2, 3, 4),)),
    Case("TokenLinear", "with bias", lambda: TokenLinear(4, 3), (normal(2, 3, 4),)),
    Case("TokenLinear", "no bias", lambda: TokenLinear(4, 3, bias=False), (normal(2, 3, 4),)),
    Case("Attention", "2 heads", lambda: Attention(4, 2), (normal(2, 3, 12),)),
    Case("SelfAttention", "2 heads", lambda: SelfAttention(4, 2), (normal(2, 3, 4),)),
    Case("SelfAttention", "1 head", lambda: SelfAttention(3, 1), (normal(2, 4, 3),)),
    Case("RecurrentConv2d", "2 steps", lambda: RecurrentConv2d(2, 3), (normal(2, 2, 4, 3),)),
    Case("RecurrentConv2d", "1 step, kernel 1x3", lambda: RecurrentConv2d(2, 2, (1, 3), 1),
         (normal(2, 2, 3, 4),)),
    Case("Squash", "", lambda: lambda s: SquashFn()(s), (normal(3, 2, 4),)),
    Case("CapsuleLength", "", CapsuleLength, (normal(2, 3, 4),)),
    Case("PrimaryCapsules", "dimension 3", lambda: PrimaryCapsules(3), (normal(2, 6, 2, 3),)),
    Case("RoutedCapsules", "3 rounds", lambda: RoutedCapsules(5, 3, 2, 4), (normal(2, 5, 3),)),
    Case("RoutedCapsules", "1 round", lambda: RoutedCapsules(4, 2, 3, 2, 1), (normal(3, 4, 2),)),
]
