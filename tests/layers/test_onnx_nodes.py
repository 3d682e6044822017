"""ONNX's own tests of the operations of maps and boxes (stored by tests/stored/make_onnx_nodes.py).

Each case passes, or stands below with the reason.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.data.boxes import nms
from minicnn.layers import ConvTranspose2d, MaxUnpool2d, Upsample, roi_align

CASES = json.loads((Path(__file__).parents[1] / "stored" / "onnx_nodes.json").read_text())

NOTHING_TO_ASK = {
    "convtranspose_3d": "volumes",
    "roialign_mode_max": "the largest of the points",
    **dict.fromkeys((name for name in CASES if "cubic" in name), "cubic interpolation"),
    **dict.fromkeys((name for name in CASES if "antialias" in name), "antialiasing"),
    **dict.fromkeys((name for name in CASES if "crop_and_resize" in name), "TensorFlow's cropping"),
}
# Here the layer answers, and with PyTorch's numbers, which are others than ONNX's.
OTHER_CONVENTION = {
    "maxunpool_export_with_output_shape": "ONNX counts indices in the map without the margin",
    "resize_downsample_scales_linear_align_corners": "ONNX takes the factor, not the corners",
    "resize_downsample_scales_linear_half_pixel_symmetric": "ONNX centres what it cuts off",
    "resize_upsample_scales_linear_half_pixel_symmetric": "ONNX centres what it cuts off",
    "resize_downsample_sizes_linear_pytorch_half_pixel": "ONNX reads a single column at the edge",
    "resize_downsample_scales_nearest": "ONNX rounds the middle of a pixel, PyTorch its corner",
    "resize_downsample_sizes_nearest": "ONNX rounds the middle of a pixel, PyTorch its corner",
    "resize_downsample_sizes_nearest_not_smaller": "ONNX rounds the middle of a pixel",
    "resize_upsample_sizes_nearest_ceil_half_pixel": "ONNX rounds up",
    "resize_upsample_sizes_nearest_floor_align_corners": "ONNX lays corner on corner",
    "resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric": "ONNX rounds up at a half",
}


def conv_transpose(case):
    settings = case["settings"]
    x, w = np.float32(case["X"]), np.float32(case["W"])
    if x.ndim == 3:                                          # a signal is an image of height 1
        x, w = x[:, :, None], w[:, :, None]
    wanted = np.shape(case["wanted"])[2:]
    pads = settings.get("pads", [0, 0, 0, 0])
    assert pads[:2] == pads[2:]
    layer = ConvTranspose2d(
        x.shape[1], w.shape[1] * settings.get("group", 1), w.shape[2:], bias=False,
        stride=tuple(settings.get("strides", [1, 1])), padding=tuple(pads[:2]),
        output_padding=tuple(settings.get("output_padding", [0, 0])),
        dilation=tuple(settings.get("dilations", [1, 1])), groups=settings.get("group", 1))
    layer.weight.data = w
    if "output_shape" in settings:
        return layer(Tensor(x), output_size=wanted)
    y = layer(Tensor(x)).numpy()
    return y[:, :, 0] if len(wanted) == 1 else y[:, :, :wanted[0], :wanted[1]]   # SAME cuts below


def resize(case):
    settings, wanted = case["settings"], np.shape(case["wanted"])[2:]
    mode = {"linear": "bilinear"}.get(settings["mode"], settings["mode"])
    align = settings.get("coordinate_transformation_mode") == "align_corners"
    corners = align if mode == "bilinear" else None
    if "scales" in case and "axes" not in settings:
        layer = Upsample(scale_factor=tuple(case["scales"][2:]), mode=mode, align_corners=corners)
    else:
        layer = Upsample(size=wanted, mode=mode, align_corners=corners)
    return layer(Tensor(np.float32(case["X"])))


def aligned(case):
    settings = case["settings"]
    boxes = np.column_stack([case["batch_indices"], case["rois"]]).astype(np.float32)
    return roi_align(Tensor(np.float32(case["X"])), boxes,
                     (settings["output_height"], settings["output_width"]),
                     settings["spatial_scale"], settings["sampling_ratio"],
                     settings["coordinate_transformation_mode"] == "half_pixel")


def suppressed(case):
    """Rows of (image, class, box), class by class, of the boxes with a score above the least."""
    rows = []
    most, least = case["max_output_boxes_per_class"][0], case["score_threshold"][0]
    for image, (boxes, scores) in enumerate(zip(case["boxes"], case["scores"], strict=True)):
        boxes = np.float32(boxes)
        if case["settings"].get("center_point_box"):
            boxes = np.hstack([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2])
        corners = np.sort(boxes.reshape(-1, 2, 2), axis=1).reshape(-1, 4)
        for label, those in enumerate(np.float32(scores)):
            certain = np.flatnonzero(those > least)
            kept = nms(corners[certain], those[certain], case["iou_threshold"][0])[:most]
            rows += [[image, label, box] for box in certain[kept]]
    return np.array(rows)


def unpooled(case):
    settings = case["settings"]
    layer = MaxUnpool2d(tuple(settings["kernel_shape"]), tuple(settings["strides"]))
    x, indices = Tensor(np.float32(case["xT"])), Tensor(np.int64(case["xI"]))
    if "output_shape" in case:
        return layer(x, indices, tuple(case["output_shape"][2:]))
    return layer(x, indices)


ASKED = {"ConvTranspose": conv_transpose, "Resize": resize, "Upsample": resize,
         "RoiAlign": aligned, "NonMaxSuppression": suppressed, "MaxUnpool": unpooled}


def agrees(case):
    with no_grad():
        found = np.asarray(ASKED[case["operator"]](case))
    wanted = np.asarray(case["wanted"])
    return found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if name not in
                                  NOTHING_TO_ASK | OTHER_CONVENTION])
def test_as_onnx_has_it(name):
    assert agrees(CASES[name])


@pytest.mark.parametrize("name", OTHER_CONVENTION)
def test_the_conventions_are_others(name):
    try:
        assert not agrees(CASES[name])
    except ValueError as refused:
        assert "is no pixel of its window" in str(refused)


def test_the_count_that_the_book_gives():
    passed = len(CASES) - len(NOTHING_TO_ASK) - len(OTHER_CONVENTION)
    page = (Path(__file__).parents[2] / "docs" / "from_pytorch.md").read_text(encoding="utf-8")
    assert (f"{passed} of {len(CASES)}, {len(OTHER_CONVENTION)} by another convention, "
            f"{len(NOTHING_TO_ASK)} without a counterpart") in " ".join(page.split())
