"""Which loss a network is asked for: of a class, of one pixel of a map, of an object made up."""

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.autograd.tensor import Tensor
from minicnn.explain.answer import explain, one_use
from minicnn.explain.question import Box, Pixel, Whole, question_of
from minicnn.explain.subject import network_subject, pocket_subject
from minicnn.models import build


def subject_of(name, pixel=None, **options):
    manual_seed(0)
    found = network_subject(build(name, **options), name, "untrained", name)
    object.__setattr__(found, "pixel", pixel)
    return found


def small(name, pixel=None):
    return subject_of(name, pixel, variant="small")


def test_each_kind_of_network_has_its_own():
    assert type(pocket_subject().question) is Whole
    assert type(small("segnet_basic").question) is Pixel
    assert type(small("ssd300").question) is Box


@pytest.mark.parametrize("name", ["segnet_basic", "ssd300", "yolo_v1", "capsnet_small"])
def test_every_gradient_is_its_arithmetic(name):
    """Of every input of every operation, the loss's own among them, at a random place."""
    subject = subject_of(name) if name == "capsnet_small" else small(name)
    recorder, rng = subject.run(subject.label()), np.random.default_rng(0)
    checked = 0
    for call in recorder.calls:
        for k, dx in enumerate(call.dxs):
            if dx is not None and dx.size:
                at = tuple(int(rng.integers(size)) for size in dx.shape)
                assert one_use(recorder, "", call, k, at, 8).right, (call.name, call.function, k)
                checked += 1
    assert checked > 50
    assert np.abs(np.asarray(recorder.calls[0].dxs[0])).max() > 0      # down to the picture


def test_the_loss_is_that_of_the_pixel():
    subject = small("segnet_basic", pixel=(40, 7))
    scores = subject.model(Tensor(subject.x)).numpy()[0, :, 40, 7]
    label = int(np.argsort(scores)[-2])
    expected = np.log(np.exp(scores - scores[label]).sum())
    found = explain(subject, "loss")
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert found.notes[1] == (f"loss with label {label}, what it answers second; it answers "
                              f"{scores.argmax()} at the pixel 40,7 of its map")
    # No other place of the map gets a gradient.
    dy = np.asarray(subject.run(label).visits["scores"].call.dy)[0].any(axis=0)
    assert np.argwhere(dy).tolist() == [[40, 7]]


def test_one_map_is_for_or_against():
    manual_seed(0)
    subject = network_subject(build("unet", variant="small", classes=1), "unet", "u", "unet")
    z = float(subject.model(Tensor(subject.x)).numpy()[0, 0, 32, 32])
    losses = [explain(subject, "loss", label=label).value for label in (0, 1)]
    assert losses == pytest.approx([np.log1p(np.exp(z)), np.log1p(np.exp(-z))])


def test_the_loss_of_a_detector_is_the_sum_of_its_losses():
    subject = small("ssd300")
    subject.model.training = True                          # itself, not its batch norms
    terms = subject.model(subject.x, [{**one, "labels": np.array([2])} for one in
                                      subject.model.made_up_targets(Tensor(subject.x))])
    subject.model.training = False
    found = explain(subject, "loss", label=2)
    assert found.value == pytest.approx(sum(term.item() for term in terms.values()), rel=1e-9)
    assert "bbox_regression, classification" in found.notes[1] and "class 2" in found.notes[1]
    assert "made up" in found.notes[1] and len(found.notes) == 2


def refused(subject, label):
    with pytest.raises(ValueError) as problem:
        explain(subject, "loss", label=label)
    return str(problem.value)


def test_what_cannot_be_asked():
    assert refused(small("ssd300"), 0) == "--label is 0, but there are the classes 1 to 3"
    assert refused(small("segnet_basic"), 4) == "--label is 4, but there are the classes 0 to 3"
    assert "its map is 64x64: rows 0 to 63" in refused(small("segnet_basic", pixel=(64, 0)), 1)
    assert "learns from regions that another program proposes" in refused(small("rcnn"), 1)
    with pytest.raises(ValueError, match="--pixel goes with a segmenter"):
        question_of(pocket_subject().model, (1, 2))
    with pytest.raises(ValueError, match="its own way through the layers"):
        explain(small("ssd300"), "loss", backward=True)
