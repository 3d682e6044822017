"""Runs side by side, and runs that cannot be compared."""

import csv
import json

import pytest

from minicnn.data.files import DamagedFile
from minicnn.training.compare import compare

A = {"network": "resnet20", "error": 28.05, "top5": 1.5, "parameters": 269722, "macs": 40551040,
     "seconds_per_epoch": 48.26, "peak_memory": 278_000_000, "epochs": 15, "threads": 1,
     "device": "cpu", "data": "CIFAR-10, 10,000 training images, from /home/ada/cifar",
     "test": "CIFAR-10, 2,000 test images, from /home/ada/cifar", "recipe": "resnet-small",
     "train_pictures": "0123456789abcdef", "test_pictures": "fedcba9876543210"}
B = A | {"network": "vgg_small", "error": 27, "parameters": 567082, "macs": 38913280,
         "seconds_per_epoch": 33.0, "peak_memory": 301_000_000}


def folders(tmp_path, *results):
    found = []
    for number, result in enumerate(results):
        found.append(tmp_path / str(number))
        found[-1].mkdir()
        text = result if isinstance(result, str) else json.dumps(result)
        (found[-1] / "result.json").write_text(text, "utf-8")
    return found


def test_the_lowest_error_comes_first(tmp_path):
    table = compare(folders(tmp_path, A, B))
    assert table.text().splitlines() == [
        "network      error  top-5 error  parameters        MACs  seconds an epoch  peak memory",
        "---------  -------  -----------  ----------  ----------  ----------------  -----------",
        "vgg_small  27.00 %       1.50 %     567,082  38,913,280              33.0     301.0 MB",
        "resnet20   28.05 %       1.50 %     269,722  40,551,040              48.3     278.0 MB",
        "",
        "Trained for 15 epochs on CIFAR-10, 10,000 training images; errors on CIFAR-10, 2,000 test "
        "images.", "Parameters with auxiliary classifiers, MACs of one image without; seconds "
        "without the test, 1", "thread; memory of the whole process."]
    assert table.title() == "CIFAR-10, 10,000 training images, 15 epochs"


def test_what_differs_becomes_a_column(tmp_path):
    table = compare(folders(tmp_path, A, B | {"epochs": 30, "threads": 2, "device": "cuda"}))
    heads, rows = table.cells()
    assert heads[-3:] == ["epochs", "threads", "device"] and rows[0][-3:] == ["30", "2", "cuda"]
    assert "Trained for 15 to 30 epochs (not a fair comparison)" in table.notes()
    assert "thread," not in table.notes() and table.title().endswith("15 to 30 epochs")


def test_what_is_not_known_is_left_empty(tmp_path):
    unknown = {"top5": None, "peak_memory": None}
    heads, rows = compare(folders(tmp_path, A | unknown, B)).cells()
    assert rows[1][2] == "" and rows[1][-1] == "" and rows[0][2] == "1.50 %"
    (tmp_path / "both").mkdir()
    heads, rows = compare(folders(tmp_path / "both", A | unknown, B | unknown)).cells()
    assert heads == ["network", "error", "parameters", "MACs", "seconds an epoch"]


def test_as_data(tmp_path):
    table = compare(folders(tmp_path, A, B))
    assert [line["network"] for line in csv.DictReader(table.csv().splitlines())] == [
        "vgg_small", "resnet20"]
    assert json.loads(table.json())[1] == {name: A[name] for name in A if name != "recipe"}
    assert table.markdown().splitlines()[2].startswith("| vgg_small | 27.00 % |")


def test_the_same_pictures_in_two_places_are_the_same(tmp_path):
    elsewhere = {name: text.replace("ada", "bob") for name, text in A.items() if name in
                 ("data", "test")}
    assert len(compare(folders(tmp_path, A, B | elsewhere)).outcomes) == 2


@pytest.mark.parametrize("name", ["train_pictures", "test_pictures"])
def test_other_pictures_are_refused(tmp_path, name):
    """Also if as many stand in a folder of the same name."""
    with pytest.raises(ValueError, match="not of the same pictures: .*0 has CIFAR-10.*1 has CIFAR-"
                                         "10.*; what is in them differs"):
        compare(folders(tmp_path, A, B | {name: "0" * 16}))


def test_a_list_is_expected(tmp_path):
    with pytest.raises(TypeError, match="folders is '.*', expected a list of folders"):
        compare(str(tmp_path))


def test_no_run_and_an_unfinished_one(tmp_path):
    with pytest.raises(ValueError, match="no run"):
        compare([])
    with pytest.raises(FileNotFoundError, match=r"result\.json: no such file; `train` writes it"):
        compare([tmp_path])


@pytest.mark.parametrize("text, message", [
    ("", "JSONDecodeError"), ("[1]", "TypeError"), ("{}", "KeyError\\('network'\\)"),
    ("[" * 50_000, "RecursionError"), ("\udcff", None), (" " * 200_000, "at most 100,000"),
    (json.dumps(A | {"error": "low"}), "error is 'low'"),
    (json.dumps(A | {"error": float("nan")}), "error is nan"),
    (json.dumps(A | {"error": 101}), "error is 101"),
    (json.dumps(A | {"epochs": 0}), "epochs is 0"),
    (json.dumps(A | {"top5": 1e6}), "top5 is 1000000.0"),
    (json.dumps(A | {"macs": -1}), "macs is -1"), (json.dumps(A | {"macs": 1.5}), "macs is 1.5"),
    (json.dumps(A | {"threads": True}), "threads is True"),
    (json.dumps(A | {"network": 3}), "network is 3"),
    (json.dumps(A | {"seconds_per_epoch": None}), "seconds_per_epoch is None"),
    (json.dumps(A | {"parameters": 10 ** 400}), None),
])
def test_a_damaged_or_hostile_result(tmp_path, text, message):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "result.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DamagedFile, match=message):
        compare([folder])
