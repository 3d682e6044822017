import csv

import pytest

from minicnn.experiments.records import MOST, csv_text, table, write_csv

ROWS = [{"network": "plain20", "seed": 0, "loss": 1.8591234567}, {"network": "a, b", "seed": 1,
                                                                  "loss": 2.0}]


def test_csv():
    assert csv_text(ROWS, {"images": 2000, "data": "two\nlines"}) == (
        "# images: 2000\n# data: two lines\nnetwork,seed,loss\nplain20,0,1.85912\n"
        '"a, b",1,2\n')


def test_csv_is_read_again(tmp_path):
    path = write_csv(tmp_path / "new" / "rows.csv", ROWS, {"form": "quick", "seeds": "0 1"})
    lines = path.read_text(encoding="utf-8").splitlines()
    header = dict(line[2:].split(": ", 1) for line in lines if line.startswith("#"))
    assert header == {"form": "quick", "seeds": "0 1"}
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [row["network"] for row in rows] == ["plain20", "a, b"]
    assert float(rows[0]["loss"]) == pytest.approx(1.8591234567, rel=1e-5)


def test_table():
    lines = table(ROWS)
    assert lines[0].split() == ["network", "seed", "loss"] and lines[2].split()[-1] == "1.859"
    many = table([{"n": n} for n in range(MOST + 3)])
    assert many[-1] == "... and 3 more" and len(many) == 2 + MOST + 1
    assert table([]) == []


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="different names: network, seed, loss and network"):
        csv_text([ROWS[0], {"network": "b"}], {})
