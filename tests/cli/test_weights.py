"""`python -m minicnn weights`: look into files, convert them, fetch them."""

import hashlib
import json
import os

import numpy as np
import pytest

from minicnn import load, save
from minicnn.models import MODELS, build
from minicnn.weights.fetching import FILES
from tests.cli.common import status
from tests.data.mirror import Mirror
from tests.weights.pth import both, described, ordered, zip_file

ARRAYS = {"conv.weight": np.arange(54, dtype="f4").reshape(2, 3, 3, 3),
          "conv.bias": np.ones(2, "f2"), "steps": np.array(7, "i8")}


@pytest.fixture
def file(somewhere):
    path = somewhere / "a.pth"
    path.write_bytes(both(ARRAYS)[0][1])
    return "a.pth"


def test_inspect(file, capsys):
    assert status("weights", "inspect", file) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"a.pth: PyTorch zip, {os.path.getsize(file):,} bytes\n")
    lines = [line.split() for line in out.splitlines()]
    assert ["conv.weight", "2x3x3x3", "float32", "216"] in lines
    assert ["conv.bias", "2", "float16", "4"] in lines
    assert ["steps", "one", "number", "int64", "8"] in lines
    assert "3 arrays, 57 numbers, 228 bytes" in out
    assert out.endswith("network: none of minicnn's has half of these arrays\n")


def test_inspect_for_programs(file, capsys):
    assert status("weights", "inspect", file, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "PyTorch zip" and found["notes"] == [] == found["fits"]
    assert found["arrays"][0] == {"name": "conv.weight", "shape": [2, 3, 3, 3], "type": "float32",
                                  "bytes": 216}


def test_inspect_names_the_network(somewhere, capsys):
    save(build("lenet5"), "a.npz")
    assert status("weights", "inspect", "a.npz") == 0
    assert capsys.readouterr().out.endswith("network: build('lenet5'): all 10 arrays fit\n")
    assert status("weights", "inspect", "a.npz", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["fits"] == [
        {"network": "lenet5", "options": {}, "arrays": 10, "of": 10}]


def test_the_nearest_networks_are_named(somewhere, capsys, monkeypatch):
    """Of those that have half of the arrays, and what a network runs is not asked for."""
    few = {name: MODELS[name] for name in ("lenet5", "alexnet", "lenet5_rbf")}
    monkeypatch.setattr("minicnn.cli.weights.NETWORKS", few)
    monkeypatch.setattr("minicnn.layers.module.Module.__call__", None)
    save(build("lenet5", classes=7), "a.npz")
    assert status("weights", "inspect", "a.npz") == 0
    last = [line for line in capsys.readouterr().out.splitlines() if line.startswith("network")]
    assert last[0] == "network: build('lenet5'): 8 of 10 arrays fit" and len(last) == 2


def test_inspect_tells_what_is_unusual(somewhere, capsys):
    """Inside a trainer's file, under a prefix; and a name that would steer the terminal."""
    entries, blobs = described({"module.a": np.ones(2, "f4"), "module.\x1b[31m": np.ones(1, "f4")})
    (somewhere / "b.pth").write_bytes(zip_file({"epoch": 3, "state_dict": ordered(entries)}, blobs))
    assert status("weights", "inspect", "b.pth") == 0
    out = capsys.readouterr().out
    assert "note: the weights are its entry 'state_dict'" in out and "\x1b" not in out
    assert "note: each name begins with 'module.', which is left out here" in out
    assert "?[31m" in out


def test_first_filters_are_drawn(file, capsys):
    assert status("weights", "inspect", file, "--filters", "f.png") == 0
    assert os.path.getsize("f.png") > 5000
    assert status("weights", "inspect", file, "--filters", "nowhere/f.png") == 2
    assert "--filters is 'nowhere/f.png', but there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["b.npz", "b.safetensors"])
def test_convert(out, file, capsys):
    assert status("weights", "convert", file, out) == 0
    assert capsys.readouterr().out.startswith(f"{out}: {out[2:]}, 3 arrays, ")
    found = load(out)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)


def test_convert_bfloat16(somewhere, capsys):
    header = b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    (somewhere / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header
                                              + b"\x80\x3f")
    assert status("weights", "convert", "a.safetensors", "b.npz") == 0
    assert "bfloat16 is written as float32" in capsys.readouterr().out
    assert load("b.npz")["a"] == np.ones(1, "f4") and load("b.npz")["a"].dtype == np.float32


def test_convert_with_a_network(somewhere, capsys):
    """From its published names to ours and back."""
    model = build("resnet20", variant="akamaster")
    named = ["--model", "resnet20", "--variant", "akamaster"]
    np.savez("ours.npz", **model.state_dict())
    assert status("weights", "convert", "ours.npz", "theirs.npz", *named, "--names", "akamaster"
                  ) == 0
    theirs = load("theirs.npz")
    assert "layer1.0.conv1.weight" in theirs and "linear.bias" in theirs
    assert status("weights", "convert", "theirs.npz", "back.npz", *named) == 0
    back = load("back.npz")
    assert all(np.array_equal(back[name], array) for name, array in model.state_dict().items())
    capsys.readouterr()
    assert status("weights", "convert", "theirs.npz", "x.npz", "--model", "resnet32") == 2
    assert "does not fit CifarResNet" in capsys.readouterr().err and not os.path.exists("x.npz")


@pytest.mark.parametrize("aux", [True, False])
def test_auxiliary_classifiers_where_the_file_has_them(aux, somewhere, capsys):
    save(build("googlenet_small", aux=aux), "a.npz")
    assert status("weights", "convert", "a.npz", "b.npz", "--model", "googlenet_small") == 0
    assert load("b.npz").keys() == load("a.npz").keys()
    assert any(name.startswith("aux") for name in load("b.npz")) == aux


@pytest.mark.parametrize("arguments, words", [
    ([], "required: inspect|convert|fetch"), (["inspct", "a"], "did you mean inspect"),
    (["inspect"], "required: FILE"), (["inspect", "nowhere.pth"], "there is no file nowhere.pth"),
    (["inspect", "."], "is a folder, not a weight file"),
    (["convert", "a.pth"], "required: OUT"),
    (["convert", "a.pth", "b.pth"], "'b.pth' must end in .safetensors or .npz"),
    (["convert", "a.pth", "nowhere/b.npz"], "there is no folder nowhere"),
    (["convert", "a.pth", "b.npz", "--names", "torchvision"], "--names goes with --model"),
    (["fetch", "resnet17"], "no published weights are called 'resnet17'; did you mean resnet18"),
    (["fetch", "http://a/b.pth"], "no published weights are called")])
def test_mistakes(arguments, words, refused):
    assert words in refused("weights", *arguments)


def test_fetch(somewhere, monkeypatch, capsys):
    content = b"weights" * 100
    name = f"tiny-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    monkeypatch.setenv("MINICNN_CACHE", str(somewhere))
    monkeypatch.delenv("MINICNN_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setitem(FILES, "tiny", name)
    with Mirror({name: content}) as server:
        monkeypatch.setattr("minicnn.weights.fetching.HOST", server.url("good"))
        assert status("weights", "fetch", "tiny") == 0
    path = capsys.readouterr().out.strip()
    assert path == str(somewhere / "weights" / name)
