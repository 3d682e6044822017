"""Captions of drawn scenes."""

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.autograd.tensor import Tensor
from minicnn.layers.softmax import log_softmax
from minicnn.models.imagine.captions import (
    CELLS,
    Captioner,
    Gaze,
    Vocabulary,
    accuracy,
    beam,
    greedy,
    looked,
    saliency,
)
from minicnn.optim import Adam

LINES = ["a large red circle", "a small blue square left of a small red circle"]


@pytest.fixture
def vocabulary():
    return Vocabulary(LINES)


def test_vocabulary(vocabulary):
    rows = vocabulary.rows(LINES)
    assert rows.shape == (2, 12) and rows[0].tolist()[6:] == [0] * 6
    assert [vocabulary.sentence(row[1:]) for row in rows] == LINES
    with pytest.raises(ValueError, match="no number for green; the words are those of"):
        vocabulary.rows(["a green circle"])


@pytest.mark.parametrize("cell, attention", [*((cell, True) for cell in CELLS), ("lstm", False)])
def test_two_pictures_are_learnt_by_heart(cell, attention, vocabulary, rng):
    """Loss, greedy and beam agree that both captions are known, whatever the cell."""
    manual_seed(0)
    model, rows = Captioner(len(vocabulary), cell, 24, 16, attention), vocabulary.rows(LINES)
    images = rng.standard_normal((2, 3, 16, 16)).astype("f")
    optimiser = Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        loss = model.train().loss(Tensor(images), rows)
        loss.backward()
        optimiser.step()
    for _ in range(30):
        model(Tensor(images), rows[:, :1])                 # batch norm's averages settle
    assert loss.item() < 0.1 and greedy(model, images, vocabulary) == LINES
    assert [beam(model, image, vocabulary)[0][0] for image in images] == LINES


def test_padding_counts_nothing(vocabulary, rng):
    manual_seed(0)
    model, images = Captioner(len(vocabulary), hidden=8, side=16), rng.random((1, 3, 16, 16))
    model.to(dtype="float64").eval()
    rows = vocabulary.rows(LINES[:1])
    longer = np.pad(rows, ((0, 0), (0, 5)))
    assert model.loss(Tensor(images), longer).item() == pytest.approx(
        model.loss(Tensor(images), rows).item())


def test_beams_chances_are_those_of_the_sentence(vocabulary, rng):
    """The log probability that the beam gives is the sum over the words, end and all."""
    manual_seed(1)
    model, image = Captioner(len(vocabulary), "gru", 8, 16), rng.random((3, 16, 16)).astype("f")
    best = beam(model, image, vocabulary, width=5)
    assert [chance for _, chance in best] == sorted((chance for _, chance in best), reverse=True)
    for said, chance in best:
        rows = vocabulary.rows([said])
        if rows.shape[1] > 20 or "<" in said:
            continue
        logs = log_softmax(model(Tensor(image[None]), rows[:, :-1]), 2).numpy()[0]
        expected = sum(logs[t, word] for t, word in enumerate(rows[0, 1:]))
        assert chance == pytest.approx(expected, abs=1e-4)


def test_gaze_by_loops(rng):
    manual_seed(0)
    gaze, places, h = Gaze(3).to(dtype="float64"), rng.random((2, 4, 6)), rng.random((2, 3))
    Q, u = gaze.query.weight.data, gaze.score.weight.data[0]
    seen, shares = (each.numpy() for each in gaze(Tensor(places), Tensor(h)))
    for n in range(2):
        e = [sum(u[j] * np.tanh(places[n, i, j] + sum(Q[j, k] * h[n, k] for k in range(3)))
                 for j in range(3)) for i in range(4)]
        a = np.exp(e) / np.exp(e).sum()
        np.testing.assert_allclose(shares[n], a)
        np.testing.assert_allclose(seen[n], sum(a[i] * places[n, i, 3:] for i in range(4)))


def test_where_it_looked(vocabulary, rng):
    """A place whose key suits every question draws all looks to it."""
    manual_seed(0)
    model, image = Captioner(len(vocabulary), hidden=8, side=16), rng.random((3, 16, 16))
    found = looked(model, image.astype("f"), LINES[0], vocabulary)
    assert [word for word, _ in found] == LINES[0].split()
    assert all(share.shape == (2, 2) and share.sum() == pytest.approx(1) for _, share in found)
    model.places[2].weight.data[3, :8] = 50 * np.sign(model.gaze.score.weight.data[0])
    model.gaze.score.weight.data *= 100
    for _, share in looked(model, image.astype("f"), LINES[0], vocabulary):
        assert share[1, 1] > 0.99
    with pytest.raises(ValueError, match="attention=False, it looks once; see saliency"):
        looked(Captioner(9, side=16, attention=False), image, LINES[0], vocabulary)


def test_saliency_is_where_the_gradient_is(vocabulary, rng):
    manual_seed(0)
    model, image = Captioner(len(vocabulary), hidden=8, side=16), rng.random((3, 16, 16))
    found = saliency(model.to(dtype="float64"), image, vocabulary.rows(LINES[:1]), 2)
    assert found.shape == (16, 16) and found.min() >= 0 and found.max() > 0


def test_accuracy_by_hand():
    true = ["a small red circle left of a large blue square", "a large red circle"]
    said = ["a small red square left of a large red square", "a large red circle left of a b c d"]
    assert accuracy(said, true) == pytest.approx(
        {"exact": 0, "objects": 0.5, "size": 1, "colour": 2 / 3, "shape": 2 / 3})
    assert accuracy(["", true[1]], true) == pytest.approx(
        {"exact": 0.5, "objects": 0.5, "size": 1 / 3, "colour": 1 / 3, "shape": 1 / 3})
    with pytest.raises(ValueError, match="1 captions for 2 images"):
        accuracy(said[:1], true)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="cell"):
        Captioner(10, "transformer")
    with pytest.raises(ValueError, match="side must be a multiple of 8, got 50"):
        Captioner(10, side=50)
