"""The slope of a score at every pixel: by hand, and against the slope that a small step gives."""

import numpy as np
import pytest

from minicnn.analysis.saliency import answer_of, draw_saliency, pixel_gradient, saliency
from minicnn.autograd.tensor import Tensor
from minicnn.layers import Conv2d, Flatten, Linear, ReLU, Tanh
from minicnn.layers.containers import Sequential


def small(rng, act=Tanh):
    model = Sequential(Conv2d(2, 3, 3, padding=1), act(), Flatten(), Linear(3 * 16, 4))
    return model.to(dtype=np.float64)


def test_of_a_linear_network_it_is_the_weight():
    model = Sequential(Flatten(), Linear(4, 2)).to(dtype=np.float64)
    x = np.arange(4.0).reshape(1, 2, 2)
    np.testing.assert_allclose(saliency(model, x, 1), model[1].weight.data[1].reshape(1, 2, 2))
    np.testing.assert_allclose(saliency(model, x, 1, sign=-1.0),
                               -model[1].weight.data[1].reshape(1, 2, 2))


def test_against_the_slope(rng):
    """(score(x + h) - score(x - h)) / 2h at every pixel."""
    model, x, h = small(rng), rng.standard_normal((2, 4, 4)), 1e-5
    numeric = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        both = np.stack([x, x])
        both[(0, *place)] += h
        both[(1, *place)] -= h
        up, down = model(Tensor(both)).numpy()[:, 2]
        numeric[place] = (up - down) / (2 * h)
    np.testing.assert_allclose(saliency(model, x, 2), numeric, rtol=1e-6, atol=1e-9)


def test_the_network_stays_as_it_was(rng):
    model = small(rng).train()
    model[0].bias.requires_grad = False
    saliency(model, rng.standard_normal((2, 4, 4)), 0)
    assert model.training and model[0].weight.requires_grad and not model[0].bias.requires_grad
    assert all(value.grad is None for value in model.parameters())


def test_of_a_unit_inside_nothing_behind_it_runs(rng):
    model = Sequential(Conv2d(2, 3, 3, padding=1), Flatten(), Linear(5, 4))    # which cannot run
    model.to(dtype=np.float64)
    x = rng.standard_normal((1, 2, 4, 4))

    def one(y):
        dy = y * 0
        dy[0, 1, 2, 2] = 1
        return dy

    y, dx = pixel_gradient(model, x, "0", one)
    assert y.shape == (1, 3, 4, 4)
    np.testing.assert_allclose(dx[0, :, 1:4, 1:4], model[0].weight.data[1])
    assert (dx[0, :, 0] == 0).all()


def test_second_runs_have_a_name(rng):
    class Twice(Sequential):
        def forward(self, x):
            return self[0](self[0](x) - 1)

    model = Twice(ReLU())
    x = Tensor(np.array([[3.0, 0.5]]))
    assert answer_of(model, x, "0").numpy().tolist() == [[3.0, 0.5]]
    assert answer_of(model, x, "0#2").numpy().tolist() == [[2.0, 0.0]]
    with pytest.raises(ValueError, match="no layer '0#3' ran in Twice"):
        answer_of(model, x, "0#3")


def test_what_is_refused(rng):
    x = rng.standard_normal((2, 4, 4))
    with pytest.raises(ValueError, match="label is 4, expected 0 to 3"):
        saliency(small(rng), x, 4)
    with pytest.raises(ValueError, match="expected one score for each class"):
        saliency(Sequential(Conv2d(2, 3, 3)).to(dtype=np.float64), x, 0)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture(channels, rng):
    drawn = draw_saliency(rng.random((channels, 4, 4)),
                          [("score of 7", rng.standard_normal((channels, 4, 4))),
                           ("score of 9", np.zeros((channels, 4, 4)))], title="t").figure
    titles = [axes.get_title() for axes in drawn.axes]
    assert "how much: |d score of 7 / d pixel|" in titles and drawn.get_suptitle() == "t"
    assert "red: a brighter pixel raises the score" in drawn.get_supxlabel()
