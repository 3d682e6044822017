import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.experiments.units import chain_of
from minicnn.models import build


@pytest.fixture
def x(rng):
    return rng.standard_normal((3, 3, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("name", ["plain20", "resnet20"])
def test_the_whole_chain_is_the_network(name, x):
    model = build(name).eval()
    chain = chain_of(model)
    assert len(chain.units) == 9 and chain.same_shape() == [0, 1, 2, 4, 5, 7, 8]
    assert np.array_equal(chain.scores(chain.units, x), model(Tensor(x)).numpy())
    assert np.array_equal(chain.scores(chain.without(()), x), chain.scores(chain.units, x))


def test_a_residual_unit_without_its_body_is_the_way_around_it(x):
    """A unit whose F is 0 gives the same as none, also where the shape changes."""
    model = build("resnet20").eval()
    chain = chain_of(model)
    for number in (1, 3):
        before = chain.scores(chain.without((number,)), x)
        unit = chain.units[number]
        for part in (unit.body.bn2.weight, unit.body.bn2.bias):
            part.data = 0 * part.data
        assert np.array_equal(chain.scores(chain.units, x), before)


def test_more_than_a_batch(x):
    chain = chain_of(build("resnet20"))
    many = np.tile(x, (70, 1, 1, 1))                       # 210 pictures
    assert chain.scores(chain.units, many).shape == (210, 10)
