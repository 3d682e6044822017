"""Top-k errors and confusion, by hand and against loops."""

import re

import numpy as np
import pytest

from minicnn.training.metrics.classification import confusion_matrix, top_k_errors

SCORES = np.array([[0.1, 0.7, 0.2],           # best to worst: 1 2 0
                   [0.5, 0.2, 0.3],           # 0 2 1
                   [0.3, 0.3, 0.4],           # 2, then 0 and 1 alike
                   [1.0, 1.0, 1.0]])          # all alike
LABELS = np.array([1, 2, 0, 0])


@pytest.mark.parametrize("k, errors", [(1, 3), (2, 2), (3, 0)])
def test_top_k_by_hand(k, errors):
    """Row 0 is always right; row 1 from k = 2 on; rows 2 and 3 only where equals fit in too."""
    assert top_k_errors(SCORES, LABELS, k) == errors
    assert isinstance(top_k_errors(SCORES, LABELS, k), int)


def test_top_1_is_argmax_without_ties(rng):
    scores, labels = rng.standard_normal((200, 10)), rng.integers(0, 10, 200)
    assert top_k_errors(scores, labels) == (scores.argmax(axis=1) != labels).sum()


@pytest.mark.parametrize("k", [1, 5, 9])
def test_top_k_against_loops(k, rng):
    scores, labels = rng.integers(0, 6, (100, 10)).astype("float32"), rng.integers(0, 10, 100)
    errors = 0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        better_or_equal = [i for i in range(10) if i != label and row[i] >= row[label]]
        errors += len(better_or_equal) >= k
    assert top_k_errors(scores, labels, k) == errors


def test_nan_scores_are_errors():
    """A network that has come apart knows nothing, whichever score is NaN."""
    scores = np.array([[np.nan, np.nan], [np.nan, 1.0], [1.0, np.nan]])
    assert top_k_errors(scores, np.array([0, 1, 0])) == 3


def test_no_images():
    assert top_k_errors(np.zeros((0, 3)), np.zeros(0, int)) == 0
    assert confusion_matrix(np.zeros(0, int), np.zeros(0, int), 2).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("scores, labels, k, words", [
    (np.zeros((4, 3)), np.zeros(5, int), 1, "scores (4, 3) and labels (5,)"),
    (np.zeros((4, 3)), np.zeros((4, 1), int), 1, "labels (4, 1)"),
    (np.zeros(4), np.zeros(4, int), 1, "expected (N, classes) and (N,)"),
    (np.zeros((4, 3)), np.zeros(4, int), 0, "k is 0, there are 3 classes"),
    (np.zeros((4, 3)), np.zeros(4, int), 4, "k is 4, there are 3 classes"),
])
def test_top_k_refuses(scores, labels, k, words):
    with pytest.raises(ValueError, match="top_k_errors: .*" + re.escape(words)):
        top_k_errors(scores, labels, k)


@pytest.mark.parametrize("label", [-1, 3])
def test_top_k_refuses_labels_out_of_range(label):
    """Hazard 13: -1 must not count from the end."""
    with pytest.raises(ValueError, match=f"top_k_errors: labels from .*{label}.*expected 0 to 2"):
        top_k_errors(SCORES, np.array([0, label, 1, 1]))


def test_confusion_by_hand():
    predicted, labels = np.array([0, 1, 1, 2, 1]), np.array([0, 1, 2, 2, 2])
    assert confusion_matrix(predicted, labels, 3).tolist() == [[1, 0, 0], [0, 1, 0], [0, 2, 1]]


def test_confusion_against_loops(rng):
    predicted, labels = rng.integers(0, 7, 500), rng.integers(0, 7, 500).astype("uint8")
    matrix = [[0] * 7 for _ in range(7)]
    for guess, true in zip(predicted.tolist(), labels.tolist(), strict=True):
        matrix[true][guess] += 1
    assert confusion_matrix(predicted, labels, 7).tolist() == matrix


def test_confusion_of_small_integers():
    """Cell 20 * 21 + 20 = 440 of a matrix is more than uint8 can count to."""
    labels = np.full(3, 20, np.uint8)
    matrix = confusion_matrix(labels, labels, 21)
    assert matrix.shape == (21, 21) and matrix[20, 20] == 3 and matrix.sum() == 3


@pytest.mark.parametrize("predicted, labels, words", [
    (np.zeros(3, int), np.zeros(4, int), "predictions (3,) and labels (4,) must both be (N,)"),
    (np.zeros((2, 1), int), np.zeros((2, 1), int), "must both be (N,)"),
    (np.array([0, 2]), np.array([0, 1]), "predictions from 0 to 2, expected 0 to 1"),
    (np.array([0, 1]), np.array([-1, 1]), "labels from -1 to 1, expected 0 to 1"),
])
def test_confusion_refuses(predicted, labels, words):
    with pytest.raises(ValueError, match="confusion_matrix: .*" + re.escape(words)):
        confusion_matrix(predicted, labels, 2)


def test_labels_that_are_no_whole_numbers():
    for function in (lambda labels: top_k_errors(SCORES, labels),
                     lambda labels: confusion_matrix(LABELS, labels, 3),
                     lambda labels: confusion_matrix(labels, LABELS, 3)):
        with pytest.raises(TypeError, match="are float64, expected whole numbers"):
            function(LABELS.astype(float))
