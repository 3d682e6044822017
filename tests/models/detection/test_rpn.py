"""The region proposal network: anchors, proposals, what is drawn, the loss; by hand and stored."""

import numpy as np

from minicnn import Tensor, manual_seed
from minicnn.data.boxes import box_iou, decode
from minicnn.layers import Module
from minicnn.models.detection.batching import Batch
from minicnn.models.detection.faster_rcnn import PYRAMID
from minicnn.models.detection.rpn import Proposing, RegionProposals, RPNHead
from tests.models.detection.rcnn_checks import stored
from tests.stored.filled import drawn, products

SIZES = ((16, 24), (8, 12), (4, 6), (2, 3), (1, 2))
RULE = Proposing(PYRAMID, before=(60, 60), after=(40, 40), smallest=1e-3, inside=False, offset=0.0,
                 rounded=True)
ONE = Proposing(((16.0,),), ratios=(1,), before=(100, 100), after=(100, 100), inside=False)


def test_torchvisions_anchors_and_proposals():
    """Two images, five maps; scores and moves drawn by seed."""
    there = stored()["proposals"]
    rpn = RegionProposals(1, 1, RULE).eval()
    maps = [Tensor(np.zeros((2, 1, h, w))) for h, w in SIZES]
    places = rpn.anchors(maps, (64, 96))
    assert places[0][:4].tolist() == there["first"]
    assert np.allclose(products(np.concatenate(places)), there["anchors"])
    ends = np.cumsum([len(one) for one in places])
    z = np.split(drawn(1, (2, ends[-1])), ends[:-1], axis=1)
    t = np.split(0.5 * drawn(2, (2 * ends[-1], 4)).reshape(2, -1, 4), ends[:-1], axis=1)
    batch = Batch(Tensor(np.zeros((2, 3, 64, 96))), [(64, 96), (60, 50)])
    found = rpn.proposals([Tensor(one) for one in z], [Tensor(one) for one in t], places, batch)
    assert [len(one) for one in found] == [len(one) for one in there["proposals"]] == [40, 40]
    for one, boxes in zip(found, there["proposals"], strict=True):
        assert np.allclose(one, boxes, atol=1e-4)


def test_our_anchors_keep_their_area_and_stand_in_the_middle_of_their_cell():
    """torchvision's are rounded, so 32 x 32 at ratio 1/2 is 22 x 46 = 1,012, and stand at 0."""
    ours = RegionProposals(1, 1, Proposing(((32,),)))
    theirs = RegionProposals(1, 1, Proposing(((32,),), offset=0.0, rounded=True))
    x = [Tensor(np.zeros((1, 1, 2, 2)))]
    (mine,), (others,) = ours.anchors(x, (32, 32)), theirs.anchors(x, (32, 32))
    assert np.allclose((mine[:, 2:] - mine[:, :2]).prod(axis=1), 1024)
    assert (others[0, 2:] - others[0, :2]).tolist() == [46, 22]
    assert np.allclose((mine[:3, :2] + mine[:3, 2:]) / 2, 8)
    assert np.allclose((others[:3, :2] + others[:3, 2:]) / 2, 0)


def test_anchors_stand_as_far_apart_as_the_cells():
    """A map of 13 rows at 1/64 of 800: torchvision takes 800 // 13 = 61 pixels for a cell."""
    x = [Tensor(np.zeros((1, 1, 13, 21)))]
    ours, theirs = (RegionProposals(1, 1, Proposing(((512,),), (1,), strides=strides))
                    for strides in ((64,), None))
    (mine,), (others,) = ours.anchors(x, (800, 1344)), theirs.anchors(x, (800, 1344))
    assert (mine[21] - mine[0]).tolist() == [0, 64, 0, 64]
    assert (others[21] - others[0]).tolist() == [0, 61, 0, 61]


class Head(Module):
    """Answers what it was given."""

    def __init__(self, *answers):
        self.answers = answers

    def forward(self, x):
        return tuple(map(Tensor, self.answers))


