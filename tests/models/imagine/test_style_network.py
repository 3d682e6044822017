"""Fast style transfer: its table, its shapes, and the published painter."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.analysis.paintings import whole_picture
from minicnn.autograd.tensor import Tensor
from minicnn.models.imagine import style_network
from minicnn.models.imagine.style_network import Enlarge, StyleNetwork, published
from minicnn.weights.error import WeightsError


def write_folder(folder, model):
    """A model as fast-style-transfer-deeplearnjs has it."""
    values, listed, number = model.state_dict(), {}, 0
    for name in [name for name in values if values[name].ndim == 4]:
        for part in (name, *style_network.affine_of(name)):
            array = values[part].transpose(2, 3, 1, 0) if values[part].ndim == 4 else values[part]
            own = f"Variable_{number}" if number else "Variable"
            (folder / own).write_bytes(array.astype("<f4").tobytes())
            listed[own] = {"filename": own, "shape": list(array.shape)}
            number += 1
    (folder / "manifest.json").write_text(json.dumps(listed))


def test_its_table():
    """The rows that the file's head prints."""
    for label, layers, _ in StyleNetwork().rows:
        count = sum(layer.num_parameters() for layer in layers)
        if label != "unit1" and label.startswith("unit"):
            continue
        line = next(line for line in style_network.__doc__.splitlines()
                    if line.split()[:1] == [label])
        assert line.split()[-1] == f"{count:,}"
    assert "1,677,638" in style_network.__doc__


def test_enlarging_is_tensorflows_same():
    """x at (i, j) lies under w at (2 i, 2 j) on; what hangs over, below and right, is cut off."""
    layer = Enlarge(1, 1).to(dtype="float64")
    layer.conv.weight.data = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    x = np.zeros((1, 1, 2, 2))
    x[0, 0, 1, 1] = 1
    assert layer(Tensor(x)).numpy()[0, 0].tolist() == [[0] * 4, [0] * 4, [0, 0, 1, 2], [0, 0, 4, 5]]


def test_published_folder_and_any_size(tmp_path):
    manual_seed(0)
    model = StyleNetwork()
    write_folder(tmp_path, model)
    loaded = published(tmp_path).state_dict()
    for name, value in model.state_dict().items():
        assert np.array_equal(loaded[name], value), name
    painted = model.paint(np.random.default_rng(0).integers(0, 256, (3, 21, 34)))
    assert painted.shape == (3, 21, 34) and 0 <= painted.min() <= painted.max() <= 255


def test_says_what_is_wrong(tmp_path):
    with pytest.raises(WeightsError, match="no manifest.json there; expected a folder of"):
        published(tmp_path)
    write_folder(tmp_path, StyleNetwork())
    first = (tmp_path / "Variable").read_bytes()
    (tmp_path / "Variable").write_bytes(first[:-4])
    with pytest.raises(WeightsError, match=r"31,100 bytes, \(9, 9, 3, 32\) of float32 needs 31,"):
        published(tmp_path)
    (tmp_path / "Variable").unlink()
    with pytest.raises(WeightsError, match="Variable is missing"):
        published(tmp_path)
    (tmp_path / "Variable").write_bytes(first)
    listed = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(dict(list(listed.items())[:-1])))
    with pytest.raises(WeightsError, match="47 arrays, the style network has 48"):
        published(tmp_path)
    listed["Variable"]["shape"] = [9, 9, 32, 3]
    (tmp_path / "manifest.json").write_text(json.dumps(listed))
    with pytest.raises(WeightsError, match=r"Variable is \(3, 32, 9, 9\), conv1.weight needs"):
        published(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(WeightsError, match="not a list of arrays"):
        published(tmp_path)


def test_udnie_paints_the_cat():
    """106.37 was measured with PyTorch from these very weights and this photograph."""
    root = Path(os.environ.get("MINICNN_DATA", "nowhere"))
    folder = root / "weights/style_transform/udnie"
    if not folder.is_dir():
        pytest.skip("MINICNN_DATA names no folder with weights/style_transform/udnie")
    from PIL import Image
    with Image.open(root / "photos/chelsea.png") as image:
        cat = np.asarray(image.convert("RGB").resize((384, 252), Image.Resampling.BILINEAR))
    painted = published(folder).paint(cat.transpose(2, 0, 1))
    assert painted.mean() == pytest.approx(106.37, abs=0.05)
    assert whole_picture(root / "photos/chelsea.png", 384).shape == (3, 255, 384)
