"""What the tests of detectors share: pictures with boxes, and the gradient of a whole loss."""

import numpy as np

from minicnn import Tensor, no_grad


def pictures(count=2, size=(64, 64), seed=0):
    return list(np.random.default_rng(seed).standard_normal((count, 3, *size)))


def targets(count=2, classes=4):
    """One to three boxes a picture of 64 x 64, and every class."""
    boxes = [[8.0, 10, 30, 28], [35, 5, 60, 31], [20.5, 40, 41, 63]]
    return [{"boxes": np.array(boxes[:1 + number % 3]),
             "labels": np.arange(1 + number % 3) % (classes - 1) + 1} for number in range(count)]


def gradient_of_the_loss(model, x, loss, h=1e-7):
    """Holds d loss / d parameters against (L(w + h v) - L(w - h v)) / 2h, v a random direction.

    loss : of the network's outputs, a Tensor
    """
    leaves = [value for value in model.parameters() if value.requires_grad]
    loss(model.outputs(Tensor(x))).backward()
    starts = [leaf.data for leaf in leaves]
    rng = np.random.default_rng(1)

    def at(step):
        for leaf, start, v in zip(leaves, starts, directions, strict=True):
            leaf.data = start + step * v
        with no_grad():
            return loss(model.outputs(Tensor(x))).item()

    for _ in range(10):
        directions = [rng.standard_normal(leaf.shape) for leaf in leaves]
        analytic = sum(float((leaf.grad * v).sum())
                       for leaf, v in zip(leaves, directions, strict=True))
        numeric, halved = ((at(step) - at(-step)) / (2 * step) for step in (h, h / 2))
        allowed = 1e-6 * max(1, abs(numeric))
        if abs(numeric - halved) <= allowed:               # no corner of a ReLU between
            assert abs(numeric - analytic) <= allowed, (numeric, analytic)
            return
    raise AssertionError("none of 10 directions met no corner; take a smaller h")