def test_answers_stand_in_the_order_of_the_anchors():
    """A head whose channel says where it is: place (row, column, shape) of each answer."""
    rpn = RegionProposals(1, 1, Proposing(((8, 16),), ratios=(1, 2)))
    A, (H, W) = 4, (3, 5)
    a, row, column = np.meshgrid(np.arange(A), np.arange(H), np.arange(W), indexing="ij")
    scores = (100 * row + 10 * column + a)[None].astype(np.float32)
    deltas = (scores[:, :, None] * 10 + np.arange(4)[:, None, None]).reshape(1, 4 * A, H, W)
    rpn.head = Head(scores, deltas)
    (z,), (t,) = rpn.forward(Tensor(np.zeros((1, 1, H, W), np.float32)))
    wanted = [100 * i + 10 * j + k for i in range(H) for j in range(W) for k in range(A)]
    assert z.numpy()[0].tolist() == wanted
    assert t.numpy()[0].tolist() == [[10 * one + k for k in range(4)] for one in wanted]
    (place,) = rpn.anchors([Tensor(np.zeros((1, 1, H, W)))], (24, 40))
    middles = (place[:, :2] + place[:, 2:]) / 2
    assert middles[4 * (1 * W + 2)].tolist() == [20, 12]   # row 1, column 2


def test_two_scores_are_the_papers_softmax():
    """z is the difference, and the sigmoid of it the probability of "object"."""
    head = RPNHead(2, 3, number=2, scores=2)
    x = Tensor(np.random.default_rng(0).standard_normal((1, 2, 4, 4)).astype(np.float32))
    z, t = head(x)
    both = head.cls_logits(head.conv(x)).numpy().reshape(1, 2, 2, 4, 4)        # nothing, object
    p = np.exp(both) / np.exp(both).sum(axis=1, keepdims=True)
    assert np.allclose(z.sigmoid().numpy(), p[:, 1], atol=1e-6)
    assert t.shape == (1, 8, 4, 4)


# --- proposals ------------------------------------------------------------------------------------

def proposed(scores, deltas=None, size=(64, 64), rule=ONE, training=False):
    """Of anchors of 16 x 16 on a 4 x 4 map with stride 16."""
    rpn = RegionProposals(1, 1, rule).train(training)
    place = rpn.anchors([Tensor(np.zeros((1, 1, 4, 4)))], (64, 64))
    z = Tensor(np.asarray(scores, np.float32).reshape(1, 16))
    t = Tensor(np.zeros((1, 16, 4), np.float32) if deltas is None else deltas)
    return rpn.proposals([z], [t], place, Batch(Tensor(np.zeros((1, 3, 64, 64))), [size]))[0]


def test_the_surest_first():
    found = proposed(np.arange(16))
    assert len(found) == 16 and found[0].tolist() == [48, 48, 64, 64]
    assert found[-1].tolist() == [0, 0, 16, 16]


def test_numbers_before_and_after_nms_are_those_of_the_mode():
    rule = ONE._replace(before=(12, 6), after=(8, 4))
    assert len(proposed(np.arange(16), rule=rule, training=True)) == 8
    assert len(proposed(np.arange(16), rule=rule)) == 4
    assert len(proposed(np.arange(16), rule=rule._replace(after=(99, 99)))) == 6


def test_equal_scores_keep_the_order_of_the_anchors():
    found = proposed(np.zeros(16))
    assert found[:2].tolist() == [[0, 0, 16, 16], [16, 0, 32, 16]]


def test_boxes_are_cut_at_the_pictures_own_border():
    """Not at that of the batch, which is padded."""
    found = proposed(np.arange(16), size=(52, 60))
    assert found[:, 3].max() == 48 and len(found) == 9     # 4 and 12 pixels left are too few


def test_nothing_smaller_than_it_may_be():
    found = proposed(np.arange(16), size=(52, 60), rule=ONE._replace(smallest=4))
    assert len(found) == 16 and found[:, 2].max() == 60 and found[:, 3].max() == 52


