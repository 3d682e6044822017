"""A shape that goes through forward in the place of a Tensor."""

import numpy as np
import pytest

from minicnn.analysis import summary
from minicnn.autograd import functions as F
from minicnn.autograd.checks import ValuesNeeded
from minicnn.autograd.hooks import record_outputs
from minicnn.autograd.shapes import BATCH, FollowedShape
from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module, Parameter
from minicnn.layers.softmax import softmax

IMAGE = (4, 6, 8)
WAYS = {                                                   # what a block may do to images (4, 6, 8)
    "sum of itself": lambda x: x + x,
    "numbers": lambda x: 2 * (1 - x / 3) - x * 0.5,
    "powers": lambda x: (x ** 2 + 1.5) ** 0.5,
    "negative, absolute": lambda x: abs(-x),
    "elementary": lambda x: F.sqrt(F.exp(F.clip(x, -1, 1))) + F.log(abs(x) + 1),
    "larger of two": lambda x: F.maximum(x, F.minimum(x, 0.5)),
    "flat": lambda x: x.flatten(1),
    "reshaped": lambda x: x.reshape(len(x), 2, -1, 8),
    "reshaped by a tuple": lambda x: x.reshape((x.shape[0], 4, 48)),
    "transposed": lambda x: x.permute(0, 2, 3, 1),
    "channels cut out": lambda x: x[:, 1:3],
    "one row": lambda x: x[:, :, 0],
    "every second pixel": lambda x: x[..., ::2, ::2],
    "a new axis": lambda x: x[:, None],
    "mean over pixels": lambda x: x.mean((2, 3)),
    "sum over channels": lambda x: x.sum(1, keepdims=True),
    "largest of a row": lambda x: x.max(dim=-1).values,
    "smallest, spread": lambda x: x.amin(axis=1) + x.var(axis=1),
    "places": lambda x: x.argmax(1, keepdim=True), "turned": lambda x: x.transpose(1, -1).mT,
    "squeezed": lambda x: x[:, :1].squeeze(1).unsqueeze(1).expand(-1, 3, -1, -1),
    "repeated": lambda x: x.repeat(1, 2, 1, 3), "kept apart": lambda x: x.flatten(1, 2),
    "chunked": lambda x: x.chunk(3, 1)[-1], "methods": lambda x: x.relu().clamp(0, 1).std(1).sqrt(),
    "other dtypes": lambda x: x.double().clone(), "rows": lambda x: F.stack(list(x)),
    "standardised": lambda x: (x - x.mean(1, keepdims=True)) / x.var(1, keepdims=True),
    "concatenated": lambda x: F.concatenate([x, x[:, :1], x], axis=1),
    "stacked": lambda x: F.stack([x, x], axis=1),
    "split": lambda x: F.split(x, 2, axis=1)[1],
    "padded": lambda x: F.pad(x, ((0, 0), (0, 0), (1, 2), (3, 0))),
    "chosen": lambda x: F.where(np.ones(8, bool), x, x * 2),
    "shares": lambda x: softmax(x, dim=1),
    "products": lambda x: x @ x.mT,
    "a matrix from the left": lambda x: np.ones((3, 6), np.float32) @ x,
    "a scale of its own": lambda x: x * Tensor(np.ones((4, 1, 1), np.float32)),
}


class Block(Module):
    def __init__(self, way):
        self.way = way

    def forward(self, x):
        return self.way(x)


@pytest.mark.parametrize("name", WAYS)
def test_the_shape_is_that_of_the_values(name):
    block = Block(WAYS[name])
    x = Tensor(np.random.default_rng(0).standard_normal((3, *IMAGE)).astype(np.float32))
    assert block.shape(IMAGE) == block(x).shape[1:]


def test_what_a_shape_answers():
    x = FollowedShape((BATCH, *IMAGE))
    assert (len(x), x.shape, x.ndim, x.numel()) == (BATCH, (BATCH, *IMAGE), 4, BATCH * 192)
    assert x.dtype == np.float32 and x.device == "cpu"
    assert repr(x) == "FollowedShape(N, 4, 6, 8)"


def test_several_inputs_and_outputs():
    class Pair(Module):
        def __init__(self):
            self.relu = ReLU()

        def forward(self, a, b):
            return self.relu(a) + b, b[:, :1]

    assert Pair().shape((3, 2), (3, 2)) == ((3, 2), (1, 2))


