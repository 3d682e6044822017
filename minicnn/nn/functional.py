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
from minicnn.layers.conv_transpose import (
    ConvTranspose2dFn,
    checked_padding,
    enlarged,
    window_on_output,
)
from minicnn.layers.dropout import Dropout, Dropout2d
from minicnn.layers.interpolate import interpolate
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.maxunpool import MaxUnpool2d
from minicnn.layers.module import Module
from minicnn.layers.smooth_activations import GELU, SiLU
from minicnn.layers.softmax import log_softmax, softmax
from minicnn.losses.binary_cross_entropy import binary_cross_entropy_with_logits
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.losses.smooth_l1 import smooth_l1_loss
from minicnn.losses.squared_error import mse_loss
from minicnn.nn.elsewhere import layer_advice

__all__ = ["adaptive_avg_pool2d", "avg_pool2d", "binary_cross_entropy_with_logits", "broadcast_to",
           "cat", "chunk", "clamp", "clip", "concatenate", "conv2d", "conv_transpose2d",
           "cross_entropy", "dropout", "dropout2d", "exp", "gelu", "interpolate", "leaky_relu",
           "linear", "log", "log_softmax", "matmul", "max_pool2d", "max_unpool2d", "maximum",
           "minimum", "mse_loss", "pad", "relu", "sigmoid", "silu", "smooth_l1_loss", "softmax",
           "split", "sqrt", "stack", "tanh", "where"]

# Methods that PyTorch also has as functions; by __getattr__, for they would hide Python's here.
METHODS = ("abs", "all", "amax", "amin", "any", "argmax", "argmin", "clone", "flatten", "gather",
           "isfinite", "isinf", "isnan", "max", "mean", "min", "numel", "permute", "pow", "reshape",
           "square", "squeeze", "std", "sum", "t", "transpose", "unsqueeze", "var")


# --- layers without weights -------------------------------------------------------------------

def max_pool2d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
               dilation: Any = 1, ceil_mode: bool = False, return_indices: bool = False) -> Any:
    return once("max_pool2d", MaxPool2d(kernel_size, stride, padding, dilation, return_indices,
                                        ceil_mode), x)


def max_unpool2d(x: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None,
                 padding: Any = 0, output_size: Any = None) -> Tensor:
    return once("max_unpool2d", MaxUnpool2d(kernel_size, stride, padding), x, indices, output_size)


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


def once(name: str, layer: Module, *inputs: Any) -> Any:
    """The answer of a layer that is built for one call and bears the name of its function."""
    layer._name = name
    return layer(*inputs)


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


def conv_transpose2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1,
                     dilation: Any = 1) -> Tensor:
    """ConvTranspose2d with weights that are given:  (N, C, H, W), (C, F/G, KH, KW), (F,)."""
    check_weights("conv_transpose2d", x, weight, bias, axes=4, outputs=(1, groups))
    if x.ndim != 4:
        raise ValueError(f"conv_transpose2d: expected images (N, C, H, W), got {x.shape}; one "
                         "image: x[None]")
    (N, C, H, W), F = x.shape, weight.shape[1] * groups
    if weight.shape[0] != C or C % groups:
        raise ValueError(f"conv_transpose2d: the images {x.shape} have {C} channels, the weight "
                         f"{weight.shape} in {groups} groups is for {weight.shape[0]}; it is "
                         "(channels, filters / groups, height, width)")
    window = window_on_output(weight.shape[2:], stride, padding, dilation)
    size = enlarged(window, H, W, checked_padding(output_padding, window))
    if x.is_shape:
        return x.of((N, F, *size))
    parameters = [weight] if bias is None else [weight, bias]
    return ConvTranspose2dFn(window, size, groups)(x, *parameters)


def check_weights(name: str, x: Any, weight: Any, bias: Any, axes: int,
                  outputs: tuple[int, int] = (0, 1)) -> None:
    """outputs : the weight's axis of outputs, and how many groups of them there are."""
    for what, value in (("the input", x), ("the weight", weight), ("the bias", bias)):
        if not isinstance(value, Tensor) and (value is not None or what != "the bias"):
            raise TypeError(f"{name}: {what} must be a Tensor, got {type_name(value)}; wrap it: "
                            "Tensor(x), and what is learnt: Parameter(values)")
    if weight.ndim != axes:
        raise ValueError(f"{name}: the weight has {axes} axes, got {weight.shape}")
    F = weight.shape[outputs[0]] * outputs[1]
    if bias is not None and bias.shape != (F,):
        raise ValueError(f"{name}: the bias must be ({F},), one number for each output, got "
                         f"{bias.shape}")


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
