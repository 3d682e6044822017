"""Functions of Tensors: exp, maximum, where, pad, cat, ...  Numbers and arrays are taken, too.

    from minicnn import functions as F             # these, and those of nn/functional.py
    y = F.relu(x) + F.where(x > 0, x, 0.1 * x)

They have PyTorch's names and arguments (torch.cat, torch.nn.functional.pad); NumPy's names stand
beside them where they say the same.  What a Tensor has as a method does the same as x.exp().
"""

from typing import Any

import numpy as np

from minicnn.autograd.elementary import ConcatenateFn, PadFn, WhereFn
from minicnn.autograd.reshaping import numpys_words
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.windows import is_whole, truth

__all__ = ["broadcast_to", "cat", "chunk", "clamp", "clip", "concatenate", "exp", "log", "matmul",
           "maximum", "minimum", "pad", "relu", "sigmoid", "split", "sqrt", "stack", "tanh",
           "where"]


def as_tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def exp(x: Any) -> Tensor:
    """e ** x."""
    return as_tensor(x).exp()


def log(x: Any) -> Tensor:
    """Natural logarithm; for probabilities use log_softmax, which does not overflow."""
    return as_tensor(x).log()


def sqrt(x: Any) -> Tensor:
    """Square root; its gradient at 0 is infinite."""
    return as_tensor(x).sqrt()


def relu(x: Any, inplace: bool = False) -> Tensor:
    """max(x, 0); the gradient at 0 is 0.  inplace=True is PyTorch's, and changes nothing here."""
    truth(inplace, "relu: inplace")
    return as_tensor(x).relu()


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + e ** -x), between 0 and 1."""
    return as_tensor(x).sigmoid()


def tanh(x: Any) -> Tensor:
    """Hyperbolic tangent, between -1 and 1."""
    return as_tensor(x).tanh()


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of a and b, position by position; NaN where one of them is NaN."""
    a, b = pair_of_tensors(a, b)
    return a.maximum(b)


def minimum(a: Any, b: Any) -> Tensor:
    """The smaller of a and b, position by position; NaN where one of them is NaN."""
    a, b = pair_of_tensors(a, b)
    return a.minimum(b)


def clamp(x: Any, min: float | None = None, max: float | None = None) -> Tensor:
    """x, but not below `min` and not above `max`."""
    return as_tensor(x).clamp(min, max)


clip = clamp


def matmul(a: Any, b: Any) -> Tensor:
    """a @ b."""
    a, b = as_tensor(a), as_tensor(b)
    return a.matmul(b)


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """a where `condition` (an array of booleans) is true, else b."""
    a, b = pair_of_tensors(a, b)
    condition = condition.data if isinstance(condition, Tensor) else condition
    condition = (np if a.is_shape else xp_of(a.data)).asarray(condition)
    if condition.dtype != bool:
        raise TypeError(f"where: the condition must be booleans, got {condition.dtype}; "
                        "write a comparison, for example x > 0")
    return WhereFn(condition)(a, b)


def pad(x: Any, pad: Any, mode: str = "constant", value: float = 0.0) -> Tensor:
    """x with `value` around it.

    pad : (left, right) or (left, right, top, bottom), ..., the last dim first, as in PyTorch;
          or as in NumPy ((before, after), ...), a pair for each dim, or one number for all sides
    mode : "constant", the only one here
    """
    x = as_tensor(x)
    if mode != "constant":
        raise ValueError(f'pad: mode must be "constant", got {mode!r}; for a value: value=2.5; '
                         "before a convolution: Conv2d(..., padding_mode=...)")
    form = np.shape(pad)
    if len(form) == 1 and form[0] % 2 == 0 and form[0] <= 2 * x.ndim:
        sides = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
        pad = [(0, 0)] * (x.ndim - len(sides)) + sides[::-1]
    elif form not in ((), (x.ndim, 2)):
        raise ValueError(f"pad: {pad} for shape {x.shape}; give (left, right, top, bottom), a pair "
                         "(before, after) for each dim, or one number")
    pairs = np.broadcast_to(pad, (x.ndim, 2)).tolist()
    if not all(is_whole(side) and side >= 0 for pair in pairs for side in pair):
        raise ValueError(f"pad: widths are whole numbers from 0 on, got {pad}; to cut off: "
                         "x[..., 1:-1]")
    return PadFn(tuple(map(tuple, pairs)), value)(x)


@numpys_words
def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined along an existing dim, for example channels: dim=1."""
    tensors = listed("cat", tensors)
    first = tensors[0].shape
    axis = tensors[0].dims("cat", dim)
    beside = {x.shape[:axis] + x.shape[axis + 1:] for x in tensors}
    if len(beside) > 1 or any(x.ndim != len(first) for x in tensors):
        raise ValueError(f"cat: the shapes {[x.shape for x in tensors]} differ outside dim {dim}")
    return ConcatenateFn(axis)(*tensors)


concatenate = cat


@numpys_words
def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dim."""
    tensors = listed("stack", tensors)
    if len({x.shape for x in tensors}) != 1:
        raise ValueError(f"stack: the shapes differ: {[x.shape for x in tensors]}")
    if not -tensors[0].ndim - 1 <= dim <= tensors[0].ndim:
        raise ValueError(f"stack: there is no place {dim} beside the dims of {tensors[0].shape}")
    return cat([x.unsqueeze(dim) for x in tensors], dim)


@numpys_words
def split(x: Any, split_size: Any, dim: int = 0) -> list[Tensor]:
    """Parts of that size along a dim, the last may be smaller; or a list of the parts' sizes."""
    return as_tensor(x).split(split_size, dim)


@numpys_words
def chunk(x: Any, chunks: int, dim: int = 0) -> list[Tensor]:
    """As many parts of equal size along a dim; the last may be smaller."""
    return as_tensor(x).chunk(chunks, dim)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Tensor:
    """x repeated along dims of size 1, and along new dims in front, up to `shape`."""
    return as_tensor(x).expand(tuple(shape))


def listed(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}: expected several Tensors, got one; {name}([x, y])")
    tensors = [as_tensor(x) for x in tensors]
    if not tensors:
        raise ValueError(f"{name}: nothing to join, the list is empty")
    return tensors


def pair_of_tensors(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """a and b as Tensors; a plain number takes the dtype and device of the other."""
    if isinstance(a, Tensor):
        return a, a.beside(b)
    if isinstance(b, Tensor):
        return b.beside(a), b
    a = as_tensor(a)
    return a, a.beside(b)

