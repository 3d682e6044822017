"""torchvision's networks: every name and shape of their files, and which variant a file is for.

tests/stored/check_published.py holds outputs, gradients and running averages against torchvision.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import save
from minicnn.models import build
from minicnn.weights import WeightsError, fill, load
from minicnn.weights.names import published_names
from minicnn.weights.read import WeightFile
from minicnn.weights.stored import Entry
from tests.stored.filled import names_digest

STORED = json.loads((Path(__file__).parents[2] / "stored" / "models_segmentation.json"
                     ).read_text("utf-8"))["names"]


@pytest.mark.parametrize("pair", STORED, ids=lambda pair: f"{pair['network']} {pair['options']}")
def test_every_name_and_shape_is_theirs(pair):
    model = build(pair["network"], **pair["options"])
    names = published_names(model)["torchvision"]
    shapes = {names.theirs(name): q.shape for name, q in model.saved()}
    assert len(shapes) == pair["arrays"] == len(model.saved())         # one to one
    assert names_digest(shapes) == pair["digest"]
    assert fill.compared(dict(model.saved()), shapes, {names.theirs(name): name for name, _ in
                                                       model.saved()})[1] == []


@pytest.fixture
def small_file(tmp_path):
    """A small network's weights under torchvision's names, auxiliary head and all."""
    def make(name, aux):
        model = build(name, variant="small", aux=aux)
        names = type(model).published["torchvision"]
        return save({names.theirs(key): np.asarray(q.data) for key, q in model.saved()},
                    tmp_path / "weights.npz")
    return make


def test_small_ones_have_no_published_names(small_file):
    path = small_file("fcn_resnet50", False)
    with pytest.raises(ValueError, match="no names of 'torchvision' are known for this FCNResNet; "
                                         "variant='torchvision' has them"):
        load(build("fcn_resnet50", variant="small"), path, names="torchvision")


@pytest.mark.parametrize("name", ["fcn_resnet50", "deeplabv3_resnet50"])
def test_a_file_with_an_auxiliary_head(name, tmp_path, monkeypatch):
    """Those published have one; the cure is named, and no weight was drawn."""
    with_head = build(name, aux=True)
    names = published_names(with_head)["torchvision"]
    entries = {names.theirs(key): Entry(q.shape, "float32", None) for key, q in with_head.saved()}
    monkeypatch.setattr(fill, "read", lambda path, part: WeightFile(path, "zip", entries))
    model = build(name)
    with pytest.raises(WeightsError, match="has auxiliary classifiers, .* use aux=True"):
        load(model, "weights.pth")
    assert all(q._array is None for q in model.parameters())
