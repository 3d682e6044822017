"""Gradient-check cases of the operators of Tensor and the elementary functions."""

import numpy as np

from minicnn.autograd import functions as F
from minicnn.autograd.elementary import ToDeviceFn
from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.cases.case import Case, apart, normal, positive

MASK = np.array([[True, False, True], [False, False, True]])
PLACES = np.array([[0, 2, 0, 1], [1, 1, 2, 0]])


def reduction(name, axis, keepdims):
    return lambda: lambda x: getattr(x, name)(axis, keepdims)


def extreme(name, dim):
    return lambda: lambda x: getattr(x, name)(dim).values


def indexing(index):
    return lambda: lambda x: x[index]


CASES = [
    # --- + - * / with broadcasting: gradients of repeated inputs add up ------------------------
    Case("add", "same shape", lambda: lambda a, b: a + b, (normal(2, 3), normal(2, 3, seed=2))),
    Case("add", "right broadcast", lambda: lambda a, b: a + b, (normal(2, 3), normal(3))),
    Case("add", "left broadcast", lambda: lambda a, b: a + b, (normal(1, 3), normal(2, 2, 3))),
    Case("add", "both broadcast", lambda: lambda a, b: a + b, (normal(2, 1), normal(1, 3))),
    Case("add", "one number each", lambda: lambda a, b: a + b, (normal(), normal(2, 3))),
    Case("add", "a Tensor to itself", lambda: lambda a: a + a, (normal(2, 3),)),
    Case("add", "number from the left", lambda: lambda a: 2 + a, (normal(2, 3),)),
    Case("subtract", "same shape", lambda: lambda a, b: a - b,
         (normal(2, 3), normal(2, 3, seed=2))),
    Case("subtract", "both broadcast", lambda: lambda a, b: a - b, (normal(2, 1), normal(4, 1, 3))),
    Case("subtract", "number from the left", lambda: lambda a: 2 - a, (normal(2, 3),)),
    Case("multiply", "same shape", lambda: lambda a, b: a * b,
         (normal(2, 3), normal(2, 3, seed=2))),
    Case("multiply", "both broadcast", lambda: lambda a, b: a * b, (normal(2, 1), normal(4, 1, 3))),
    Case("multiply", "a Tensor with itself", lambda: lambda a: a * a, (normal(2, 3),)),
    Case("divide", "same shape", lambda: lambda a, b: a / b, (normal(2, 3), positive(2, 3))),
    Case("divide", "both broadcast", lambda: lambda a, b: a / b, (normal(2, 1), positive(4, 1, 3))),
    Case("divide", "number from the left", lambda: lambda a: 2 / a, (positive(2, 3),)),
    Case("negative", "any shape", lambda: lambda a: -a, (normal(2, 3),)),
    Case("abs", "away from 0", lambda: abs, (apart(2, 3),)),

    # --- powers --------------------------------------------------------------------------------
    Case("power", "square", lambda: lambda a: a ** 2, (normal(2, 3),)),
    Case("power", "cube at 0 and below", lambda: lambda a: a ** 3, (np.array([-1.5, 0.0, 2.0]),)),
    Case("power", "exponent 1", lambda: lambda a: a ** 1, (np.array([-1.5, 0.0, 2.0]),)),
    Case("power", "exponent 0", lambda: lambda a: a ** 0, (np.array([-1.5, 0.0, 2.0]),)),
    Case("power", "exponent -0.75", lambda: lambda a: a ** -0.75, (positive(2, 3),)),
    Case("power", "a Tensor as exponent", lambda: lambda a, b: a ** b,
         (positive(2, 3), normal(2, 3))),
    Case("power", "a Tensor as exponent, both broadcast", lambda: lambda a, b: a ** b,
         (positive(2, 1), normal(4, 1, 3))),
    Case("power", "number to a Tensor", lambda: lambda b: 1.7 ** b, (normal(2, 3),)),
    Case("power", "a negative base with whole exponents",
         lambda: lambda a: a ** Tensor(np.array([1.0, 2.0, 3.0])).to(a.device),
         (np.array([-1.5, -0.5, -2.0]),)),

    # --- matrix products -----------------------------------------------------------------------
    Case("matmul", "matrix, matrix", lambda: lambda a, b: a @ b, (normal(2, 3), normal(3, 4))),
    Case("matmul", "vector, vector", lambda: lambda a, b: a @ b, (normal(3), normal(3, seed=2))),
    Case("matmul", "vector, matrix", lambda: lambda a, b: a @ b, (normal(3), normal(3, 4))),
    Case("matmul", "matrix, vector", lambda: lambda a, b: a @ b, (normal(2, 3), normal(3))),
    Case("matmul", "stack, stack", lambda: lambda a, b: a @ b, (normal(2, 2, 3), normal(2, 3, 4))),
    Case("matmul", "stack, matrix", lambda: lambda a, b: a @ b, (normal(2, 2, 3), normal(3, 4))),
    Case("matmul", "matrix, stack", lambda: lambda a, b: a @ b, (normal(2, 3), normal(2, 3, 4))),
    Case("matmul", "vector, stack", lambda: lambda a, b: a @ b, (normal(3), normal(2, 3, 4))),
    Case("matmul", "stack, vector", lambda: lambda a, b: a @ b, (normal(2, 2, 3), normal(3))),
    Case("matmul", "both stacks broadcast", lambda: lambda a, b: a @ b,
         (normal(2, 1, 2, 3), normal(3, 3, 2))),

    # --- sums, means, extremes -----------------------------------------------------------------
    *[Case(name, f"axis {axis}{', keepdims' if keepdims else ''}",
           reduction(name, axis, keepdims), (make(2, 3, 4),))
      for name, make in [("sum", normal), ("mean", normal), ("var", normal), ("amax", apart),
                         ("amin", apart)]
      for axis in [None, 0, -1, (0, 2), (-1, -2)] for keepdims in [False, True]],
    Case("sum", "one number", lambda: lambda x: x.sum(), (normal(),)),
    Case("var", "ddof 0", lambda: lambda x: x.var(0, ddof=0), (normal(4, 3),)),
    Case("std", "unbiased", lambda: lambda x: x.std(0), (normal(4, 3),)),
    *[Case(name, f"dim {dim}, values", extreme(name, dim), (apart(2, 3, 4),))
      for name in ("max", "min") for dim in (0, -1)],
    Case("gather", "dim 1, one twice", lambda: lambda x: x.gather(1, PLACES), (normal(2, 3),)),

    # --- shapes --------------------------------------------------------------------------------
    Case("reshape", "numbers", lambda: lambda x: x.reshape(3, 4), (normal(2, 3, 2),)),
    Case("reshape", "tuple with -1", lambda: lambda x: x.reshape((-1, 2)), (normal(2, 3, 2),)),
    Case("flatten", "from dim 1", lambda: lambda x: x.flatten(1), (normal(2, 3, 2),)),
    Case("flatten", "dims 0 and 1", lambda: lambda x: x.flatten(0, 1), (normal(2, 3, 2),)),
    Case("transpose", "a matrix", lambda: lambda x: x.T, (normal(2, 3),)),
    Case("transpose", "dims 0 and -1", lambda: lambda x: x.transpose(0, -1), (normal(2, 3, 4),)),
    Case("permute", "1, 2, 0", lambda: lambda x: x.permute(1, 2, 0), (normal(2, 3, 4),)),
    Case("permute", "negative dims", lambda: lambda x: x.permute((-1, 0, -2)),
         (normal(2, 3, 4),)),
    Case("squeeze", "and unsqueeze", lambda: lambda x: x.squeeze(1).unsqueeze(-1),
         (normal(2, 1, 3),)),
    Case("expand", "a new dim", lambda: lambda x: x.expand(2, -1, 4), (normal(3, 1),)),
    Case("repeat", "2, 3 times", lambda: lambda x: x.repeat(2, 3), (normal(2, 2),)),
    Case("broadcast_to", "new and repeated axes", lambda: lambda x: F.broadcast_to(x, (4, 2, 3)),
         (normal(2, 1),)),

    # --- parts ---------------------------------------------------------------------------------
    Case("index", "of images", indexing((slice(None), slice(1, 3), slice(None, None, 2))),
         (normal(2, 3, 4, 2),)),
    *[Case("index", option, indexing(index), (normal(2, 3, 4),))
      for option, index in {
          "number": 1, "negative number": -1, "slice": slice(0, 1), "all": Ellipsis,
          "step": (slice(None), slice(None, None, 2)),
          "negative step": (Ellipsis, slice(None, None, -1)),
          "new axis": (None, 0), "numbers": (1, 2, 3), "list with a repetition": [0, 0, 1],
          "array with a repetition": (slice(None), np.array([2, 0, 2])),
          "two arrays": (np.array([0, 1, 1]), slice(None), np.array([3, 1, 1])),
          "mask": MASK, "mask of one axis": (slice(None), np.array([True, False, True])),
          "empty": slice(0, 0)}.items()],
    Case("split", "parts of 2", lambda: lambda x: F.split(x, 2, 1)[1] * 2, (normal(2, 4),)),
    Case("split", "sizes", lambda: lambda x: F.split(x, [1, 2, 1], -1)[1], (normal(2, 4),)),
    Case("concatenate", "axis 0", lambda: lambda a, b: F.concatenate([a, b]),
         (normal(2, 3), normal(1, 3))),
    Case("concatenate", "images", lambda: lambda a, b: F.concatenate([a, b, a], 1),
         (normal(2, 3, 2, 2), normal(2, 1, 2, 2))),
    Case("concatenate", "axis -1, three, one twice",
         lambda: lambda a, b: F.concatenate([a, b, a], -1), (normal(2, 3), normal(2, 1))),
    Case("stack", "axis 0", lambda: lambda a, b: F.stack([a, b]), (normal(3), normal(3, seed=2))),
    Case("stack", "axis -1", lambda: lambda a, b: F.stack([a, b], -1),
         (normal(2, 3), normal(2, 3, seed=2))),
    Case("pad", "one number", lambda: lambda x: F.pad(x, 1), (normal(2, 3),)),
    Case("pad", "images", lambda: lambda x: F.pad(x, (1, 0, 2, 1)), (normal(2, 2, 3, 2),)),
    Case("pad", "left, right", lambda: lambda x: F.pad(x, (1, 2)), (normal(2, 3),)),
    Case("pad", "a pair for each axis, value 5",
         lambda: lambda x: F.pad(x, ((0, 1), (2, 0)), value=5.0), (normal(2, 3),)),

    # --- elementary functions ------------------------------------------------------------------
    Case("exp", "any", lambda: F.exp, (normal(2, 3),)),
    Case("log", "positive", lambda: F.log, (positive(2, 3),)),
    Case("sqrt", "positive", lambda: F.sqrt, (positive(2, 3),)),
    Case("relu", "", lambda: F.relu, (apart(2, 3),)),
    Case("sigmoid", "", lambda: F.sigmoid, (normal(2, 3),)),
    Case("tanh", "", lambda: F.tanh, (normal(2, 3),)),
    Case("clone", "", lambda: lambda x: x.clone(), (normal(2, 3),)),
    Case("to", "the same device", lambda: lambda x: ToDeviceFn(x.device)(x) * x, (normal(2, 3),)),
    Case("to", "the CPU", lambda: lambda x: x.to("cpu") * 2, (normal(2, 3),)),
    Case("maximum", "same shape", lambda: F.maximum, (apart(2, 3), apart(2, 3, seed=2) + 0.003)),
    Case("maximum", "both broadcast", lambda: F.maximum, (apart(2, 1), apart(3) + 0.003)),
    Case("maximum", "with a number", lambda: lambda x: F.maximum(x, 0.0), (apart(2, 3),)),
    Case("minimum", "same shape", lambda: F.minimum, (apart(2, 3), apart(2, 3, seed=2) + 0.003)),
    Case("clip", "both sides", lambda: lambda x: F.clip(x, -1.1, 0.7), (apart(3, 4),)),
    Case("where", "same shape", lambda: lambda a, b: F.where(MASK, a, b),
         (normal(2, 3), normal(2, 3, seed=2))),
    Case("where", "broadcast", lambda: lambda a, b: F.where(MASK, a, b), (normal(3), normal(2, 1))),
    Case("where", "with a number", lambda: lambda a: F.where(MASK, a, 0.0), (normal(2, 3),)),
]
