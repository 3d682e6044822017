"""Weight files of every kind: what comes out, and what is said of a file that is something else."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import minicnn
from minicnn.weights import WeightsError, read, save
from minicnn.weights.read import load
from tests.weights.pth import (
    both,
    described,
    legacy_file,
    ordered,
    storage,
    tensor,
    zip_file,
)

ARRAYS = {"conv.weight": np.arange(24, dtype="f4").reshape(2, 3, 2, 2) / 7,
          "conv.bias": np.array([1.5, -2], "f8"), "half": np.array([0.1, 65504, np.inf], "f2"),
          "counter": np.array(7, "i8"), "int": np.array([-5, 2 ** 31 - 1], "i4"),
          "short": np.array([[-3]], "i2"), "char": np.array([-1], "i1"),
          "byte": np.array([255], "u1"), "mask": np.array([True, False, True]),
          "empty": np.zeros((0, 3), "f4"), "nan": np.array([np.nan, -0.0], "f4")}


def same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
        assert np.array_equal(found[name], array, equal_nan=array.dtype.kind == "f"), name


@pytest.mark.parametrize("form, content", both(ARRAYS), ids=["zip", "legacy"])
def test_torch_files_of_every_type(form, content, tmp_path):
    path = tmp_path / "weights"                    # the ending does not matter
    path.write_bytes(content)
    same(load(path), ARRAYS)
    file = read(str(path))
    assert file.format == form and file.notes == []
    assert [entry.kind for entry in file.entries.values()] == [
        "float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool",
        "float32", "float32"]
    assert minicnn.load(path).keys() == ARRAYS.keys()


def test_big_endian(tmp_path):
    path = tmp_path / "weights.pth"
    entries, blobs = described(ARRAYS)
    turned = {str(number): array.astype(array.dtype.newbyteorder(">")).tobytes()
              for number, array in enumerate(ARRAYS.values())}
    path.write_bytes(zip_file(ordered(entries), turned, order="big"))
    same(load(path), ARRAYS)
    path.write_bytes(zip_file(ordered(entries), blobs, order=None))        # PyTorch 1.6 to 1.13
    same(load(path), ARRAYS)


def bfloat16(values):
    """The first 16 bits of float32."""
    return (np.asarray(values, "f4").view("u4") >> 16).astype("u2")


EXACT = [1.0, -2.5, 3.0e38, 1e-38, np.inf, 0.0]


@pytest.mark.parametrize("form", [zip_file, legacy_file])
def test_bfloat16_comes_as_float32(form, tmp_path):
    path, stored = tmp_path / "weights.pth", bfloat16(EXACT)
    kept = storage("0", "BFloat16", 6, legacy=form is legacy_file)
    sizes = {} if form is zip_file else {"itemsizes": {"0": 2}}
    path.write_bytes(form({"w": tensor(kept, 0, (2, 3), (3, 1))}, {"0": stored.tobytes()}, **sizes))
    w = load(path)["w"]
    assert w.dtype == np.float32 and w.shape == (2, 3)
    assert np.array_equal(bfloat16(w.ravel()), stored) and w[0, 0] == 1 and w[0, 1] == -2.5
    assert read(path).entries["w"].kind == "bfloat16"


def test_views_of_one_storage(tmp_path):
    """A transposed matrix, a column, one array under two names, a Parameter."""
    path, numbers = tmp_path / "weights.pth", np.arange(12, dtype="f")
    kept = storage("0", "Float", 12)
    path.write_bytes(zip_file(ordered({
        "turned": tensor(kept, 0, (4, 3), (1, 4)), "column": tensor(kept, 1, (3,), (4,)),
        "tied": tensor(kept, 1, (3,), (4,)), "learnt": tensor(kept, 0, (3, 4), (4, 1), True),
        "one": tensor(kept, 11, (), ())}), {"0": numbers.tobytes()}))
    found, matrix = load(path), numbers.reshape(3, 4)
    assert np.array_equal(found["turned"], matrix.T) and np.array_equal(found["learnt"], matrix)
    assert np.array_equal(found["column"], [1, 5, 9]) and found["one"] == 11
    assert read(path).notes == ["one array under 2 names: column, tied"]


@pytest.mark.parametrize("form", [zip_file, legacy_file])
def test_whoever_writes_into_an_array_leaves_the_file(form, tmp_path):
    path = tmp_path / "weights.pth"
    entries, blobs = described({"w": np.ones(1000, "f")}, form is legacy_file)
    path.write_bytes(form(entries, blobs))
    before, found = path.read_bytes(), load(path)["w"]
    found *= 5
    assert path.read_bytes() == before and load(path)["w"].max() == 1 and found.max() == 5


# --- what trainers save ---------------------------------------------------------------------------

def trainer(**more):
    entries, blobs = described({"module.w": np.ones(2, "f"), "module.b": np.zeros(1, "f")})
    kept = storage("9", "Float", 1)
    whole = {"epoch": 3, "best": 0.5, "lr": [0.1, None], "state_dict": ordered(entries),
             "optimizer": {"state": {0: {"m": tensor(kept, 0, (1,), (1,))}}, "groups": []}, **more}
    return zip_file(whole, {**blobs, "9": np.ones(1, "f").tobytes()})


def test_the_weights_inside_a_trainers_file(tmp_path):
    path = tmp_path / "checkpoint.pth"
    path.write_bytes(trainer())
    assert list(load(path)) == ["w", "b"]
    assert read(path).notes == ["the weights are its entry 'state_dict'",
                                "each name begins with 'module.', which is left out here"]
    average = {"w": tensor(storage("9", "Float", 1), 0, (1,), (1,))}
    path.write_bytes(trainer(average=average))
    assert list(load(path)) == ["w", "b"] and list(load(path, part="average")) == ["w"]
    with pytest.raises(WeightsError, match="may be in state_dict, average; say which: part="):
        load(path, part="averag")
    path.write_bytes(zip_file({"one": average, "other": average}, {"9": bytes(4)}))
    with pytest.raises(WeightsError, match="may be in one, other; say which: part='one'"):
        load(path)


def test_entries_that_are_no_arrays_are_noted(tmp_path):
    path = tmp_path / "weights.pth"
    entries, blobs = described({"w": np.ones(2, "f")})
    path.write_bytes(zip_file({**entries, "version": 2, "names": ["a"]}, blobs))
    assert list(load(path)) == ["w"]
    assert read(path).notes == ["2 entries are no arrays: version, names"]


# --- safetensors ----------------------------------------------------------------------------------

def safetensors(header, numbers=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def described_as(**more):
    return {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **more}}


EIGHT = np.array([1.5, 2], "f").tobytes()


def test_safetensors(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(safetensors({"__metadata__": {"format": "pt"}, **described_as()}, EIGHT))
    file = read(path)
    assert file.format == "safetensors" and file.arrays()["w"].tolist() == [1.5, 2]
    stored = bfloat16(EXACT)
    path.write_bytes(safetensors({"w": {"dtype": "BF16", "shape": [3, 2], "data_offsets": [0, 12]},
                                  "s": {"dtype": "F64", "shape": [], "data_offsets": [12, 20]},
                                  "e": {"dtype": "U8", "shape": [0, 9], "data_offsets": [20, 20]}},
                                 stored.tobytes() + np.float64(7).tobytes()))
    found = load(path)
    assert np.array_equal(bfloat16(found["w"].ravel()), stored) and found["w"].shape == (3, 2)
    assert found["s"].shape == () and found["s"] == 7 and found["e"].shape == (0, 9)


@pytest.mark.parametrize("content, reason", [
    (safetensors(described_as(), EIGHT)[:-1], "cut off"),
    (safetensors(described_as(), EIGHT) + b"x", "something was added"),
    (safetensors(described_as(shape=[3]), EIGHT), r"8 bytes for shape \(3,\) of float32"),
    (safetensors(described_as(shape=[2 ** 62, 4]), EIGHT), "bytes for shape"),
    (safetensors(described_as(shape=[-2]), EIGHT), "cannot be"),
    (safetensors(described_as(shape=[2.0]), EIGHT), "cannot be"),
    (safetensors(described_as(shape=[True, 2]), EIGHT), "cannot be"),
    (safetensors(described_as(data_offsets=[8, 0]), EIGHT), "cannot be"),
    (safetensors(described_as(data_offsets=[0]), EIGHT), "not described by"),
    (safetensors(described_as(data_offsets=[8, 16]), EIGHT), "gaps"),
    (safetensors(described_as(dtype="F8_E4M3"), EIGHT), "the type 'F8_E4M3' is unknown; there are"),
    (safetensors(described_as(dtype=[]), EIGHT), "unknown"),
    (safetensors({"w": 3}, EIGHT), "not described by"),
    (safetensors({"w": {"dtype": "F32"}}, EIGHT), "not described by"),
    (safetensors({**described_as(), "v": described_as()["w"]}, EIGHT), "over each other"),
    (safetensors(b'{"w": {}, "w": {}}'), "twice"), (safetensors(b'{"w"'), "no JSON"),
    (safetensors(b'{"w": "\xff"}'), "no JSON"),
    (safetensors(b'{"a":' * 100_000), "no JSON"),
    ((2 ** 63).to_bytes(8, "little") + b'{"w": 1}', "header should have")])
def test_damaged_safetensors(content, reason, tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=reason) as refusal:
        load(path)
    assert len(str(refusal.value)) < 500


def test_an_index_of_parts(tmp_path):
    index = tmp_path / "model.safetensors.index.json"
    save({"a": np.ones(2, "f")}, tmp_path / "1.safetensors")
    save({"b": np.zeros(3, "f")}, tmp_path / "2.safetensors")
    index.write_text(json.dumps({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}))
    assert load(index)["b"].shape == (3,) and read(index).format == "safetensors index"
    for names, reason in [({"a": "2.safetensors"}, "a is not in the part"),
                          ({"a": "3.safetensors"}, "its part 3.safetensors is not in"),
                          ({"a": "../1.safetensors"}, "out of its folder"),
                          ({"a": str(tmp_path / "1.safetensors")}, "out of its folder"),
                          ({"a": ".."}, "out of its folder"), ({"a": 1}, "out of its folder"),
                          ({}, "without a weight_map"), (None, "without a weight_map")]:
        index.write_text(json.dumps({"weight_map": names}))
        with pytest.raises(WeightsError, match=reason):
            load(index)


# --- npz ------------------------------------------------------------------------------------------

def test_npz(tmp_path):
    path = tmp_path / "weights.dat"
    odd = {"fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
           "big": np.arange(3, dtype=">f4")}
    with path.open("wb") as file:
        np.savez(file, **ARRAYS, **odd)
    found = load(path)
    same({name: found[name] for name in ARRAYS}, ARRAYS)
    for name, array in odd.items():
        assert np.array_equal(found[name], array) and found[name].dtype.isnative
    assert read(path).format == "npz"


@pytest.mark.parametrize("write, reason", [
    (lambda path: np.savez_compressed(path, w=np.zeros(10 ** 6)), "compressed"),
    (lambda path: np.savez(path, w=np.array([{}])), "w holds object"),
    (lambda path: np.savez(path, w=np.array(["text"])), "no numbers of a network"),
    (lambda path: np.savez(path, w=np.zeros(2, [("a", "f4")])), "no numbers of a network"),
    (lambda path: np.savez(path, w=np.zeros(2, complex)), "no numbers of a network")])
def test_other_npz_files(write, reason, tmp_path):
    write(tmp_path / "weights.npz")
    with pytest.raises(WeightsError, match=reason):
        load(tmp_path / "weights.npz")


@pytest.mark.parametrize("size", [0x7b20, 0x7b0a, 0x7b, 0x7b7b, 0x10080, 0x8b1f, 0x7b09, 0x4b50])
def test_safetensors_whose_length_looks_like_another_file(size, tmp_path):
    """The header's length begins the file: 31,520 is " {" there, as an index of JSON might begin,
    65,664 begins as a pickle does, 35,615 as gzip does."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(size.to_bytes(8, "little") + header.ljust(size) + np.float32(7).tobytes())
    assert read(path).format == "safetensors" and load(path)["w"].tolist() == [7]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsError, match="cut off|end of the file"):
        read(path)


