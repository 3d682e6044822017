"""What the segmentation networks share: layers of a given size, rows, trunks."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis.drawing import draw
from minicnn.analysis.receptive_field import trace
from minicnn.models import build
from minicnn.models.segmentation.segmenter import Crop, Resize
from minicnn.models.segmentation.trunks import WIDTHS, resnet


def test_crop():
    x = Tensor(np.arange(20.0).reshape(1, 1, 4, 5), requires_grad=True)
    assert Crop(1)(x, (2, 3)).numpy().tolist() == [[[[6, 7, 8], [11, 12, 13]]]]
    y = Crop()(x, (2, 2))                                  # the middle: row 1, column 1 on
    assert y.numpy().tolist() == [[[[6, 7], [11, 12]]]]
    y.sum().backward()
    assert np.argwhere(x.grad[0, 0]).tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert repr(Crop(1)) == "Crop from 1" and repr(Crop()) == "Crop the middle"


@pytest.mark.parametrize("offset, size", [(3, (2, 3)), (None, (5, 5)), (0, (4, 6))])
def test_crop_that_does_not_lie_inside(offset, size):
    with pytest.raises(ValueError, match=r"pixels from -?\d, -?\d on do not lie in 4x5; the image "
                                         "is too small"):
        Crop(offset)(Tensor(np.zeros((1, 1, 4, 5))), size)


def test_resize():
    x = Tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    assert Resize()(x, (2, 2)) is x
    assert Resize()(x, (1, 4)).numpy()[0, 0].tolist() == [[2.0, 2.25, 2.75, 3.0]]
    corners = Resize(align_corners=True)(x, (2, 3)).numpy()[0, 0]
    assert corners.tolist() == [[1.0, 1.5, 2.0], [3.0, 3.5, 4.0]]


def test_a_resize_is_one_layer():
    model = build("deeplab_v1", variant="small")
    steps = trace(model, model.input_shape)
    assert [step.shape for step in steps if step.path.startswith("upsample")] == [(4, 64, 64)]
    assert draw(model).title.endswith(": 3x64x64 to 4x64x64")


def test_the_widths_are_those_of_configuration_d():
    assert WIDTHS == ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)


def test_outputs_of_rows():
    model = build("unet", variant="small")
    x = Tensor(np.zeros((1, 3, 16, 16), "f"))
    first, pooled = model.outputs(x, "down1", "pool1")
    assert first.shape == (1, 16, 16, 16) and pooled.shape == (1, 16, 8, 8)


@pytest.mark.parametrize("at_once, first", [(False, (1, 2)), (True, (2, 4))])
def test_holes_in_the_place_of_strides(at_once, first):
    """torchvision's first unit of a stage still has the holes of the stage before."""
    rows = {row.label: row.layers[0] for row in
            resnet(50, 3, dilated=(False, True, True), at_once=at_once)}
    for label, stride, dilations in (("conv3_x", 2, (1, 1)), ("conv4_x", 1, (first[0], 2)),
                                     ("conv5_x", 1, (first[1], 4))):
        units = rows[label].children()
        found = [(unit.body.conv2.stride[0], unit.body.conv2.window.dilation[0]) for unit in units]
        assert found == [(stride, dilations[0])] + [(1, dilations[1])] * (len(found) - 1)