def test_nms_drops_what_covers_a_surer_one():
    deltas = np.zeros((1, 16, 4), np.float32)
    deltas[0, 1, 0] = -1 + 1 / 16                          # anchor 1 moves to anchor 0, nearly
    found = proposed(16 - np.arange(16), deltas)
    assert len(found) == 15 and found[0].tolist() == [0, 0, 16, 16]


def test_levels_do_not_suppress_each_other():
    rpn = RegionProposals(1, 1, Proposing(((16,), (16,)), ratios=(1,), inside=False)).eval()
    maps = [Tensor(np.zeros((1, 1, 4, 4)))] * 2
    z, t = [Tensor(np.zeros((1, 16)))] * 2, [Tensor(np.zeros((1, 16, 4)))] * 2
    batch = Batch(Tensor(np.zeros((1, 3, 64, 64))), [(64, 64)])
    assert len(rpn.proposals(z, t, rpn.anchors(maps, (64, 64)), batch)[0]) == 32


# --- what it learns -------------------------------------------------------------------------------

def place(rule=ONE):
    return RegionProposals(1, 1, rule).anchors([Tensor(np.zeros((1, 1, 4, 4)))], (64, 64))[0]


def test_positive_are_those_above_and_the_best_of_each_truth():
    truth = np.array([[1, 1, 17, 17], [40, 40, 44, 44]], float)
    positive, negative, goal = RegionProposals(1, 1, ONE).drawn(place(), (64, 64), truth)
    iou = box_iou(truth, place())
    assert iou[0].max() > 0.7 and iou[1].max() < 0.1       # the second has its best all the same
    assert positive.tolist() == [0, 10]
    assert np.allclose(decode(goal, place()[positive]), truth, atol=1e-4)
    assert set(negative) == {n for n in range(16) if n not in (0, 10)} \
        and (iou[0][negative] < 0.3).all()


def test_all_ties_for_best_are_positive():
    truth = np.array([[8, 8, 24, 24.0]])                   # a quarter of each of four anchors
    positive, _, _ = RegionProposals(1, 1, ONE).drawn(place(), (64, 64), truth)
    assert positive.tolist() == [0, 1, 4, 5]


def test_between_learns_nothing():
    truth = np.array([[4, 0, 20, 16.0]])                   # IoU 0.6, 0.14
    rule = ONE._replace(drawn=100)
    positive, negative, _ = RegionProposals(1, 1, rule).drawn(place(), (64, 64), truth)
    assert positive.tolist() == [0] and 1 in negative      # the best, though 0.6
    truth = np.array([[4, 0, 20, 16.0], [0, 0, 16, 16]])
    iou = box_iou(truth[:1], place())
    positive, negative, _ = RegionProposals(1, 1, rule._replace(high=0.99)).drawn(
        place(), (64, 64), truth)
    assert 0.3 < iou[0, 0] < 0.99 and positive.tolist() == [0]


def test_anchors_over_the_border_learn_nothing_in_the_paper():
    """torchvision keeps them."""
    rule = Proposing(((32.0,),), ratios=(1,), drawn=100)
    truth = np.array([[16, 16, 48, 48.0]])
    within = RegionProposals(1, 1, rule).drawn(place(rule), (64, 64), truth)
    every = RegionProposals(1, 1, rule._replace(inside=False)).drawn(place(rule), (64, 64), truth)
    assert len(within[0]) + len(within[1]) < len(every[0]) + len(every[1])
    corners = place(rule)[np.concatenate(within[:2])]
    assert corners.min() >= 0 and corners.max() <= 64
    padded = RegionProposals(1, 1, rule).drawn(place(rule), (40, 64), truth[:, [0, 0, 2, 2]] * 0.8)
    assert place(rule)[np.concatenate(padded[:2])][:, 3].max() <= 40


