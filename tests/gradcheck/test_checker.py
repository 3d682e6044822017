"""The checker: what it leaves as it was, kinks, refusals, reports; test_planted.py has bugs."""

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.arithmetic import MaxFn, MulFn
from minicnn.autograd.elementary import ExpFn
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.checker import Report, functions_behind, gradcheck
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d, Conv2dFn
from minicnn.layers.im2col import col2im, im2col
from minicnn.layers.linear import Linear
from minicnn.layers.module import Buffer, Module, Parameter
from tests.gradcheck.drawn import BATCH, IMAGE, WINDOW, Doubled, Nan, normal

# --- parameters -----------------------------------------------------------------------------------

def test_parameters_are_checked_too():
    class Layer(Module):
        def __init__(self):
            self.good, self.bad = Parameter((3,)), Parameter((3,))
            self.count = Buffer((1,))

        def forward(self, x):
            return Doubled()(x + self.good, self.bad)

    report = gradcheck(Layer(), BATCH)
    assert report.verdict == "WRONG" and report.place.startswith("bad[")
    assert report.elements == 12 + 3 + 3
    net = Sequential(Conv2d(2, 2, 3), ReLU(), Conv2d(2, 1, 2))
    report = gradcheck(net, IMAGE)
    assert report and report.elements == IMAGE.size + net.num_parameters()


def test_parameters_leave_their_starting_values():
    """Zeros hide mistakes: 0 * anything has the right gradient."""
    seen = []

    class Watched(Linear):
        def forward(self, x):
            seen.append((self.bias.data.copy(), self.weight.dtype))
            return super().forward(x)

    gradcheck(Watched(3, 2), BATCH)
    assert all((bias != 0).all() and dtype == np.float64 for bias, dtype in seen)


def test_the_network_is_left_as_it_was():
    """A student checks the network that is being trained, and goes on training it."""
    net = Sequential(Conv2d(2, 3, 3), BatchNorm2d(3), ReLU())
    net(Tensor(IMAGE.astype("f"), requires_grad=True)).sum().backward()
    net[0].bias.requires_grad = False
    own = {name: (q.data, q.data.copy(), q.grad, q.requires_grad)
           for name, q in net.named_state()}
    assert gradcheck(net, IMAGE)
    with pytest.raises(ValueError, match="NaN"):
        gradcheck(net, np.full_like(IMAGE, np.nan))
    for name, q in net.named_state():
        array, values, grad, requires_grad = own[name]
        assert q.data is array and np.array_equal(array, values), name
        assert q.grad is grad and q.requires_grad is requires_grad, name
    net(Tensor(IMAGE.astype("f")))                 # float32 still
    unread = Linear(3, 2)
    gradcheck(unread, BATCH)
    assert unread.weight._array is None and unread.weight.dtype == np.float32


def test_the_inputs_are_not_modified():
    x = BATCH.copy()
    x.flags.writeable = False
    assert gradcheck(lambda x: x * x, x) and (x == BATCH).all()


def test_at_most_so_many_elements():
    assert gradcheck(lambda x: x * 2, normal(50, 50), most=30).elements == 30
    assert gradcheck(lambda x: x * 2, normal(2, 2)).elements == 4
    assert gradcheck(lambda x: x * 2, np.zeros((0, 3))).elements == 0


# --- kinks ----------------------------------------------------------------------------------------

class FirstMax(MaxFn):
    """All the gradient to the first of several largest, as max pooling has it."""

    def backward(self, dy):
        dx = np.zeros_like(self.x)
        dx[np.arange(len(dx)), self.x.argmax(axis=1)] = dy
        return dx


@pytest.mark.parametrize("function, x", [
    (lambda x: ReLU()(x), np.array([1.0, 0.0, -1.0])),
    (lambda x: FirstMax(1)(x), np.array([[1.0, 1.0, 0.0]])),
    (lambda x: F.clip(x, 0, 1), np.array([1.0]))], ids=["ReLU at 0", "tie", "clip"])
