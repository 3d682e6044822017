"""Several networks as one: their answers averaged or weighed, or their features put together.

    mean       p = 1/M sum_m softmax(z_m)                  testtime.py, and the experiment ensemble
    weighed    p = softmax(sum_m w_m z_m)                  w learnt on pictures that no network saw
    features   p = softmax(W [f_1; f_2; ...; f_M] + b)     f_m: what network m computes before its
                                                           scores; W learnt on such pictures, too

The loss of the weights, -1/N sum_n log p[n, label n], has one valley (z is linear in w).  Networks
of different kinds make different mistakes; that is what a fusion lives on.  Pictures that the
networks have learnt by heart tell nothing about whom to believe.

Source: Shao, Zhang, Ding, Zhao, Zhou, Liu and Xue 2016, winners of ImageNet's classification as
Trimps-Soushen (2.99 % top-5).  Slide: stanford, "Improving ResNets... Good Practices for Deep
Feature Fusion", which has errors alone: 3.52 % of the best network, 2.92 % of the five together.

Departures: how they weighed is not published; weights here are one a network, learnt.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.data.door import as_labels
from minicnn.losses import cross_entropy
from minicnn.optim import Adam
from minicnn.training.evaluate import check_whole
from minicnn.training.probe import Probe, fit_probe


def fit_weights(scores: Sequence[Any], labels: Any, steps: int = 200) -> np.ndarray:
    """w (M,) of the scores (N, classes) of M networks; it starts from 1 / M.

    labels : (N,) of pictures from which none of the networks has learnt;  steps : of Adam
    """
    z = as_scores(scores)                                  # (M, N, classes)
    labels = as_labels(labels, "fit_weights", z.shape[1], z.shape[2])
    check_whole("fit_weights: steps", steps)
    w = Tensor(np.full((len(z), 1, 1), 1 / len(z), np.float32), requires_grad=True)
    optimizer = Adam([w], lr=0.02)
    for _ in range(steps):
        loss = cross_entropy((w * z).sum(dim=0), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.array(w.data).ravel()


def weighed(scores: Sequence[Any], w: Any) -> np.ndarray:
    """sum_m w_m z_m, (N, classes)."""
    z, w = as_scores(scores), np.asarray(w, np.float32)
    if w.shape != (len(z),):
        raise ValueError(f"weighed: {len(z)} networks and weights of shape {w.shape}; one each")
    return np.einsum("m,mnk->nk", w, z)


def fit_fused(features: Sequence[Any], labels: Any, classes: int, decay: float = 0.01) -> Probe:
    """The linear classifier of the features (N, D_m) of M networks, side by side."""
    return fit_probe(side_by_side(features), labels, classes, decay)


def side_by_side(features: Sequence[Any]) -> np.ndarray:
    """(N, D_1 + ... + D_M); maps are flattened."""
    rows = [np.asarray(f, np.float32).reshape(len(f), -1) for f in features]
    check_count("side_by_side", [len(f) for f in rows])
    return np.concatenate(rows, axis=1)


def as_scores(scores: Sequence[Any]) -> np.ndarray:
    """(M, N, classes) float32."""
    each = [np.asarray(z, np.float32) for z in scores]
    if any(z.ndim != 2 for z in each):
        raise ValueError(f"fusion: scores have shapes {', '.join(str(z.shape) for z in each)}, "
                         "expected (N, classes) of each network")
    check_count("fusion", [z.shape for z in each])
    return np.stack(each)


def check_count(name: str, counts: list[Any]) -> None:
    """ValueError unless there is at least one network and all have as many."""
    if not counts:
        raise ValueError(f"{name}: no network")
    if len(set(counts)) > 1:
        raise ValueError(f"{name}: the networks' sizes differ, {', '.join(map(str, counts))}; all "
                         "must answer to the same pictures and classes")
