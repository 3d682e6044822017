"""`python -m minicnn networks` lists all names."""

import csv
import json

from minicnn.__main__ import main
from minicnn.models import MODELS


def test_every_network_stands_in_its_family(capsys):
    assert main(["networks"]) == 0
    text = capsys.readouterr().out
    first = [line.split()[0] for line in text.splitlines() if line]
    assert [name for name in first if name in MODELS] == list(MODELS)
    assert "\nVGG: nothing but convolutions of 3 x 3 and pooling of 2 x 2, in six depths\n" in text
    assert "vgg16      3x224x224  138,357,544  15,470,264,320\n" in text


def test_only_names_with_a_word(capsys):
    assert main(["networks", "MobileNet"]) == 0
    text = capsys.readouterr().out
    assert "mobilenet_v2" in text and "resnet" not in text


def test_formats(capsys):
    assert main(["networks", "lenet", "--format", "markdown"]) == 0
    assert "| lenet5 | 1x32x32 | 61,706 | 416,520 |" in capsys.readouterr().out
    expected = {"network": "lenet5", "reads": "1x32x32", "parameters": 61706, "macs": 416520}
    assert main(["networks", "lenet5", "--format", "json"]) == 0
    assert expected in json.loads(capsys.readouterr().out)
    assert main(["networks", "lenet5", "--format", "csv"]) == 0
    assert {name: str(value) for name, value in expected.items()} in \
        list(csv.DictReader(capsys.readouterr().out.splitlines()))


def test_no_such_word(capsys):
    assert main(["networks", "mobinet"]) == 2
    assert "no network is called 'mobinet'; did you mean mobilenet" in capsys.readouterr().err
    assert main(["networks", "1234567"]) == 2
    assert "`python -m minicnn networks` lists them" in capsys.readouterr().err
