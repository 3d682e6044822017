"""The workloads themselves: what they describe, and minicnn's side of each."""

import json

import numpy as np
import pytest

from benchmarks import own
from benchmarks.models import build
from benchmarks.networks import NETWORKS
from benchmarks.workloads import ALL, BATCHES, GPU, GROUPS, GROWTH, WORKLOADS, chosen
from minicnn.backend.arrays import gpu_problem

# Counted by PyTorch 2.13 for the networks of benchmarks/rivals; ResNet-50 as torchvision's.
PARAMETERS = {"lenet": 61_706, "resnet20": 269_722, "resnet18": 11_689_512,
              "resnet50": 25_557_032, "alexnet": 62_378_344, "vgg16": 138_357_544,
              "mobilenet": 4_231_976}
SIDES = {"lenet": (1, 32, 32), "resnet20": (3, 32, 32), "alexnet": (3, 227, 227)}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_the_published_size(name):
    in_shape = SIDES.get(name, (3, 224, 224))
    model = build(name, NETWORKS[name](in_shape))
    assert model.num_parameters() == PARAMETERS[name]
    assert model.shape(in_shape) == (10 if name in ("lenet", "resnet20") else 1000,)


def test_the_rows_of_lenet_are_the_networks():
    """minicnn times its own LeNet5, the rivals build the rows."""
    model = build("lenet", [])
    weights = [tuple(sorted(p.shape)) for p in model.parameters() if p.ndim > 1]
    rows = [options for what, options in NETWORKS["lenet"]((1, 32, 32))
            if what in ("Conv2d", "Linear")]
    assert len(rows) == len(weights) == 5
    for options, shape in zip(rows, weights, strict=True):
        for size in (value for name, value in options.items() if name.startswith(("in_", "out_"))):
            assert size in shape


def test_requests_are_json():
    for workload in WORKLOADS.values():
        assert json.loads(json.dumps(workload.request()))["name"] == workload.name


@pytest.mark.parametrize("name", [
    "lenet", "resnet20_b32", *(workload.name for workload in ALL if workload.kind == "layer"),
    "growth_chain_100", "growth_arrays_100", "gpu_lenet_forward"])
def test_a_step_of_ours(name):
    workload = WORKLOADS[name].smaller()
    step, parameters = own.prepare(workload.request())
    step()
    step()
    assert parameters == PARAMETERS.get(workload.what, parameters)


def test_layers_see_memory_as_in_a_network():
    x = own.as_in_a_network(np.zeros((2, 3, 4, 5), np.float32))
    assert x.shape == (2, 3, 4, 5) and x.transpose(1, 2, 3, 0).flags.c_contiguous


@pytest.mark.skipif(gpu_problem() is None, reason="there is a GPU")
def test_no_gpu():
    with pytest.raises(own.Impossible, match="CuPy"):
        own.prepare(WORKLOADS["lenet"].request("cuda"))
    assert own.gpu() is None


def test_names():
    assert chosen([]) == chosen(["all"]) == [workload.name for workload in ALL]
    assert chosen(["lrn", "lenet", "lrn"]) == ["lrn", "lenet"]
    assert chosen(["growth"]) == GROUPS["growth"] and len(GROWTH) == 18
    assert len(WORKLOADS) == len(ALL) + len(GROWTH) + len(GPU)
    with pytest.raises(ValueError, match="called 'resnet19'; did you mean resnet18 or"):
        chosen(["resnet19"])
    with pytest.raises(ValueError, match="called 'xyz'; there are lenet, .*, all, growth, gpu"):
        chosen(["xyz"])


def test_small_batches_grow_where_growth_is_the_question():
    for network in ("lenet", "resnet20"):
        small = [WORKLOADS[f"growth_{network}_{N}"].smaller().shape[0] for N in BATCHES]
        assert small == [1, 2, 3, 4, 5, 6]
    assert WORKLOADS["resnet20_b128"].smaller().shape == (2, 3, 32, 32)


def test_titles():
    assert WORKLOADS["resnet18"].title() == "resnet18 on 3x224x224, batch 8: training step"
    assert WORKLOADS["vgg16_b4"].title() == "vgg16 on 3x224x224, batch 4: forward"
    assert WORKLOADS["batchnorm"].title() == ("BatchNorm2d(num_features 64) on 64x56x56, batch 8: "
                                              "forward and backward")
    assert WORKLOADS["growth_arrays_1000"].title() == ("1,000 additions of 16 numbers in NumPy "
                                                       "alone")