# --- what is no weight file -----------------------------------------------------------------------

@pytest.mark.parametrize("content, reason", [
    (b"<!DOCTYPE html><html>", "this is a web page"), (b"\n <HTML>", "this is a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer"),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file, as Keras writes"),
    (b"\x1f\x8b\x08" + bytes(30), "compressed by gzip; unpack it"),
    (b"\x93NUMPY\x01\0", r"one array \(.npy\)"), (b"\x89PNG\r\n", "a picture"),
    (bytes(257) + b"ustar\0" + bytes(300), "a tar file"), (b"", "it is empty"),
    (b"hello", "no weight file"), (bytes(1000), "no weight file"), (b"PK\3\4", "zip directory"),
    (b'{"a": 1}', "without a weight_map"), (b"{", "no JSON")])
def test_other_files_are_named_for_what_they_are(content, reason, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=reason):
        load(path)


def test_paths(tmp_path):
    with pytest.raises(WeightsError, match="is a folder, not a weight file"):
        load(tmp_path)
    save({"w": np.ones(2)}, tmp_path / "weights.npz")
    with pytest.raises(WeightsError, match=r"is a folder, not a weight file; it has weights\.npz"):
        load(str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"no file .*; did you mean .*weights\.npz"):
        load(tmp_path / "weigths.npz")
    with pytest.raises(WeightsError, match="is an address: download it first"):
        load("https://example.org/resnet18.pth")
    with pytest.raises(TypeError, match="given by its path, got a dict"):
        load({})


def test_reading_needs_neither_torch_nor_pickle(tmp_path):
    """The marker of safety: Python's unpickler is not even imported by the reader."""
    path = tmp_path / "weights.pth"
    path.write_bytes(both({"w": np.ones(2, "f")})[1][1])
    script = ("import sys, minicnn.weights.pickled as p; names = {n for n in vars(p)};"
              "import minicnn; minicnn.load(sys.argv[1]);"
              "print('torch' in sys.modules, 'pickle' in names, 'Unpickler' in names)")
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True,
                          text=True, check=True, env=dict(os.environ))
    assert done.stdout.split() == ["False", "False", "False"]
