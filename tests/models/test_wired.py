import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers import Add, ReLU
from minicnn.models.wired import Wired


class Twice(Wired):
    def __init__(self):
        self.relu, self.add = ReLU(), Add()

    def wire(self, run, x):
        return run(self.add, run(self.relu, x), x)


def test_forward_and_shape_follow_the_wire():
    y = Twice()(Tensor(np.array([[-1.0, 2.0]])))
    assert y.numpy().tolist() == [[-1, 4]]
    assert Twice().shape((2,)) == (2,)


def test_without_a_wire():
    with pytest.raises(TypeError, match="Wired has no wire: every Wired writes its own"):
        Wired()(Tensor([1.0]))