def test_nothing_is_drawn_or_computed():
    def fails(rng, shape):
        pytest.fail("a weight was drawn")

    class Own(Module):
        def __init__(self):
            self.w = Parameter((4, 1, 1), fails)

        def forward(self, x):
            return x * self.w + 1

    assert Own().shape(IMAGE) == IMAGE


@pytest.mark.parametrize("way, line", [
    (lambda x: x.numpy(), "x.numpy()"), (lambda x: float(x.sum()), "float(x.sum())"),
    (lambda x: x if x > 0 else -x, "x if x > 0 else -x"), (lambda x: x.sum().item(), "item()"),
    (lambda x: Tensor(x.data), "x.data"),
    (lambda x: x.detach(), "x.detach()")])
def test_values_that_are_not_there(way, line):
    with pytest.raises(ValuesNeeded) as caught:
        Sequential(block=Block(way)).shape(IMAGE)
    message = str(caught.value)
    assert message.startswith("block (forward) was given a shape, which has no values")
    assert "test_shapes.py:" in message and line in message and "out_shape" in message


def test_a_block_that_needs_values_says_its_shape_itself():
    class Clever(Module):
        def __init__(self):
            self.conv = Conv2d(4, 5, 3)

        def forward(self, x):
            return self.conv(x) if float(x.sum()) > 0 else self.conv(-x)

        def out_shape(self, in_shape):
            return self.conv.shape(in_shape)

    assert Sequential(Clever(), ReLU()).shape(IMAGE) == (5, 4, 6)


def test_a_block_that_asks_no_part_has_one_row():
    class Closed(Module):
        def __init__(self):
            self.conv = Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            return self.conv(x) if float(x.sum()) > 0 else x

        def out_shape(self, in_shape):
            return in_shape

    table = summary(Sequential(a=Closed(), relu=ReLU()), IMAGE)
    assert [line.layer for line in table.lines] == ["Closed (MACs of its parts unknown)", "ReLU"]
    assert [line.parameters for line in table.lines] == [148, 0] and table.parameters == 148


@pytest.mark.parametrize("way, message", [
    (lambda x: x + x[:, :1], r"Add: shapes \(N, 4, 6, 8\) and \(N, 1, 6, 8\) meet; they must be"),
    (lambda x: x * x[..., 1:], r"Mul: shapes .* and \(N, 4, 6, 7\) meet"),
    (lambda x: x.reshape(len(x), 5, -1), r"reshape: \(N, 4, 6, 8\) does not become \(N, 5, -1\)"),
    (lambda x: x @ x, r"@: shapes \(N, 4, 6, 8\) and \(N, 4, 6, 8\) do not fit"),
    (lambda x: F.concatenate([x, x[..., 1:]], axis=1), "differ outside dim 1")])
def test_shapes_that_do_not_fit(way, message):
    with pytest.raises(ValueError, match=message):
        Block(way).shape(IMAGE)


@pytest.mark.parametrize("wrong, message", [
    ((3, 224, 224), r"got the tuple \(3, 224, 224\); for shapes call model.shape\(\(C, H, W\)\)"),
    ((Tensor([1.0]), [1]), "got a tuple of 2; unpack it first: images, labels = batch"),
    (None, "got a NoneType; did the forward before it forget its return"),
    (np.zeros((1, 3, 4, 4), np.float32), r"got a numpy.ndarray; wrap it: Tensor\(x\)")])
def test_what_is_put_in_the_place_of_a_tensor(wrong, message):
    with pytest.raises(TypeError, match=r"^conv \(Conv2d 3 -> 8.*: expected a Tensor, " + message):
        Sequential(conv=Conv2d(3, 8, 3))(wrong)


def test_lists_of_tensors_and_other_inputs_are_a_block_s_own_matter():
    class Join(Module):
        def forward(self, parts, scale=None):
            y = F.concatenate(parts, axis=1)
            return y if scale is None else y * scale

    parts = [Tensor(np.ones((2, 3), np.float32))] * 2
    assert Join()(parts).shape == (2, 6)
    with record_outputs(lambda path, layer, y: None):
        assert Join()(parts, None).shape == (2, 6)

    class Scaled(Module):
        def forward(self, x, scale=None):
            return x if scale is None else x * scale

    class Net(Module):
        def __init__(self):
            self.scaled = Scaled()

        def forward(self, x):
            return self.scaled(x, None) + self.scaled(x, 2.0)

    assert Net().shape((3, 2)) == (3, 2)
