"""What the tests of residual and dense networks share."""

from minicnn import Tensor, no_grad
from minicnn.layers import BatchNorm2d
from tests.models.network_checks import pictures


def settled(model):
    """The model with running averages of one batch, as if trained: in eval mode the averages of a
    new network, 0 and 1, let the sums of residual units grow from unit to unit."""
    norms = [part for part in model.modules() if isinstance(part, BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with no_grad():
        model.train()(Tensor(pictures(model, 8)[0].astype("float32")))
    for norm in norms:
        norm.momentum = 0.1
    return model
