"""What is particular to a Parameter: drawn late, drawn again, at home where its values are.

tests/layers/test_module.py has the rest: order of reading, counting without allocating, one seed.
"""

import numpy as np

from minicnn.backend.arrays import to_cpu
from minicnn.backend.seeds import manual_seed
from minicnn.init import constant, normal
from minicnn.layers.linear import Linear
from minicnn.layers.parameter import Parameter


def test_loading_keeps_the_device_of_assigned_values(xp, device):
    """A parameter lives where its values were put, by move() or by assignment."""
    layer = Linear(2, 1)
    layer.weight.data = xp.asarray(np.ones((1, 2), np.float32))
    layer.load_state_dict({"weight": np.zeros((1, 2)), "bias": np.zeros(1)})
    assert layer.weight.device == device and not to_cpu(layer.weight.data).any()


def test_drawn_again():
    """New values from another child of the seed, and no gradient of the old ones."""
    manual_seed(0)
    parameter = Parameter((3,), normal(1.0))
    before = parameter.data.copy()
    parameter.grad = np.ones(3, np.float32)
    parameter.draw_again(normal(1.0))
    assert parameter.grad is None and not (parameter.data == before).any()
    parameter.draw_again(constant(0.5))
    assert parameter.data.tolist() == [0.5, 0.5, 0.5]
