"""Published weight files fill the networks here: every name and shape is theirs, and a few networks
give the scores that theirs give.

The stored side was made by tests/stored/make_published.py.  tests/stored/check_published.py holds
all of these networks against the programs themselves, in training too; its last table stands in
docs/weights.md.
"""

import json
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from minicnn import Tensor, no_grad, save
from minicnn.layers.fold import fold_all
from minicnn.models import MODELS, NETWORKS, build
from minicnn.models.convnext import ConvNeXt
from minicnn.models.nearest import FEWEST, best_fits, own_of
from minicnn.weights import WeightsError, fill, load
from minicnn.weights.names import published_names
from minicnn.weights.read import WeightFile
from minicnn.weights.stored import Entry
from tests.stored.filled import digest, filled, image, names_digest

STORED = json.loads((Path(__file__).parents[1] / "stored" / "published.json").read_text("utf-8"))
OTHERS = {"akamaster", "lukemelas",                        # tests/weights/test_real.py
          "torchvision-2017"}                              # test_densenet.py
TORCHVISION, TIMM = {"variant": "torchvision"}, {"variant": "timm"}


def theirs_of(model, library):
    """their name -> (our name, shape there)"""
    table = published_names(model)[library]
    return {table.theirs(name): (name, table.shape(name, q.shape)) for name, q in model.saved()
            if not table.lacks(name)}


def shapes_of(model, library):
    return {theirs: shape for theirs, (_, shape) in theirs_of(model, library).items()}


# --- every name -----------------------------------------------------------------------------------

def label(pair):
    return " ".join([pair["network"], *map(str, pair["options"].values()), pair["library"]])


def pairs():
    """All that differ in more than their depth are checked quickly."""
    for pair in STORED["names"]:
        large = pair["arrays"] > 500 and "_v" not in pair["network"] or pair["arrays"] > 1500
        yield pytest.param(pair, id=label(pair), marks=[pytest.mark.slow] if large else [])


@pytest.mark.parametrize("pair", list(pairs()))
def test_every_name_and_shape_is_theirs(pair):
    model = build(pair["network"], **pair["options"])
    theirs = theirs_of(model, pair["library"])
    assert len(theirs) == pair["arrays"] == len(model.saved())         # one to one
    shapes = {name: shape for name, (_, shape) in theirs.items()}
    assert names_digest(shapes) == pair["digest"]
    way = {name: ours for name, (ours, _) in theirs.items()}
    assert fill.compared(dict(model.saved()), shapes, way)[1] == []    # so it loads


def class_of(name):
    constructor = MODELS[name]
    while isinstance(constructor, partial):
        constructor = constructor.func
    return constructor


def test_every_published_name_is_checked():
    checked = {(class_of(pair["network"]), pair["library"]) for pair in STORED["names"]}
    for name in MODELS:
        for library in published_names(class_of(name)).keys() - OTHERS:
            assert (class_of(name), library) in checked, name


def test_what_the_digest_sees():
    assert names_digest({"a": (1, 2)}) != names_digest({"a": (2, 1)}) != names_digest({"b": (2, 1)})


# --- scores ---------------------------------------------------------------------------------------

def network(key):
    if key == "convnext tiny":
        return ConvNeXt("tiny", 10, (1, 2, 1), (8, 16, 32), input_shape=(3, 32, 32)), "torchvision"
    name, _, word = key.partition(" ")
    if name.startswith("efficientnet"):
        return build(name, **(TORCHVISION if word == "torchvision" else {})), word
    return build(name, **({"width": 0.5} if name == "shufflenet_v2" else {})), "torchvision"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """loaded(key): the network filled from a file with their names, which is written once."""
    paths = {}

    def get(key):
        model, library = network(key)
        if key not in paths:
            shapes = shapes_of(model, library)
            assert names_digest(shapes) == STORED["scores"][key]["digest"]
            paths[key] = save({
                name: np.array(0) if name.endswith("num_batches_tracked") else
                filled(crc32(name.encode()), name, shape) for name, shape in shapes.items()},
                tmp_path_factory.mktemp("weights") / "weights.safetensors")
        return load(model.to(dtype=np.float64), paths[key], library).eval()
    return get


