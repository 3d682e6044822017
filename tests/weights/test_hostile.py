"""Files that somebody has made to do harm: each is refused, and nothing runs."""

import struct
import sys
import zipfile

import numpy as np
import pytest

from minicnn.weights import WeightsError
from minicnn.weights.read import load
from tests.weights.pth import (
    Call,
    Kept,
    Name,
    Raw,
    described,
    legacy_file,
    ordered,
    pickled,
    steps,
    storage,
    tensor,
    zip_file,
)

FOUR = np.arange(4, dtype="f").tobytes()


def getattr_of(module, *names):
    """getattr(getattr(module, a), b), the way round a list of forbidden names."""
    made = Name(module, names[0])
    for name in names[1:]:
        made = Call(Name("builtins", "getattr"), (made, name))
    return made


def programs(marker):
    """Pickles that would write the file `marker` if Python's own unpickler read them."""
    script = f"open({str(marker)!r}, 'w').close()"
    return {
        "os.system": Call(Name("os", "system"), (f"touch {marker}",)),
        "posix.system": Call(Name("posix", "system"), (f"touch {marker}",)),
        "subprocess": Call(Name("subprocess", "Popen"), (["touch", str(marker)],)),
        "eval": Call(Name("builtins", "eval"), (script,)),
        "exec, as Python 2 calls it": Call(Name("__builtin__", "exec"), (script,)),
        "nested getattr": Call(getattr_of("os", "path", "os", "system"), (f"touch {marker}",)),
        "a dotted name": Call(Name("torch", "os.system"), (f"touch {marker}",)),
        "a name of ours": Call(Name("minicnn.weights.pickled", "os"), ()),
        "runpy": Call(Name("runpy", "run_path"), (str(marker),)),
        "torch.load inside": Call(Name("torch.serialization", "load"), (str(marker),)),
        "numpy.load": Call(Name("numpy", "load"), (str(marker),)),
        "importlib": Call(Name("importlib", "import_module"), ("os",)),
        "a class by NEWOBJ": Raw(steps(Name("collections", "OrderedDict")) + b")\x81"),
        "a class by OBJ": Raw(b"(" + steps(Name("collections", "OrderedDict")) + b"o"),
        "a class by INST": Raw(b"(icollections\nOrderedDict\n"),
        "BUILD on a class": Raw(steps(Name("collections", "OrderedDict"))
                                + steps({"__setstate__": 1}) + b"b"),
        "BUILD on a function": Raw(steps(Name("torch._utils", "_rebuild_tensor_v2"))
                                   + steps((None, {"__code__": 1})) + b"b"),
        "REDUCE of a str": Call("os.system", (f"touch {marker}",)),
        "REDUCE of a storage class": Call(Name("torch", "FloatStorage"), (3,)),
        "an extension code": Raw(b"\x82\x01"),
        "STACK_GLOBAL": Raw(steps("os") + steps("system") + b"\x93" + steps(("true",)) + b"R"),
        "a set": Raw(b"\x8f"),
        "a foreign persistent id": Kept(("file", str(marker))),
        "a persistent id as text": Raw(b"Pos.system\n"),
        "a name put into the memo": Raw(steps(Name("os", "system")) + b"q\x00" + b"h\x00"
                                        + steps(("true",)) + b"R"),
    }


@pytest.mark.parametrize("form", [zip_file, legacy_file])
@pytest.mark.parametrize("name", programs(""))
def test_programs(name, form, tmp_path):
    path, marker = tmp_path / "weights.pth", tmp_path / "marker"
    path.write_bytes(form({"weight": programs(marker)[name]}, {}))
    before = set(sys.modules)
    with pytest.raises(WeightsError) as refusal:
        load(path)
    assert not marker.exists() and "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}: ") and len(str(refusal.value)) < 600
    assert not {"subprocess", "runpy", "torch"} & (set(sys.modules) - before)


