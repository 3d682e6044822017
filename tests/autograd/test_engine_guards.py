"""What the engine refuses: mixed kinds, wrong backwards, and NaN inside detect_anomaly()."""

import os
from contextlib import contextmanager

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.checks import TAKEN
from minicnn.autograd.elementary import ExpFn
from minicnn.autograd.engine import Function
from minicnn.autograd.hooks import AnomalyError, detect_anomaly
from minicnn.autograd.tensor import Tensor
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from tests.autograd.test_engine import Identity, grad, leaf

# --- refusals ---------------------------------------------------------------------------------

def test_mixed_dtypes(xp):
    a, b = leaf(xp, [1.0], np.float32), leaf(xp, [1.0], np.float64)
    with pytest.raises(TypeError, match=r"Add: float32 and float64 mixed; .*x.astype\('float64'\)"):
        a + b


def test_mixed_devices(xp):
    if xp is np:
        pytest.skip("one device only")
    with pytest.raises(TypeError, match="Mul: one input is on cuda, another on cpu; move both"):
        leaf(xp, [1.0]) * leaf(np, [1.0])


def test_images_of_bytes_are_refused(xp):
    x = Tensor(xp.asarray(np.zeros((2, 2), np.uint8)))
    with pytest.raises(TypeError, match=r"uint8 values have no gradient; scale images.* / 255"):
        x.sum()
    with pytest.raises(TypeError, match=r"^c \(.*uint8 values have no gradient.* / 255"):
        Sequential(c=Conv2d(1, 1, 1))(Tensor(np.zeros((1, 1, 2, 2), np.uint8)))


@pytest.mark.parametrize("dtype", [np.int64, bool, np.int32])
def test_whole_numbers_have_no_gradient(dtype):
    with pytest.raises(TypeError, match="values have no gradient; convert first"):
        F.exp(Tensor(np.zeros(2, dtype)))
    with pytest.raises(TypeError, match="cannot require a gradient; convert first"):
        Tensor(np.zeros(2, dtype), requires_grad=True)


def test_an_instance_serves_one_call(xp):
    x = leaf(xp, [1.0, 2.0])
    for after in (lambda y: None, lambda y: y.sum().backward()):
        function = ExpFn()
        after(function(x))
        with pytest.raises(RuntimeError, match=r"ExpFn: this instance has been called before, .* "
                           r"every call takes a new one: ExpFn\(...\)\(x\)"):
            function(x)


def test_pytorchs_ways_to_write_and_call_a_function():
    with pytest.raises(TypeError, match=r"ExpFn.apply\(x\) is PyTorch's; .*: ExpFn\(\)\(x\)"):
        ExpFn.apply(Tensor([1.0]))
    for method in ("forward", "backward"):
        with pytest.raises(TypeError, match=rf"Cube.{method}: here it is an ordinary method, "
                           rf"{method}\(self, ...\); what PyTorch keeps on ctx, self keeps"):
            type("Cube", (Function,), {method: staticmethod(lambda ctx, x: x)})


def test_functions_want_tensors():
    with pytest.raises(TypeError, match="Exp: expected a Tensor, got numpy.ndarray; wrap it: "):
        ExpFn()(np.ones(2))


@pytest.mark.parametrize("answer, message", [
    (lambda dy: dy.sum(axis=0), r"Identity.backward: gradient 0 is float64 \(3,\), "
                                r"its input was float64 \(2, 3\)"),
    (lambda dy: dy.astype(np.float32), r"gradient 0 is float32 \(2, 3\), its input was float64"),
    (lambda dy: (dy, dy), "Identity.backward returned 2 gradients for 1 inputs"),
    (lambda dy: (), "Identity.backward returned 0 gradients for 1 inputs")])
def test_a_wrong_backward_is_named(xp, answer, message):
    x = leaf(xp, np.ones((2, 3)))
    with pytest.raises(RuntimeError, match=message):
        Identity(answer)(x).sum().backward()


