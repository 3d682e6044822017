"""The second stage: which regions are drawn, its losses, what it finds; by hand and stored."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.data.boxes import decode
from minicnn.layers import Flatten, Module, Parameter
from minicnn.models.detection.batching import Batch
from minicnn.models.detection.roi_heads import BoxPredictor, Drawn, Judging, RoIHeads, TwoLinear
from tests.models.detection.rcnn_checks import stored
from tests.stored.filled import drawn

TRUTH = {"boxes": np.array([[0, 0, 10, 10], [20, 20, 40, 40.0]]), "labels": np.array([2, 1])}
PROPOSALS = np.array([[0, 0, 10, 9], [0, 0, 10, 4], [20, 20, 40, 36], [50, 50, 60, 60],
                      [0, 5, 10, 15.0]], np.float32)       # IoU 0.9, 0.4, 0.8, 0, 1/3


def heads(**rule):
    return RoIHeads([Flatten()], Flatten(), BoxPredictor(4, 3), Judging(**rule))


class Pool(Module):
    """Hands out the features it was given."""

    def __init__(self, features):
        self.features = features

    def forward(self, *maps, boxes):
        return Tensor(self.features)


class Answer(Module):
    """Scores and moves that were given."""

    def __init__(self, scores, moves):
        self.answer = scores, moves

    def forward(self, h):
        return self.answer


def with_answers(scores, moves, **rule):
    model = RoIHeads([Pool(np.zeros((len(scores), 1)))], Flatten(), BoxPredictor(1, 3),
                     Judging(**rule))
    model.box_predictor = Answer(Parameter(scores), Parameter(moves))
    return model


# --- drawing --------------------------------------------------------------------------------------

def test_who_is_positive_and_what_it_is_to_answer():
    one = heads(drawn=20, share=1.0).draw(PROPOSALS, TRUTH)
    assert one.boxes.tolist() == [*PROPOSALS.tolist(), *TRUTH["boxes"].tolist()]
    assert one.labels.tolist() == [2, 0, 1, 0, 0, 2, 1]    # the truths are among the proposals
    assert one.positive.tolist() == [0, 2, 5, 6] and one.truths.tolist() == [0, 1, 0, 1]
    back = decode(one.moves, one.boxes[one.positive], (10, 10, 5, 5))
    assert np.allclose(back, TRUTH["boxes"][one.truths])
    assert np.allclose(one.moves[2:], 0)


def test_a_move_is_measured_in_its_spread():
    """(0.1, 0.1, 0.2, 0.2): the region [0, 0, 10, 9] must go down by 1/18 and grow by 10/9."""
    one = heads(drawn=20, share=1.0).draw(PROPOSALS[:1], TRUTH)
    assert np.allclose(one.moves[0], [0, 10 / 18, 0, 5 * np.log(10 / 9)])


def test_at_most_a_quarter_is_positive():
    manual_seed(0)
    one = heads(drawn=8).draw(PROPOSALS, TRUTH)
    assert (one.labels > 0).sum() == 2 and len(one.labels) == 5                # 3 negatives only


def test_fast_rcnns_negatives_have_a_tenth():
    """[0.1, 0.5): what touches nothing is too easy, and is not drawn."""
    one = heads(drawn=20, share=1.0, least=0.1).draw(PROPOSALS, TRUTH)
    assert one.labels.tolist() == [2, 0, 1, 0, 2, 1] and [50, 50, 60, 60] not in one.boxes.tolist()


def test_in_a_picture_without_truths_all_is_background():
    empty = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, np.int64)}
    one = heads(drawn=3, least=0.1).draw(PROPOSALS, empty)
    assert one.labels.tolist() == [0, 0, 0] and one.moves.shape == (0, 4)


def test_between_two_thresholds_nothing_is_drawn():
    one = heads(drawn=20, share=1.0, high=0.85, low=0.35).draw(PROPOSALS, TRUTH)
    assert one.labels.tolist() == [2, 0, 0, 2, 1]          # 0.8 and 0.4 are left out


# --- losses ---------------------------------------------------------------------------------------

def sampled():
    return [Drawn(np.zeros((3, 4)), np.array([2, 0, 1]), np.array([[1, 0, 0, 0], [0, 3, 0, 0.5]]),
                  np.array([0, 0])), Drawn(np.zeros((1, 4)), np.array([0]), np.zeros((0, 4)),
                                           np.zeros(0, int))]


def cross_entropies(scores, labels):
    return np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]


@pytest.mark.parametrize("background", [True, False])
def test_the_losses_by_hand(background):
    """Of two images, divided by all 4 regions, not by the 2 positive ones."""
    rng = np.random.default_rng(0)
    scores, moves = rng.standard_normal((4, 3)), rng.standard_normal((4, 12))
    model = with_answers(scores, moves if background else moves[:, 4:])
    found = model.losses([], sampled())
    ce = cross_entropies(scores, np.array([2, 0, 1, 0]))
    assert np.allclose(found["loss_classifier"].numpy(), [ce[:3].sum() / 4, ce[3] / 4])
    d = abs(np.stack([moves[0, 8:], moves[2, 4:8]]) - sampled()[0].moves)
    smooth = np.where(d < 1, d * d / 2, d - 0.5).sum()     # beta 1
    assert np.allclose(found["loss_box_reg"].numpy(), [smooth / 4, 0])


def test_the_beta_is_the_rules():
    """1 here, 1/9 in torchvision's: ten times the loss for small errors."""
    rng = np.random.default_rng(0)
    scores, moves = rng.standard_normal((4, 3)), rng.standard_normal((4, 12))
    d = abs(np.stack([moves[0, 8:], moves[2, 4:8]]) - sampled()[0].moves)
    found = with_answers(scores, moves, beta=1 / 9).losses([], sampled())["loss_box_reg"].numpy()
    assert np.isclose(found[0], np.where(d < 1 / 9, d * d * 4.5, d - 1 / 18).sum() / 4)


