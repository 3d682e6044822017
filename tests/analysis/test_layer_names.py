"""What an error about a layer that is not there says of those that are."""

from minicnn.analysis.layer_names import no_such_layer

NAMES = ["conv1", *(f"stage{k}{inside}" for k in range(1, 14) for inside in ("", ".0", ".0.conv2"))]


def test_few_layers_are_named():
    assert no_such_layer("xyz", ["CONV1", "POOL1"]) == "there are CONV1, POOL1"


def test_of_many_the_outermost_and_where_all_are():
    said = no_such_layer("Conv2", NAMES)
    assert said.startswith("did you mean conv1? stage1.0.conv2 and 12 more end so. There are conv1,"
                           " stage1, stage2, ")
    assert "stage11 and 2 more and 26 inside them; `python -m minicnn summary" in said


def test_where_nothing_is_near():
    assert no_such_layer("xyz", NAMES).startswith("there are conv1, stage1, ")
