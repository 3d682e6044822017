"""DeepLab v1 and v2: scores at every 8th pixel, branches that are summed, their holes."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.models import build
from tests.models.network_checks import stage_shapes


@pytest.mark.parametrize("name, last", [("deeplab_v1", "head"), ("deeplab_v2", "branch4")])
def test_a_score_at_every_8th_pixel_and_in_each_corner(name, last):
    """321 = 8 * 40 + 1: the enlarged scores have the coarse ones at every 8th pixel."""
    assert stage_shapes(build(name))[last] == [21, 41, 41]
    model = build(name, variant="small").eval()
    coarse = []
    model.get_submodule("upsample").register_forward_pre_hook(
        lambda layer, inputs: coarse.append(inputs[0].numpy()))
    with no_grad():
        y = model(Tensor(np.random.default_rng(0).standard_normal((1, 3, 33, 41)).astype("f")))
    assert coarse[0].shape == (1, 4, 5, 6)
    np.testing.assert_allclose(y.numpy()[..., ::8, ::8], coarse[0], rtol=1e-5, atol=1e-5)


def test_deeplab_v2_sums_its_branches():
    model = build("deeplab_v2", variant="small").eval()
    x = Tensor(np.random.default_rng(0).standard_normal((1, 3, 65, 65)).astype("f"))
    parts = []
    with no_grad():
        for number in range(1, 5):
            model.get_submodule(f"branch{number}").register_forward_hook(
                lambda layer, inputs, y: parts.append(y.numpy()))
        y = model(x).numpy()
    assert [part.shape for part in parts] == [(1, 4, 9, 9)] * 4
    np.testing.assert_allclose(y[..., ::8, ::8], sum(parts), rtol=1e-5, atol=1e-5)


def test_other_dilations():
    model = build("deeplab_v2", dilations=(2, 4))
    assert [model.get_submodule(f"branch{n}").fc6.get_submodule("0").window.dilation
            for n in (1, 2)] == [(2, 2), (4, 4)]
