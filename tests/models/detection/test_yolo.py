"""YOLO v1: figures, loss by plain loops, and the errors of public programs, one by one."""

import warnings

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.models import build
from minicnn.models.detection import yolo
from minicnn.models.detection.cells import assign, corners, most_alike
from minicnn.models.detection.yolo import YOLO, squares
from tests.models.detection.detectors import gradient_of_the_loss, pictures, targets
from tests.models.network_checks import nothing_was_drawn
from tests.stored.filled import drawn

FIGURES = [({}, 271_703_550, 20_285_153_280, (7, 7, 30)),
           ({"norm": True}, 271_716_734, 20_285_153_280, (7, 7, 30)),
           ({"variant": "small"}, 147_133, 44_290_048, (8, 8, 13)),
           ({"variant": "small", "head": "fc"}, 623_552, 44_777_472, (8, 8, 13))]
S, B, K = 8, 2, 3
SIDE = 64 / S


@pytest.mark.parametrize("options, parameters, macs, shape", FIGURES)
def test_figures(options, parameters, macs, shape):
    model = build("yolo_v1", **options)
    table = summary(model)
    assert (table.parameters, table.macs) == (parameters, macs)
    assert model.shape(model.input_shape) == shape
    assert [line.remark for line in table.lines if line.remark] == []
    assert f"{parameters:,}" in yolo.__doc__ and nothing_was_drawn(model)


def test_rows_of_figure_3():
    said = {row.row: row.slide for row in summary(YOLO()).rows if row.slide}
    assert said["conv1"] == "64x224x224" and said["conv24"] == "1024x7x7" and said["fc25"] == "4096"
    assert sum(row.row.startswith("conv") for row in summary(YOLO()).rows) == 24


def test_rows_of_the_small_one():
    """In this order; an attribute of a row's name would push it out of its place."""
    model = YOLO("small")
    assert " ".join(row.row for row in summary(model).rows) == (
        "conv1 conv2 pool1 conv3 conv4 pool2 conv5 conv6 pool3 conv7 conv8 answer")
    assert model.cells == 8 and YOLO().cells == 7


# --- by hand --------------------------------------------------------------------------------------

def one_cell(**said):
    """Outputs of one picture in which cell (row 3, column 4) says something; 0 elsewhere."""
    y = np.zeros((1, S, S, 5 * B + K))
    for place, value in said.items():
        y[0, 3, 4, int(place[1:])] = value
    return y


def test_what_a_cell_is_to_say():
    """A box from (32, 24) to (48, 28): centre (40, 26), so column 5, row 3."""
    y = np.zeros((1, S, S, 5 * B + K))
    found = assign(y, [{"boxes": np.array([[32.0, 24, 48, 28]]), "labels": np.array([2])}],
                   (64, 64), B)
    own = found.wanted[0, 3, 5]
    assert own[:4].tolist() == [0.0, 0.25, 0.5, 0.25]      # roots of 16 / 64 and 4 / 64
    assert own[4] == 0 and own[10:].tolist() == [0, 1, 0]
    assert found.weight[0, 3, 5].tolist() == [5, 5, 5, 5, 1, 0, 0, 0, 0, .5, 1, 1, 1]
    rest = found.weight.copy()
    rest[0, 3, 5] = found.weight[0, 0, 0]
    assert (rest == [0, 0, 0, 0, .5] * 2 + [0] * 3).all()
    assert found.responsible.sum() == 1 and found.lost == 0


def test_what_is_wanted_is_the_box():
    """The numbers that a box becomes, read as outputs, are that box again."""
    wanted = targets(3)
    found = assign(np.zeros((3, S, S, 13)), wanted, (64, 64), B)
    boxes = corners(found.wanted[..., :10].reshape(3, S, S, B, 5)[..., :4], 64, 64)
    for n, target in enumerate(wanted):
        got = boxes[n][found.responsible[n]]
        order = np.lexsort([got[:, 0], got[:, 1]])
        assert np.allclose(got[order], target["boxes"][np.lexsort(target["boxes"].T[:2])])


def test_pictures_that_are_not_square():
    box = np.array([[10.0, 8, 30, 24]])
    found = assign(np.zeros((1, S, S, 13)), [{"boxes": box, "labels": np.array([1])}], (32, 96), B)
    assert found.wanted[0, 4, 1, :4] == pytest.approx([20 / 12 - 1, 0, (20 / 96) ** .5, .5 ** .5])
    back = corners(found.wanted[..., :10].reshape(1, S, S, B, 5)[..., :4], 32, 96)
    assert np.allclose(back[found.responsible], box)


