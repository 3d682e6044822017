"""Files of results, comparison of two runs, and the tables in docs/speed.md."""

import copy
import json

import pytest

from benchmarks import page, results
from benchmarks.growth import growth_tables
from benchmarks.tables import (
    compare_text,
    figures,
    heading,
    in_both,
    machine_text,
    ratio_text,
    settings,
    workload_text,
)
from minicnn.data.files import DamagedFile


def result(*seconds, peak=100_000_000, **more):
    return {"seconds": [list(seconds)], "peak_bytes": peak, "parameters": 7, **more}


def run(**workloads):
    """Results of workloads, name -> {contestant: result}."""
    return {"machine": {"date": "2026-01-02 03:04", "processor": "P", "cores": 2, "system": "S"},
            "command": "python -m benchmarks", "ours": ["minicnn"], "rivals": ["torch"],
            "workloads": [{"name": name, "title": f"{name} title", "batch": 4, "others": 0.0,
                           "results": found} for name, found in workloads.items()]}


OURS = result(0.002, 0.004, 0.003, who="minicnn 1", python="3.11", numpy="2.0", blas="openblas",
              threads=2)
THEIRS = result(0.001, 0.002, 0.003, peak=200_000_000, who="PyTorch 2", threads=1)
BOTH = run(lenet={"minicnn": OURS, "torch": THEIRS})


def test_figures():
    found = figures(BOTH["workloads"][0], "minicnn")
    assert found == (0.003, 0.002, 0.0025, 0.0035, 3, 100_000_000)
    assert figures(BOTH["workloads"][0], "nobody") is None
    one = run(lenet={"minicnn": result(0.5)})["workloads"][0]
    assert figures(one, "minicnn")[:4] == (0.5, 0.5, 0.5, 0.5)


def test_tables():
    assert workload_text(BOTH["workloads"][0]).split("\n") == [
        "lenet title, 7 parameters",
        "            median      min           quartiles  steps  peak MB",
        "  minicnn  3.00 ms  2.00 ms  2.50 ms .. 3.50 ms      3      100",
        "  torch    2.00 ms  1.00 ms  1.50 ms .. 2.50 ms      3      200"]
    assert ratio_text(BOTH, "torch").split("\n") == [
        "ratios of medians / of minima / of peak memory",
        "over torch             minicnn",
        "lenet       1.50 / 2.00 / 0.50"]
    assert settings(BOTH) == [
        ("minicnn", "minicnn 1, Python 3.11, NumPy 2.0, openblas, 2 threads of its own"),
        ("torch", "PyTorch 2, 1 thread of its own")]
    assert machine_text(BOTH["machine"]) == "P, 2 cores, S; 2026-01-02 03:04"


def test_remarks():
    entry = run(lenet={"minicnn": result(0.1), "torch": {"seconds": [], "impossible": "no windows"},
                       "other": {**result(0.1), "parameters": 8}})["workloads"][0]
    entry["others"] = 0.83
    text = workload_text(entry)
    assert "  torch: no windows" in text and "NOT THE SAME NETWORK" in text
    assert text.endswith("other programs kept 0.8 cores busy meanwhile")


def test_file(tmp_path):
    results.write(tmp_path / "a.json", BOTH)
    assert results.read(tmp_path / "a.json") == BOTH


def changed(*path, to):
    other = copy.deepcopy({"format": results.FORMAT, **BOTH})
    *way, last = path
    place = other
    for step in way:
        place = place[step]
    place[last] = to
    return json.dumps(other)


HERE = ("workloads", 0)
LENET = (*HERE, "results", "minicnn")


@pytest.mark.parametrize("text, words", [
    ("", "is empty"), (" \n", "is empty"),
    (changed("format", to=results.FORMAT)[:-9], "is not complete JSON: cut off?"),
    ("{\"format\"", "is not complete JSON: cut off?"), ("[{", "is not complete JSON"),
    ("{\n,}", r"is not JSON \(line 2\)"), ("<html></html>", r"is not JSON \(line 1\)"),
    ("[]", "the file is of type list"),
    ("{}", "its format is None"),
    (changed("format", to="minicnn benchmarks 9"), "format is 'minicnn benchmarks 9', expected"),
    (changed("machine", to=3), "machine is of type int"),
    (changed("machine", "cores", to="two"), "the machine's cores is of type str"),
    (changed("ours", to=[1]), "ours is of type int"),
    (changed("command", to=None), "command is of type NoneType"),
    (changed("workloads", to={}), "workloads is of type dict"),
    (changed(*HERE, to=5), "a workload is of type int"),
    (changed(*HERE, "name", to=[]), "a workload's name is of type list"),
    (changed(*HERE, "batch", to=0), "lenet's batch is 0"),
    (changed(*HERE, "batch", to=True), "lenet's batch is of type bool"),
    (changed(*HERE, "others", to=-1), "others cannot be -1"),
    (changed(*HERE, "results", to=[]), "lenet's results is of type list"),
    (changed(*LENET, to="fast"), "lenet, minicnn is of type str"),
    (changed(*LENET, "seconds", to=None), "seconds is of type NoneType"),
    (changed(*LENET, "seconds", to=[1.0]), "a turn is of type float"),
    (changed(*LENET, "seconds", to=[[0]]), "0 is no time above 0"),
    (changed(*LENET, "seconds", to=[["1"]]), "'1' is no time above 0"),
    (changed(*LENET, "seconds", to=[[float("nan")]]), "NaN is no time"),
    (changed(*LENET, "seconds", to=[[float("inf")]]), "Infinity is no time"),
    (changed(*LENET, "seconds", to=[[0.1]]).replace("[[0.1]]", "[[1e999]]"), "inf is no time"),
    (changed(*LENET, "peak_bytes", to=10**400), "peak_bytes cannot be 1000"),
    (changed(*LENET, "who", to=1), "who is of type int"),
    ("[" * 100_000, "nested too deeply"),
    ("\x00", "is not JSON"),
])
def test_damaged_files(tmp_path, text, words):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DamagedFile, match=f"a.json: .*({words}).*; is it a file that"):
        results.read(path)