def test_corners_are_kinks(function, x):
    report = gradcheck(function, x)
    assert not report and report.verdict == "kink"
    assert "kink at input 0[" in str(report) and "there is no derivative here" in str(report)


def test_beside_a_corner_all_is_well():
    assert gradcheck(ReLU(), np.array([1e-3, -1e-3, 5.0]))


def test_a_kink_does_not_hide_a_wrong_gradient():
    class Both(Function):
        def forward(self, x):
            self.x = x
            return np.maximum(x, 0) * 1.0

        def backward(self, dy):
            return dy * (self.x > 0) * 1.01

    for x in ([0.0, 1.0, 2.0, -1.0], [1.0, 0.0], [2.0, 3.0, 0.0]):
        for seed in range(5):
            report = gradcheck(lambda x: Both()(x), np.array(x), seed=seed)
            assert report.verdict == "WRONG" and not report.place.endswith(f"[{x.index(0.0)}]")


def test_steep_but_smooth_is_no_kink():
    assert gradcheck(lambda x: F.exp(x * 3.0), np.array([2.0])).verdict == "right"

    class Steep(Function):
        def forward(self, x):
            self.x = x
            return np.exp(5 * x)

        def backward(self, dy):
            return dy * 5 * np.exp(5 * self.x) * 1.001

    assert gradcheck(lambda x: Steep()(x), np.array([1.5])).verdict == "WRONG"


# --- refusals -------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64])
def test_float64_only(dtype):
    with pytest.raises(TypeError, match=f"inputs must be float64, got {np.dtype(dtype)}"):
        gradcheck(lambda x: x * 2, np.ones(2, dtype))


def test_random_functions_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two runs on the same input differ; fix the seed"):
        gradcheck(lambda x: x * Tensor(rng.random(x.shape)), np.ones(3))


def test_a_forward_that_makes_nan_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        gradcheck(lambda x: x * float("nan"), np.ones(3))


# --- reports --------------------------------------------------------------------------------------

def test_reports():
    report = gradcheck(lambda x: x * x, np.array([1.0, 2.0]))
    assert report and str(report).startswith("right: 2 elements, largest error ")
    assert Report().verdict == "right" and bool(Report())
    assert not Report(verdict="WRONG") and not Report(verdict="kink")


def test_the_functions_that_took_part():
    x = Tensor(np.ones(2), requires_grad=True)
    y = x
    for _ in range(60):
        y = y * y                                  # 2^60 ways back, but each call is looked at once
    assert functions_behind(F.exp(y * 0.0)) == {MulFn, ExpFn}
    assert gradcheck(Conv2d(1, 1, 2), normal(1, 1, 2, 2)).functions == {Conv2dFn}


def test_on_the_gpu(xp, device):
    assert gradcheck(Conv2d(2, 3, 2), normal(2, 2, 3, 3), device=device)
    assert gradcheck(lambda x, y: x @ y, normal(2, 3), normal(3, 2), device=device)
    assert not gradcheck(lambda x: Nan()(x), BATCH, device=device)


def test_im2col_helpers_agree_with_the_checker():
    class Columns(Function):
        def forward(self, x):
            self.shape = x.shape
            return im2col(x, WINDOW)

        def backward(self, dy):
            return col2im(dy, self.shape, WINDOW)

    assert gradcheck(lambda x: Columns()(x), IMAGE).error < 1e-8


def test_the_prompt_shows_the_report():
    assert repr(Report(elements=6, error=2e-9)) == "right: 6 elements, largest error 2.0e-09"


def test_a_report_in_a_notebook():
    """Right: what was checked; wrong: where, and both numbers."""
    right = gradcheck(Linear(3, 2), BATCH)._repr_html_()
    assert "gradient check: right" in right and "LinearFn" in right and "slope" not in right
    wrong = gradcheck(lambda x: Doubled()(x, x), BATCH)
    page = wrong._repr_html_()
    assert "gradient check: WRONG" in page and wrong.place in page
    assert f"{wrong.analytic:.8g}" in page and f"{wrong.numeric:.8g}" in page
