"""The steps of the optimisers on a GPU: one launch for all weights, not one for each.

    with at_once():
        momentum_step(w1, ...)           waits
        momentum_step(w2, ...)           waits
                                         here both run

A network has hundreds of weights, most of them small, and a launch costs as much as a thousand
numbers.  Steps of one kind that share a dtype and all settings become one table of addresses.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cuda.launch import MOST_BLOCKS, THREADS, launch

KEPT = 3                               # places for what is remembered, in a line of the table


class _Waiting(threading.local):
    steps: dict[tuple, list[tuple]] | None = None      # (kernel, dtype, settings): arrays of each


_waiting = _Waiting()


@contextmanager
def at_once() -> Iterator[None]:
    """Inside it steps wait, and run at its end; if anything goes wrong before, none of them."""
    if _waiting.steps is not None:
        yield
        return
    _waiting.steps = {}
    try:
        yield
        for (kernel, _, settings), arrays in _waiting.steps.items():
            start(kernel, arrays, settings)
    finally:
        _waiting.steps = None


def step(kernel: str, arrays: tuple[Array, ...], *settings: Any) -> Any:
    """arrays : w, its gradient and what is remembered, None for what is not"""
    w, g = arrays[:2]
    if g.dtype != w.dtype or not all(array is None or array.flags.c_contiguous and
                                     array.shape == w.shape for array in arrays):
        return NotImplemented
    if _waiting.steps is None:
        start(kernel, [arrays], settings)
    else:
        _waiting.steps.setdefault((kernel, w.dtype, settings), []).append(arrays)
    return None


def start(kernel: str, steps: list[tuple], settings: tuple) -> None:
    """One launch; `table` goes to the GPU without a wait, as all small arrays do."""
    table = np.zeros((len(steps), 2 + KEPT + 1), np.int64)
    for line, arrays in zip(table, steps, strict=True):
        line[:len(arrays)] = [0 if array is None else array.data.ptr for array in arrays]
        line[-1] = arrays[0].size
    first = steps[0][0]
    # Blocks for each weight, so many that those beyond its end do not count.
    most = THREADS * max(MOST_BLOCKS // len(steps), 1)
    launch("steps", kernel, (len(steps), min(int(table[:, -1].max()), most)), first,
           xp_of(first).asarray(table), len(steps), *settings)


# --- the optimisers, as minicnn/optim/ defines them -----------------------------------------------

def descent_step(w: Array, g: Array, lr: float, weight_decay: float = 0.0) -> Any:
    return step("sgd_steps", (w, g), float(lr), 0.0, 0.0, float(weight_decay), False, False)


def momentum_step(w: Array, g: Array, v: Array, lr: float, momentum: float, dampening: float = 0.0,
                  nesterov: bool = False, first: bool = False, weight_decay: float = 0.0) -> Any:
    """w and g share a dtype, v is at least float32.  first : v holds nothing yet"""
    return step("sgd_steps", (w, g, v), float(lr), float(momentum), float(dampening),
                float(weight_decay), bool(nesterov), bool(first))


def adam_step(w: Array, g: Array, m: Array, v: Array, t: int, lr: float,
              betas: tuple[float, float], eps: float, weight_decay: float = 0.0,
              decoupled: bool = False) -> Any:
    """Step t = 1, 2, ..."""
    b1, b2 = betas
    return step("adam_steps", (w, g, m, v), float(b1), float(b2), float(lr / (1 - b1 ** t)),
                float(1 / (1 - b2 ** t)), float(eps), 0.0 if decoupled else float(weight_decay),
                1 - float(lr) * weight_decay if decoupled else 1.0)


def rmsprop_step(w: Array, g: Array, s: Array, a: Array | None, v: Array | None, lr: float,
                 alpha: float, eps: float, weight_decay: float, momentum: float) -> Any:
    return step("rmsprop_steps", (w, g, s, a, v), float(lr), float(alpha), float(eps),
                float(weight_decay), float(momentum))


def adagrad_step(w: Array, g: Array, s: Array, lr: float, eps: float, weight_decay: float,
                 start: float) -> Any:
    return step("adagrad_steps", (w, g, s), float(lr), float(eps), float(weight_decay),
                float(start))
