"""SegNet: values go back to where the encoder found them, whatever the size."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.layers import ReLU
from minicnn.models import build
from tests.models.network_checks import stage_shapes


@pytest.mark.parametrize("name", ["segnet", "segnet_basic"])
def test_values_return_to_their_pixels(name):
    """The last unpooling puts each value where the first pooling had found its own."""
    model = build(name, variant="small").eval()
    seen = {}
    for part in ("pool1", "unpool1"):
        model.get_submodule(part).register_forward_hook(
            lambda layer, inputs, y, part=part: seen.update({part: (inputs, y)}))
    with no_grad():
        model(Tensor(np.random.default_rng(0).standard_normal((2, 3, 31, 34)).astype("f")))
    (x, *_), (_, indices) = seen["pool1"]
    (values, *_), y = seen["unpool1"]
    assert x.shape == y.shape and x.shape[2:] == (31, 34)
    flat, places = y.numpy().reshape(2, 16, -1), indices.numpy().reshape(2, 16, -1)
    assert np.array_equal(np.take_along_axis(flat, places, 2), values.numpy().reshape(2, 16, -1))
    np.put_along_axis(flat, places, 0, 2)
    assert not flat.any()                                  # and 0 at all other places


def test_odd_sides_of_the_paper():
    """45 rows become 22 and 45 again."""
    found = stage_shapes(build("segnet"))
    assert found["encoder4"] == [512, 45, 60] and found["pool4"][1] == 22
    assert found["unpool4"] == [512, 45, 60] and found["unpool5"] == [512, 22, 30]


def test_layers_of_basic():
    """As chainercv has it: no ReLU in the decoder, no biases but of the scores."""
    model = build("segnet_basic")
    relus = [name for name, part in model.named_modules() if isinstance(part, ReLU)]
    assert relus == [f"encoder{n}.relu" for n in (1, 2, 3, 4)]
    assert [name for name, _ in model.named_parameters() if name.endswith("bias")
            and "norm" not in name] == ["scores.bias"]
    assert (model.norm.size, model.norm.alpha, model.norm.beta, model.norm.k) == (5, 1e-4, 0.75, 1)
