"""How weights are drawn before training: each function returns draw(rng, shape) -> float32 array.

The spread is chosen so that signals neither grow nor vanish from layer to layer.  fan_in is the
number of inputs of one unit, fan_out the number of units that one input reaches: for a weight
(F, C, KH, KW) they are C KH KW and F KH KW, for a fully connected (D, M) weight M and D.

In a convolution with G groups an input reaches only the F / G filters of its own group; that fan_in
counts one group alone is in the weight's shape already.  PyTorch overlooks it, and so does the
default here, groups=1, so that the same call gives the same spread: for a depthwise 3 x 3 of 32
channels fan_out is 288 then, and with groups=32 it is 9, what a single filter for each channel has.

    lecun        std = sqrt(1 / fan_in)                 LeCun et al. 1998, "Efficient BackProp",
                                                        section 4.6; for tanh
    xavier       std = sqrt(2 / (fan_in + fan_out))     Glorot and Bengio 2010, equation 12
    he           std = sqrt(2 / fan_in)                 He et al. 2015, "Delving deep into
                                                        rectifiers", equation 10; for ReLU
    orthogonal   rows at right angles, of length 1      Saxe et al. 2014

A uniform distribution between -b and b has standard deviation b / sqrt(3).

What the papers of the lectures used:

    LeNet-5    lenet()      uniform within 2.4 / fan_in           LeCun et al. 1998, appendix A
    AlexNet    alexnet()    normal, std 0.01                      Krizhevsky et al. 2012, section 5
    VGG        vgg()        normal, variance 0.01: std 0.1        Simonyan and Zisserman 2015,
                                                                  section 3.1 (for network A)
    ResNet     he_normal()  "as in" He et al. 2015                He et al. 2016, section 3.4

The GoogLeNet paper does not say.  Lectures: virginia and stanford, ResNet training (the second
calls it "Xavier initialization from He et al.").
"""

from collections.abc import Callable
from math import prod, sqrt
from typing import Any, NoReturn

import numpy as np

from minicnn.backend.messages import did_you_mean
from minicnn.backend.windows import whole

Init = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

__all__ = ["Init", "alexnet", "apply_init", "bilinear", "constant", "fans", "he_normal",
           "he_uniform", "lecun_normal", "lecun_uniform", "lenet", "normal", "ones", "orthogonal",
           "uniform", "vgg", "xavier_normal", "xavier_uniform", "zeros"]


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ones(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, np.float32)


