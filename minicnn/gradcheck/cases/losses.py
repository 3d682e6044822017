"""Gradient-check cases of the losses; labels and targets are fixed inside."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.gradcheck.cases.case import Case, apart, normal, positive
from minicnn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    dice_loss,
    gram,
    l2_penalty,
    mse_loss,
    rbf_loss,
    sigmoid_focal_loss,
    smooth_l1_loss,
    total_variation,
)
from minicnn.losses.checks import REDUCTIONS

LABELS = [2, 0, 1, 2]
WEIGHT = [0.5, 2.0, 0.0]
MAP = np.array([[[0, 2], [1, 255]], [[2, 1], [255, 0]]])   # (N, H, W), two pixels to be ignored
MASK = np.array([[1, 0, 1], [0, 0, 1]])
SHARES = np.array([[1.0, 0.0, 0.3], [0.5, 0.0, 0.9]])
PRESENT = (MAP[:, None] == np.arange(4).reshape(-1, 1, 1)) # (N, C, H, W), class 3 nowhere


def with_settings(loss: Callable[..., Any], *settings: Any, **named: Any) -> Callable[[], Any]:
    """make() of a case: the loss as a function of its Tensors alone."""
    return lambda: lambda *tensors: loss(*tensors, *settings, **named)


def cross_entropy_case(option: str, labels: list[int], **named: Any) -> Case:
    return Case("cross_entropy", option, with_settings(cross_entropy, labels, **named),
                (normal(4, 3),))


def of_maps(option: str, **named: Any) -> Case:
    return Case("cross_entropy", option, with_settings(cross_entropy, MAP, ignore_index=255,
                                                       **named), (normal(2, 3, 2, 2),))


def binary(option: str, target: Any, **named: Any) -> Case:
    return Case("binary_cross_entropy_with_logits", option,
                with_settings(binary_cross_entropy_with_logits, target, **named), (normal(2, 3),))


def focal(option: str, **named: Any) -> Case:
    return Case("sigmoid_focal_loss", option, with_settings(sigmoid_focal_loss, MASK, **named),
                (normal(2, 3),))


def dice(option: str, target: Any, **named: Any) -> Case:
    p = positive(*target.shape) / 2                        # in [0.25, 1)
    return Case("dice_loss", option, with_settings(dice_loss, target, **named), (p,))


def smooth_l1(option: str, **named: Any) -> Case:
    return Case("smooth_l1_loss", option, with_settings(smooth_l1_loss, **named),
                (apart(3, 4), 0 * apart(3, 4)))


CASES = [
    *(cross_entropy_case(f'reduction "{way}"', LABELS, reduction=way) for way in REDUCTIONS),
    cross_entropy_case("class weights", LABELS, weight=WEIGHT),
    cross_entropy_case("an ignored label", [2, -100, 1, 2]),
    cross_entropy_case("label smoothing", LABELS, label_smoothing=0.1),
    cross_entropy_case("all of these, a loss for each sample", [2, 0, 1, 7], weight=WEIGHT,
                       ignore_index=7, reduction="none", label_smoothing=0.2),
    *(of_maps(f'maps, reduction "{way}"', reduction=way) for way in REDUCTIONS),
    of_maps("maps, class weights", weight=WEIGHT),
    of_maps("maps, label smoothing and class weights", weight=WEIGHT, label_smoothing=0.2),
    *(binary(f'reduction "{way}"', MASK, reduction=way) for way in REDUCTIONS),
    binary("targets between 0 and 1", SHARES),
    binary("a weight for each answer", MASK, weight=SHARES),
    binary("pos_weight for each column, weight for each row", SHARES, weight=[[2.0], [0.5]],
           pos_weight=[3.0, 1.0, 0.5], reduction="none"),
    *(focal(f'reduction "{way}"', reduction=way) for way in REDUCTIONS),
    focal("no alpha, gamma 0", alpha=-1, gamma=0),
    focal("alpha 0.6, gamma 1/2", alpha=0.6, gamma=0.5),
    dice("a class that is missing", PRESENT),
    dice("smooth 0, targets between 0 and 1", SHARES[:, :, None], smooth=0),
    dice("no class at all", 0 * PRESENT),
    *(smooth_l1(f'reduction "{way}"', reduction=way) for way in REDUCTIONS),
    smooth_l1("beta 1/9", beta=1 / 9),
    smooth_l1("beta 0", beta=0),
    *(Case("mse_loss", f'reduction "{way}"', with_settings(mse_loss, way),
           (normal(4, 3), normal(4, 3, seed=2))) for way in REDUCTIONS),
    *(Case("rbf_loss", f"j = {j}", with_settings(rbf_loss, LABELS, j), (positive(4, 3),))
      for j in (0.1, 1.0)),
    Case("l2_penalty", "two parameters", lambda: lambda *weights: l2_penalty(weights, 0.3),
         (normal(2, 3), normal(4))),
    Case("gram", "", lambda: gram, (normal(2, 3, 2, 4),)),
    Case("total_variation", "", lambda: total_variation, (apart(2, 2, 3, 4),)),
]
