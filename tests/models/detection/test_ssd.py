"""SSD: figures, loss by plain loops, the rule of the test, and torchvision's numbers."""

import json
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.data.boxes import box_iou, match_bipartite
from minicnn.models import build
from minicnn.models.detection import ssd
from minicnn.models.detection.default_boxes import match_each
from minicnn.models.detection.fixed_size import Kept, keep_best
from minicnn.models.detection.ssd import SSD, by_box
from tests.models.detection.detectors import gradient_of_the_loss, pictures, targets
from tests.models.network_checks import nothing_was_drawn
from tests.stored.filled import digest, drawn, filled, image, names_digest, products

STORED = json.loads((Path(__file__).parents[2] / "stored" / "models_ssd.json").read_text("utf-8"))
FIGURES = [
    ("ssd300", {}, 26_285_486, 31_373_537_792, 8732, 21),
    ("ssd300_vgg16", {}, 35_641_826, 34_858_153_472, 8732, 91),
    ("ssd300_vgg16", {"classes": 21}, 26_285_486, 31_373_537_792, 8732, 21),
    ("ssd300", {"variant": "small"}, 210_976, 47_923_200, 672, 4),
]


@pytest.mark.parametrize("name, options, parameters, macs, boxes, classes", FIGURES)
def test_figures(name, options, parameters, macs, boxes, classes):
    """And counting draws no weight."""
    model = build(name, **options)
    table = summary(model)
    assert (table.parameters, table.macs) == (parameters, macs)
    assert model.shape(model.input_shape) == ((boxes, 4), (boxes, classes))
    assert model.boxes.shape == (boxes, 4) and model.classes == classes
    assert [line.remark for line in table.lines if line.remark] == []
    assert f"{parameters:,}" in ssd.__doc__ and nothing_was_drawn(model)


def test_rows_of_figure_2():
    said = {row.row: row.slide for row in summary(SSD()).rows if row.slide}
    assert said == {"conv4_3": "512x38x38", "fc6": "1024x19x19", "fc7": "1024x19x19",
                    "conv8_2": "512x10x10", "conv9_2": "256x5x5", "conv10_2": "256x3x3",
                    "conv11_2": "256x1x1"}


def test_rows_of_the_small_one():
    assert " ".join(row.row for row in summary(SSD("small")).rows) == (
        "conv1 conv2 pool1 conv3 conv4 pool2 conv5 conv6 pool3 conv7 conv8 pool4 conv9 "
        "moves scores")


def test_the_boxes_of_the_small_one_cover_its_picture():
    """Sides from 14 to about 35 pixels, as the drawn shapes have them."""
    boxes = SSD("small").boxes
    sides = boxes[:, 2] - boxes[:, 0]
    assert sides.min() == 14 and 34 < sides.max() < 35
    assert boxes[0].tolist() == [-5, -5, 9, 9] and boxes[-1].mean() == pytest.approx(56)


# --- the order of what the head says --------------------------------------------------------------

def test_by_box():
    """(N, shapes columns, H, W): the columns of one box lie together, then come the shapes."""
    N, shapes, columns, H, W = 2, 3, 4, 5, 6
    y = np.arange(N * shapes * columns * H * W).reshape(N, shapes * columns, H, W)
    found = by_box(Tensor(y), columns).numpy()
    for n, i, j, k, c in [(0, 0, 0, 0, 0), (1, 2, 3, 1, 2), (0, 4, 5, 2, 3), (1, 0, 5, 2, 0)]:
        assert found[n, (i * W + j) * shapes + k, c] == y[n, k * columns + c, i, j]


def test_a_bright_spot_moves_the_box_that_stands_there():
    """Heads whose weights are the same everywhere: what answers is the default box at the spot."""
    model = SSD("small").eval()
    with no_grad():
        quiet, _ = model.outputs(Tensor(np.zeros((1, 3, 64, 64), np.float32)))
        x = np.zeros((1, 3, 64, 64), np.float32)
        x[:, :, 42, 20] = 100                              # row 42, column 20
        loud, _ = model.outputs(Tensor(x))
    most = np.abs(loud.numpy() - quiet.numpy())[0, :512].sum(axis=1).argmax()      # the finest map
    centre = (model.boxes[most, :2] + model.boxes[most, 2:]) / 2
    assert abs(centre - [20, 42]).max() <= 10


# --- the loss -------------------------------------------------------------------------------------

