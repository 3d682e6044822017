"""The workloads themselves: what they describe, and minicnn's side of each."""

import json

import numpy as np
import pytest

from benchmarks import own
from benchmarks.models import build
from benchmarks.networks import NETWORKS
from benchmarks.published import PUBLISHED
from benchmarks.workloads import (
    ALL,
    BATCHES,
    GPU,
    GROUPS,
    GROWTH,
    PHOTOS,
    WORKLOADS,
    chosen,
)
from minicnn import manual_seed, models
from minicnn.backend.arrays import gpu_problem

# Counted by PyTorch 2.13 for the networks of benchmarks/rivals; ResNet-50 as torchvision's.
PARAMETERS = {"lenet": 61_706, "resnet20": 269_722, "resnet18": 11_689_512,
              "resnet50": 25_557_032, "alexnet": 62_378_344, "vgg16": 138_357_544,
              "mobilenet": 4_231_976, "unet_small": 482_788, "ssd_small": 210_976}
SIDES = {"lenet": (1, 32, 32), "resnet20": (3, 32, 32), "alexnet": (3, 227, 227),
         "unet_small": (3, 64, 64), "ssd_small": (3, 64, 64)}
ANSWERS = {"lenet": (10,), "resnet20": (10,), "unet_small": (4, 64, 64),
           "ssd_small": ((672, 4), (672, 4))}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_the_published_size(name):
    in_shape = SIDES.get(name, (3, 224, 224))
    model = build(name, NETWORKS[name](in_shape))
    assert model.num_parameters() == PARAMETERS[name]
    assert model.shape(in_shape) == ANSWERS.get(name, (1000,))


def test_the_published_networks_are_those_of_torchvision_and_timm():
    """By the number of parameters, counted there."""
    counts = {"densenet121": 7_978_856, "inception_v3": 23_834_568, "googlenet": 6_624_904,
              "mobilenet_v2": 3_504_872, "efficientnet_b0": 5_288_548, "vit_b_16": 86_567_656,
              "convnext_tiny": 28_589_128, "efficientnet_lite0": 4_652_008}
    assert {name: models.build(ours, **options).num_parameters()
            for name, ((ours, options), *_) in PUBLISHED.items()} == counts


def weights_of(rows):
    """Shapes of all that the rows learn but biases and batch norm."""
    for what, options in rows:
        if what == "Skip":
            yield from weights_of(options["rows"])
        elif what == "Boxes":
            for columns in (4, options["classes"]):
                yield len(options["sides"]) * columns, options["in_channels"], 3, 3
        elif "out_channels" in options or "out_features" in options:
            M, F = (next(value for name, value in options.items() if name.startswith(side))
                    for side in ("in_", "out_"))
            kernel = (options["kernel_size"],) * 2 if "kernel_size" in options else ()
            yield (M, F, *kernel) if what == "ConvTranspose2d" else (F, M, *kernel)


@pytest.mark.parametrize("name, count", [("lenet", 5), ("unet_small", 18), ("ssd_small", 15)])
def test_the_rows_are_those_of_the_packages_network(name, count):
    """minicnn times its own, the rivals build the rows."""
    rows = NETWORKS[name](SIDES[name])
    weights = [p.shape for p in build(name, rows).parameters() if p.ndim > 1]
    assert sorted(weights_of(rows)) == sorted(weights) and len(weights) == count


def test_the_boxes_of_the_rows_are_those_of_the_package():
    model = build("ssd_small", [])
    rows = [options for what, options in NETWORKS["ssd_small"]((3, 64, 64)) if what == "Boxes"]
    sides = np.concatenate([np.tile(row["sides"], row["places"] ** 2) for row in rows])
    assert np.allclose(model.boxes[:, 2:] - model.boxes[:, :2], sides[:, None])
    steps = [model.boxes[start + 2, 0] - model.boxes[start, 0] for start in (0, 512, 640)]
    assert steps == [row["step"] for row in rows] == [4, 8, 16]


def test_the_objects_to_be_found_are_the_same_for_everybody():
    workload = WORKLOADS["ssd_small"]
    targets = workload.request()["targets"]
    assert targets == workload.request()["targets"] and len(targets) == 16
    assert {len(target["boxes"]) for target in targets} == {1, 2, 3}
    boxes = np.concatenate([target["boxes"] for target in targets])
    assert boxes.min() >= 0 and boxes.max() <= 64 and (boxes[:, 2:] - boxes[:, :2]).min() >= 12
    assert {label for target in targets for label in target["labels"]} == {1, 2, 3}
    assert WORKLOADS["lenet"].request()["targets"] == []


def test_requests_are_json():
    for workload in WORKLOADS.values():
        assert json.loads(json.dumps(workload.request()))["name"] == workload.name


@pytest.mark.parametrize("name", [
    "lenet", "resnet20_b32", "unet_small", "ssd_small",
    *(workload.name for workload in ALL if workload.kind == "layer"),
    "growth_chain_100", "growth_arrays_100", "gpu_lenet_forward",
    "efficientnet_lite0_photo",
    *(pytest.param(name, marks=pytest.mark.slow) for name in (
        "mobilenet_v2_train", "resnet50_photo", "convnext_tiny_forward"))])
def test_a_step_of_ours(name):
    workload = WORKLOADS[name].smaller()
    step, parameters = own.prepare(workload.request())
    step()
    step()
    assert parameters == PARAMETERS.get(workload.what, parameters)


def test_a_step_learns_to_find_boxes():
    """Matching, loss, gradients and the optimiser's step belong to what is timed."""
    workload = WORKLOADS["ssd_small"].smaller()
    request = workload.request()
    manual_seed(0)
    model = build(workload.what, request["rows"])
    images = np.random.default_rng(0).standard_normal(workload.shape, np.float32)
    loss_now = own.detection_loss(model, images, request["targets"])
    step, before = own.train(model, loss_now), loss_now().item()
    for _ in range(3):
        step()
    assert loss_now().item() < before


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
    assert len(WORKLOADS) == len(ALL) + len(PHOTOS) + len(GROWTH) + len(GPU)
    with pytest.raises(ValueError, match="called 'resnet19'; did you mean resnet18 or"):
        chosen(["resnet19"])
    with pytest.raises(ValueError, match="called 'xyz'; there are lenet, .*, all, photos, growth"):
        chosen(["xyz"])


def test_small_batches_grow_where_growth_is_the_question():
    for network in ("lenet", "resnet20"):
        small = [WORKLOADS[f"growth_{network}_{N}"].smaller().shape[0] for N in BATCHES]
        assert small == [1, 2, 3, 4, 5, 6]
    assert WORKLOADS["resnet20_b128"].smaller().shape == (2, 3, 32, 32)
    assert WORKLOADS["unet_small"].smaller().shape == (2, 3, 32, 32)
    assert WORKLOADS["ssd_small"].smaller().shape == (2, 3, 64, 64)            # its boxes' picture


def test_titles():
    assert WORKLOADS["resnet18"].title() == "resnet18 on 3x224x224, batch 8: training step"
    assert WORKLOADS["vgg16_b4"].title() == "vgg16 on 3x224x224, batch 4: forward"
    assert WORKLOADS["ssd_small"].title() == "ssd_small on 3x64x64, batch 16: training step"
    assert WORKLOADS["batchnorm"].title() == ("BatchNorm2d(num_features 64) on 64x56x56, batch 8: "
                                              "forward and backward")
    assert WORKLOADS["growth_arrays_1000"].title() == ("1,000 additions of 16 numbers in NumPy "
                                                       "alone")
