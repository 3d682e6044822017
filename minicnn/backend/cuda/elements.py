"""Element by element on a GPU, in one launch: the activations, and images times a few numbers."""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, batch_last, packed

STRETCH = 4096                         # numbers that one block of threads adds up


def is_batch_last(x: Array) -> bool:
    """Whether x is to be read along its first axis: images, and what was flattened from them."""
    return x.ndim == 4 or not x.flags.c_contiguous and batch_last(x).flags.c_contiguous


def in_rows(x: Array, last: bool) -> Array:
    """x without gaps in memory; itself where it lies so already."""
    return packed(batch_last(x) if last else x)


def relu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """max(x, 0) and its backward, which keeps where x got through."""
    if not x.ndim:
        return NotImplemented
    xp, last = xp_of(x), is_batch_last(x)
    x = in_rows(x, last)
    y, passed = xp.empty_like(x), xp.empty(x.shape, bool) if needs_grad[0] else None
    launch("elements", "relu", (1, x.size), x, y, passed, x.size)
    return batch_first(y) if last else y, partial(relu_backward, passed=passed, last=last)


def relu_backward(dy: Array, passed: Array, last: bool) -> Array:
    """dy where passed, else 0; `passed` lies as x did"""
    dy = in_rows(dy, last)
    dx = xp_of(dy).empty_like(dy)
    launch("elements", "pass_on", (1, dy.size), dy, passed, dx, dy.size)
    return batch_first(dx) if last else dx


def smooth(name: str, x: Array, *settings: float) -> Any:
    """y = name(x) and its backward, which keeps x: the kernels `name` and `name`_backward."""
    if not x.ndim:
        return NotImplemented
    last = is_batch_last(x)
    x = in_rows(x, last)
    y = xp_of(x).empty_like(x)
    launch("elements", name, (1, x.size), x, y, x.size, *settings)
    return batch_first(y) if last else y, partial(smooth_backward, name=name, x=x, last=last,
                                                  settings=settings)


def smooth_backward(dy: Array, name: str, x: Array, last: bool, settings: tuple[float, ...]
                    ) -> Array:
    dy = in_rows(dy, last)
    dx = xp_of(dy).empty_like(dy)
    launch("elements", f"{name}_backward", (1, dy.size), dy, x, dx, dy.size, *settings)
    return batch_first(dx) if last else dx


def silu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """x / (1 + e^-x)"""
    return smooth("silu", x)


def gelu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """x Phi(x)"""
    return smooth("gelu", x)


def sigmoid(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """1 / (1 + e^-x)"""
    return smooth("logistic", x)


def tanh(x: Array, *, A: float, S: float, needs_grad: tuple[bool, ...]) -> Any:
    """A tanh(S x)"""
    return smooth("scaled_tanh", x, float(A), float(S))


# --- images times one number for each channel, or for each channel of each image ------------------

def multiply(a: Array, b: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """a b and its backward, in one pass, where one of them broadcasts against images.

    x (N, C, H, W) and s (C, 1, 1), as in layer scale, or (N, C, 1, 1), as in squeeze-and-excitation
    """
    for x, s, x_first in ((a, b, True), (b, a, False)):
        images = x.ndim == 4 and x.size > 0 and s.shape != x.shape
        if images and s.shape in ((x.shape[1], 1, 1), (*x.shape[:2], 1, 1)):
            y = batch_last(x) * (batch_last(s) if s.ndim == 4 else s[..., None])      # (C, H, W, N)
            wanted = needs_grad if x_first else needs_grad[::-1]
            return batch_first(y), partial(multiply_backward, x=x, s=s, wanted=wanted,
                                           x_first=x_first)
    return NotImplemented


def multiply_backward(dy: Array, x: Array, s: Array, wanted: tuple[bool, ...], x_first: bool
                      ) -> tuple:
    """dx = dy s,   ds = sum of dy x over the pixels that s was for"""
    xp, (N, C, H, W), each = xp_of(dy), x.shape, s.ndim == 4
    dy, x = packed(batch_last(dy)), packed(batch_last(x))
    S, run = (N, H * W) if each else (1, H * W * N)        # the numbers s of a channel, x for each
    stretch = max(STRETCH // S, 1)
    stretches = -(-run // stretch)
    dx = xp.empty_like(dy) if wanted[0] else None
    sums = xp.empty((stretches, C, S), sum_dtype(dy.dtype)) if wanted[1] else None
    channel, image = s.strides[-3] // s.itemsize, s.strides[0] // s.itemsize if each else 0
    launch("elements", "multiply_backward", (C, stretches * 256), dy, x, s, dx, sums, C, run, S,
           stretch, channel, image)
    ds: Any = None
    if sums is not None:
        sums = sums[0] if stretches == 1 else sums.sum(axis=0)         # (C, S)
        ds = sums.astype(dy.dtype, copy=False)
        ds = ds.T.reshape(N, C, 1, 1) if each else ds.reshape(C, 1, 1)
    dx = None if dx is None else batch_first(dx)
    return (dx, ds) if x_first else (ds, dx)