def loss_by_loops(model, moves, scores, wanted):
    """Straight from the docstring, one box at a time."""
    N, A, K = scores.shape
    log_p = scores - np.log(np.exp(scores).sum(axis=2, keepdims=True))
    box_loss = class_loss = P = 0
    for n in range(N):
        truths, iou = wanted[n]["boxes"], np.zeros((len(wanted[n]["boxes"]), A))
        for i, truth in enumerate(truths):
            for a, box in enumerate(model.boxes.astype(float)):
                w = max(min(truth[2], box[2]) - max(truth[0], box[0]), 0)
                h = max(min(truth[3], box[3]) - max(truth[1], box[1]), 0)
                areas = [(one[2] - one[0]) * (one[3] - one[1]) for one in (truth, box)]
                iou[i, a] = w * h / (sum(areas) - w * h)
        own, left = {}, iou.copy()
        for _ in truths:
            i, a = np.unravel_index(left.argmax(), left.shape)
            own[a] = i
            left[i], left[:, a] = -1, -1
        for a in range(A):
            if a not in own and len(truths) and iou[:, a].max() >= 0.5:
                own[a] = iou[:, a].argmax()
        negatives = []
        for a in range(A):
            if a not in own:
                negatives.append(-log_p[n, a, 0])
                continue
            P += 1
            class_loss -= log_p[n, a, wanted[n]["labels"][own[a]]]
            x1, y1, x2, y2 = truths[own[a]]
            u1, v1, u2, v2 = model.boxes[a].astype(float)
            t = [10 * ((x1 + x2) / 2 - (u1 + u2) / 2) / (u2 - u1),
                 10 * ((y1 + y2) / 2 - (v1 + v2) / 2) / (v2 - v1),
                 5 * np.log((x2 - x1) / (u2 - u1)), 5 * np.log((y2 - y1) / (v2 - v1))]
            for d in np.abs(moves[n, a] - t):
                box_loss += d - 0.5 if d >= 1 else d * d / 2
        class_loss += sum(sorted(negatives)[::-1][:max(3 * len(own), 3)])
    return {"bbox_regression": box_loss / max(P, 1), "classification": class_loss / max(P, 1)}


@pytest.mark.parametrize("empty", [False, True])
def test_agrees_with_loops(empty):
    model, wanted = SSD("small"), targets(3)
    if empty:
        wanted[1] = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, np.int64)}
    moves, scores = drawn(1, (3, 672, 4)), drawn(2, (3, 672, 4))
    terms = model.terms((Tensor(moves), Tensor(scores)), wanted)
    expected = loss_by_loops(model, moves, scores, wanted)
    for name, share in terms.items():
        assert share.shape == (3,)
        assert share.numpy().sum() == pytest.approx(expected[name], rel=1e-5), name
    if empty:
        assert terms["bbox_regression"].numpy()[1] == 0 < terms["classification"].numpy()[1]


def test_a_batch_of_pure_background_learns():
    """Three boxes of each picture, and N = 1: neither a constant nor 0 / 0."""
    nothing = [{"boxes": np.zeros((0, 4)), "labels": np.zeros(0, np.int64)}] * 2
    scores = Tensor(drawn(2, (2, 672, 4)), requires_grad=True)
    moves = Tensor(drawn(1, (2, 672, 4)), requires_grad=True)
    terms = SSD("small").terms((moves, scores), nothing)
    terms["classification"].sum().backward()
    assert (np.abs(scores.grad).sum(axis=2) > 0).sum(axis=1).tolist() == [3, 3]
    assert terms["bbox_regression"].numpy().tolist() == [0, 0]


def test_torchvision_has_no_negatives_there():
    nothing = [{"boxes": np.zeros((0, 4)), "labels": np.zeros(0, np.int64)}]
    terms = SSD("torchvision", classes=6).terms(
        (Tensor(drawn(1, (1, 8732, 4))), Tensor(drawn(2, (1, 8732, 6)))), nothing)
    assert terms["classification"].numpy().tolist() == [0]


def test_gradient_of_the_whole_loss():
    model = SSD("small").to(dtype=np.float64)
    wanted = targets(2)
    gradient_of_the_loss(model, np.array(pictures(2)),
                         lambda outputs: sum(share.sum() for share
                                             in model.terms(outputs, wanted).values()))


# --- the rule of the test -------------------------------------------------------------------------

def test_what_the_default_boxes_say_by_themselves():
    """Moves of 0 are the default boxes, cut at the border."""
    model = SSD("small")
    boxes, scores = model.votes((Tensor(np.zeros((1, 672, 4), np.float32)),
                                 Tensor(np.zeros((1, 672, 4), np.float32))))
    assert np.allclose(boxes[0], model.boxes, atol=1e-4) and (scores == 0.25).all()
    assert scores.shape == (1, 672, 3)                     # the background is nobody's vote