def test_files_that_are_none(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no such file"):
        results.read(tmp_path / "nowhere.json")
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedFile, match="a.json: is no text; is it"):
        results.read(tmp_path / "a.json")
    monkeypatch.setattr(results, "LIMIT", 1)
    with pytest.raises(DamagedFile, match="expected at most 1"):
        results.read(tmp_path / "a.json")


def test_joined():
    later = run(lrn={"minicnn": result(0.5)}, lenet={"minicnn": result(0.7)})
    both = results.joined([BOTH, {**later, "command": "again", "ours": ["minicnn, 2 threads"]}])
    assert [entry["name"] for entry in both["workloads"]] == ["lenet", "lrn"]
    assert figures(both["workloads"][0], "minicnn").median == 0.7
    assert both["command"] == "python -m benchmarks; again"
    assert both["ours"] == ["minicnn", "minicnn, 2 threads"] and both["rivals"] == ["torch"]
    with pytest.raises(ValueError, match="measured on P and on Q: these are not joined"):
        results.joined([BOTH, {**later, "machine": {**later["machine"], "processor": "Q"}}])


def test_compare():
    old = run(a={"minicnn": result(1, 2, 3)}, b={"minicnn": result(1, 1, 1)},
              c={"minicnn": result(5, 5, 5)}, d={"minicnn": result(1)}, e={"minicnn": result(1)})
    new = run(a={"minicnn": result(2, 3, 4)}, b={"minicnn": result(3, 3, 3)},
              c={"minicnn": result(4, 4, 4)}, d={"minicnn": result(9)}, f={"minicnn": result(1)})
    new["workloads"][3]["title"] = "another"
    rows = [line.split() for line in compare_text(old, new).split("\n")[3:]]
    assert [(row[0], row[6], " ".join(row[7:])) for row in rows] == [
        ("a", "1.50", ""), ("b", "3.00", "SLOWER"), ("c", "0.80", "faster"),
        ("d", "-", "not the same workload")]
    assert "only where the middle halves of the two measurements do not overlap" in compare_text(
        old, new).replace("\n", " ")
    assert compare_text(run(), new) == "nothing was measured in both runs"


def test_what_is_in_both():
    titles = {"a": "a title", "b": "b title, batch 2", "c": "c title"}
    assert in_both(run(a={}, b={}), titles) == ["a"] and in_both(run(), titles) == []


def test_headings_do_not_stutter():
    assert heading("lenet", "lenet on 1x32x32") == "lenet on 1x32x32"
    assert heading("lrn", "LocalResponseNorm()") == "lrn: LocalResponseNorm()"
    assert heading("resnet20", "resnet200 on 3") == "resnet20: resnet200 on 3"


def test_where_results_can_be_written(tmp_path, monkeypatch):
    results.check_path(tmp_path / "a.json")
    with pytest.raises(IsADirectoryError, match="is a folder; --json takes the name of a file"):
        results.check_path(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere; make it first"):
        results.check_path(tmp_path / "nowhere" / "a.json")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="nothing may be written into the folder"):
        results.check_path(tmp_path / "a.json")


def growth():
    found = run(growth_lenet_1={"minicnn": result(0.002)},
                growth_lenet_4={"minicnn": result(0.004)},
                growth_chain_100={"minicnn": result(0.001)},
                growth_arrays_100={"minicnn": result(0.0002)})
    for entry, batch in zip(found["workloads"], (1, 4, 100, 100), strict=True):
        entry["batch"] = batch
    return {**found, "rivals": []}


def test_growth():
    (_, time), (_, memory), (_, chain) = growth_tables(growth())
    assert time == [["batch", "minicnn"], ["1", "2.000"], ["4", "1.000"]]
    assert memory == [["batch", "minicnn"], ["1", "100"], ["4", "100"]]
    assert chain[1] == ["100", "10.00 (8.00)"]
    assert growth_tables(BOTH) == []


MARKERS = "".join(f"above {name}\n<!-- measured: {name} -->\nold\n<!-- end of {name} -->\n"
                  for name in page.PARTS)


def test_page(tmp_path):
    path = tmp_path / "speed.md"
    path.write_text(MARKERS)
    assert page.update(path, BOTH) == ["workloads"]
    text = path.read_text()
    assert text.count("old") == 2 and "| `lenet` | 2.00 | 1.50 (2.00) |" in text
    assert "| `lenet` | 3.00 (2.50 to 3.50) | 2.00 (1.50 to 2.50) |" in text
    assert "| `lenet` | 100 | 200 |" in text and "    python -m benchmarks\n" in text
    assert page.update(path, growth()) == ["growth"]
    assert "| 100 | 10.00 (8.00) |" in path.read_text()
    once = path.read_text()
    page.update(path, BOTH)
    page.update(path, growth())
    assert path.read_text() == once                        # nothing piles up


@pytest.mark.parametrize("text", [
    "", MARKERS.replace("<!-- end of growth -->", ""), MARKERS + MARKERS,
    MARKERS.replace("measured: growth", "x").replace("end of growth", "measured: growth")])
def test_pages_without_markers(tmp_path, text):
    path = tmp_path / "speed.md"
    path.write_text(text)
    with pytest.raises(ValueError, match="speed.md: needs the lines <!-- measured: "):
        page.update(path, BOTH)
    assert path.read_text() == text


def test_the_page_of_the_book_has_its_markers():
    assert page.update(page.PAGE, None) == []
