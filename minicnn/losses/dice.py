"""Dice loss: one minus how much the answer and the truth overlap, for each class alone.

    a  = 2 sum p t + smooth,    b = sum p + sum t + smooth          sums over all pixels of a batch
    L  = 1 - a / b
    dp = (a - 2 t b) / b^2

A small organ counts as much as a large one, which is why it is liked in medicine: with pixel
cross-entropy, a network that never finds it is right in 99 % of the pixels.

Source: Milletari, Navab, Ahmadi 2016, "V-Net", section 3, without their squares.
"""

from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, to_cpu
from minicnn.backend.versions import in_float32
from minicnn.losses.checks import check_answers, constant


@in_float32
class DiceFn(Function):
    def __init__(self, t: Array, smooth: float):
        self.t, self.smooth = t, smooth

    def forward(self, p):                                  # (N, C, ...)
        t, axes = self.t, (0, *range(2, p.ndim))
        self.a = 2 * (p * t).sum(axis=axes) + self.smooth                      # (C,)
        self.b = p.sum(axis=axes) + t.sum(axis=axes) + self.smooth             # (C,)
        return 1 - self.a / self.b

    def backward(self, dy):                                # (C,)
        a, b, dy = (q.reshape(1, -1, *[1] * (self.t.ndim - 2)) for q in (self.a, self.b, dy))
        return dy * (a - 2 * self.t * b) / b ** 2          # (N, C, ...)


def dice_loss(probabilities: Tensor, target: Any, smooth: float = 1.0) -> Tensor:
    """Mean of the Dice losses of the classes that the batch has.

    Parameters
    ----------
    probabilities : Tensor (N, C, H, W)      each 0 ... 1: softmax(scores, 1), or x.sigmoid()
    target : array of that shape             0 ... 1; a class map becomes one by
                                             (labels[:, None] == np.arange(C)[:, None, None])
    smooth : float >= 0                      keeps a / b a number where nothing is there

    A class without a pixel in the whole batch is left out; where all of them are, each counts, for
    then whatever the network sees is false.  (segmentation_models.pytorch sets a missing class to 0
    and still divides by the number of all.)

    >>> dice_loss(Tensor([[[[0.5, 1.0]]]]), [[[[0, 1]]]], smooth=0).item()     # 1 - 2 / (1.5 + 1)
    0.19999998807907104
    """
    check_answers("dice_loss", "probabilities", probabilities)
    shape = probabilities.shape
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"dice_loss: expected probabilities (N, C, H, W), got {shape}")
    found = getattr(target, "shape", ())
    if found == shape[:1] + shape[2:]:
        raise ValueError(f"dice_loss: the target is a class map {found}, expected {shape}; it "
                         f"becomes one by labels[:, None] == "
                         f"np.arange({shape[1]}).reshape(-1{', 1' * (len(shape) - 2)})")
    t = constant("dice_loss", "target", target, probabilities, most=1)
    if not 0 <= smooth < float("inf"):
        raise ValueError(f"dice_loss: smooth must be a number >= 0, got {smooth}")
    if ((probabilities.data < 0) | (probabilities.data > 1)).any():
        raise ValueError("dice_loss: probabilities must lie in [0, 1]; scores become such by "
                         "softmax(scores, 1), or scores.sigmoid() for one class")
    present = to_cpu(t.sum(axis=(0, *range(2, t.ndim))) > 0)                   # (C,)
    if smooth == 0 and not present.any():
        raise ValueError("dice_loss: no class is in this batch, and smooth is 0: 0 / 0")
    losses = DiceFn(t, float(smooth))(probabilities)       # (C,)
    return losses[present].mean() if present.any() else losses.mean()