def test_a_centre_on_the_last_border():
    box = np.array([[63.0, 63, 65, 65]])
    found = assign(np.zeros((1, S, S, 13)), [{"boxes": box, "labels": np.array([1])}], (64, 64), B)
    assert found.responsible[0, 7, 7].sum() == 1 and found.wanted[0, 7, 7, 0] == 1


# --- traps of public programs ---------------------------------------------------------------------

def loss_by_loops(y, wanted):
    """The paper's five sums, cell by cell, divided by the number of pictures."""
    sums = dict.fromkeys(("coordinates", "confidence", "no_object", "classes"), 0.0)
    N = len(y)
    for n in range(N):
        taken = {}
        for box, label in zip(wanted[n]["boxes"], wanted[n]["labels"], strict=True):
            x, y_ = (box[0] + box[2]) / 2 / SIDE, (box[1] + box[3]) / 2 / SIDE
            taken.setdefault((int(y_), int(x)), (box, label, x % 1, y_ % 1))
        for i in range(S):
            for j in range(S):
                cell = y[n, i, j]
                best = None
                if (i, j) in taken:
                    box, label, x, y_ = taken[i, j]
                    w, h = (box[2] - box[0]) / 64, (box[3] - box[1]) / 64
                    ious = []
                    for b in range(B):
                        px, py, pa, pb, _ = cell[5 * b:5 * b + 5]
                        cx, cy = (j + px) * SIDE, (i + py) * SIDE
                        pw, ph = 64 * pa * pa, 64 * pb * pb
                        ix = min(cx + pw / 2, box[2]) - max(cx - pw / 2, box[0])
                        iy = min(cy + ph / 2, box[3]) - max(cy - ph / 2, box[1])
                        common = max(ix, 0) * max(iy, 0)
                        ious.append(common / (pw * ph + 64 * 64 * w * h - common))
                    best = int(np.argmax(ious))
                    px, py, pa, pb, pc = cell[5 * best:5 * best + 5]
                    sums["coordinates"] += 5 * ((px - x) ** 2 + (py - y_) ** 2
                                                + (pa - w ** .5) ** 2 + (pb - h ** .5) ** 2)
                    sums["confidence"] += (pc - ious[best]) ** 2
                    sums["classes"] += sum((cell[10 + k] - (k + 1 == label)) ** 2
                                           for k in range(K))
                for b in range(B):
                    if b != best:
                        sums["no_object"] += 0.5 * cell[5 * b + 4] ** 2
    return {name: value / N for name, value in sums.items()}


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_loops(seed):
    y, wanted = drawn(seed, (3, S, S, 13)), targets(3)
    terms = YOLO("small").terms(Tensor(y), wanted)
    for name, value in loss_by_loops(y, wanted).items():
        assert terms[name].shape == (3,)
        assert terms[name].numpy().sum() == pytest.approx(value, rel=1e-12), name


def test_the_confidence_is_to_be_the_iou_and_not_1():
    """A box from (32, 24) of 16 x 8 is said, one of 8 x 8 is there: IoU 1/2."""
    a, b = (16 / 64) ** .5, (8 / 64) ** .5
    y = one_cell(_0=1.0, _1=0.5, _2=a, _3=b, _4=0.9)       # centre (40, 28)
    truth = [{"boxes": np.array([[32.0, 24, 40, 32]]), "labels": np.array([1])}]
    found = assign(y, truth, (64, 64), B)
    assert found.wanted[0, 3, 4, 4] == pytest.approx(0.5)
    assert YOLO("small").terms(Tensor(y), truth)["confidence"].numpy().sum() == \
        pytest.approx((0.9 - 0.5) ** 2)


def test_that_iou_has_no_gradient():
    """d loss / d x is that of the squares alone, as if the IoU were a number."""
    y = Tensor(drawn(1, (1, S, S, 13)), requires_grad=True)
    wanted = targets(1)
    sum(share.sum() for share in YOLO("small").terms(y, wanted).values()).backward()
    fixed = assign(y.data, wanted, (64, 64), B)
    assert np.allclose(y.grad, 2 * fixed.weight * (y.data - fixed.wanted))


def test_the_other_box_of_the_cell_counts_as_no_object():
    y = one_cell(_2=0.3, _3=0.3, _4=0.1, _9=0.8)           # box 0 overlaps, box 1 has no size
    truth = [{"boxes": np.array([[32.0, 24, 38, 30]]), "labels": np.array([1])}]
    assert assign(y, truth, (64, 64), B).responsible[0, 3, 4].tolist() == [True, False]
    assert YOLO("small").terms(Tensor(y), truth)["no_object"].numpy().sum() == \
        pytest.approx(0.5 * 0.8 ** 2)


