"""Training and testing a classifier: `fit` and what it is made of."""

from minicnn.training.evaluate import evaluate
from minicnn.training.loop import Result, fit
from minicnn.training.transforms import Transforms

__all__ = ["Transforms", "Result", "evaluate", "fit"]
