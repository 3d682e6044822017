"""Gradient-check cases of the losses; labels are fixed inside."""

from minicnn.gradcases.case import Case, normal, positive
from minicnn.losses import cross_entropy, l2_penalty, mse_loss, rbf_loss

LABELS = [2, 0, 1, 2]
WEIGHT = [0.5, 2.0, 0.0]

CASES = [
    *(Case("cross_entropy", f'reduction "{reduction}"',
           lambda reduction=reduction: lambda z: cross_entropy(z, LABELS, reduction=reduction),
           (normal(4, 3),)) for reduction in ("mean", "sum", "none")),
    Case("cross_entropy", "class weights", lambda: lambda z: cross_entropy(z, LABELS, WEIGHT),
         (normal(4, 3),)),
    Case("cross_entropy", "an ignored label",
         lambda: lambda z: cross_entropy(z, [2, -100, 1, 2]), (normal(4, 3),)),
    Case("cross_entropy", "label smoothing",
         lambda: lambda z: cross_entropy(z, LABELS, label_smoothing=0.1), (normal(4, 3),)),
    Case("cross_entropy", "all of these, one number for each sample",
         lambda: lambda z: cross_entropy(z, [2, 0, 1, 7], WEIGHT, 7, "none", 0.2),
         (normal(4, 3),)),
    *(Case("mse_loss", f'reduction "{reduction}"',
           lambda reduction=reduction: lambda a, b: mse_loss(a, b, reduction),
           (normal(4, 3), normal(4, 3, seed=2))) for reduction in ("mean", "sum", "none")),
    *(Case("rbf_loss", f"j = {j}", lambda j=j: lambda y: rbf_loss(y, LABELS, j),
           (positive(4, 3),)) for j in (0.1, 1.0)),
    Case("l2_penalty", "two parameters", lambda: lambda v, w: l2_penalty([v, w], 0.3),
         (normal(2, 3), normal(4))),
]