def test_none_is_a_gradient(xp):
    x = leaf(xp, [1.0])
    Identity(lambda dy: None)(x).sum().backward()
    assert x.grad is None


def test_functions_without_methods(xp):
    class Empty(Function):
        pass

    class Forward(Function):
        def forward(self, x):
            return x

    with pytest.raises(TypeError, match="Empty has no forward"):
        Empty()(leaf(xp, 1.0))
    with pytest.raises(TypeError, match="Forward has no backward"):
        Forward()(leaf(xp, 1.0)).backward()


# --- detect_anomaly ---------------------------------------------------------------------------

@contextmanager
def anomaly(message):
    with detect_anomaly(), pytest.raises(AnomalyError, match=message):
        yield


class Divide(Module):
    def forward(self, x):
        return x / (x - x)


class Net(Module):
    def __init__(self):
        self.first = Sequential(conv1=Conv2d(1, 1, 1), bad=Divide())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anomaly_in_forward_names_the_first_layer():
    class Whole(Net):
        def forward(self, x):
            return self.first(x).sum()

    x = Tensor(np.ones((1, 1, 2, 2), np.float32))
    assert not np.isfinite(Whole()(x).item())
    with anomaly(r"^first.bad \(Div\): infinity in its output"):
        Whole()(x)
    x.data[:] = np.nan
    with anomaly(r"^first.conv1 \(.*\): NaN in its output"):
        Whole()(x)


def test_anomaly_in_the_input_of_the_first_layer(xp, device):
    x = np.ones((1, 1, 2, 2), np.float32)
    x[0, 0, 1, 1] = np.nan
    model = Sequential(conv1=Conv2d(1, 1, 3, padding=1)).to(device)
    with anomaly(r"^conv1 \(Conv2d\): NaN in its output"):
        model(Tensor(xp.asarray(x)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anomaly_in_backward_names_the_layer(xp):
    class Root(Module):
        def forward(self, x):
            return F.sqrt(x)                       # slope infinite at 0

    x = leaf(xp, [0.0, 1.0])
    with anomaly(r"^root \(Sqrt\): infinity in the gradient of input 0"):
        Sequential(root=Root())(x * 1.0).sum().backward()
    y = Sequential(root=Root())(x * 1.0).sum()
    with anomaly("a layer that ran outside detect_anomaly"):
        y.backward()
    with anomaly(r"^outside any layer \(Log\): infinity"):
        F.log(x)


def test_no_anomaly_no_difference(xp):
    x = leaf(xp, [1.0, 2.0])
    with detect_anomaly():
        (x * x).sum().backward()
    assert grad(x) == [2.0, 4.0]


def test_names_that_the_engine_writes_are_taken():
    """Written in forward, they would be lost before backward reads them."""
    with pytest.raises(TypeError, match=r"^Kept: the engine itself writes self\.output; call it "
                                        r"something else, such as self\.my_output$"):
        class Kept(Function):
            def forward(self, x):
                self.output = x * 2.0
                return self.output

    for name in TAKEN:
        with pytest.raises(TypeError, match=f"writes self.{name};"):
            type("Method", (Function,), {name: lambda self: 0})
        with pytest.raises(TypeError, match=f"writes self.{name};"):
            type("Value", (Function,), {name: 3})

    class Reads(Function):
        """Reading is what needs_grad is for; os.path is no attribute of self."""

        def forward(self, x):
            return x * float(self.needs_grad[0] and bool(os.path))

        def backward(self, dy):
            return dy if self.needs_grad[0] else None


def test_the_taken_names_are_those_that_the_engine_writes():
    x = Tensor([1.0], requires_grad=True)
    y = x * 2.0
    y.retain_grad()
    own = set(vars(y.creator)) - {"a", "b", "backward"}
    assert own <= TAKEN and {"sources", "kinds", "serial", "path", "output"} <= own
