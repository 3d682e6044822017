"""Writes two_stage.json: what torchvision's Faster and Mask R-CNN compute, step by step.

Run by hand, never by the tests:    python tests/stored/make_two_stage.py
The stored file was made by torch 2.13.0 and torchvision 0.29.1 on a CPU, in float64.

Weights and inputs come from the rules in filled.py, so that both sides have the same.  Where an
order counts (the highest scores, NMS) the inputs are drawn without ties.  "losses" has every anchor
and every region drawn that may be, so that no random choice is left.
"""

import json
from pathlib import Path

import numpy as np
import torch
from filled import digest, drawn, filled, image, names_digest, products, short
from torchvision.models import detection
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import maskrcnn_loss, paste_masks_in_image
from torchvision.ops.poolers import LevelMapper

SHAPE = (2, 3, 64, 96)
BOXES = [[[4, 6, 40, 50], [0, 0, 96, 64], [10.5, 3.25, 20.25, 9.5]], [[30, 20, 90, 60]]]
PICTURES = [(3, 50, 80), (3, 64, 40)]
TRUTHS = [[[5, 8, 30, 44], [40, 10, 70, 40]], [[3, 20, 35, 60]]]
LABELS = [[1, 17], [90]]
ALL = 10 ** 6                                              # drawn at most: whatever may be drawn


def mask_rcnn(**options):
    model = detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, **options).double()
    for number, (name, value) in enumerate(model.state_dict().items()):
        value.copy_(torch.tensor(filled(number, name, tuple(value.shape)) * shrunk(name)))
    return model


def shrunk(name):
    """Keeps the pyramid's maps near 1, which a ResNet with such batch norms lets grow."""
    return 1e-3 if "layer_blocks" in name and name.endswith("weight") else 1


def boxes_of(listed):
    return [torch.tensor(one, dtype=torch.float64) for one in listed]


def masks_of(truths, sizes):
    """Discs in the truths' boxes, (n, H, W) of 0 and 1."""
    found = []
    for boxes, (_, H, W) in zip(truths, sizes, strict=True):
        y, x = np.mgrid[:H, :W] + 0.5
        found.append(torch.tensor(np.array([
            ((x - (a + c) / 2) / (c - a) * 2) ** 2 + ((y - (b + d) / 2) / (d - b) * 2) ** 2 < 1
            for a, b, c, d in boxes]), dtype=torch.uint8))
    return found


def outputs(model):
    """Before anything is decoded."""
    model.eval()
    x = torch.from_numpy(image(SHAPE))
    maps = model.backbone(x)
    z, t = model.rpn.head(list(maps.values()))
    boxes, sizes = boxes_of(BOXES), [SHAPE[2:]] * 2
    heads = model.roi_heads
    scores, moves = heads.box_predictor(heads.box_head(heads.box_roi_pool(maps, boxes, sizes)))
    masks = heads.mask_predictor(heads.mask_head(heads.mask_roi_pool(maps, boxes, sizes)))
    found = {f"p{k}": y for k, y in enumerate(maps.values(), 2)}
    found |= {f"z{k}": y for k, y in enumerate(z, 2)} | {f"t{k}": y for k, y in enumerate(t, 2)}
    found |= {"scores": scores, "moves": moves, "masks": masks}
    return {name: digest(y.numpy()) for name, y in found.items()}


def pictures():
    return [torch.from_numpy(np.random.default_rng(n).random(shape))
            for n, shape in enumerate(PICTURES)]


def transform(model):
    """Pictures of two sizes, normalised, resized and padded, and their targets with them."""
    model.eval()
    targets = [{"boxes": boxes, "masks": masks}
               for boxes, masks in zip(boxes_of(TRUTHS), masks_of(TRUTHS, PICTURES),
                                        strict=True)]
    batch, targets = model.transform(pictures(), targets)
    found = [{"boxes": target["boxes"]} for target in targets]
    back = model.transform.postprocess(found, batch.image_sizes,
                                       [shape[1:] for shape in PICTURES])
    return {"batch": digest(batch.tensors.numpy()), "sizes": [list(s) for s in batch.image_sizes],
            "boxes": [target["boxes"].tolist() for target in targets],
            "masks": [products(target["masks"].numpy()) for target in targets],
            "back": [one["boxes"].tolist() for one in back]}


