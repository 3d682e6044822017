"""Style transfer on the pixels, and the network that looks."""

import sys

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.autograd.tensor import Tensor
from minicnn.models import build
from minicnn.models.imagine.style import StyleLoss, Weights, transfer
from minicnn.models.imagine.watched import Watched, recognised, vgg19_features, watched
from minicnn.weights import save
from minicnn.weights.error import WeightsError


@pytest.fixture
def eye():
    manual_seed(0)
    return watched()


@pytest.fixture
def pictures(rng):
    """A ramp, and stripes of red and black."""
    photo = np.broadcast_to(np.linspace(40, 220, 24), (3, 24, 24))
    painting = np.zeros((3, 24, 32))
    painting[0, :, ::4] = 255
    return photo, painting


def test_loss_of_what_is_right_already(eye, pictures):
    photo, painting = pictures[0], pictures[1][:, :, :24]
    alone = StyleLoss(eye, photo, painting, Weights(1, 0, 0))
    assert alone(Tensor(eye.normalised(photo))).item() == pytest.approx(0, abs=1e-9)
    style = StyleLoss(eye, photo, painting, Weights(0, 1, 0))
    assert style(Tensor(eye.normalised(painting))).item() == pytest.approx(0, abs=1e-9)
    assert style(Tensor(eye.normalised(photo))).item() > 0.05


def test_steps_make_the_loss_small_and_the_network_stays(eye, pictures):
    before, seen = eye.model.state_dict(), []
    made = transfer(eye, *pictures, steps=12, lr=0.1, each=lambda step, loss: seen.append(step))
    assert made.losses[-1] < 0.97 * made.losses[0] and seen == list(range(1, 13))
    assert made.pixels.shape == (3, 24, 24) and 0 <= made.pixels.min() <= made.pixels.max() <= 255
    for name, value in eye.model.state_dict().items():
        assert np.array_equal(value, before[name])
    assert all(parameter.grad is None for parameter in eye.model.parameters())


def test_lbfgs(eye, pictures):
    pytest.importorskip("scipy")
    made = transfer(eye, *pictures, steps=6, method="lbfgs")
    assert made.losses[-1] < 0.95 * made.losses[0]
    assert 0 <= made.pixels.min() <= made.pixels.max() <= 255


def test_lbfgs_without_scipy(eye, pictures, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ImportError, match=r"SciPy, .*folder: pip install -e '.\[imagine\]'"):
        transfer(eye, *pictures, steps=6, method="lbfgs")


def test_normalised_and_back(eye, rng):
    pixels = rng.integers(0, 256, (3, 5, 7))
    np.testing.assert_allclose(eye.pixels(eye.normalised(pixels)), pixels, atol=1e-3)


def test_what_a_row_gives_is_what_the_network_computes(rng):
    """The rows one by one are its forward; pooling by means is asked for, not assumed."""
    manual_seed(0)
    model = build("vgg_small").eval()
    x = Tensor(rng.standard_normal((1, 3, 32, 32)).astype("f"))
    whole = model(x).numpy()
    eye = Watched(model, "vgg_small", "")
    assert np.array_equal(eye(x, ["fc8"])["fc8"].numpy(), whole)
    largest = eye(x, ["pool1"])["pool1"].numpy()
    eye.average_pooling()
    mean = eye(x, ["conv1_2", "pool1"])
    assert (mean["pool1"].numpy() < largest).any()
    np.testing.assert_allclose(mean["pool1"].numpy(), mean["conv1_2"].numpy().reshape(
        1, 32, 16, 2, 16, 2).mean((3, 5)), rtol=1e-5, atol=1e-6)


def test_files_tell_their_network(tmp_path):
    small = save(build("vgg_small"), tmp_path / "small.safetensors")
    assert recognised(small) == "vgg_small" and watched(small).said == \
        "vgg_small with small.safetensors"
    lenet = save(build("lenet5"), tmp_path / "lenet.safetensors")
    with pytest.raises(WeightsError, match="its names are those of none of vgg19"):
        watched(lenet)
    with pytest.raises(WeightsError, match="there is none of conv1_1.weight, features.0.weight, "
                                           "0.weight, so it is no VGG-19"):
        watched(lenet, "vgg19")


def test_vgg19s_convolutions():
    model = vgg19_features()
    assert model.num_parameters() == 20_024_384 and model.shape((3, 64, 64)) == (512, 2, 2)


def test_says_what_is_wrong(eye, pictures):
    assert "it has learnt nothing" in eye.said
    with pytest.raises(ValueError, match="vgg_small has no row 'conv9'; did you mean conv"):
        eye(Tensor(eye.normalised(pictures[0])), ["conv9"])
    with pytest.raises(ValueError, match="unknown method|method"):
        transfer(eye, *pictures, method="sgd")
    with pytest.raises(ValueError, match="googlenet: its paths cross its rows"):
        Watched(build("fcn8s", variant="small"), "googlenet", "")
    with pytest.raises(ValueError, match="style: lenet5 has no rows of content and style"):
        StyleLoss(Watched(build("lenet5"), "lenet5", ""), *pictures, Weights())
