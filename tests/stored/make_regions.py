"""Writes regions.json: what torchvision computes of boxes, and of the regions under them.

Run by hand, never by the tests:    python tests/stored/make_regions.py
The stored file was made by torch 2.13.0 and torchvision 0.29.1 on a CPU, in float64.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torchvision import ops
from torchvision.models.detection import _utils, anchor_utils, image_list, ssd

torch.set_default_dtype(torch.float64)
RNG = np.random.default_rng(0)


def boxes(count, size, low=0.0):
    """Corners in order, at tenths of a pixel."""
    corners = RNG.uniform(low, size, (count, 2, 2)).round(1)
    return torch.tensor(np.sort(corners, axis=1).reshape(count, 4))


def region(function, numbered, output_size, *settings):
    x = torch.tensor(RNG.standard_normal((2, 2, 6, 5)).round(3), requires_grad=True)
    y = getattr(ops, function)(x, numbered, output_size, *settings)
    dy = torch.tensor(RNG.standard_normal(y.shape).round(3))
    y.backward(dy)
    return {"function": function, "x": x.tolist(), "boxes": numbered.tolist(),
            "settings": [output_size, *settings], "y": y.tolist(), "dy": dy.tolist(),
            "dx": x.grad.tolist()}


def numbered(count, size, low=0.0):
    found = boxes(count, size, low)
    return torch.cat([torch.tensor(RNG.integers(0, 2, (count, 1))), found], 1)


def scale(factor):
    """Of boxes with the image's number."""
    return torch.tensor([1.0, *[factor] * 4])


def regions():
    inside, over = numbered(3, 5), numbered(4, 7, -2.0)
    return [*(region("roi_align", over, [3, 2], 1.0, points, aligned)
              for points in (-1, 1, 2) for aligned in (False, True)),
            region("roi_align", inside, [2, 2], 1.0, 0, True),
            region("roi_align", over * scale(10), [2, 3], 0.1, 2, False),
            region("roi_align", torch.tensor([[0.0, 1, 1, 1, 1]]), [2, 2], 1.0, 2, False),
            region("roi_pool", over, [2, 2], 1.0), region("roi_pool", inside, [4, 3], 1.0),
            region("roi_pool", over.round() * scale(16), [3, 3], 1 / 16),
            region("roi_pool", torch.tensor([[1.0, -2.5, 0.5, 2.5, 3.5]]), [2, 2], 1.0)]


def suppressed():
    found, cases = [], [(40, 30, 0.3), (60, 50, 0.5), (25, 12, 0.7)]
    for count, size, threshold in cases:
        b = boxes(count, size)
        b[:, 2:] += 1
        scores = torch.tensor(RNG.permutation(count) / count)
        labels = torch.tensor(RNG.integers(0, 3, count))
        found.append({"boxes": b.tolist(), "scores": scores.tolist(), "labels": labels.tolist(),
                      "threshold": threshold, "nms": ops.nms(b, scores, threshold).tolist(),
                      "batched_nms": ops.batched_nms(b, scores, labels, threshold).tolist()})
    return found


def overlaps():
    a, b = boxes(6, 9), boxes(5, 9)
    a[3], b[2] = b[0], a[1]
    return {"a": a.tolist(), "b": b.tolist(), "box_area": ops.box_area(a).tolist(),
            "box_iou": ops.box_iou(a, b).tolist(),
            "box_giou": ops.generalized_box_iou(a, b).tolist(),
            "clip": ops.clip_boxes_to_image(3 * a - 8, (7, 12)).tolist(),
            "small": ops.remove_small_boxes(a, 3.0).tolist()}


def coded():
    found = []
    for weights in (1.0, 1.0, 1.0, 1.0), (10.0, 10.0, 5.0, 5.0):
        coder = _utils.BoxCoder(weights)
        b, a = boxes(6, 40), boxes(6, 40)
        b[:, 2:], a[:, 2:] = b[:, 2:] + 1, a[:, 2:] + 1
        deltas = torch.tensor(RNG.normal(0, 3, (6, 8)).round(2))
        found.append({"weights": weights, "boxes": b.tolist(), "anchors": a.tolist(),
                      "encode": coder.encode_single(b, a).tolist(), "deltas": deltas.tolist(),
                      "decode": coder.decode_single(deltas[:, :4], a).tolist(),
                      "decode2": coder.decode(deltas, [a]).tolist()})
    return found


def laid_out():
    make = anchor_utils.AnchorGenerator(((8, 16), (32,)), ((0.5, 1.0, 2.0),) * 2)
    pictures = image_list.ImageList(torch.zeros(1, 3, 48, 64), [(48, 64)])
    maps = [torch.zeros(1, 1, 3, 4), torch.zeros(1, 1, 2, 2)]
    default = anchor_utils.DefaultBoxGenerator([[2], [2, 3]], scales=[0.2, 0.5, 0.8],
                                               steps=[16, 32])
    return {"anchors": make(pictures, maps)[0].tolist(),
            "default_boxes": default(pictures, maps)[0].tolist(),
            "shapes": [(pair.flip(-1) * torch.tensor([48.0, 64.0])).tolist()      # (height, width)
                       for pair in default._wh_pairs]}


def matched():
    """Without truths that touch nothing, and without two truths that want one anchor."""
    iou, found = torch.tensor(RNG.uniform(0, 1, (3, 12)).round(2) ** 2), []
    iou[1] *= 0.3
    iou[0, 3] = iou[0, 7] = iou[0].max()
    for high, low, best in ((0.7, 0.3, True), (0.7, 0.3, False), (0.5, 0.5, True)):
        found.append({"high": high, "low": low, "best": best,
                      "found": _utils.Matcher(high, low, best)(iou).tolist()})
    own = torch.eye(3, 12) * 0.2 + 0.6 * iou
    return {"iou": iou.tolist(), "cases": found, "own": own.tolist(),
            "ssd": ssd.det_utils.SSDMatcher(0.5)(own).tolist()}


STORED = {"regions": regions(), "nms": suppressed(), "overlap": overlaps(), "coded": coded(),
          "anchors": laid_out(), "matched": matched()}

if __name__ == "__main__":
    Path(__file__).with_name("regions.json").write_text(json.dumps(STORED) + "\n")
