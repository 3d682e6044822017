"""How the fully connected layer leaves its results in memory."""

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.layers.linear import Flatten, Linear
from tests import standin


def test_the_batch_is_innermost_in_memory(xp, rng, monkeypatch):
    """As in every image: what comes before and after needs no copy to turn it round."""
    monkeypatch.setattr(standin, "RawModule", object, raising=False)      # no kernel is started
    layer, seen = Linear(6, 4).to("cpu" if xp is np else "cuda"), []

    class Watch(Function):
        def forward(self, x):
            return x[...]

        def backward(self, dy):
            seen.append(dy)
            return dy

    images = xp.asarray(rng.standard_normal((3, 2, 1, 5), np.float32)).transpose(3, 0, 1, 2)
    x = Flatten()(Watch()(Tensor(images, requires_grad=True)))
    y = layer(x)
    y.backward(xp.ones((5, 4), np.float32))
    for array in (x.data.T, y.data.T, seen[0].transpose(1, 2, 3, 0)):
        assert array.flags.c_contiguous
