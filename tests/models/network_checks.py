"""What the tests of every family ask of a network."""

import json
from pathlib import Path

import numpy as np

from minicnn import Tensor, manual_seed, no_grad
from minicnn.analysis import summary, trace
from minicnn.autograd.hooks import record_outputs
from minicnn.layers import BatchNorm2d
from minicnn.optim import SGD
from minicnn.training.evaluate import batch_loss
from tests.stored.filled import digest, filled, image


def golden(family):
    """Name of a network -> its published figures."""
    return json.loads(Path(__file__).with_name(f"golden_{family}.json").read_text("utf-8"))


def stored(group):
    """Name of a network -> what an independent implementation of it puts out."""
    path = Path(__file__).parents[1] / "stored" / f"models_{group}.json"
    return json.loads(path.read_text("utf-8"))


def stage_shapes(model):
    """Output shapes in the order of computation, by the layer's path and by the row's label."""
    found = {}
    for step in trace(model, model.input_shape):
        parts = step.path.split(".")
        for end in range(1, len(parts) + 1):
            found[".".join(parts[:end])] = list(step.shape)
    return found | {label: found[name] for label, name in model.row_ends.items()}


def check_against(model, figures, renamed=None):
    """Parameters, running averages, MACs, image size and the shape of every stage.

    renamed : stage -> what it is called here
    """
    table = summary(model)
    counters = sum(name.endswith("num_batches_tracked") for name, _ in model.named_state())
    assert (table.parameters, table.buffers - counters, table.macs) == \
        (figures["parameters"], figures["running"], figures["macs"])
    assert list(model.input_shape) == figures["input"]
    found = stage_shapes(model)
    for stage, shape in figures["stages"]:
        assert found[(renamed or {}).get(stage, stage)] == shape, stage


def nothing_was_drawn(model):
    return all(parameter._array is None for parameter in model.parameters())


def pictures(model, count=4, seed=5):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, *model.input_shape)), rng.integers(0, 10, count)


def shape_agrees_with_forward(model, device):
    model.to(device)
    ran, followed = {}, {}                                 # a layer may run several times

    def keep(path, layer, y):
        first = y[0] if isinstance(y, (tuple, list)) else y   # of a pooling, of a pyramid
        ran.setdefault(path, set()).add(first.shape)

    with record_outputs(keep), no_grad():
        model(Tensor(pictures(model, 2)[0].astype("float32")).to(device))
    for step in trace(model, model.input_shape):
        if not step.path.startswith("decoder"):            # of capsules: forward needs none
            followed.setdefault(step.path, set()).add((2, *step.shape))
    assert followed and not {path: (shapes, ran.get(path)) for path, shapes in followed.items()
                             if not shapes <= ran.get(path, set())}
    assert ran[""] == {(2, *model.shape(model.input_shape))}


def loss_of(model, x, labels):
    """The loss that training takes; drops and paths are drawn alike each time."""
    manual_seed(3)
    return batch_loss(model, x, labels, aux=0.3)[0]


def gradient_along_a_random_direction(model, device, h=1e-9):
    """(L(w + h v) - L(w - h v)) / 2h = sum(dw * v), for the whole network and its input.

    Where the corner of one of the many ReLUs lies between -h and h, the same with h / 2 gives
    something else: such a direction is left out, whatever the gradient says.
    """
    images, labels = pictures(model, 2)
    rng = np.random.default_rng(1)
    x = Tensor(Tensor(images).to(device), requires_grad=True)
    leaves = [x, *model.to(device, "float64").parameters()]
    starts = [leaf.data for leaf in leaves]
    loss_of(model, x, labels).backward()

    def loss(step):
        for leaf, start, v in zip(leaves, starts, directions, strict=True):
            leaf.data = start + step * v
        with no_grad():
            value = loss_of(model, x, labels).item()
        for leaf, start in zip(leaves, starts, strict=True):
            leaf.data = start
        return value

    for _ in range(10):
        directions = [Tensor(rng.standard_normal(leaf.shape)).to(device).data for leaf in leaves]
        analytic = sum(float((leaf.grad * v).sum())
                       for leaf, v in zip(leaves, directions, strict=True) if leaf.grad is not None)
        numeric, halved = ((loss(step) - loss(-step)) / (2 * step) for step in (h, h / 2))
        allowed = 1e-6 * max(1, abs(numeric))
        if abs(numeric - halved) <= allowed:
            assert abs(numeric - analytic) <= allowed, (numeric, analytic)
            return
    raise AssertionError("none of 10 directions met no corner of a ReLU; take a smaller h")


