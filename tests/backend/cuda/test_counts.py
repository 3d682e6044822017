"""What a training step gives a GPU to do, counted without one: tests/standin_counts.py says what.

Batches and images are small, for the counts do not hang on them.
"""

from collections import Counter
from functools import partial

import numpy as np
import pytest

from minicnn import Tensor
from minicnn import functions as F
from minicnn.backend.cuda import convolution
from minicnn.layers import (
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    FrozenBatchNorm2d,
    GlobalAvgPool2d,
    L2Norm,
    LayerNorm2d,
    LayerScale,
    MaxPool2d,
    MaxUnpool2d,
    PReLU,
    RoIAlign,
    Sigmoid,
    SqueezeExcite,
    StochasticDepth,
    Upsample,
)
from minicnn.layers.padding import PadFn
from minicnn.layers.standardise import StandardiseFn
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from tests import standin, standin_counts
from tests.standin_hollow import check_call, hollow


@pytest.fixture
def cp():
    with hollow() as library:
        yield library


def counted(work):
    """The counts of the second call: in the first weights are drawn and tables moved."""
    work()
    standin_counts.reset()
    before = standin.synchronisations
    work()
    return Counter(standin_counts.counts, waits=standin.synchronisations - before)


def lying(shape):
    """Images as they lie in a network, on the GPU."""
    N, *sides = shape
    x = np.zeros((*sides, N), np.float32).transpose(len(sides), *range(len(sides)))
    return Tensor(x).to("cuda")