QUICK = ["vit_small", "convnext tiny", "shufflenet_v2", "mobilenet_v2"]
SCORED = [pytest.param(key, marks=[] if key in QUICK else [pytest.mark.slow])
          for key in STORED["scores"]]


@pytest.mark.parametrize("key", SCORED)
def test_scores_are_theirs(key, loaded):
    """And so are those of the network whose batch norms went into its convolutions."""
    model, stored = loaded(key), STORED["scores"][key]
    x = Tensor(image((2, 3, stored["side"], stored["side"])))
    with no_grad():
        y = model(x).data
        fold_all(model)
        folded = model(x).data
    found = digest(y)
    assert found["shape"] == stored["scores"]["shape"]
    for figure in ("mean", "std", "values"):
        assert found[figure] == pytest.approx(stored["scores"][figure], rel=1e-8, abs=1e-9), figure
    assert np.abs(y - folded).max() <= 1e-5 * np.abs(y).max()


@pytest.mark.parametrize("key", ["vit_small", "convnext tiny", "shufflenet_v2"])
def test_a_file_under_their_names_comes_back(key, loaded, tmp_path):
    model, (other, library) = loaded(key), network(key)
    path = save(model, tmp_path / "theirs.npz", names=library)
    load(other.to(dtype=np.float64), path)
    for (name, mine), (_, found) in zip(model.saved(), other.saved(), strict=True):
        assert np.array_equal(mine.data, found.data), name


# --- files of another network or variant ----------------------------------------------------------

@pytest.fixture
def file_of(monkeypatch):
    """Makes every file hold arrays of these shapes, whose numbers nobody reads."""
    def pretend(shapes):
        entries = {name: Entry(shape, "float32", None) for name, shape in shapes.items()}
        monkeypatch.setattr(fill, "read", lambda path, part: WeightFile(path, "zip", entries))
    return pretend


@pytest.mark.parametrize("name, right, library, wrong, cure", [
    ("alexnet", TORCHVISION, "torchvision", {},
     r"These are torchvision's AlexNet: use variant='torchvision' \(--variant torchvision\)$"),
    ("resnet50", TORCHVISION, "torchvision", {},
     r"torchvision's ResNet: use variant='torchvision' \(--variant torchvision\)$"),
    ("resnet50", {**TORCHVISION, "classes": 10}, "torchvision", {},
     r"torchvision's ResNet: use variant='torchvision' \(--variant torchvision\)$"),
    ("googlenet", {**TORCHVISION, "aux": True}, "torchvision", {},
     r"torchvision's GoogLeNet: use variant='torchvision', aux=True \(--variant torchvision\)$"),
    ("googlenet", {**TORCHVISION, "aux": True}, "torchvision", TORCHVISION,
     r"has auxiliary classifiers, which count in training only: use aux=True$"),
    ("inception_v3", {"aux": True}, "torchvision", {}, r"has auxiliary .* use aux=True$"),
    ("inception_v3", {}, "torchvision", {"aux": True}, r"has no auxiliary .* use aux=False$"),
    ("efficientnet_b0", TORCHVISION, "torchvision", {},
     r"torchvision's EfficientNet: use variant='torchvision' \(--variant torchvision\)$"),
    ("efficientnet_b0", {}, "timm", TORCHVISION, r"timm's EfficientNet: use variant='paper' "),
    ("mobilenet_v1", TIMM, "timm", {}, r"timm's MobileNetV1: use variant='timm' "),
    ("mobilenet_v2", {}, "torchvision", {"variant": "released"},
     r"torchvision's MobileNetV2: use variant='paper' \(--variant paper\)$"),
    ("xception", TIMM, "timm", {}, r"timm's Xception: use variant='timm' \(--variant timm\)$"),
    ("preact_resnet18", TIMM, "timm", {}, r"timm's PreActResNet: use variant='timm' "),
    ("inception_resnet_v2", {}, "timm", {"variant": "paper"},
     r"timm's InceptionResNetV2: use variant='released' \(--variant released\)$"),
    ("se_resnet50", TIMM, "timm", {}, r"timm's SEResNet: use variant='timm' \(--variant timm\)$"),
    ("se_resnet50", {}, "cadene", TIMM, r"cadene's SEResNet: use variant='paper' "),
    ("mobilenet_v2", {"classes": 10}, "torchvision", {},
     r"Only a last layer differs: .* head='new' keeps the network's own$"),
])
def test_a_file_for_another_variant(name, right, library, wrong, cure, file_of):
    """The likely cause is named, and nothing has changed: no weight was even drawn."""
    file_of(shapes_of(build(name, **right), library))
    model = build(name, **wrong)
    with pytest.raises(WeightsError, match=cure):
        load(model, "weights.pth")
    assert all(parameter._array is None for parameter in model.parameters())
    with pytest.raises(WeightsError, match=cure):
        build(name, **wrong, weights="weights.pth")


