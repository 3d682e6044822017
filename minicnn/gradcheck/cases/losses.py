"""Gradient-check cases of the losses; labels are fixed inside."""

from collections.abc import Callable
from typing import Any

from minicnn.gradcheck.cases.case import Case, normal, positive
from minicnn.losses import cross_entropy, l2_penalty, mse_loss, rbf_loss
from minicnn.losses.checks import REDUCTIONS

LABELS = [2, 0, 1, 2]
WEIGHT = [0.5, 2.0, 0.0]


def with_settings(loss: Callable[..., Any], *settings: Any, **named: Any) -> Callable[[], Any]:
    """make() of a case: the loss as a function of its Tensors alone."""
    return lambda: lambda *tensors: loss(*tensors, *settings, **named)


def cross_entropy_case(option: str, labels: list[int], **named: Any) -> Case:
    return Case("cross_entropy", option, with_settings(cross_entropy, labels, **named),
                (normal(4, 3),))


CASES = [
    *(cross_entropy_case(f'reduction "{way}"', LABELS, reduction=way) for way in REDUCTIONS),
    cross_entropy_case("class weights", LABELS, weight=WEIGHT),
    cross_entropy_case("an ignored label", [2, -100, 1, 2]),
    cross_entropy_case("label smoothing", LABELS, label_smoothing=0.1),
    cross_entropy_case("all of these, a loss for each sample", [2, 0, 1, 7], weight=WEIGHT,
                       ignore_index=7, reduction="none", label_smoothing=0.2),
    *(Case("mse_loss", f'reduction "{way}"', with_settings(mse_loss, way),
           (normal(4, 3), normal(4, 3, seed=2))) for way in REDUCTIONS),
    *(Case("rbf_loss", f"j = {j}", with_settings(rbf_loss, LABELS, j), (positive(4, 3),))
      for j in (0.1, 1.0)),
    Case("l2_penalty", "two parameters", lambda: lambda *weights: l2_penalty(weights, 0.3),
         (normal(2, 3), normal(4))),
]