def test_moves_of_the_background_and_of_other_classes_learn_nothing():
    model = with_answers(np.zeros((4, 3)), np.ones((4, 12)))
    model.losses([], sampled())["loss_box_reg"].sum().backward()
    _, moves = model.box_predictor.answer
    touched = (moves.grad != 0).reshape(4, 3, 4)
    assert not touched[:, 0].any() and not touched[1].any() and not touched[3].any()
    assert touched[0, 2].any() and touched[2, 1].any() and not touched[0, 1].any()


def test_no_region_at_all():
    none = Drawn(np.zeros((0, 4)), np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int))
    found = with_answers(np.zeros((0, 3)), np.zeros((0, 12))).losses([], [none, none])
    assert found["loss_classifier"].numpy().tolist() == [0, 0]
    assert found["loss_box_reg"].numpy().tolist() == [0, 0]


# --- what it finds --------------------------------------------------------------------------------

def found(sure, moves=None, proposals=PROPOSALS[3:], size=(64, 64), **rule):
    scores = np.log(np.array(sure, float))
    moves = np.zeros((len(sure), 12)) if moves is None else moves
    return heads(**rule).found(Tensor(scores), Tensor(moves), [proposals],
                               Batch(Tensor(np.zeros((1, 3, 64, 64))), [size]))[0]


def test_torchvisions_detections():
    """30 regions of two images and 91 classes, scores and moves drawn by seed."""
    there = stored()["detections"]
    corners = np.random.default_rng(3).uniform(0, 40, (30, 2))
    sides = np.random.default_rng(4).uniform(5, 50, (30, 2))
    regions = np.concatenate([corners, corners + sides], axis=1)
    scores, moves = 3 * drawn(5, (30, 91)), drawn(6, (30, 364))
    batch = Batch(Tensor(np.zeros((2, 3, 64, 96))), [(64, 96), (60, 50)])
    here = heads(overlap=0.5).found(Tensor(scores), Tensor(moves), [regions[:18], regions[18:]],
                                    batch)
    assert [len(one["labels"]) for one in here] == there["counts"]
    for number, one in enumerate(here):
        assert one["labels"][:20].tolist() == there["labels"][number]
        assert np.allclose(one["scores"][:20], there["scores"][number])
        assert np.allclose(one["boxes"][:20], there["boxes"][number])


def test_the_background_is_never_found():
    one = found([[0.98, 0.01, 0.01], [0.3, 0.6, 0.1]], threshold=0.05)
    assert one["labels"].tolist() == [1, 2] and np.allclose(one["scores"], [0.6, 0.1])
    assert one["boxes"].tolist() == [[0, 5, 10, 15]] * 2


def test_each_class_has_its_own_moves():
    moves = np.zeros((2, 12))
    moves[1, 8] = 10                                       # class 2 goes right by its width
    one = found([[1, 0.001, 0.001], [0.3, 0.6, 0.1]], moves)
    assert one["boxes"].tolist() == [[0, 5, 10, 15], [10, 5, 20, 15]]


def test_moves_without_the_background_belong_to_the_same_classes():
    moves = np.zeros((2, 12))
    moves[1, 8] = 10
    model = heads()
    batch = Batch(Tensor(np.zeros((1, 3, 64, 64))), [(64, 64)])
    sure = Tensor(np.log(np.array([[1, 0.001, 0.001], [0.3, 0.6, 0.1]])))
    with_it, without = (model.found(sure, Tensor(part), [PROPOSALS[3:]], batch)[0]
                        for part in (moves, moves[:, 4:]))
    assert all(np.array_equal(with_it[key], without[key]) for key in with_it)


def test_boxes_stay_in_their_picture_and_empty_ones_go():
    one = found([[0.1, 0.9, 0.0001], [0.1, 0.9, 0.0001]], size=(12, 8))
    assert one["boxes"].tolist() == [[0, 5, 8, 12]]        # the other lies outside


def test_equal_scores_keep_the_order_of_the_regions():
    one = found([[0.5, 0.5, 0.0001]] * 2)
    assert one["boxes"].tolist() == [[50, 50, 60, 60], [0, 5, 10, 15]]


def test_nms_is_among_the_boxes_of_one_class():
    twice = np.repeat(PROPOSALS[:1], 2, axis=0)
    assert len(found([[0.2, 0.7, 0.1], [0.2, 0.6, 0.2]], proposals=twice)["labels"]) == 2
    assert found([[0.2, 0.7, 0.1], [0.2, 0.6, 0.2]],
                 proposals=twice)["labels"].tolist() == [1, 2]


def test_the_surest_of_all_classes_are_kept():
    assert found([[0.2, 0.7, 0.1], [0.2, 0.6, 0.2]], most=2)["scores"].round(6).tolist() == \
        [0.7, 0.6]


def test_no_proposal():
    one = heads().found(Tensor(np.zeros((0, 3))), Tensor(np.zeros((0, 12))), [np.zeros((0, 4))],
                        Batch(Tensor(np.zeros((1, 3, 8, 8))), [(8, 8)]))[0]
    assert one["boxes"].shape == (0, 4) and one["labels"].dtype == np.int64


def test_the_head_of_networks_with_a_pyramid():
    assert TwoLinear(12544, 1024).num_parameters() == 13_895_680
    assert TwoLinear(2 * 9, 5).shape((2, 3, 3)) == (5,)