def test_what_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30], [0, 0, 10, 10],
                      [5, 5, 5, 9]], float)
    scores = np.array([[.9, .1], [.8, 0], [.005, .3], [0, .7], [.95, .95]])
    found = keep_best(boxes, scores, (64, 64), Kept(score=0.01, iou=0.45))
    assert found["labels"].tolist() == [1, 2, 2]           # 1: its neighbour is suppressed, and the
    assert found["scores"].tolist() == [.9, .7, .3]        # box without area is none; 2: the same
    assert found["boxes"].tolist() == [[0, 0, 10, 10], [0, 0, 10, 10], [20, 20, 30, 30]]
    found = keep_best(boxes, scores, (64, 64), Kept(score=0.01, iou=0.9, most=2))
    assert found["labels"].tolist() == [1, 1]
    found = keep_best(boxes, scores, (64, 64), Kept(score=0.01, iou=1, candidates=1))
    assert len(found["labels"]) == 0                       # the best of each has no area
    found = keep_best(boxes, scores, (25, 64), Kept(score=0.2, iou=1))
    assert found["boxes"].max() == 30 and found["boxes"][:, 3].max() == 25         # cut


def test_nothing_is_found():
    found = keep_best(np.zeros((0, 4)), np.zeros((0, 3)), (64, 64), Kept())
    assert found["boxes"].shape == (0, 4) and found["labels"].dtype == np.int64


# --- torchvision ----------------------------------------------------------------------------------

BOXES = [[[30, 40, 120, 200], [31, 41, 121, 199], [200.5, 10, 290, 80], [5, 250, 30, 280]],
         [[0, 0, 300, 300], [140, 145, 152, 160]]]
LABELS = [[1, 2, 5, 3], [4, 1]]
WANTED = [{"boxes": np.array(boxes, float), "labels": np.array(labels)}
          for boxes, labels in zip(BOXES, LABELS, strict=True)]


@pytest.fixture(scope="module")
def theirs():
    return SSD("torchvision", classes=6).to(dtype=np.float64).eval()


@pytest.mark.parametrize("classes", [6, 21, 91])
def test_every_name_and_shape_is_torchvisions(classes):
    model = build("ssd300_vgg16", classes=classes)
    names = model.published["torchvision"]
    assert names_digest({names.theirs(name): value.shape for name, value in model.saved()}) == \
        STORED["names"][str(classes)]
    assert SSD().published == {}                           # its boxes have other sizes


def agrees(y, expected, within):
    found = digest(y)
    assert found["shape"] == expected["shape"]
    for what in ("mean", "std", "values"):
        assert found[what] == pytest.approx(expected[what], abs=within)


def test_pictures_and_boxes_as_torchvisions(theirs):
    own = [Tensor(drawn(3, (3, 40, 60))), Tensor(drawn(4, (3, 75, 50)))]
    agrees(theirs.batch(own).numpy(), STORED["prepared"], 1e-8)
    agrees(theirs.boxes, STORED["boxes"], 1e-4)            # in float32 here


def test_matching_and_losses_as_torchvisions(theirs):
    """Two truths want the same box, so that it matters how they get it."""
    found = [match_each(box_iou(target["boxes"], theirs.boxes)) for target in WANTED]
    assert [[[int(box), int(each[box])] for box in np.flatnonzero(each >= 0)]
            for each in found] == STORED["matched"]
    other = match_bipartite(box_iou(WANTED[0]["boxes"], theirs.boxes))
    assert np.any(other != found[0])
    terms = theirs.terms((Tensor(drawn(1, (2, 8732, 4))), Tensor(drawn(2, (2, 8732, 6)))), WANTED)
    for name, loss in STORED["losses"].items():
        assert terms[name].numpy().sum() == pytest.approx(loss, rel=1e-7), name


def test_detections_as_torchvisions(theirs, monkeypatch):
    said = Tensor(drawn(1, (2, 8732, 4))), Tensor(3 * drawn(2, (2, 8732, 6)))
    monkeypatch.setattr(SSD, "outputs", lambda self, x: said)
    found = theirs([np.zeros((3, 40, 60)), np.zeros((3, 75, 50))])
    for one, expected in zip(found, STORED["detections"], strict=True):
        assert one["labels"].tolist() == expected["labels"]
        assert products(one["scores"]) == pytest.approx(expected["scores"], abs=1e-8)
        assert products(one["boxes"]) == pytest.approx(expected["boxes"], abs=1e-2)
        assert one["boxes"][0].tolist() == pytest.approx(expected["first"], abs=1e-4)


@pytest.mark.slow
def test_what_the_head_says_as_torchvisions(theirs):
    names = theirs.published["torchvision"]
    for name, value in theirs.saved():
        path = names.theirs(name)
        value.data = filled(crc32(path.encode()), path, value.shape)
    with no_grad():
        moves, scores = theirs.outputs(Tensor(image((1, 3, 300, 300))))
    agrees(moves.numpy(), STORED["head"]["bbox_regression"], 1e-8)
    agrees(scores.numpy(), STORED["head"]["cls_logits"], 1e-8)