def test_at_most_half_of_the_drawn_are_positive():
    rule = Proposing(((16.0,),), ratios=(1,), drawn=6, inside=False)
    truth = np.stack([place()[n] for n in (0, 3, 5, 9, 12, 15)]).astype(float)
    positive, negative, _ = RegionProposals(1, 1, rule).drawn(place(), (64, 64), truth)
    assert len(positive) == 3 and len(negative) == 3


def test_missing_positives_are_filled_with_negatives():
    positive, negative, _ = RegionProposals(1, 1, ONE._replace(drawn=10)).drawn(
        place(), (64, 64), np.array([[0, 0, 16, 16.0]]))
    assert len(positive) == 1 and len(negative) == 9


def test_the_draw_follows_the_seed():
    rpn, truth = RegionProposals(1, 1, ONE._replace(drawn=8)), np.array([[0, 0, 16, 16.0]])
    manual_seed(3)
    first = [rpn.drawn(place(), (64, 64), truth)[1].tolist() for _ in range(3)]
    manual_seed(3)
    assert first == [rpn.drawn(place(), (64, 64), truth)[1].tolist() for _ in range(3)]
    assert first[0] != first[1]


def losses(z, t, truths, rule=ONE):
    rpn = RegionProposals(1, 1, rule)
    batch = Batch(Tensor(np.zeros((len(truths), 3, 64, 64))), [(64, 64)] * len(truths))
    found = rpn.losses([Tensor(np.asarray(z, float))], [Tensor(np.asarray(t, float))],
                       [place(rule)], batch, [{"boxes": truth} for truth in truths])
    return {name: loss.numpy() for name, loss in found.items()}


def test_the_loss_by_hand():
    """Of two images; both terms are divided by all that were drawn, not by the positive ones."""
    rng = np.random.default_rng(0)
    z, t = rng.standard_normal((2, 16)), rng.standard_normal((2, 16, 4))
    truths = [np.array([[2, 0, 18, 16.0]]), np.zeros((0, 4))]
    found = losses(z, t, truths)
    # image 0: anchor 0 (IoU 0.78) is positive, anchor 1 has 0.07; all the others are negative
    bce = np.log1p(np.exp(z))
    bce[0, 0] = np.log1p(np.exp(-z[0, 0]))
    assert np.allclose(found["loss_objectness"], bce.sum(axis=1) / 32)
    d = abs(t[0, 0] - [2 / 16, 0, 0, 0])
    smooth = np.where(d < 1 / 9, d * d * 9 / 2, d - 1 / 18).sum()
    assert np.allclose(found["loss_rpn_box_reg"], [smooth / 32, 0])


def test_a_picture_without_truths_learns_that_nothing_is_there():
    """Others invent a truth [0, 0, 0, 0] for it, whose logarithm is infinite."""
    found = losses(np.zeros((1, 16)), np.zeros((1, 16, 4)), [np.zeros((0, 4))])
    assert np.allclose(found["loss_objectness"], np.log(2))
    assert found["loss_rpn_box_reg"].tolist() == [0]


def test_no_anchor_at_all_within_the_picture():
    """Anchors larger than the picture: a loss of 0 and not 0 / 0."""
    rule = Proposing(((128.0,),), ratios=(1,))
    found = losses(np.zeros((1, 16)), np.zeros((1, 16, 4)), [np.array([[0, 0, 60, 60.0]])], rule)
    assert found["loss_objectness"].tolist() == [0] == found["loss_rpn_box_reg"].tolist()


def test_no_gradient_through_the_corners():
    """Proposals are arrays: what they are read from does not learn from the second stage."""
    rpn = RegionProposals(1, 1, ONE)
    z, t = (Tensor(np.zeros(shape, np.float32), requires_grad=True)
            for shape in ((1, 16), (1, 16, 4)))
    found = rpn.proposals([z], [t], [place()], Batch(Tensor(np.zeros((1, 3, 64, 64))), [(64, 64)]))
    assert all(type(one) is np.ndarray for one in found)
