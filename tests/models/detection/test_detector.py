"""What every detector of one stage accepts, refuses and returns."""

import re
import warnings

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.models.detection.ssd import SSD
from minicnn.models.detection.udnet import UDNet
from minicnn.models.detection.yolo import YOLO
from minicnn.optim import SGD
from tests.models.detection.detectors import pictures, targets

FAMILIES = [SSD, YOLO, UDNet]
BOX = {"boxes": [[8, 10, 30, 28]], "labels": [1]}


def small(family, **options):
    return family("small", **options)


def target(boxes=((8, 10, 30, 28),), labels=(1,)):
    return [{"boxes": np.array(boxes, float), "labels": np.array(labels)}]


# --- what comes in and goes out -------------------------------------------------------------------

@pytest.mark.parametrize("family", FAMILIES)
def test_training_gives_losses_and_eval_gives_boxes(family, device):
    model = small(family).to(device)
    losses = model(pictures(), targets())
    assert all(loss.shape == () and loss.dtype == np.float32 for loss in losses.values())
    sum(losses.values()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    for found in model.eval()(pictures()):
        n = len(found["scores"])
        assert found["boxes"].shape == (n, 4) and found["labels"].shape == (n,)
        assert found["boxes"].dtype == np.float32 and found["labels"].dtype == np.int64
        assert isinstance(found["boxes"], np.ndarray)
        assert np.isin(found["labels"], [1, 2, 3]).all()
        assert (np.diff(found["scores"]) <= 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_lowers_the_loss(family):
    model, x, wanted = small(family), pictures(), targets()
    before = sum(model(x, wanted).values())
    before.backward()
    slope = sum(float((value.grad.astype(float) ** 2).sum()) for value in model.parameters())
    foretold = 0.01 * before.item()
    SGD(model.parameters(), lr=foretold / slope).step()
    after = sum(model(x, wanted).values())
    assert 0.5 < (before.item() - after.item()) / foretold < 1.5


@pytest.mark.parametrize("family", FAMILIES)
def test_pictures_of_any_kind_are_the_same(family):
    """A list of arrays or Tensors, one array or one Tensor; integers and lists as targets."""
    x, model = np.array(pictures(), np.float32), small(family).eval()
    first = model(x)
    for given in (list(x), Tensor(x), [Tensor(one) for one in x], tuple(x)):
        for a, b in zip(first, model(given), strict=True):
            assert {name: value.tolist() for name, value in a.items()} == \
                {name: value.tolist() for name, value in b.items()}
    model.train()
    box = [[8, 10, 30, 28]]
    for boxes in (box, np.array(box, np.int32), Tensor(box)):
        model(x[:1], [{"boxes": boxes, "labels": [1]}])


@pytest.mark.parametrize("family", [SSD, YOLO])
def test_a_picture_of_another_size_is_scaled(family):
    """Twice as high and half as wide: boxes come back in its own pixels."""
    model = small(family).eval()
    x = np.zeros((3, 64, 64), np.float32)
    x[:, 20:40, 10:50] = 2
    tall = x.repeat(2, axis=1)[:, :, ::2]                  # (3, 128, 32)
    square = x[:, :, ::2].repeat(2, axis=2)                # what becomes of it: nearly this
    for one in model([tall, x]):
        assert len(one["boxes"])
    found, = model([tall])
    assert (found["boxes"] >= 0).all() and (found["boxes"] <= [32, 128, 32, 128]).all()
    assert found["boxes"][:, 3].max() > 64
    scale = np.array([2, 0.5, 2, 0.5])
    batch = model.batch([Tensor(tall), Tensor(square)]).numpy()
    assert batch.shape == (2, 3, 64, 64)
    assert np.allclose(model.scale(Tensor(tall)), scale)
    same, = model([batch[0]])
    assert np.allclose(same["boxes"], found["boxes"] * scale, atol=1e-4)


@pytest.mark.parametrize("family", [SSD, YOLO])
def test_boxes_of_a_scaled_picture_are_scaled(family):
    model, x = small(family), np.array(pictures(1), np.float32)
    wide = x.repeat(3, axis=3)
    near = model([model.batch([Tensor(wide[0])]).numpy()[0]], target())
    same = model(wide, target([[24, 10, 90, 28]]))
    for name in near:
        assert near[name].item() == pytest.approx(same[name].item(), rel=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_order_of_pictures_does_not_matter(family):
    model = small(family)
    one = model(pictures(), targets())
    other = model(pictures()[::-1], targets()[::-1])
    for name in one:
        assert one[name].item() == pytest.approx(other[name].item(), rel=1e-4)


def test_read_only_and_strided_pictures():
    x = np.array(pictures(), np.float32)
    x.flags.writeable = False
    turned = np.asfortranarray(x)
    model = small(SSD).eval()
    assert np.allclose(model(x)[1]["boxes"], model(turned)[1]["boxes"], atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_saved_and_loaded(family):
    model, other = small(family).eval(), small(family).eval()
    other.load_state_dict(model.state_dict())
    a, b = model(pictures(1))[0], other(pictures(1))[0]
    assert a["boxes"].tolist() == b["boxes"].tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_seeds(family):
    def first():
        manual_seed(3)
        return small(family).eval()(pictures(1))[0]["scores"].tolist()

    assert first() == first()


# --- pictures without objects ---------------------------------------------------------------------

@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_without_objects_trains_and_says_so(family):
    nothing = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, int)}
    model = small(family)
    with pytest.warns(UserWarning, match=f"^{family.__name__}: a picture without objects trains "
                                         "the background alone$"):
        losses = model(pictures(), [nothing, {"boxes": [], "labels": []}])
    total = sum(losses.values())
    assert np.isfinite(total.item()) and total.item() > 0
    total.backward()
    assert any(np.any(parameter.grad) for parameter in model.parameters())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(pictures(), targets())                       # and nothing is said of these


# --- what is refused ------------------------------------------------------------------------------

IMAGES = [
    (None, TypeError, r"pictures are a list of \(C, H, W\), or one Tensor .*; got NoneType"),
    ([], ValueError, "there is no picture in this batch; leave it out"),
    (np.zeros((3, 64, 64), "f"), ValueError, r"got \(3, 64, 64\); one picture is a list of one"),
    ([np.zeros((64, 64, 3), "f")], ValueError, r"picture 0 is \(64, 64, 3\); expected \(3, H, W\); "
     r"the channels come first: x.transpose\(2, 0, 1\)"),
    ([np.zeros((3, 8, 8), "f"), np.zeros((1, 8, 8), "f")], ValueError, r"picture 1 is \(1, 8, 8\)"),
    ([np.zeros((3, 0, 8), "f")], ValueError, r"picture 0 is \(3, 0, 8\)"),
    ([np.zeros((3, 8, 8), np.uint8)], TypeError, "picture 0 holds uint8; expected float values"),
    (["cat.jpg"], TypeError, "picture 0 is a str; expected an array or a Tensor"),
]


@pytest.mark.parametrize("images, kind, message", IMAGES)
def test_says_what_is_wrong_with_pictures(images, kind, message):
    with pytest.raises(kind, match=f"^SSD: .*{message}"):
        small(SSD).eval()(images)


TARGETS = [
    (None, ValueError, r"training needs targets: model\(images, targets\); for boxes call"),
    ([BOX] * 3, ValueError, "there are 2 pictures; expected a list of as many targets, got a list "
     "of 3"),
    (BOX, ValueError, "there are 2 pictures; .* got a dict$"),
    ([BOX, {"boxes": [[1, 1, 2, 2]]}], TypeError, r"picture 1: a target is a dict with boxes "
     r"\(n, 4\) and labels \(n,\), got the keys boxes"),
    ([BOX, [1, 2, 3, 4]], TypeError, "picture 1: a target is a dict .* got a list"),
]


@pytest.mark.parametrize("wanted, kind, message", TARGETS)
def test_says_what_is_wrong_with_targets(wanted, kind, message):
    with pytest.raises(kind, match=f"^SSD: {message}"):
        small(SSD)(pictures(), wanted)


BOXES = [
    ([[8, 10, 30, 10]], [1], r"box 1 \(8, 10, 30, 10\): it has no area, it is 22 x 0 pixels"),
    ([[30, 10, 8, 28]], [1], r"box 1 \(30, 10, 8, 28\): its corners are in the wrong order"),
    ([[8, 10, 30, 80]], [1], "box 1 .*over the border of the picture, 64 x 64 pixels"),
    ([[8, 10, np.nan, 28]], [1], "box 1 .*NaN"),
    ([[8, 10, 30]], [1], r"boxes: expected \(n, 4\)"),
    ([[8, 10, 30, 28]], [0], "box 1: label 0; 0 is the background, classes count from 1"),
    ([[8, 10, 30, 28]], [4], "box 1: label 4; this network has the classes 1 to 3"),
    ([[8, 10, 30, 28]], [1, 2, 3], r"2 boxes and labels of shape \(4,\); each box needs one"),
]


@pytest.mark.parametrize("boxes, labels, message", BOXES)
def test_says_what_is_wrong_with_a_box(boxes, labels, message):
    """Of the second picture, behind a box that is right."""
    wrong = {"boxes": [[1, 2, 20, 30], *boxes] if len(boxes[0]) == 4 else boxes,
             "labels": [1, *labels]}
    with pytest.raises(ValueError, match=f"^YOLO: picture 1[,:].*{message}"):
        small(YOLO)(pictures(), [BOX, wrong])


def test_boxes_from_0_to_1_and_labels_that_are_no_numbers():
    with pytest.raises(ValueError, match="SSD: picture 0: box 0 .* between 0 and 1 in a picture of "
                                         "64 x 64 pixels; boxes are in pixels"):
        small(SSD)(pictures(1), target([[0.1, 0.2, 0.5, 0.9]]))
    with pytest.raises(TypeError, match="SSD: picture 0: labels must be whole numbers, got float"):
        small(SSD)(pictures(1), target(labels=[1.0]))
    with pytest.raises(TypeError, match="SSD: picture 0: boxes: expected numbers"):
        small(SSD)(pictures(1), [{"boxes": [["a"] * 4], "labels": [1]}])


# --- NaN ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_with_nan(family):
    x = pictures(3)
    x[1][0, 5, 5] = np.nan
    model = small(family)
    with pytest.raises(ValueError, match=rf"^{family.__name__}: the loss '\w+' is nan; the pixels "
                                         "of picture 1 hold NaN or infinity$"):
        model(x, targets(3))
    with pytest.raises(ValueError, match="the pixels of picture 1 hold NaN or infinity$"):
        model.eval()(x)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_with_nan(family):
    model = small(family)
    name, weight = list(model.named_parameters())[3]
    weight.data = weight.data * np.nan
    with pytest.raises(ValueError, match=rf"the loss '\w+' is nan; {re.escape(name)} holds NaN or "
                                         "infinity: begin anew with a smaller learning rate"):
        model(pictures(), targets())
    with pytest.raises(ValueError, match="picture 0: what it answers is NaN; "
                                         f"{re.escape(name)} holds NaN"):
        model.eval()(pictures())


def test_boxes_with_nan_are_said_too():
    model = small(SSD).eval()
    model.moves[1].bias.data = model.moves[1].bias.data * np.nan
    with pytest.raises(ValueError, match=r"^SSD: picture 0: .* NaN; moves.1.bias holds NaN"):
        model(pictures())


def test_the_term_and_the_picture_of_a_nan():
    """Where neither the pictures nor the weights say why."""
    model, x = small(YOLO), [Tensor(one) for one in pictures(3)]
    share = Tensor(np.array([1.0, np.inf, 2.0]))
    with pytest.raises(ValueError, match="^YOLO: the loss 'classes' is inf; it comes from picture "
                                         "1 of 3$"):
        model.total({"coordinates": Tensor(np.ones(3)), "classes": share}, x)
    with pytest.raises(ValueError, match="^YOLO: the loss 'classes' is nan$"):
        model.total({"classes": Tensor(np.float64(np.nan))}, x)


# --- figures --------------------------------------------------------------------------------------

@pytest.mark.parametrize("family", FAMILIES)
def test_options_that_do_not_fit(family):
    with pytest.raises(ValueError, match=f"{family.__name__}: no variant 'smal'"):
        family("smal")
    with pytest.raises(ValueError, match=f"{family.__name__}: a classifier needs at least 2"):
        family("small", classes=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_other_classes_and_channels(family):
    model = family("small", classes=3, channels=1)
    assert model.input_shape == (1, 64, 64)
    x = [np.random.default_rng(0).standard_normal((1, 64, 64)).astype("f")] * 2
    model(x, [{"boxes": [[1, 1, 30, 20]], "labels": [2]}] * 2)
    found, _ = model.eval()(x)
    assert set(found["labels"]) <= {1, 2}
