"""Functions of Tensors, PyTorch's torch.nn.functional: relu, conv2d, max_pool2d, cross_entropy, ...

    from minicnn import functions as F
    x = F.max_pool2d(F.relu(self.conv1(x)), 2)

Here is no mathematics: what has no weights is the layer of the same name, built for one call.
Elementary functions (exp, where, pad, cat, ...) live in autograd/functions.py, losses in losses/.
What a Tensor has as a method is a function, too: F.max(x, 1) is x.max(1).
"""

from typing import Any

from minicnn.autograd import creation
from minicnn.autograd.functions import (
    as_tensor,
    broadcast_to,
    cat,
    chunk,
    clamp,
    clip,
    concatenate,
    exp,
    log,
    matmul,
    maximum,
    minimum,
    pad,
    relu,
    sigmoid,
    split,
    sqrt,
    stack,
    tanh,
    where,
)
from minicnn.autograd.stand_ins import missing_function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import type_name
from minicnn.backend.windows import Window
from minicnn.layers.activations import LeakyReLU
from minicnn.layers.adaptive import AdaptiveAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.dropout import Dropout, Dropout2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.smooth_activations import GELU, SiLU
from minicnn.layers.softmax import log_softmax, softmax
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.losses.squared_error import mse_loss
from minicnn.nn.elsewhere import layer_advice

__all__ = ["adaptive_avg_pool2d", "avg_pool2d", "broadcast_to", "cat", "chunk", "clamp", "clip",
           "concatenate", "conv2d", "cross_entropy", "dropout", "dropout2d", "exp", "gelu",
           "leaky_relu", "linear", "log", "log_softmax", "matmul", "max_pool2d", "maximum",
           "minimum", "mse_loss", "pad", "relu", "sigmoid", "silu", "softmax", "split", "sqrt",
           "stack", "tanh", "where"]

# Methods that PyTorch also has as functions; by __getattr__, for they would hide Python's here.
METHODS = ("abs", "all", "amax", "amin", "any", "argmax", "argmin", "clone", "flatten", "gather",
           "isfinite", "isinf", "isnan", "max", "mean", "min", "numel", "permute", "pow", "reshape",
           "square", "squeeze", "std", "sum", "t", "transpose", "unsqueeze", "var")


# --- layers without weights -------------------------------------------------------------------

def max_pool2d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
               dilation: Any = 1, ceil_mode: bool = False) -> Tensor:
    return once("max_pool2d", MaxPool2d(kernel_size, stride, padding, dilation,
                                        ceil_mode=ceil_mode), x)


def avg_pool2d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
               ceil_mode: bool = False, count_include_pad: bool = True,
               divisor_override: int | None = None) -> Tensor:
    return once("avg_pool2d", AvgPool2d(kernel_size, stride, padding, ceil_mode,
                                        count_include_pad, divisor_override), x)


def adaptive_avg_pool2d(x: Tensor, output_size: Any) -> Tensor:
    return once("adaptive_avg_pool2d", AdaptiveAvgPool2d(output_size), x)


def leaky_relu(x: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    return once("leaky_relu", LeakyReLU(negative_slope, inplace), x)


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    return once("gelu", GELU(approximate), x)


def silu(x: Tensor, inplace: bool = False) -> Tensor:
    return once("silu", SiLU(inplace), x)


def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In a network write F.dropout(x, p, self.training): alone it also drops after eval()."""
    return once("dropout", Dropout(p, inplace).train(training), x)


def dropout2d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    return once("dropout2d", Dropout2d(p, inplace).train(training), x)


def once(name: str, layer: Module, x: Any) -> Any:
    """The answer of a layer that is built for one call and bears the name of its function."""
    layer._name = name
    return layer(x)


# --- with weights of your own -----------------------------------------------------------------

def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight.T + bias:  (..., M), (D, M), (D,) -> (..., D)."""
    check_weights("linear", x, weight, bias, axes=2)
    M, D = x.shape[-1] if x.ndim else 0, weight.shape[0]
    if weight.shape[1] != M:
        raise ValueError(f"linear: the input {x.shape} has {M} features, the weight {weight.shape}"
                         f" is for {weight.shape[1]}; it is (outputs, inputs), so its shape is "
                         f"({D}, {M}) for this input")
    y = x @ weight.T
    return y if bias is None else y + bias


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
           padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """Conv2d with weights that are given:  (N, C, H, W), (F, C/G, KH, KW), (F,)."""
    check_weights("conv2d", x, weight, bias, axes=4)
    if x.ndim != 4:
        raise ValueError(f"conv2d: expected images (N, C, H, W), got {x.shape}; one image: x[None]")
    (N, C, H, W), F = x.shape, weight.shape[0]
    if weight.shape[1] * groups != C or F % groups:
        raise ValueError(f"conv2d: the images {x.shape} have {C} channels, the weight "
                         f"{weight.shape} in {groups} groups is for {weight.shape[1] * groups}; "
                         "it is (filters, channels / groups, height, width)")
    window = Window.of(weight.shape[2:], stride, padding, dilation)
    OH, OW = window.out(H, W)
    if x.is_shape:
        return x.of((N, F, OH, OW))
    return Conv2dFn(window, groups)(x, weight, *([] if bias is None else [bias]))


def check_weights(name: str, x: Any, weight: Any, bias: Any, axes: int) -> None:
    for what, value in (("the input", x), ("the weight", weight), ("the bias", bias)):
        if not isinstance(value, Tensor) and (value is not None or what != "the bias"):
            raise TypeError(f"{name}: {what} must be a Tensor, got {type_name(value)}; wrap it: "
                            "Tensor(x), and what is learnt: Parameter(values)")
    if weight.ndim != axes:
        raise ValueError(f"{name}: the weight has {axes} axes, got {weight.shape}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"{name}: the bias must be {weight.shape[:1]}, one number for each "
                         f"output, got {bias.shape}")


def __getattr__(name: str) -> Any:
    """A method as a function, or an error that says what to take."""
    if name not in METHODS:
        home = "minicnn" if name in creation.__all__ else None
        raise missing_function("minicnn.functions", name, __all__, Tensor, home,
                               layer_advice(name))

    def function(x: Any, *settings: Any, **named: Any) -> Any:
        return getattr(as_tensor(x), name)(*settings, **named)

    function.__name__, function.__doc__ = name, f"x.{name}(...)"
    return function