def training_step(network, x):
    model = build(network).to("cuda")
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def step():
        answer = model(x)
        answers = answer if isinstance(answer, tuple) else [answer]
        loss = sum(cross_entropy(part, np.arange(len(x)) % 2) for part in answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return step


# network, input, launches at most: 5 % above what was counted
NETWORKS = [("lenet5", (1, 32, 32), 73), ("resnet20", (3, 32, 32), 318),
            ("efficientnet_small", (3, 32, 32), 374), ("convnext_mini", (3, 32, 32), 269),
            ("mobilenet_v2_small", (3, 32, 32), 369), ("densenet_small", (3, 32, 32), 583),
            ("googlenet_small", (3, 32, 32), 279), ("resnet50", (3, 64, 64), 719),
            ("efficientnet_b0", (3, 64, 64), 936)]


@pytest.mark.parametrize("network, shape, most", NETWORKS)
def test_a_training_step(cp, network, shape, most):
    found = counted(training_step(network, Tensor(np.zeros((2, *shape), np.float32)).to("cuda")))
    assert found["launches"] <= most
    assert found["copied"] == 0                            # factors of products
    assert found["strided"] == 0, standin_counts.strided_passes
    assert found["waits"] == 0
    assert found["zeroed"] == found["moved"] == 0          # standin_memory.py


# network, launches, strided passes and waits at most.  The loss of a map goes along its channels;
# a detector's answers become rows, one for each box.  Faster R-CNN reads on the CPU where it is to
# look again: scores, and moves.
DENSE = [("unet", 259, 3, 0), ("segnet", 325, 3, 0), ("ssd300", 270, 12, 0),
         ("faster_rcnn", 403, 4, 2)]


@pytest.mark.parametrize("network, most, strided, waits", DENSE)
def test_a_training_step_for_maps_and_boxes(cp, network, most, strided, waits):
    model = build(network, variant="small").to("cuda")
    x = Tensor(np.zeros((2, *model.input_shape), np.float32)).to("cuda")
    boxes = {"boxes": np.array([[4, 4, 20, 20]], np.float32), "labels": np.array([1])}
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        if network in ("ssd300", "faster_rcnn"):
            loss = sum(model(x, [boxes, boxes]).values())
        else:
            loss = cross_entropy(model(x), np.zeros((2, *x.shape[2:]), np.int64))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    found = counted(step)
    assert found["launches"] <= most and found["strided"] <= strided and found["waits"] <= waits
    assert found["copied"] == found["zeroed"] == 0


@pytest.mark.parametrize("options", [{"padding": 1}, {"stride": 2}, {"groups": 2}], ids=str)
def test_tiles_of_columns_fill_nothing_in_vain(cp, options, monkeypatch):
    """Columns above a gigabyte: dx is written whole, and at stride 1 by the products themselves."""
    monkeypatch.setattr(convolution, "MOST", -1)
    layer, x = Conv2d(4, 6, 3, **options).to("cuda"), lying((3, 4, 7, 8))
    x.requires_grad = True
    found = counted(lambda: layer(x).backward(lying(layer(x).shape).data))
    assert found["launches"] > 0 and found["zeroed"] == 0
    assert found["moved"] <= (8 if "stride" in options else 1)         # dw, whose axes are turned


def unpooled(x):
    return MaxUnpool2d(2)(*MaxPool2d(2, return_indices=True)(x))


LAYERS = {
    "ConvTranspose2d": lambda: ConvTranspose2d(4, 6, 3, stride=2),
    "Dropout": Dropout, "Dropout2d": Dropout2d, "StochasticDepth": lambda: StochasticDepth(0.5),
    "Conv2d, mirrored edges": lambda: Conv2d(4, 6, 3, padding=1, padding_mode="reflect"),
    "Conv2d, 1x1 at stride 2": lambda: Conv2d(4, 6, 1, stride=2),
    "RoIAlign": lambda: lambda x: RoIAlign(2)(x, [np.array([[0, 0, 5, 4]], np.float32)] * 3),
    "FrozenBatchNorm2d": lambda: FrozenBatchNorm2d(4),
    "L2Norm": lambda: L2Norm(4), "LayerNorm2d": lambda: LayerNorm2d(4),
    "LayerScale": lambda: LayerScale(4), "PReLU": lambda: PReLU(4),
    "SqueezeExcite": lambda: SqueezeExcite(4, 2),
    "Upsample, bilinear": lambda: Upsample(scale_factor=2, mode="bilinear"),
    "Upsample, nearest": lambda: Upsample(size=7),
    "concatenate": lambda: lambda x: F.concatenate([x, x], 1),
    "pad": lambda: lambda x: F.pad(x, 1),
    "part": lambda: lambda x: x[:, 1:3, ::2],
    "two uses, three": lambda: lambda x: x * 2.0 + x + x.relu(),
    "unpool": lambda: unpooled,
}


@pytest.mark.parametrize("name", LAYERS)
def test_images_stay_as_they_lie(cp, name):
    """Forward and backward pass over images along memory, and hand on what lies so."""
    layer = LAYERS[name]()
    layer = layer.to("cuda") if hasattr(layer, "to") else layer
    x = lying((3, 4, 6, 8))
    x.requires_grad = True
    dy = lying(layer(x).shape).data

    def both():
        for leaf in [x, *getattr(layer, "parameters", list)()]:
            leaf.grad = None
        both.y = layer(x.relu())
        both.y.backward(dy)

    found = counted(both)
    assert found["copied"] == 0 and found["waits"] == 0
    passes = [name for name, _ in standin_counts.strided_passes]
    assert passes in ([], ["copy"])                        # of x.grad, which nobody else may hold
    for array in (both.y.data, x.grad):
        assert not standin_counts.is_strided(array.transpose(1, 2, 3, 0)._host)


def test_the_counts_are_no_formality(cp):
    """What the rest of this file forbids is found where it happens."""
    x = lying((3, 4, 6, 8)).data
    standin_counts.reset()
    cp.concatenate([x, x], axis=1)
    assert standin_counts.counts["strided"] == 1 and standin_counts.counts["launches"] == 2
    stack = cp.zeros((1, 4, 5), np.float32)
    cp.matmul(stack.swapaxes(1, 2), stack)
    assert standin_counts.counts["copied"] == 1
    cp.matmul(stack[0], stack[0].T, out=cp.zeros((4, 8), np.float32)[:, ::2])
    assert standin_counts.counts["copied"] == 2            # and the product, to where it belongs
    dx = cp.zeros((2, 4), np.float32)
    dx[:, ::2] = dx[:, 1::2] = 1.0
    assert standin_counts.counts["zeroed"] == 1            # filled for nothing
    dx[...] = cp.matmul(cp.ones((2, 3), np.float32), cp.ones((3, 4), np.float32))
    assert standin_counts.counts["moved"] == 1
    x.reshape(12, 48)                                      # rows and columns alone would be a view
    assert standin_counts.counts["reshaped"] == 1


def scaled_by_image():
    s = lying((3, 4, 1, 1))
    s.requires_grad = True
    return lambda x: x * s


ONE_LAUNCH = {                         # forward and backward
    "squeeze-and-excitation's product": lambda: (scaled_by_image(), 2),
    "layer scale": lambda: (LayerScale(4), 2), "dropout": lambda: (Dropout(), 3),
    "mirrored edges": lambda: (lambda x: PadFn([1, 0, 1], [1, 0, 1])(x), 2),
    "a mean of all pixels": lambda: (GlobalAvgPool2d(), 2),
    "batch norm with its running averages": lambda: (BatchNorm2d(4), 6),
    "boxes": lambda: (LAYERS["RoIAlign"](), 5), "sigmoid": lambda: (Sigmoid(), 2),
    "norm of a pixel": lambda: (lambda x: StandardiseFn((1,), 1e-6)(x), 2),
}


@pytest.mark.parametrize("name", ONE_LAUNCH)
def test_a_pass_is_one_launch(cp, name):
    """Two where a mask is drawn too; three more where it is said which boxes are to be read."""
    layer, launches = ONE_LAUNCH[name]()
    layer = layer.to("cuda") if hasattr(layer, "to") else layer
    x = lying((3, 4, 6, 8))
    x.requires_grad = True
    y = layer(x)
    dy = lying(y.shape).data
    y.creator.backward(dy)                                 # tables are moved
    standin_counts.reset()
    y = layer(x)
    y.creator.backward(dy)
    assert standin_counts.counts["launches"] <= launches


def test_all_weights_are_one_launch(cp):
    for make in (SGD, partial(SGD, momentum=0.9), Adam, AdamW, RMSprop, Adagrad):
        weights = [Tensor(cp.ones((3, n), np.float32), requires_grad=True) for n in range(1, 9)]
        optimizer = make(weights, lr=0.1)
        for _ in range(2):
            for weight in weights:
                weight.grad = weight.data * 1
            standin_counts.reset()
            optimizer.step()
        assert standin_counts.counts["launches"] == 2      # one of them moves the table


DECLARED = ["const real* x", "unsigned char* passed", "whole count", "wide lr"]


def test_a_kernels_arguments_are_checked(cp):
    x, null, options = cp.ones(3, np.float32), np.int64(0), ("-DREAL=float", "-DWHOLE=int")
    right = x, null, np.int32(3), np.float32(0.5)
    check_call("k", DECLARED, options, (1, 1), (256,), right)
    for wrong in (right[:3], (*right[:2], np.int64(3), right[3]), (*right[:3], np.float64(0.5)),
                  (right[2], *right[1:]), (x, null, x, right[3])):
        with pytest.raises(TypeError, match="k"):
            check_call("k", DECLARED, options, (1, 1), (256,), wrong)
    for grid, block in (((0, 1), (256,)), ((1, 1 << 16), (256,)), ((1, 1), (2048,))):
        with pytest.raises(ValueError, match="k: a (grid|block) of"):
            check_call("k", DECLARED, options, grid, block, right)