def test_the_loss_is_divided_by_the_number_of_pictures():
    y, wanted = drawn(1, (1, S, S, 13)), targets(1)
    model = YOLO("small")
    one, four = (sum(share.numpy().sum() for share in model.terms(
        Tensor(y.repeat(n, axis=0)), wanted * n).values()) for n in (1, 4))
    assert four == pytest.approx(one)


def test_roots_that_are_negative():
    """They are squared for the IoU; no root of an output is taken, so nothing becomes NaN."""
    y = one_cell(_0=0.5, _1=0.5, _2=-0.4, _3=-0.4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        boxes = corners(y[..., :10].reshape(1, S, S, B, 5)[..., :4], 64, 64)
        terms = YOLO("small").terms(Tensor(y), targets(1))
    side = 0.4 ** 2 * 64
    assert np.allclose(boxes[0, 3, 4, 0], [36 - side / 2, 28 - side / 2,
                                           36 + side / 2, 28 + side / 2])
    assert all(np.isfinite(share.numpy()).all() for share in terms.values())


def test_which_box_is_responsible():
    truth = np.array([10.0, 10, 20, 20])
    assert most_alike(np.array([[12.0, 10, 22, 20], [10, 10, 20, 19]]), truth) == \
        (1, pytest.approx(0.9))
    far, near = [[50.0, 50, 60, 60], [30, 30, 40, 40]]     # neither touches it
    assert most_alike(np.array([far, near]), truth) == (1, 0)
    assert most_alike(np.array([near, far]), truth) == (0, 0)
    assert most_alike(np.array([near, near]), truth) == (0, 0)


def test_a_second_object_in_one_cell_is_counted_and_said():
    both = [{"boxes": np.array([[8.0, 8, 16, 16], [9, 9, 17, 15], [40, 40, 60, 60]]),
             "labels": np.array([1, 2, 3])}]
    model, x = YOLO("small"), pictures(1)
    with pytest.warns(UserWarning, match="^YOLO: of two objects whose centres fall into one cell "
                                         "the first alone is learnt; model.lost counts"):
        model(x, both)
    assert (model.lost, model.seen) == (1, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")                     # not again
        model(x, both)
    assert (model.lost, model.seen) == (2, 6)
    found = assign(np.zeros((1, S, S, 13)), both, (64, 64), B)
    assert found.wanted[0, 1, 1, 10:].tolist() == [1, 0, 0]          # the first of the list


def test_gradient_of_the_whole_loss():
    """What the cells are to say stays as it was at the start: the IoU is a constant."""
    model, x = YOLO("small").to(dtype=np.float64), np.array(pictures(2))
    fixed = assign(model.outputs(Tensor(x)).data, targets(2), (64, 64), B)
    gradient_of_the_loss(model, x, lambda y: sum(share.sum() for share
                                                 in squares(y, fixed, B).values()))


# --- the answer -----------------------------------------------------------------------------------

def test_score_is_confidence_times_class():
    y = one_cell(_0=0.5, _1=0.5, _2=0.5, _3=0.5, _4=0.8, _9=3.0, _10=0.5, _12=2.0)
    y[0, 0, 0, [4, 10]] = -1.5                             # two negatives are no good score
    boxes, scores = YOLO("small").votes(Tensor(y))
    place = (3 * S + 4) * B
    assert boxes.shape == (1, S * S * B, 4) and boxes[0, place].tolist() == [28, 20, 44, 36]
    assert scores[0, place] == pytest.approx([0.4, 0, 0.8])          # a class is at most certain
    assert scores[0, place + 1] == pytest.approx([0.5, 0, 1])        # and so is a box
    scores[0, place:place + 2] = 0
    assert not scores.any()


def test_detections():
    model = YOLO("small").eval()
    found, = model([np.zeros((3, 64, 64), np.float32)])
    assert (found["boxes"] >= 0).all() and (found["boxes"] <= 64).all()
    assert len(found["boxes"]) <= 3 * S * S * B


def test_the_fully_connected_head():
    model = YOLO("small", head="fc")
    losses = model(pictures(), targets())
    sum(losses.values()).backward()
    assert all(value.grad is not None for value in model.parameters())
    with pytest.raises(ValueError, match="YOLO: no head 'linear'; there are fc, conv"):
        YOLO("small", head="linear")
