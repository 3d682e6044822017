"""Inception v4: its blocks, names, stored numbers."""

import pytest

from minicnn.models.inception_v4 import InceptionV4
from tests.models.network_checks import agrees_with_stored, check_against, golden, stored

FIGURES = golden("inception")["inception_v4"]
STORED = stored("inception")
HERE = {"global_pool": "Average Pooling", "head_drop": "Dropout", "last_linear": "Softmax",
        **{f"features.{i}": name for i, name in enumerate(
            [f"Stem.{i}" for i in range(6)] + [f"Inception-A.{i}" for i in range(4)]
            + ["Reduction-A"] + [f"Inception-B.{i}" for i in range(7)] + ["Reduction-B"]
            + [f"Inception-C.{i}" for i in range(3)])}}


def test_published():
    model = InceptionV4()
    check_against(model, FIGURES, HERE)


@pytest.mark.parametrize("label, output, blocks", [            # the paper's figure 9
    ("Stem", "384x35x35", None), ("Inception-A", "384x35x35", 4), ("Reduction-A", "1024x17x17", 1),
    ("Inception-B", "1024x17x17", 7), ("Reduction-B", "1536x8x8", 1),
    ("Inception-C", "1536x8x8", 3)])
def test_rows_of_the_paper(label, output, blocks):
    model, shape = InceptionV4(), (3, 299, 299)
    for name, layers, _ in model.rows:
        for layer in layers:
            shape = layer.shape(shape)
        if name == label:
            break
    assert "x".join(map(str, shape)) == output
    if blocks and blocks > 1:
        assert len(layers[0]) == blocks


def test_names_of_the_weights():
    names = [name for name, _ in InceptionV4().named_parameters() if name.endswith("conv.weight")]
    assert names[0] == "Stem.0.conv.weight"
    assert [name for name in names if name.startswith("Inception-A.3")] == [
        f"Inception-A.3.{part}.conv.weight" for part in (
            "one", "three.0", "three.1", "double.0", "double.1", "double.2", "pool.1")]


@pytest.mark.slow
def test_agrees_with_an_independent_network():
    agrees_with_stored(InceptionV4(), STORED["inception_v4"])


def test_unknown_variant():
    with pytest.raises(ValueError, match="InceptionV4: no variant 'smal'; did you mean small"):
        InceptionV4("smal")


@pytest.mark.parametrize("in_shape, words", [
    ((3, 32, 32), r"^Reduction-A\.three\.conv .*does not fit into 1.*"
                  r"smallest image that fits InceptionV4 is 75x75"),
])
def test_wrong_images(in_shape, words):
    with pytest.raises(ValueError, match=words):
        InceptionV4().shape(in_shape)