def one_step_lowers_the_loss(model, device):
    """By a hundredth, where the gradient says so: a step of lr dw lowers L by lr |dw|^2."""
    images, labels = pictures(model, 8)
    x = Tensor(images.astype("float32")).to(device)
    before = loss_of(model.to(device), x, labels)
    before.backward()
    slope = sum(float((parameter.grad.astype(float) ** 2).sum())
                for parameter in model.parameters() if parameter.grad is not None)
    foretold = 0.01 * before.item()
    SGD(model.parameters(), lr=foretold / slope).step()
    after = loss_of(model, x, labels)
    assert after.dtype == np.float32
    assert 0.8 < (before.item() - after.item()) / foretold < 1.2


def ready(model, training):
    """For training or for test, as if trained a little: in eval mode the averages of a new network,
    0 and 1, let the sums of residual units grow from unit to unit, and a classifier that starts at
    0 would hide the gradients of all before it."""
    for number, parameter in enumerate(model.parameters()):
        if parameter.ndim == 2 and not parameter.numpy().any():
            parameter.data = np.random.default_rng(number).standard_normal(
                parameter.shape).astype("float32")
    norms = [part for part in model.modules() if isinstance(part, BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    if norms:
        with no_grad():
            model.train()(Tensor(pictures(model, 8)[0].astype("float32")))
    for norm in norms:
        norm.momentum = 0.1
    return model.train(training)


# These join, cut, reshape or multiply: what they hand on is seen in the layer behind them.
NOT_STORED = {"Add", "ChannelSlice", "ClassToken", "Concat", "Dropout", "FirstToken", "Flatten",
              "ImageToTokens", "LayerScale", "Positions", "ScaleChannels", "StochasticDepth"}


def fill(model):
    """Weights by the rule that the stored numbers were made with."""
    for number, (name, value) in enumerate(model.named_state()):
        value.data = filled(number, name, value.shape)


def agrees_with_stored(model, stored):
    """Outputs for weights filled by the rule, against an independent network's: by name, and where
    "layers" are stored every single layer's, in the order in which they compute."""
    fill(model)
    ran, layers = {}, []

    def keep(path, layer, y):
        ran[path] = digest(y.numpy())
        if not layer.named_parts() and type(layer).__name__ not in NOT_STORED:
            layers.append((path, digest(y.numpy(), 2)))

    with record_outputs(keep), no_grad():
        model.eval()(Tensor(image(stored["image"])))
    for path, there in stored["outputs"].items():
        assert ran[path]["shape"] == there["shape"], path
        same_figures(path, ran[path], there)
    if "layers" in stored:
        for (path, here), there in zip(layers, stored["layers"], strict=True):
            # (N, C, 1, 1) and (N, C) are the same numbers
            assert [size for size in here["shape"] if size > 1] == \
                [size for size in there["shape"] if size > 1], path
            same_figures(path, here, there)


def every_layer_is_stored(model, stored):
    """By name: no layer of the network goes uncompared."""
    layers = {path for path, part in model.named_modules()
              if not part.named_parts() and type(part).__name__ not in NOT_STORED}
    assert layers <= set(stored["outputs"])


def sure(model):
    """The network without chance: dropout and stochastic depth off."""
    for part in model.modules():
        if hasattr(part, "p"):
            part.p = 0.0
    return model


def training_scores_agree(model, stored, names):
    """The scores of training, those of auxiliary classifiers too; dropout is off."""
    fill(sure(model))
    with no_grad():
        scores = model.train()(Tensor(image(stored["image"])))
    for name, y in zip(names, scores, strict=True):
        same_figures(name, digest(y.numpy()), stored["outputs"][name])


def same_figures(path, here, there, tolerance=1e-9):
    scale = abs(there["mean"]) + there["std"]
    for figure in ("mean", "std", "values"):
        np.testing.assert_allclose(here[figure], there[figure], rtol=0,
                                   atol=tolerance * scale, err_msg=f"{path}: {figure}")
