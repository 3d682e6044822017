"""MTCNN's three networks, and the example that finds a face with their published weights."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor, load, no_grad
from minicnn.analysis import summary
from minicnn.models.detection import mtcnn
from minicnn.models.detection.mtcnn import ONet, PNet, RNet, columns_first
from tests.data.real import REAL

ROOT = Path(__file__).parents[3]
WEIGHTS = REAL / "weights" / "mtcnn"
needs_weights = pytest.mark.skipif(not (WEIGHTS / "onet.pt").is_file(),
                                   reason="no weights of MTCNN here: set MINICNN_DATA")


@pytest.mark.parametrize("network, parameters, answer", [
    (PNet, 6_632, ((2, 1, 1), (4, 1, 1))), (RNet, 100_178, ((2,), (4,))),
    (ONet, 389_040, ((2,), (4,), (10,)))])
def test_figures(network, parameters, answer):
    model = network()
    assert model.shape(model.input_shape) == answer
    assert summary(model).parameters == parameters and f"{parameters:,}" in mtcnn.__doc__


def test_pnet_slides():
    """Place (i, j) of a large picture says what its 12 x 12 pixels alone would say."""
    model = PNet().eval()
    x = np.random.default_rng(0).standard_normal((1, 3, 30, 41)).astype("f")
    with no_grad():
        chance, shifts = (y.numpy() for y in model(Tensor(x)))
        assert chance.shape == (1, 2, 10, 16) and np.allclose(chance.sum(axis=1), 1)
        for i, j in (0, 0), (3, 7), (9, 14):
            one = [y.numpy() for y in model(Tensor(x[:, :, 2 * i:2 * i + 12, 2 * j:2 * j + 12]))]
            assert np.allclose(one[0][..., 0, 0], chance[..., i, j], atol=1e-5)
            assert np.allclose(one[1][..., 0, 0], shifts[..., i, j], atol=1e-5)


def test_columns_come_before_rows():
    x = np.arange(24).reshape(1, 2, 3, 4)
    y = columns_first(Tensor(x)).numpy()
    assert y.shape == (1, 4, 3, 2) and y[0, 3, 1].tolist() == [x[0, 0, 1, 3], x[0, 1, 1, 3]]


def test_another_size_is_refused():
    with pytest.raises(ValueError, match="^dense4 .*576"):
        RNet().shape((3, 48, 48))


# --- with the published weights -------------------------------------------------------------------

@needs_weights
@pytest.mark.parametrize("network", [PNet, RNet, ONet])
def test_every_name_is_the_files(network):
    stored = load(WEIGHTS / f"{network.__name__.lower()}.pt")
    assert {name: value.shape for name, value in stored.items()} == \
        {name: value.shape for name, value in network().saved()}


def example(*options, data=REAL):
    env = {**os.environ, "MINICNN_DATA": str(data), "PYTHONPATH": str(ROOT),
           "PYTHONWARNINGS": "error"}
    script = ROOT / "examples" / "faces_mtcnn.py"
    return subprocess.run([sys.executable, script, *map(str, options)],
                          env=env, capture_output=True, text=True)


@needs_weights
def test_the_example_finds_the_face(tmp_path):
    done = example("--out", tmp_path)
    assert done.returncode == 0, done.stderr
    first, face, second = done.stdout.splitlines()
    assert first.startswith("astronaut.png: ") and first.endswith("O-Net finds 1 face")
    assert second.startswith("chelsea.png: ") and second.endswith("O-Net finds 0 faces")
    x1, y1, x2, y2 = map(int, re.search(r"box \[(\d+), (\d+), (\d+), (\d+)\]", face).groups())
    common = (min(x2, 268) - max(x1, 181)) * (min(y2, 172) - max(y1, 62))
    assert common / ((x2 - x1) * (y2 - y1) + 87 * 110 - common) >= 0.9
    assert float(face.split()[-1]) > 0.99
    assert {path.name for path in tmp_path.iterdir()} == {"astronaut.png", "chelsea.png"}


def test_the_example_says_what_is_missing(tmp_path):
    done = example(data=tmp_path)
    assert done.returncode == 2
    assert re.search(r"error: .*pnet.pt is not there; set MINICNN_DATA, or see --help$",
                     done.stderr.strip())
