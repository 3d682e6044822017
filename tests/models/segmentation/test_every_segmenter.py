"""What holds of every segmentation network: outputs, gradients, wrong images and options."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor, manual_seed, no_grad
from minicnn.data import shapes
from minicnn.layers import BatchNorm2d
from minicnn.layers.fold import fold_all
from minicnn.losses import binary_cross_entropy_with_logits, cross_entropy
from minicnn.models import SEGMENTERS, build
from minicnn.optim import SGD, Adam
from tests.models.network_checks import same_figures, shape_agrees_with_forward
from tests.models.segmentation.forms import SMALL, filled_in, network
from tests.stored.filled import digest, image

STORED = json.loads((Path(__file__).parents[2] / "stored" / "models_segmentation.json"
                     ).read_text("utf-8"))["outputs"]
QUICK = ["fcn8s", "segnet", "unet", "pspnet50", "sam_toy"]
SEGNETS = "segnet", "segnet_basic"                          # a step moves values to other pixels
SLOWER = [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in SMALL]


def small(name, side=32):
    """A small network as if trained a little, and two images and class maps for it: FCN's scores
    start at 0, and where biases do, ReLUs of Dilated-8 stand on their corner.
    """
    manual_seed(4)
    model, draw = build(name, **SMALL[name]), np.random.default_rng(3)
    for label, value in model.named_parameters():
        if label.startswith("score") or label.endswith("bias"):
            more = 0.1 * draw.standard_normal(value.shape)
            value.data = (value.data + more).astype("f")
    images = draw.standard_normal((2, model.input_shape[0], side, side))
    maps = draw.integers(0, 2 if name == "sam_toy" else 4, (2, side, side))
    maps[:, :3] = 255
    return model, images, maps


def loss_of(model, x, maps):
    manual_seed(3)
    scores = model(x)
    if scores.shape[1:2] == (1,) if isinstance(scores, Tensor) else False:
        return binary_cross_entropy_with_logits(scores[:, 0], (maps == 1).astype(scores.dtype))
    every = scores if isinstance(scores, tuple) else (scores,)
    return sum([cross_entropy(one, maps, ignore_index=255) for one in every], start=0.0)


# --- outputs --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", STORED)
def test_outputs_are_those_of_another_program(name):
    """And stay when batch norms go into the convolutions before them."""
    model, stored = filled_in(network(name)), STORED[name]
    x = Tensor(image(stored["image"]))
    with no_grad():
        y = model(x).numpy()
        fold_all(model)
        folded = model(x).numpy()
    assert list(y.shape) == stored["shape"]
    same_figures(name, digest(y, 16), stored, 1e-8)
    np.testing.assert_allclose(folded, y, rtol=0, atol=1e-9 * np.abs(y).max())


@pytest.mark.parametrize("name", SLOWER)
def test_shape_agrees_with_forward(name, device):
    shape_agrees_with_forward(build(name, **SMALL[name]).eval(), device)


# --- gradients ------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", SLOWER)
def test_gradient_of_the_whole(name, h=1e-8):
    """(L(w + h v) - L(w - h v)) / 2h = sum(dw * v); see tests/models/network_checks.py."""
    model, images, maps = small(name)
    leaves = [Tensor(images, requires_grad=True), *model.to(dtype="float64").parameters()]
    starts = [leaf.data for leaf in leaves]
    loss_of(model, leaves[0], maps).backward()
    grads = [leaf.grad for leaf in leaves]
    assert all(dw is not None for dw in grads)

    def loss(step):
        for leaf, start, v in zip(leaves, starts, directions, strict=True):
            leaf.data = start + step * v
        with no_grad():
            return loss_of(model, leaves[0], maps).item()

    draw = np.random.default_rng(1)
    for _ in range(10):
        directions = [draw.standard_normal(leaf.shape) for leaf in leaves]
        analytic = sum(float((dw * v).sum()) for dw, v in zip(grads, directions, strict=True))
        numeric, halved = ((loss(step) - loss(-step)) / (2 * step) for step in (h, h / 2))
        allowed = 2e-6 * max(1, abs(numeric))
        if abs(numeric - halved) <= allowed:
            assert abs(numeric - analytic) <= allowed, (numeric, analytic)
            return
    raise AssertionError("none of 10 directions met no corner of a ReLU; take a smaller h")


@pytest.mark.parametrize("name", [name for name in SMALL if name not in SEGNETS])
def test_one_step_lowers_the_loss(name):
    model, images, maps = small(name)
    x = Tensor(images.astype("f"))
    before = loss_of(model, x, maps)
    before.backward()
    slope = sum(float((q.grad.astype(float) ** 2).sum()) for q in model.parameters())
    foretold = 0.002 * before.item()
    SGD(model.parameters(), lr=foretold / slope).step()
    after = loss_of(model, x, maps)
    assert after.dtype == np.float32 and 0.5 < (before.item() - after.item()) / foretold < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fcn8s", "segnet", "unet"])
def test_it_begins_to_learn_the_drawn_shapes(name):
    scenes = shapes(64, seed=1)
    images = (scenes.images.astype("f") / 255 - 0.5) / 0.25
    maps = np.stack([target["class_map"] for target in scenes.targets]).astype(np.int64)
    manual_seed(0)
    model = build(name, variant="small")
    optimizer, losses = Adam(model.parameters(), lr=2e-3), []
    for step in range(16):
        batch = slice(step % 8 * 8, step % 8 * 8 + 8)
        loss = cross_entropy(model(Tensor(images[batch])), maps[batch], ignore_index=255)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-4:]) < 0.7 * losses[0]


def test_ignored_pixels_change_nothing():
    model, images, maps = small("fcn8s")
    losses = []
    for value in (0.0, 9.0):
        scores = model.eval()(Tensor(images.astype("f"))).numpy().copy()
        scores[:, 1, :3] += value
        losses.append(cross_entropy(Tensor(scores), maps, ignore_index=255).item())
    assert losses[0] == losses[1]


@pytest.mark.parametrize("name", ["unet", "segnet"])
def test_saved_loaded_and_run_twice(name):
    model, images, _ = small(name)
    other = build(name, **SMALL[name]).eval()
    x = Tensor(images.astype("f"))
    y = model.eval()(x).numpy()
    assert np.array_equal(model(x).numpy(), y) and not np.array_equal(other(x).numpy(), y)
    other.load_state_dict(model.state_dict())
    assert np.array_equal(other(x).numpy(), y)


# --- options and wrong images ---------------------------------------------------------------------

WITH_CLASSES = [name for name in SMALL if name != "sam_toy"]
ONE_MAP = {"unet", "attention_unet", "r2unet", "nabla_unet"}


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_other_classes_and_channels(name):
    model = build(name, variant="small", classes=7, channels=1).eval()
    assert model.input_shape == (1, 64, 64) and model.shape((1, 64, 64)) == (7, 64, 64)


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_too_few_classes(name):
    if name in ONE_MAP:
        assert build(name, variant="small", classes=1).shape((3, 64, 64)) == (1, 64, 64)
    fewest = "1 class" if name in ONE_MAP else "2 classes"
    with pytest.raises(ValueError, match=rf"^\w+: a classifier needs at least {fewest}, got 0$"):
        build(name, classes=0)
    with pytest.raises(TypeError, match=r"classes must be a whole number, got 2\.5"):
        build(name, classes=2.5)


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_another_variant(name):
    with pytest.raises(ValueError, match=r"^\w+: no variant 'smal'; did you mean small\?"):
        build(name, variant="smal")


@pytest.mark.parametrize("name", SEGMENTERS)
def test_an_image_with_another_number_of_channels(name):
    model = build(name)
    C, H, W = model.input_shape
    with pytest.raises(ValueError, match=rf"{C + 1} channels, .*built for {C}"):
        model.shape((C + 1, H, W))


@pytest.mark.parametrize("name, options, step, halved", [
    ("fcn8s", {"variant": "small"}, 32, 5), ("unet", {"variant": "padded"}, 16, 4),
    ("unet", {"variant": "small"}, 8, 3), ("attention_unet", {}, 16, 4), ("r2unet", {}, 16, 4),
    ("nabla_unet", {}, 16, 4), ("sam_toy", {}, 4, 2)])
def test_sides_that_cannot_be_halved(name, options, step, halved):
    model = build(name, **options)
    C = model.input_shape[0]
    model.shape((C, 2 * step, 3 * step))
    message = (rf"an image of {2 * step}x{3 * step + 1}; its sides are halved {halved} times and "
               rf"doubled again, so they must divide by {step}: cut it to {2 * step}x{3 * step}, "
               "or pad it")
    with pytest.raises(ValueError, match=message):
        model.shape((C, 2 * step, 3 * step + 1))
    with pytest.raises(ValueError, match=f"cut it to {step}x{step}"):
        model(Tensor(np.zeros((1, C, 3, step + 1), "f")))


@pytest.mark.parametrize("name", [name for name in SMALL if name != "sam_toy"])
def test_other_sizes_keep_every_pixel(name):
    model = build(name, variant="small").eval()
    for size in [(96, 64), (128, 160)]:
        assert model.shape((3, *size)) == (4, *size)


@pytest.mark.parametrize("name", ["segnet", "segnet_basic", "fcn_resnet50", "deeplabv3_resnet50",
                                  "pspnet50", "refinenet101", "deeplab_v1", "deeplab_v2"])
def test_odd_sizes_keep_every_pixel(name):
    assert build(name, variant="small").eval().shape((3, 61, 47)) == (4, 61, 47)


@pytest.mark.parametrize("name", ["pspnet50", "deeplabv3_resnet50"])
def test_training_with_one_image_says_why_not(name):
    model, images, _ = small(name)
    x = Tensor(images[:1].astype("f"))
    with pytest.raises(ValueError, match="sees one pixel of each image, .* train with two at "
                                         "least, or call eval"):
        model(x)
    assert model.eval()(x).shape == (1, 4, 32, 32)


def test_a_network_without_batch_norm_trains_with_one_image():
    model = build("unet", variant="padded", channels=1)
    assert not any(isinstance(part, BatchNorm2d) for part in model.modules())


@pytest.mark.parametrize("name, size, smallest", [("unet", 60, 188), ("dilated8", 100, 380)])
def test_too_small_an_image(name, size, smallest):
    model = build(name)
    C = model.input_shape[0]
    with pytest.raises(ValueError, match=f"the smallest image that fits .* is {smallest}x"):
        model.shape((C, size, size))
    model.shape((C, smallest, smallest))