def fans(shape: tuple[int, ...], groups: int = 1) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of this shape: at least two axes, outputs first.

    groups : those of the convolution, or 1 for PyTorch's count: see the head of this file

    >>> fans((6, 1, 5, 5)), fans((84, 120)), fans((32, 1, 3, 3)), fans((32, 1, 3, 3), groups=32)
    ((25, 150), (120, 84), (9, 288), (9, 9))
    """
    if len(shape) < 2:
        raise ValueError(f"fans: a weight has at least two axes (outputs, inputs), got {shape}; "
                         "start a bias with init.zeros")
    if shape[0] % whole(groups, "fans: groups"):
        raise ValueError(f"fans: {shape[0]} outputs do not divide into {groups} groups; give the "
                         "groups of the layer that has this weight")
    area = prod(shape[2:])
    return shape[1] * area, shape[0] // groups * area


def constant(value: float) -> Init:
    def draw(rng, shape):
        return np.full(shape, value, np.float32)
    return draw


def normal(std: float, mean: float = 0.0) -> Init:
    def draw(rng, shape):
        w = rng.standard_normal(shape, np.float32)
        w *= std                           # in place: VGG's largest weight takes 411 MB
        w += mean
        return w
    return draw


def uniform(bound: float) -> Init:
    """Between -bound and bound: standard deviation bound / sqrt(3)."""
    def draw(rng, shape):
        w = rng.random(shape, np.float32)
        w *= 2
        w -= 1
        w *= bound
        return w
    return draw


def lecun_normal() -> Init:
    return normal_by_fans(lambda fan_in, fan_out: sqrt(1 / fan_in))


def lecun_uniform() -> Init:
    return uniform_by_fans(lambda fan_in, fan_out: sqrt(1 / fan_in))


def xavier_normal(gain: float = 1.0, groups: int = 1) -> Init:
    """Glorot and Bengio 2010.

    gain   : so many times the spread above, for what follows the layer
    groups : of the convolution, or 1 as PyTorch counts: see the head of this file
    """
    return normal_by_fans(lambda fan_in, fan_out: gain * sqrt(2 / (fan_in + fan_out)), groups)


def xavier_uniform(gain: float = 1.0, groups: int = 1) -> Init:
    """As xavier_normal, between two bounds."""
    return uniform_by_fans(lambda fan_in, fan_out: gain * sqrt(2 / (fan_in + fan_out)), groups)


def he_normal(a: float = 0.0, mode: str = "fan_in", groups: int = 1) -> Init:
    """He et al. 2015.

    a      : slope of the leaky ReLU that follows, 0 for ReLU
    mode   : "fan_in", or "fan_out"
    groups : of the convolution, or 1 as PyTorch counts: it changes fan_out alone
    """
    return normal_by_fans(he_std(a, mode), groups)


def he_uniform(a: float = 0.0, mode: str = "fan_in", groups: int = 1) -> Init:
    """As he_normal, between two bounds."""
    return uniform_by_fans(he_std(a, mode), groups)


def orthogonal(gain: float = 1.0) -> Init:
    """gain times a matrix (outputs, inputs KH KW) with orthonormal rows, or columns if fewer."""
    def draw(rng, shape):
        fans(shape)
        rows, columns = shape[0], prod(shape[1:])
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.where(np.diag(r) < 0, -1, 1)           # else the signs would not be random
        matrix = q if rows >= columns else q.T
        return (gain * matrix).reshape(shape).astype(np.float32)
    return draw


def bilinear(groups: int = 1) -> Init:
    """A transposed convolution that enlarges bilinearly: each map by itself, as many out as in.

        w[c, c, u, v] = k(u) k(v),   k(u) = 1 - |u - m| / s,   s = ceil(KH / 2)

    m is the middle of the kernel, (KH - 1) / 2; the other weights are 0.  By s times larger it is
    with stride s and padding s // 2, for a kernel of 2 s, or of 2 s - 1 where s is odd.  Long et
    al. 2015, section 4.2 (FCN).

    groups : those of the layer, whose weight is (C, C/groups, KH, KW)
    """
    def draw(rng, shape):
        check_bilinear(shape, groups)
        rows, columns = (1 - np.abs(np.arange(size) - (size - 1) / 2) / ((size + 1) // 2)
                         for size in shape[2:])
        w, maps = np.zeros(shape, np.float32), np.arange(shape[0])
        w[maps, maps % shape[1]] = np.outer(rows, columns)
        return w
    whole(groups, "bilinear: groups")
    return draw


def check_bilinear(shape: tuple[int, ...], groups: int) -> None:
    if len(shape) != 4 or shape[0] != shape[1] * groups:
        raise ValueError(f"bilinear: with groups={groups} it is for the weight (C, C/groups, KH, "
                         f"KW) of a ConvTranspose2d with as many maps out as in, got {shape}; "
                         "another number of maps is for a 1x1 convolution behind it")


def lenet() -> Init:
    """Uniform within 2.4 / fan_in: weighted sums stay where 1.7159 tanh(2 x / 3) is steep."""
    return uniform_by_fans(lambda fan_in, fan_out: 2.4 / fan_in / sqrt(3))


def alexnet() -> Init:
    """Normal, std 0.01.  Biases: 1 in conv2, conv4, conv5, fc6 and fc7, elsewhere 0."""
    return normal(0.01)


def vgg() -> Init:
    """Normal, std 0.1; biases 0.  The deeper VGGs began with layers of the trained network A."""
    return normal(0.1)


def he_std(a: float, mode: str):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'he: mode must be "fan_in" or "fan_out", got {mode!r}')
    which = 0 if mode == "fan_in" else 1
    return lambda *fans: sqrt(2 / ((1 + a * a) * fans[which]))


def normal_by_fans(std, groups: int = 1) -> Init:
    """std(fan_in, fan_out) gives the standard deviation for the shape at hand."""
    whole(groups, "groups")

    def draw(rng, shape):
        return normal(std(*fans(shape, groups)))(rng, shape)
    return draw


def uniform_by_fans(std, groups: int = 1) -> Init:
    whole(groups, "groups")

    def draw(rng, shape):
        return uniform(sqrt(3) * std(*fans(shape, groups)))(rng, shape)
    return draw


def apply_init(module: Any, weight: Init | None = None, bias: Init | None = None) -> Any:
    """Give a layer or a network new starting values; nothing is drawn before it is read.

    weight : for everything learnt that has two axes or more: filters and matrices
    bias   : for the biases of the layers that have such a weight; a batch norm's stay

    Each parameter gets a child of the seed of its own.  Returns the module.

    >>> from minicnn.layers.linear import Linear
    >>> apply_init(Linear(2, 3), constant(0.5), zeros).weight.data.tolist()
    [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    """
    for part in module.modules():
        own = {name: value for name, value in vars(part).items()
               if getattr(value, "learnt", False)}         # Parameters, not Buffers
        matrices = [value for value in own.values() if value.ndim >= 2]
        biases = [own["bias"]] if matrices and "bias" in own else []
        changes = [(parameter, weight) for parameter in matrices]
        changes += [(parameter, bias) for parameter in biases]
        for parameter, draw in changes:
            if draw is not None:
                parameter.draw_again(draw)
    return module


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with what to write."""
    ours = name.rstrip("_").replace("kaiming", "he")
    hint = did_you_mean(ours, __all__)
    if name.endswith("_"):
        hint = f"what writes into a Parameter, as PyTorch has it, is minicnn.nn.init.{name}"
    elif ours in __all__:
        hint = f"it is {ours}"
    raise AttributeError(f"module 'minicnn.init' has no attribute {name!r}"
                         + (f"; {hint}" if hint and not name.startswith("__") else ""))
