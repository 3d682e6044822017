"""Layers and networks with our kernels under them: gradients, twenty steps, and no waiting.

On the stand-in, without kernels and with kernels on the CPU, and on a GPU where there is one.
"""

import importlib
import re
from contextlib import nullcontext

import numpy as np
import pytest

from minicnn import Module, Sequential, Tensor, manual_seed, no_grad
from minicnn.backend.arrays import to_device
from minicnn.backend.cuda import launch
from minicnn.backend.precision import _Precision
from minicnn.backend.threads import as_if_large
from minicnn.backend.versions import plain
from minicnn.gradcheck.cases.table import all_cases
from minicnn.gradcheck.checker import LIMIT, gradcheck
from minicnn.layers import (
    GELU,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    InstanceNorm2d,
    LayerNorm2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    SiLU,
    SqueezeExcite,
    Tanh,
    Upsample,
)
from minicnn.layers.roi import roi_align
from minicnn.losses import cross_entropy
from minicnn.models import LeNet5
from minicnn.optim import SGD, Adagrad, Adam, RMSprop
from minicnn.training.transforms import scaled
from tests import host_cuda, standin
from tests.backend.cuda.cuda_common import PLACES, library
from tests.backend.modes import faults_of_versions

CASES = all_cases()


@pytest.fixture(scope="module", params=["standin", *PLACES])
def cp(request, tmp_path_factory):
    with library(request.param, tmp_path_factory) as found:
        yield found


@pytest.fixture(params=["kernels", "plain"])
def kernels(request, cp):
    """Once with our kernels, once as CuPy does it by itself, where both can be had."""
    if request.param == "kernels" and not hasattr(cp, "RawModule"):
        pytest.skip("no compiler")
    with plain() if request.param == "plain" else nullcontext():
        yield request.param


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[f"{case.name}: {case.option}" for case in CASES])
@pytest.mark.parametrize("cp", PLACES[:1], indirect=True)
def test_gradients(cp, number):
    """Some elements of each array; the next test holds all of them to the definitions, and
    tests/gradcheck those."""
    case = CASES[number]
    report = gradcheck(case.make(), *case.inputs, device="cuda", most=20)
    assert report and report.error <= LIMIT, report


@pytest.mark.parametrize("dtype, allowed", [("float64", 1e-9), ("float32", 1e-4),
                                            ("float16", 1e-2)])
def test_every_version_computes_what_its_definition_says(cp, dtype, allowed, monkeypatch):
    if not hasattr(cp, "RawModule"):
        pytest.skip("no compiler")
    assert faults_of_versions(dtype, allowed, monkeypatch, "cuda") == []


class Mixed(Module):
    """A network in which every kind of layer that has a kernel occurs."""

    def __init__(self):
        self.start = Sequential(Conv2d(1, 4, 3, padding=1, bias=False), BatchNorm2d(4), ReLU(),
                                MaxPool2d(3, 2, padding=1))
        self.block = Sequential(Conv2d(4, 4, 3, padding=1, bias=False), BatchNorm2d(4))
        self.add = Add()
        self.end = Sequential(
            ReLU(), Conv2d(4, 8, 3, stride=2, padding=1), LocalResponseNorm(3, alpha=0.1), ReLU(),
            AvgPool2d(2), Flatten(), Linear(32, 10))

    def forward(self, x):
        x = self.start(x)
        return self.end(self.add(self.block(x), x))


NETWORKS = {"LeNet-5": (LeNet5, (1, 32, 32)), "mixed": (Mixed, (1, 16, 16))}


