"""The filters that see the image, of a network or of a file."""

import numpy as np
import pytest

from minicnn.analysis import draw_first_layer, first_filters
from minicnn.models import build


@pytest.mark.parametrize("name, options, shape", [
    ("alexnet", {"variant": "torchvision"}, (64, 3, 11, 11)), ("resnet18", {}, (64, 3, 7, 7)),
    ("lenet5", {}, (6, 1, 5, 5)), ("efficientnet_b0", {}, (32, 3, 3, 3))])
def test_of_a_network(name, options, shape):
    path, weight = first_filters(build(name, **options))
    assert weight.shape == shape and path.endswith("weight")


def test_of_a_file_in_the_order_of_the_alphabet():
    """Depthwise filters come first there, and 1x1 convolutions see no picture."""
    arrays = {"_a": np.zeros((8, 3, 1, 1)), "_blocks.0": np.zeros((32, 1, 3, 3)),
              "_conv_stem": np.ones((32, 3, 3, 3)), "fc": np.zeros((2, 3))}
    assert first_filters(arrays)[0] == "_conv_stem"
    with pytest.raises(ValueError, match="no layer here sees an image"):
        first_filters({"fc": np.zeros((10, 4)), "conv": np.zeros((8, 16, 3, 3))})


def test_drawn(tmp_path):
    picture = draw_first_layer(build("alexnet_small"), tmp_path / "a.png", "AlexNet")
    assert (tmp_path / "a.png").stat().st_size > 5000
    title = picture.figure.get_suptitle()
    assert title.startswith("AlexNet: conv1.weight, ") and "x3x" in title
