"""Whole detectors in two stages: training, testing, seeds, both libraries."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed, no_grad
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.layers import BatchNorm2d
from minicnn.models.detection.batching import ResizeAndNormalise
from minicnn.models.detection.fast_rcnn import FastRCNN
from minicnn.models.detection.faster_rcnn import FasterRCNN
from minicnn.models.detection.mask_rcnn import MaskRCNN
from minicnn.models.detection.rcnn import RCNN
from minicnn.optim import SGD
from tests.models.detection.rcnn_checks import (
    LABELS,
    PICTURES,
    TRUTHS,
    discs,
    filled_mask_rcnn,
    fresh,
    pictures,
    scene,
    small,
    stored,
)

MAKERS = [FasterRCNN, MaskRCNN, FastRCNN, RCNN]
TERMS = {FasterRCNN: ["loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"],
         FastRCNN: ["loss_classifier", "loss_box_reg"], RCNN: ["loss_classifier"]}
TERMS[MaskRCNN] = [*TERMS[FasterRCNN], "loss_mask"]
EMPTY = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, np.int64),
         "masks": np.zeros((0, 64, 64), bool)}


# --- torchvision ----------------------------------------------------------------------------------

@pytest.mark.slow
def test_torchvisions_losses_of_a_whole_step():
    """Two pictures of two sizes; all anchors and all regions are drawn, so nothing is random."""
    model = filled_mask_rcnn()
    model.batching = ResizeAndNormalise(64, 96)
    rpn, heads = model.rpn.rule, model.roi_heads.rule
    model.rpn.rule = rpn._replace(drawn=10 ** 6, after=(200, 200))
    model.roi_heads.rule = heads._replace(drawn=10 ** 6)
    for part in model.train().modules():
        if isinstance(part, BatchNorm2d):
            part.train(False)
    targets = [{"boxes": boxes, "labels": labels, "masks": masks} for boxes, labels, masks
               in zip(TRUTHS, LABELS, discs(TRUTHS, PICTURES), strict=True)]
    try:
        with no_grad():
            found = model(pictures(), targets)
    finally:
        model.eval()
        model.rpn.rule, model.roi_heads.rule, model.batching = rpn, heads, ResizeAndNormalise()
    assert found.keys() == stored()["losses"].keys()
    for name, loss in stored()["losses"].items():
        assert np.isclose(found[name].item(), loss, rtol=1e-6), name


# --- training -------------------------------------------------------------------------------------

@pytest.mark.parametrize("make", MAKERS)
def test_every_weight_learns_from_a_batch(make):
    model = small(make)
    images, targets = scene()
    losses = model(images, targets)
    assert list(losses) == TERMS[make]
    assert all(loss.shape == () and loss.item() >= 0 for loss in losses.values())
    sum(losses.values()).backward()
    without = [name for name, value in model.named_parameters() if value.grad is None]
    assert without == []


@pytest.mark.parametrize("make", MAKERS)
def test_some_steps_lower_the_loss(make):
    model = small(make)
    images, targets = scene()
    optimiser = SGD(model.parameters(), lr=0.02, momentum=0.9)
    history = []
    for _ in range(8):
        loss = sum(model(images, targets).values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(loss.item())
    assert min(history[-3:]) < 0.8 * history[0], history


class Fixed(MaskRCNN):
    """The proposals do not follow the weights: their corners have no gradient, by design."""

    def proposals(self, images, maps, z, t, batch):
        corners = np.random.default_rng(1).uniform(0, 36, (12, 2))
        sides = np.random.default_rng(2).uniform(8, 28, (12, 2))
        return [np.concatenate([corners, corners + sides], axis=1)] * len(images)


@pytest.mark.parametrize("gated", [False, True])
def test_gradient_of_the_whole_loss(gated):
    """Along random directions, in float64; the same regions are drawn each time."""
    model = fresh(Fixed, "small", gated=gated).to(dtype="float64").train()
    images, targets = scene()
    leaves = list(model.parameters())

    def loss():
        manual_seed(5)
        return sum(model(images, targets).values())

    loss().backward()
    starts, rng, h = [leaf.data for leaf in leaves], np.random.default_rng(3), 1e-7

    def at(step):
        for leaf, start, v in zip(leaves, starts, directions, strict=True):
            leaf.data = start + step * v
        with no_grad():
            return loss().item()

    for _ in range(10):
        directions = [rng.standard_normal(leaf.shape) for leaf in leaves]
        analytic = sum(float((leaf.grad * v).sum())
                       for leaf, v in zip(leaves, directions, strict=True))
        numeric, halved = ((at(step) - at(-step)) / (2 * step) for step in (h, h / 2))
        allowed = 1e-5 * max(1, abs(numeric))
        if abs(numeric - halved) <= allowed:               # no corner of a ReLU between
            assert abs(numeric - analytic) <= allowed, (numeric, analytic)
            return
    raise AssertionError("none of 10 directions met no corner; take a smaller h")


@pytest.mark.parametrize("make", MAKERS)
def test_pictures_without_objects_train(make):
    """One of two, and all: no positives, a loss of the background, and it is said once."""
    model = small(make)
    images, targets = scene()
    for given in ([targets[0], EMPTY], [EMPTY, EMPTY]):
        with pytest.warns(UserWarning, match="a picture without objects trains the background"):
            losses = model(images, given)
        assert all(np.isfinite(loss.item()) for loss in losses.values())
        sum(losses.values()).backward()
        assert losses["loss_classifier"].item() > 0


@pytest.mark.parametrize("make", MAKERS)
def test_one_seed_is_one_run_and_a_resumed_run_goes_on(make):
    images, targets = scene()

    def step(model):
        losses = model(images, targets)
        model.zero_grad()
        sum(losses.values()).backward()
        SGD(model.parameters(), lr=0.01).step()
        return [loss.item() for loss in losses.values()]

    first, again = (small(make, seed=7) for _ in "ab")
    manual_seed(8)
    one = [step(first), step(first)]
    manual_seed(8)
    two = [step(again)]
    kept, weights = random_state(), again.state_dict()
    two.append(step(again))
    assert one == two
    again.load_state_dict(weights)
    set_random_state(kept)
    assert step(again) == two[1]


def test_the_model_of_the_mode():
    """Proposals before and after NMS are more in training."""
    model = small(FasterRCNN)
    images, _ = scene()
    maps = model.backbone(Tensor(np.stack(images)))
    z, t = model.rpn(*maps)
    batch, _ = model.batching([Tensor(x) for x in images])
    assert len(model.proposals(images, maps, z, t, batch)[0]) == 32
    assert len(model.eval().proposals(images, maps, z, t, batch)[0]) == 16


# --- testing --------------------------------------------------------------------------------------

@pytest.mark.parametrize("make", MAKERS)
def test_what_is_found(make):
    """Boxes in their pictures, labels from 1, scores in order; the same twice, no state moved."""
    model = small(make).eval()
    images = [scene(size=64)[0][0], scene(size=64)[0][1][:, :48, :56]]
    state = {name: value.copy() for name, value in model.state_dict().items()}
    found, again = model(images), model(images)
    for one, other, image in zip(found, again, images, strict=True):
        H, W = image.shape[1:]
        n = len(one["labels"])
        assert n > 0 and one["boxes"].shape == (n, 4) and one["scores"].shape == (n,)
        assert one["boxes"].dtype == one["scores"].dtype == np.float32
        assert one["labels"].dtype == np.int64 and set(one["labels"]) <= {1, 2, 3}
        assert (one["boxes"] >= 0).all() and (one["boxes"] <= [W, H, W, H]).all()
        assert (np.diff(one["scores"]) <= 0).all() and (one["scores"] <= 1).all()
        assert ("masks" in one) == (make is MaskRCNN)
        if make is MaskRCNN:
            assert one["masks"].shape == (n, H, W) and one["masks"].dtype == bool
        assert all(np.array_equal(one[key], other[key]) for key in one)
    assert all(np.array_equal(value, model.state_dict()[name]) for name, value in state.items())


def test_one_tensor_is_a_batch():
    model = small(FasterRCNN).eval()
    images, _ = scene()
    for one, other in zip(model(images), model(Tensor(np.stack(images))), strict=True):
        assert all(np.array_equal(one[key], other[key]) for key in one)


def test_nothing_found():
    """Scores below the threshold: empty arrays of the right shapes, masks too."""
    model = small(MaskRCNN).eval()
    model.roi_heads.rule = model.roi_heads.rule._replace(threshold=1.0)
    one = model(scene()[0])[0]
    assert one["boxes"].shape == (0, 4) and one["masks"].shape == (0, 64, 64)


def test_no_gradient_is_recorded_in_test():
    """It would hold every map of every picture."""
    model = small(FasterRCNN).eval()
    assert all(type(value) is np.ndarray for value in model(scene()[0])[0].values())


def test_handed_in_regions_are_those_that_are_judged():
    model = small(RCNN).eval()
    images, _ = scene()
    regions = [np.array([[8, 8, 30, 30.0]]), np.array([[20, 20, 50, 50.0], [1, 1, 12, 12]])]
    for one, boxes in zip(model(images, None, regions), regions, strict=True):
        assert {tuple(box) for box in one["boxes"].tolist()} <= {tuple(box) for box in boxes}
    assert small(FastRCNN).eval()(images, proposals=regions)[0]["boxes"].shape[1] == 4


def test_the_same_on_both_libraries(device):
    """Losses and boxes, to the digits that sums in another order leave."""
    images, targets = scene()
    found = []
    for place in ("cpu", device):
        model = small(MaskRCNN).to(place)
        manual_seed(3)
        losses = [loss.item() for loss in model(images, targets).values()]
        found.append((losses, model.eval()(images)))
    (losses, first), (others, second) = found
    assert np.allclose(losses, others, rtol=1e-4)
    assert [len(one["labels"]) for one in first] == [len(one["labels"]) for one in second]
