"""U-Nets: sizes that fit, options, the way through the skips; also R2U-Net and NABLA-N."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.layers import BatchNorm2d
from minicnn.models import build


def test_valid_sizes():
    """No zeros at the border: 184 pixels less, and every pooling meets an even side."""
    model = build("unet")
    for side in (188, 284, 572, 700):
        assert model.shape((1, side, side)) == (2, side - 184, side - 184)
    for side, near in ((512, "508 or 524"), (573, "572 or 588")):
        with pytest.raises(ValueError, match=rf"UNet: an image of 572x{side}; so that each pooling "
                                             rf"meets an even side, sides are 16 n \+ 12: {near} "
                                             f"in the place of {side}"):
            model.shape((1, 572, side))


def test_options():
    assert any(isinstance(part, BatchNorm2d) for part in build("unet", norm=True).modules())
    assert not any(isinstance(part, BatchNorm2d)
                   for part in build("unet", variant="small", norm=False).modules())
    assert build("unet", classes=5, channels=3).shape((3, 572, 572)) == (5, 388, 388)
    assert build("unet", variant="padded").variant == "padded"
    assert build("unet", variant="padded", norm=True).variant == "padded, batch norm"


@pytest.mark.parametrize("name", ["unet", "attention_unet", "r2unet"])
def test_every_skip_matters(name):
    """The scores change with each of the skips, and with the deepest maps."""
    model = build(name, variant="small").eval()
    x = Tensor(np.random.default_rng(1).standard_normal((1, 3, 32, 32)).astype("f"))
    with no_grad():
        before = model(x).numpy()
        for step in range(1, model.steps + 1):
            part = model.get_submodule(f"down{step}")
            handle = part.register_forward_hook(lambda layer, inputs, y: y * 1.5)
            assert np.abs(model(x).numpy() - before).max() > 1e-3
            handle.remove()
        assert np.array_equal(model(x).numpy(), before)


def test_a_gate_that_is_shut_leaves_the_way_up_alone():
    model = build("attention_unet", variant="small").eval()
    x = Tensor(np.random.default_rng(1).standard_normal((1, 3, 32, 32)).astype("f"))
    for step in (1, 2, 3):
        model.get_submodule(f"gate{step}").share.norm.bias.data = np.array([-1e4], "f")
    with no_grad():
        before = model(x).numpy()
        model.down3.register_forward_hook(lambda layer, inputs, y: y)
        joined = {}
        model.join1.register_forward_pre_hook(lambda layer, inputs: joined.update(skip=inputs[0]))
        assert np.array_equal(model(x).numpy(), before)
    assert not joined["skip"].numpy().any()


@pytest.mark.parametrize("steps", [1, 3])
def test_r2unet_has_the_same_weights_for_any_number_of_steps(steps):
    model = build("r2unet", variant="small", steps=steps)
    assert model.num_parameters() == build("r2unet", variant="small").num_parameters()


@pytest.mark.parametrize("name", ["first", "second"])
def test_both_decoders_of_nabla_count(name):
    model = build("nabla_unet", variant="small").eval()
    x = Tensor(np.random.default_rng(1).standard_normal((1, 3, 32, 32)).astype("f"))
    with no_grad():
        before = model(x).numpy()
        model.get_submodule(f"{name}_merge1").register_forward_hook(lambda layer, inputs, y: y * 0)
        assert np.abs(model(x).numpy() - before).max() > 1e-3