def twenty_steps(network, device, make_optimizer):
    build, shape = NETWORKS[network]
    manual_seed(0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, *shape)).astype(np.float32)
    labels = rng.integers(0, 10, 64)
    model = build().to(device)
    optimizer = make_optimizer(model.parameters())
    for step in range(20):
        part = slice(16 * (step % 4), 16 * (step % 4) + 16)
        loss = cross_entropy(model(Tensor(x[part]).to(device)), labels[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item(), model.state_dict()


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("make_optimizer", [
    lambda parameters: SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4),
    lambda parameters: Adam(parameters, lr=1e-3)], ids=["SGD", "Adam"])
def test_twenty_steps_agree_with_the_cpu(cp, kernels, network, make_optimizer):
    loss, ours = twenty_steps(network, "cuda", make_optimizer)
    expected, values = twenty_steps(network, "cpu", make_optimizer)
    assert abs(loss - expected) < 1e-4
    for name, value in values.items():
        assert np.abs(ours[name] - value).max() < 1e-4, name


@pytest.mark.parametrize("network", NETWORKS)
def test_a_training_step_waits_for_nothing(cp, kernels, network):
    """The computer hands out work to the GPU and runs ahead; only reading the loss waits."""
    build, shape = NETWORKS[network]
    x = Tensor(np.random.default_rng(0).standard_normal((8, *shape)).astype(np.float32)).to("cuda")
    model = build().to("cuda")
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def step():
        loss = cross_entropy(model(x), np.arange(8))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    step()                                             # weights are drawn, kernels compiled
    if cp is not standin:
        with importlib.import_module("cupyx").allow_synchronize(False):
            loss = step()
        loss.item()
        return
    before = standin.synchronisations
    loss = step()
    assert standin.synchronisations == before
    loss.item()
    assert standin.synchronisations == before + 1


of_tiles = {"gather", "laid_out"}          # for columns above a gigabyte: test_windows.py


def written():
    """The names of all kernels in the .cu files."""
    return {name for path in launch.Path(launch.__file__).parent.glob("*.cu")
            for name in re.findall(r"__global__ void (\w+)", path.read_text(encoding="utf-8"))}


@pytest.mark.skipif(not host_cuda.COMPILER, reason="g++ is not installed")
def test_every_kernel_is_run_by_these_networks(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(host_cuda.RawModule, "started", [])
    with library("host", tmp_path_factory):
        run_everything()
    assert {"im2col", "adam_steps"} < written() - of_tiles == set(host_cuda.RawModule.started)


class Boxes(Module):
    def forward(self, x):
        return roi_align(x, [np.array([[0, 0, 5, 4]], np.float32)] * len(x), 2)


def run_everything():
    for optimizer in (SGD, Adam):
        options = {"momentum": 0.9} if optimizer is SGD else {}
        twenty_steps("mixed", "cuda", lambda parameters, optimizer=optimizer, options=options:
                     optimizer(parameters, lr=0.001, **options))
    with no_grad():
        Mixed().to("cuda").eval()(Tensor(np.ones((2, 1, 16, 16), np.float32)).to("cuda"))
    for optimizer in (RMSprop, Adagrad):
        weight = Tensor(np.ones(3, np.float32)).to("cuda").detach()
        weight.requires_grad, weight.grad = True, weight.data * 1
        optimizer([weight]).step()
    scaled(to_device(np.ones((2, 3, 4, 4), np.uint8), "cuda"), *np.ones((2, 3), np.float32))
    for layer in (GELU(), SiLU(), Tanh(), SqueezeExcite(3, 1), LayerNorm2d(3), Dropout(), Boxes(),
                  Upsample(scale_factor=2, mode="bilinear"), MaxPool2d(2, 2, 1),
                  Conv2d(3, 3, 3, groups=3), Conv2d(3, 2, 3), Conv2d(3, 2, 3, 2, 1),
                  Conv2d(3, 2, 3, padding=2, dilation=2),
                  InstanceNorm2d(3, track_running_stats=True)):
        for large in (nullcontext, as_if_large):       # small networks need no tiles of columns
            with large():
                x = Tensor(np.ones((2, 3, 8, 8), np.float32), requires_grad=True)
                layer.to("cuda")(x.to("cuda")).sum().backward()


def test_tf32_is_off():
    assert not _Precision.tf32