def test_names_of_another_variant_by_their_library(file_of, tmp_path):
    file_of({})
    with pytest.raises(ValueError, match=r"no names of 'torchvision' are known for this ResNet; "
                                         r"variant='torchvision' has them \(--variant torc"):
        load(build("resnet50"), "weights.pth", names="torchvision")
    with pytest.raises(ValueError, match=r"variant='torchvision' has them"):
        save(build("resnet50"), tmp_path / "weights.npz", names="torchvision")


# --- the nearest network --------------------------------------------------------------------------

# Those that the tests ask for; to build all takes seconds.
FEW = {name: MODELS[name] for name in ("alexnet", "vgg16", "vgg19", "resnet18", "resnet50",
                                       "googlenet", "shufflenet_v2", "mobilenet_v2")}


@pytest.mark.parametrize("name, options, call", [
    ("vgg16", {}, "build('vgg16')"), ("resnet18", {}, "build('resnet18')"),
    ("resnet50", TORCHVISION, "build('resnet50', variant='torchvision')"),
    ("googlenet", {**TORCHVISION, "aux": True},
     "build('googlenet', variant='torchvision', aux=True)"),
    ("shufflenet_v2", {"width": 1.5}, "build('shufflenet_v2', width=1.5)"),
])
def test_the_nearest_network(name, options, call):
    shapes = shapes_of(build(name, **options), "torchvision")
    best = best_fits(shapes, FEW)[0]
    assert best.call == call and str(best) == f"{call}: all {best.total} arrays fit"
    assert shapes_of(build(best.name, **best.options), "torchvision") == shapes


def test_the_nearest_where_none_fits():
    two = {name: MODELS[name] for name in ("alexnet", "mobilenet_v2")}
    shapes = shapes_of(build("mobilenet_v2", classes=10), "torchvision")
    assert str(best_fits(shapes, two)[0]) == "build('mobilenet_v2'): 260 of 262 arrays fit"
    unnamed = {f"array{number}": shape for number, (name, shape) in enumerate(shapes.items())
               if not name.endswith("num_batches_tracked")}
    assert str(best_fits(unnamed, two)[0]) == \
        "build('mobilenet_v2'): by their shapes alone 260 of 262 arrays could"
    assert best_fits({f"w{number}": (3, 7, 11) for number in range(300)}, two) == []


def test_a_file_with_fewer_arrays_than_any_network():
    assert len(own_of(build("inception_naive_example"))) == FEWEST
    few = {f"w{number}": (3, 7, 11) for number in range(FEWEST - 1)}
    assert best_fits(few, {"never built": None}) == []


@pytest.mark.slow
def test_no_network_has_fewer_arrays():
    assert min(len(own_of(build(name))) for name in NETWORKS) == FEWEST


def test_build_names_the_nearest(file_of, monkeypatch):
    monkeypatch.setattr("minicnn.models.NETWORKS", FEW)
    file_of(shapes_of(build("vgg16"), "torchvision"))
    with pytest.raises(WeightsError, match=r"(?s)does not fit VGG: .*unchanged.* The nearest "
                                           r"network: build\('vgg16'\): all 32 arrays fit"):
        build("vgg19", weights="weights.pth")
    file_of({"w": (3, 7, 11)})
    with pytest.raises(WeightsError, match=r"variants of one \(variant=..., --variant ...\)$"):
        build("resnet18", weights="weights.pth")