def proposals(model):
    """Anchors, and which proposals they become, for scores and moves drawn by seed."""
    model.eval()
    maps = [torch.zeros(2, 1, h, w) for h, w in ((16, 24), (8, 12), (4, 6), (2, 3), (1, 2))]
    images = ImageList(torch.zeros(SHAPE), [(64, 96), (60, 50)])
    places = [place.double() for place in model.rpn.anchor_generator(images, maps)]
    n = [3 * m.shape[2] * m.shape[3] for m in maps]
    z = torch.from_numpy(drawn(1, (2, sum(n))))
    t = torch.from_numpy(0.5 * drawn(2, (2 * sum(n), 4)))
    moved = model.rpn.box_coder.decode(t, places).view(2, -1, 4)
    model.rpn._pre_nms_top_n["testing"], model.rpn._post_nms_top_n["testing"] = 60, 40
    boxes, _ = model.rpn.filter_proposals(moved, z, images.image_sizes, n)
    return {"anchors": products(places[0].numpy()), "first": places[0][:4].tolist(),
            "proposals": [one.tolist() for one in boxes]}


def detections(model):
    """The boxes that are left of scores and moves drawn by seed, 30 regions of two images."""
    corners = np.random.default_rng(3).uniform(0, 40, (30, 2))
    sides = np.random.default_rng(4).uniform(5, 50, (30, 2))
    regions = torch.from_numpy(np.concatenate([corners, corners + sides], axis=1))
    scores, moves = (torch.from_numpy(drawn(seed, (30, size)))
                     for seed, size in ((5, 91), (6, 364)))
    found = model.roi_heads.postprocess_detections(3 * scores, moves, [regions[:18], regions[18:]],
                                                   [(64, 96), (60, 50)])
    return {name: [one[:20].tolist() for one in part]
            for name, part in zip(("boxes", "scores", "labels"), found, strict=True)} | {
        "counts": [len(one) for one in found[0]]}


def levels():
    sides = np.concatenate([np.geomspace(5, 900, 25), [56, 112, 224, 448, 447.9]])
    boxes = torch.tensor([[0, 0, side, side] for side in sides.tolist()], dtype=torch.float64)
    return {"sides": sides.tolist(), "levels": LevelMapper(2, 5)([boxes]).tolist()}


def pasting():
    masks = torch.from_numpy(np.random.default_rng(7).random((5, 1, 28, 28)))
    boxes = torch.tensor([[3.2, 4.7, 40.1, 50.9], [-6, -3, 20, 30], [50, 40, 70, 80],
                          [10, 10, 10.4, 10.4], [0, 0, 60, 50]], dtype=torch.float64)
    pictures = paste_masks_in_image(masks, boxes, (50, 60))[:, 0].numpy()
    return {"boxes": boxes.tolist(), "sums": pictures.sum(axis=(1, 2)).tolist(),
            "products": products(pictures),
            "half": (pictures >= 0.5).sum(axis=(1, 2)).tolist()}


def mask_losses():
    """Targets and loss of four positive regions of two images."""
    masks = masks_of(TRUTHS, PICTURES)
    regions = boxes_of([[[4, 10, 33, 40.5], [38, 8, 70, 45]], [[0, 18, 40, 64], [5, 5, 20, 30]]])
    z = torch.from_numpy(drawn(8, (4, 91, 28, 28)))
    labels = [torch.tensor(one) for one in LABELS]
    matched = [torch.tensor([0, 1]), torch.tensor([0, 0])]
    return {"loss": maskrcnn_loss(z, regions, masks, labels, matched).item()}


def losses():
    """Of a whole training step on two pictures."""
    model = mask_rcnn(min_size=64, max_size=96, rpn_batch_size_per_image=ALL,
                      box_batch_size_per_image=ALL, rpn_post_nms_top_n_train=200).train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()                                  # as frozen: a batch of two says little
    targets = [{"boxes": boxes, "labels": torch.tensor(labels), "masks": masks} for boxes, labels,
               masks in zip(boxes_of(TRUTHS), LABELS, masks_of(TRUTHS, PICTURES), strict=True)]
    return {name: loss.item() for name, loss in model(pictures(), targets).items()}


def run():
    with torch.no_grad():
        model = mask_rcnn()
        shapes = {name: value.shape for name, value in model.state_dict().items()}
        return {"names": names_digest(shapes), "outputs": outputs(model),
                "transform": transform(model), "proposals": proposals(model),
                "detections": detections(model), "levels": levels(), "pasting": pasting(),
                "mask_loss": mask_losses(), "losses": losses()}


if __name__ == "__main__":
    path = Path(__file__).with_name("two_stage.json")
    path.write_text(json.dumps(short(run()), indent=1) + "\n", encoding="utf-8")
