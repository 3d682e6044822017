"""A linear classifier on features: the cheapest way to use what a network has learnt elsewhere.

    s = (x - mean) / std                                   each feature around 0, of variance 1
    z = w s + b                                            scores of the classes
    loss = -1/N sum_n log softmax(z[n])[label n] + decay/2 |w|^2

Nothing but w and b is learnt.  The loss has one valley, and its slope changes nowhere faster than

    L = (largest eigenvalue of 1/N sum_n s[n] s[n]^T) / 2 + decay

so that steps of 1/L along the whole gradient always lead down: there is no rate to look for.

Lecture: stanford, "Transfer learning" ("use linear classifier on top layer").
"""

from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.data.door import as_labels
from minicnn.layers.linear import Linear
from minicnn.losses import cross_entropy
from minicnn.optim.sgd import SGD
from minicnn.training.evaluate import check_whole

FLAT = 1e-6                    # standard deviation of a feature that says nothing


class Probe:
    """A linear classifier that has learnt; `fit_probe` makes it.  probe(x): scores (N, classes)."""

    def __init__(self, linear: Linear, mean: np.ndarray, std: np.ndarray) -> None:
        self.linear, self.mean, self.std = linear, mean, std

    def __call__(self, x: Any) -> np.ndarray:
        return self.linear(Tensor(self.standardised(x))).numpy()

    def standardised(self, x: Any) -> np.ndarray:
        x = as_features(x, "Probe", len(self.mean))
        return (x - self.mean) / self.std

    def error(self, x: Any, labels: Any) -> float:
        """Percent of the rows that it puts into a wrong class."""
        scores = self(x)                                               # (N, classes)
        labels = as_labels(labels, "Probe", len(scores), scores.shape[1])
        return 100 * float((scores.argmax(axis=1) != labels).mean())


def fit_probe(x: Any, labels: Any, classes: int, decay: float = 0.01, steps: int = 300) -> Probe:
    """The linear classifier of features x (N, D) with labels (N,); the same every time.

    decay : pulls w to 0: with fewer pictures than features many w fit, and small ones serve best
    classes : how many there are;  steps : of the descent
    """
    x = as_features(x, "fit_probe")                                    # (N, D)
    check_whole("fit_probe: classes", classes, 2)
    check_whole("fit_probe: steps", steps)
    labels = as_labels(labels, "fit_probe", len(x), classes)
    if not 0 <= decay < np.inf:
        raise ValueError(f"fit_probe: decay is {decay}, expected a number from 0 on")
    mean, std = x.mean(axis=0), x.std(axis=0)                          # (D,)
    probe = Probe(Linear(x.shape[1], classes), mean, np.where(std > FLAT, std, 1).astype(x.dtype))
    s = probe.standardised(x)
    weight, bias = probe.linear.parameters()
    for start in (weight, bias):
        start.data = np.zeros(start.shape, x.dtype)
    optimizer = SGD([{"params": [weight], "weight_decay": decay}, {"params": [bias]}],
                    lr=1 / (curvature(s) / 2 + decay), momentum=0.9, nesterov=True)
    for _ in range(steps):
        loss = cross_entropy(probe.linear(Tensor(s)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return probe


def curvature(s: np.ndarray) -> float:
    """The largest eigenvalue of 1/N sum_n s[n] s[n]^T, where s[n] has a 1 more for the bias.

    s is centred, so the 1 has an eigenvalue of its own, which is 1.
    """
    N, D = s.shape
    products = s @ s.T if N < D else s.T @ s               # both have the same eigenvalues above 0
    return max(float(np.linalg.eigvalsh(products)[-1]) / N, 1.0)


def as_features(x: Any, name: str, width: int | None = None) -> np.ndarray:
    """(N, D) float32; ValueError for anything else, or for what is no number."""
    x = np.asarray(x, np.float32)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"{name}: features have shape {x.shape}, expected (N, D), a row for each "
                         "picture; dataset_features makes them")
    if width is not None and x.shape[1] != width:
        raise ValueError(f"{name}: {x.shape[1]} features, it has learnt from {width}; are they of "
                         "another layer?")
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: some features are no numbers; are the weights damaged?")
    return x
