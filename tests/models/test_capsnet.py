"""CapsNet: its figures, the margin loss, reconstruction."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary, trace
from minicnn.models.capsnet import CapsNet, capsnet_small, margin_loss
from tests.models.network_checks import golden, pictures

GOLDEN = golden("capsnet")
HERE = {"conv1": "conv1", "primary": "primary", "dec.0": "decoder.fc1", "dec.1": "decoder.relu1",
        "dec.2": "decoder.fc2", "dec.3": "decoder.relu2", "dec.4": "decoder.fc3",
        "dec.5": "decoder.sigmoid"}
VOTES = 1152 * 10 * 16 * 8
ROUTING = 5 * 1152 * 10 * 16                               # three sums, two agreements


@pytest.mark.parametrize("name, reconstruction", [
    ("capsnet_mnist", True), ("capsnet_mnist_no_recon", False)])
def test_golden(name, reconstruction):
    """The figures' MACs leave out votes and routing."""
    model, figures = CapsNet(reconstruction=reconstruction), GOLDEN[name]
    table = summary(model)
    assert (table.parameters, table.buffers) == (figures["parameters"], figures["running"])
    assert table.macs - VOTES - ROUTING == figures["macs"]
    assert list(model.input_shape) == figures["input"]
    shapes = {step.path: list(step.shape) for step in trace(model, model.input_shape)}
    for stage, shape in figures["stages"]:
        assert shapes[HERE[stage]] == shape, stage
    assert shapes["squash"] == [1152, 8] and shapes["digits"] == [10, 16]


def test_names_of_the_weights():
    assert [name for name, _ in CapsNet().named_parameters()] == [
        "conv1.weight", "conv1.bias", "primary.weight", "primary.bias", "digits.weight",
        "decoder.fc1.weight", "decoder.fc1.bias", "decoder.fc2.weight", "decoder.fc2.bias",
        "decoder.fc3.weight", "decoder.fc3.bias"]


def test_margin_loss_by_hand(xp):
    """Label 0: (0.9 - 0.5)^2 + 0.5 (0.3 - 0.1)^2; label 1: nothing is missing or wrong."""
    lengths = Tensor(xp.asarray(np.array([[0.5, 0.3], [0.05, 0.95]])))
    assert margin_loss(lengths, [0, 1]).item() == pytest.approx((0.16 + 0.02) / 2)


@pytest.mark.parametrize("labels", [[0, 1], [1, 1]])
def test_loss_is_the_margin_loss_and_the_squared_errors_of_the_pixels(labels):
    """Errors of the label's capsule, whichever is the longest: equation 4 and section 4.1."""
    model = capsnet_small(2)
    x = Tensor(np.random.default_rng(0).random((2, 3, 32, 32)))
    model.to("cpu", "float64")
    loss, lengths = model.loss(x, labels)
    drawn = model.reconstruct(model.capsules(x), labels).numpy()
    margin = margin_loss(model(x), labels).item()
    squares = sum(((drawn[n] - x.numpy()[n]) ** 2).sum() for n in range(2)) / 2
    assert squares > 100 and 0 < drawn.min() < drawn.max() < 1
    assert loss.item() == pytest.approx(margin + 0.0005 * squares, rel=1e-9)
    np.testing.assert_array_equal(lengths.numpy(), model(x).numpy())
    model.decoder = None
    assert model.loss(x, labels)[0].item() == pytest.approx(margin, rel=1e-9)


def test_only_the_label_s_capsule_is_drawn_from():
    """Its gradient reaches that capsule and none of the others."""
    model = capsnet_small(3)
    capsules = Tensor(np.random.default_rng(0).random((2, 3, 8), np.float32), requires_grad=True)
    model.reconstruct(capsules, [2, 0]).sum().backward()
    assert (np.abs(capsules.grad).sum(axis=2) > 0).tolist() == [[False, False, True],
                                                                [True, False, False]]


def test_probabilities_by_hand(xp):
    lengths = Tensor(xp.asarray([[0.9, 0.1, 0.2], [0.3, 0.3, 0.0]]))
    np.testing.assert_allclose(capsnet_small().probabilities(lengths).numpy(),
                               [[0.75, 1 / 12, 1 / 6], [0.5, 0.5, 0]])


def test_another_image_shape():
    model = capsnet_small(image_shape=[1, 30, 28])
    assert model.input_shape == (1, 30, 28) and model.shape((1, 30, 28)) == (10,)
    x = Tensor(np.zeros((2, 1, 30, 28), np.float32))
    assert model.reconstruct(model.capsules(x)).shape == x.shape


@pytest.mark.parametrize("make", [capsnet_small, lambda: CapsNet(reconstruction=False)])
def test_shapes(make, device):
    model = make().to(device)
    assert model.shape(model.input_shape) == (10,)
    x = Tensor(pictures(model, 2)[0].astype("float32")).to(device)
    with no_grad():
        lengths, capsules = model(x), model.capsules(x)
        assert lengths.shape == (2, 10) and capsules.shape[:2] == (2, 10)
        assert (lengths.numpy() > 0).all() and (lengths.numpy() < 1).all()
        if model.decoder is not None:
            drawn = model.reconstruct(capsules)
            assert drawn.shape == x.shape
            longest = lengths.numpy().argmax(axis=1)       # without labels, the longest is drawn
            same = model.reconstruct(capsules, longest)
            np.testing.assert_array_equal(drawn.numpy(), same.numpy())
            assert (model.reconstruct(capsules, (longest + 1) % 10).numpy() != drawn.numpy()).any()


@pytest.mark.parametrize("make, words", [
    (lambda: CapsNet(1), "CapsNet: a classifier needs at least 2 classes, got 1"),
    (lambda: CapsNet().shape((3, 28, 28)), r"^conv1 .*3 channels, .*built for 1"),
    (lambda: CapsNet(reconstruction=False).reconstruct(Tensor(np.zeros((1, 10, 16)))),
     "CapsNet: there is no decoder; build it with reconstruction=True"),
    (lambda: margin_loss(Tensor(np.zeros((2, 3))), [0, 3]), "sample 1 has label 3"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()