def test_the_name_is_said(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(zip_file({"weight": Call(Name("os", "system"), ("true",))}, {}))
    with pytest.raises(WeightsError, match=r"it asks for 'os\.system', which is not among the names"
                       r" that a weight file needs; nothing was run"):
        load(path)


def test_the_programs_would_run_in_an_unguarded_reader(tmp_path):
    """The marker is a real one: Python's own unpickler writes it."""
    import pickle
    marker = tmp_path / "marker"
    pickle.loads(pickled(programs(marker)["posix.system"]))
    assert marker.exists()


TENSORS = {                                        # what is wrong, with a storage of four float32
    "too small": (0, (5,), (1,)), "an offset past the end": (4, (1,), (1,)),
    "the last row past the end": (1, (2, 2), (2, 1)), "a negative stride": (3, (4,), (-1,)),
    "a negative offset": (-1, (2,), (1,)), "a negative size": (0, (-1,), (1,)),
    "a stride of 0 that multiplies": (0, (10 ** 9,), (0,)), "strides missing": (0, (2, 2), (2,)),
    "two to the 64": (0, (2 ** 64,), (1,)), "a product past 64 bits": (0, (2 ** 40,) * 3, (0,) * 3),
    "a size that is a float": (0, (2.0,), (1,)), "a size that is True": (0, (True,), (1,)),
    "a size that is a str": (0, ("2",), (1,)), "a list as shape": (0, [2], [1]),
    "200 axes": (0, (1,) * 200, (1,) * 200),
}


@pytest.mark.parametrize("form", [zip_file, legacy_file])
@pytest.mark.parametrize("name", TENSORS)
def test_tensors_outside_their_storage(name, form, tmp_path):
    path = tmp_path / "weights.pth"
    kept = storage("0", "Float", 4, legacy=form is legacy_file)
    path.write_bytes(form({"weight": tensor(kept, *TENSORS[name])}, {"0": FOUR}))
    with pytest.raises(WeightsError, match=r"weight|tensor|shape"):
        load(path)


@pytest.mark.parametrize("note", [
    ("storage", Name("torch", "FloatStorage"), "0", "cpu", -1),
    ("storage", Name("torch", "FloatStorage"), "0", "cpu", 5),
    ("storage", Name("torch", "FloatStorage"), "0", "cpu", 2 ** 70),
    ("storage", Name("torch", "FloatStorage"), "0", "cpu", "4"),
    ("storage", Name("torch", "FloatStorage"), "1", "cpu", 4),
    ("storage", Name("torch", "FloatStorage"), "../data.pkl", "cpu", 4),
    ("storage", Name("torch", "FloatStorage"), 0, "cpu", 4),
    ("storage", Name("torch._utils", "_rebuild_tensor_v2"), "0", "cpu", 4),
    ("storage", "FloatStorage", "0", "cpu", 4), ("storage",), (),
    ("storage", Name("torch", "FloatStorage"), "0", "cpu", 4, ("a view", 0, 4))])
@pytest.mark.parametrize("form", [zip_file, legacy_file])
def test_storages_that_are_not_there(note, form, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(form({"weight": tensor(Kept(note), 0, (4,), (1,))}, {"0": FOUR}))
    with pytest.raises(WeightsError):
        load(path)


DEEP = 50_000
PICKLES = {
    "a tuple within a tuple, as a name": b"}" + b")" + b"\x85" * DEEP + b"Ns",
    "lists within lists": b"}" + steps("weight") + b"]" * DEEP + b"a" * (DEEP - 1) + b"s",
    "dicts within dicts": b"}" + steps("a") + (b"}" + steps("a")) * DEEP + b"}" + b"s" * DEEP
                          + b"s",
    "a list that holds itself": b"}" + steps("weight") + b"]q\0h\0a" + b"s",
    "a dict that holds itself": b"}q\0" + steps("weight") + b"h\0s",
    "a memo of two to the 31": b"}r" + struct.pack("<I", 2 ** 31 - 1) + b"j"
                               + struct.pack("<I", 2 ** 31 - 1) + b"0",
    "a memo that is empty": b"h\x07", "marks only": b"(" * 1000, "no mark": b"Nt", "nothing": b"",
    "a str of two to the 60": b"\x8d" + struct.pack("<Q", 2 ** 60) + b"abc",
    "bytes of four gigabytes": b"B" + struct.pack("<I", 2 ** 32 - 1) + b"abc",
    "a number of two gigabytes": b"\x8b" + struct.pack("<i", 2 ** 31 - 1) + b"abc",
    "a number of 100,000 digits": b"I" + b"9" * 100_000 + b"\n",
    "a name without a value": b"}(" + steps("weight") + b"u",
    "a stack that is empty": b"0", "a step that does not exist": b"\xff",
    "a frame of two to the 60": b"\x95" + struct.pack("<Q", 2 ** 60),
    "several values": b"NN", "text that is no UTF-8": b"X\x02\0\0\0\xff\xfe",
    "a million references to one dict": b"}q\0" + steps("a") + b"}q\1" + b"s"
                                        + b"(" + b"".join(steps(str(i)) + b"h\1"
                                                          for i in range(1000)) + b"u",
}


@pytest.mark.parametrize("form", [zip_file, legacy_file])
@pytest.mark.parametrize("name", PICKLES)
def test_pickles_that_make_no_sense(name, form, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(form(b"\x80\x04" + PICKLES[name] + b".", {}))
    with pytest.raises(WeightsError):
        load(path)


def good(form):
    entries, blobs = described({"conv.weight": np.arange(6, dtype="f").reshape(2, 3),
                                "conv.bias": np.arange(2, dtype="f")}, form is legacy_file)
    return form(ordered(entries), blobs)


@pytest.mark.parametrize("form", [zip_file, legacy_file])
def test_cut_off_anywhere(form, tmp_path):
    whole, path = good(form), tmp_path / "weights.pth"
    path.write_bytes(whole)
    assert list(load(path)) == ["conv.weight", "conv.bias"]
    for length in sorted({len(whole) * share // 100 for share in range(100)}):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsError):
            load(path)


def zipped(*members, compression=zipfile.ZIP_STORED):
    def build(path):
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, content in members:
                file.writestr(name, content)
    return build


def changed(old, new, times=1):
    """A good file in which some bytes stand for others."""
    def build(path):
        whole = good(zip_file)
        assert old in whole
        path.write_bytes(whole.replace(old, new, times))
    return build


def lying_over_each_other(path):
    """Two directory entries for one place: a bomb whose members share their bytes."""
    whole = good(zip_file)
    first, second = (whole.index(b"PK\x01\x02"), None)
    second = whole.index(b"PK\x01\x02", first + 4)
    path.write_bytes(whole[:second + 42] + whole[first + 42:first + 46] + whole[second + 46:])


PKL = pickled({"weight": tensor(storage("0", "Float", 4), 0, (4,), (1,))})
ZIPS = {
    "compressed": (zipped(("archive/data.pkl", PKL), ("archive/data/0", FOUR),
                          compression=zipfile.ZIP_DEFLATED), "compressed"),
    "a bomb": (zipped(("archive/data.pkl", PKL), ("archive/data/0", bytes(10 ** 7)),
                      compression=zipfile.ZIP_DEFLATED), "compressed"),
    "a path out of the file": (zipped(("archive/data.pkl", PKL), ("../../x", b"")), "a path out"),
    "an absolute path": (zipped(("archive/data.pkl", PKL), ("/etc/passwd", b"")), "a path out"),
    "a path of Windows": (zipped(("archive/data.pkl", PKL), ("a\\..\\x", b"")), "a path out"),
    "two data.pkl": (zipped(("a/data.pkl", PKL), ("b/data.pkl", PKL)), "without PyTorch's"),
    "TorchScript": (zipped(("archive/data.pkl", PKL), ("archive/code/net.py", b"")),
                    "TorchScript"),
    "a byte order of its own": (zipped(("archive/data.pkl", PKL), ("archive/byteorder", b"middle"),
                                       ("archive/data/0", FOUR)), "byte order"),
    "a number changed": (changed(np.arange(6, dtype="f").tobytes(),
                                 np.arange(6, dtype="f")[::-1].tobytes()), "check sum"),
    "the pickle changed": (changed(b"conv.bias", b"conv.bia5"), "check sum"),
    "lying over each other": (lying_over_each_other, "over each other|header"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_zip_files(name, tmp_path):
    build, reason = ZIPS[name]
    path = tmp_path / "weights.pth"
    build(path)
    with pytest.raises(WeightsError, match=reason):
        load(path)


def test_two_members_of_one_name(tmp_path):
    path = tmp_path / "weights.pth"
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped(("archive/data.pkl", PKL), ("archive/data/0", FOUR), ("archive/data/0", FOUR))(path)
    with pytest.raises(WeightsError, match="two members are called 'archive/data/0'"):
        load(path)


@pytest.mark.parametrize("content, reason", [
    (legacy_file({}, {}, magic=5), "not one of PyTorch's"),
    (legacy_file({}, {}, version=7), "legacy format 7"),
    (legacy_file({"weight": 3}, {}), "no dict from names to tensors"),
    (legacy_file([1], {}), "holds a list, not a dict"),
    (good(legacy_file).replace(struct.pack("<q", 6), struct.pack("<q", 2 ** 40)), "cut off"),
    (good(legacy_file).replace(struct.pack("<q", 6), struct.pack("<q", -6)), "cut off")])
def test_legacy_files(content, reason, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=reason):
        load(path)
