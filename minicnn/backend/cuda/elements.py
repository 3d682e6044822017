"""Element by element on a GPU, in one launch: ReLU, and the steps of the optimisers."""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, batch_last, packed


def relu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """max(x, 0) and its backward, which keeps where x got through."""
    if not x.ndim:
        return NotImplemented
    x, xp = packed(batch_last(x)), xp_of(x)
    y, passed = xp.empty_like(x), xp.empty(x.shape, bool) if needs_grad[0] else None
    launch("elements", "relu", (1, x.size), x, y, passed, x.size)
    return batch_first(y), partial(relu_backward, passed=passed)


def relu_backward(dy: Array, passed: Array) -> Array:
    """dy where passed, else 0; `passed` lies in the order of memory"""
    dy = packed(batch_last(dy))
    dx = xp_of(dy).empty_like(dy)
    launch("elements", "pass_on", (1, dy.size), dy, passed, dx, dy.size)
    return batch_first(dx)


def smooth(name: str, x: Array) -> Any:
    """y = name(x) and its backward, which keeps x: the kernels `name` and `name`_backward."""
    if not x.ndim:
        return NotImplemented
    x = packed(batch_last(x))
    y = xp_of(x).empty_like(x)
    launch("elements", name, (1, x.size), x, y, x.size)
    return batch_first(y), partial(smooth_backward, name=name, x=x)


def smooth_backward(dy: Array, name: str, x: Array) -> Array:
    dy = packed(batch_last(dy))
    dx = xp_of(dy).empty_like(dy)
    launch("elements", f"{name}_backward", (1, dy.size), dy, x, dx, dy.size)
    return batch_first(dx)


def silu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """x / (1 + e^-x)"""
    return smooth("silu", x)


def gelu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """x Phi(x)"""
    return smooth("gelu", x)


def fits(w: Array, *others: Array) -> bool:
    """Whether all lie in memory in the order of their axes, without gaps."""
    return all(array.flags.c_contiguous and array.shape == w.shape for array in (w, *others))


def momentum_step(w: Array, g: Array, v: Array, lr: float, momentum: float, dampening: float = 0.0,
                  nesterov: bool = False, first: bool = False, weight_decay: float = 0.0) -> Any:
    """SGD with momentum: changes w and v.  w and g share a dtype, v is at least float32.

    first : v holds nothing yet
    """
    if g.dtype != w.dtype or not fits(w, g, v):
        return NotImplemented
    launch("elements", "momentum_step", (1, w.size), w, g, v, w.size, float(lr), float(momentum),
           float(dampening), float(weight_decay), nesterov, first)
    return None


def adam_step(w: Array, g: Array, m: Array, v: Array, t: int, lr: float,
              betas: tuple[float, float], eps: float, weight_decay: float = 0.0,
              decoupled: bool = False) -> Any:
    """Step t = 1, 2, ... of Adam, AdamW if `decoupled`: changes w, m and v."""
    if g.dtype != w.dtype or not fits(w, g, m, v):
        return NotImplemented
    b1, b2 = betas
    launch("elements", "adam_step", (1, w.size), w, g, m, v, w.size, float(b1), float(b2),
           float(lr / (1 - b1 ** t)), float(1 / (1 - b2 ** t)), float(eps),
           0.0 if decoupled else float(weight_decay),
           1 - float(lr) * weight_decay if decoupled else 1.0)
    return None
