"""FCN: where its crops come from, how it starts, what it makes of any size."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.layers import Conv2d, ConvTranspose2d, MaxPool2d
from minicnn.models import build
from minicnn.models.segmentation.fcn import FCN

STRIDES = (32, 16, 8)


def place(layers):
    """(scale, offset): pixel i behind these layers has its middle at scale i + offset."""
    scale, offset = 1.0, 0.0
    for layer in layers:
        middle = (layer.window.kernel[0] - 1) / 2
        if isinstance(layer, ConvTranspose2d):             # pixel i lies at stride i + middle
            scale /= layer.stride[0]
            offset -= scale * middle
        else:
            offset += scale * (middle - layer.padding[0])
            scale *= layer.stride[0]
    return scale, offset


@pytest.mark.parametrize("stride", STRIDES)
def test_the_crops_lay_scores_on_their_pixels(stride):
    """The offsets of the authors' files, computed from what the layers do to a pixel's middle."""
    model = build(f"fcn{stride}s")
    layers = {name: part for name, part in model.named_parts()
              if isinstance(part, (Conv2d, MaxPool2d, ConvTranspose2d))}
    down = [part for name, part in layers.items() if "score" not in name]
    above, skips = [*down, model.score], {"pool4": 16, "pool3": 8}
    for skip, scale in skips.items():
        if stride <= scale:
            up = model.upscore2 if skip == "pool4" else model.upscore_pool4
            above.append(up)
            until = list(layers).index(skip) + 1
            here, beside = place(above), place(list(layers.values())[:until])
            assert here[0] == beside[0] == scale           # pixels of one size: so many apart
            crop = getattr(model, f"crop_{skip}").offset
            assert crop == (here[1] - beside[1]) / scale == {"pool4": 5, "pool3": 9}[skip]
    assert place([*above, model.upscore]) == (1.0, -model.crop.offset)
    assert model.crop.offset == {32: 19, 16: 27, 8: 31}[stride]


@pytest.mark.parametrize("stride", STRIDES)
def test_any_size_comes_back(stride):
    model = build(f"fcn{stride}s")
    for size in [(1, 1), (33, 500), (224, 224), (499, 357)]:
        assert model.shape((3, *size)) == (21, *size)


@pytest.mark.parametrize("variant", ["paper", "small"])
def test_it_starts_with_no_opinion_and_bilinear(variant):
    model = build("fcn8s", variant=variant)
    for name in "score", "score_pool4", "score_pool3":
        assert not getattr(model, name).weight.numpy().any()
    for name, side in (("upscore2", 4), ("upscore", 16)):
        w = getattr(model, name).weight.numpy()            # (classes, classes, side, side)
        tent = 1 - np.abs(np.arange(side) - (side - 1) / 2) / (side / 2)
        np.testing.assert_allclose(w[1, 1], np.outer(tent, tent), atol=1e-6)
        assert not w[1, 2].any()


def test_equal_scores_stay_equal_inside():
    """Bilinear weights add up to 1; at the border they reach over it."""
    model = build("fcn32s", variant="small").eval()
    model.score.bias.data = np.array([1.0, -2.0, 0.5, 3.0], "f")
    with no_grad():
        y = model(Tensor(np.zeros((1, 3, 128, 128), "f"))).numpy()
    inside = y[0, :, 16:-16, 16:-16].reshape(4, -1)
    np.testing.assert_allclose(inside, np.repeat([[1], [-2], [0.5], [3]], inside.shape[1], 1),
                               rtol=1e-5)


def test_another_stride():
    with pytest.raises(ValueError, match="FCN: no stride 4; there are 32, 16, 8"):
        FCN(4)
