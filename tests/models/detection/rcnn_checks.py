"""What the tests of the R-CNN family share: torchvision's stored numbers, scenes, small models."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from minicnn import manual_seed
from minicnn.models.detection.mask_rcnn import MaskRCNN
from minicnn.models.detection.rcnn import RCNN
from minicnn.models.detection.windows import Grid
from tests.stored.filled import filled

BOXES = [np.array(one, float) for one in (
    [[4, 6, 40, 50], [0, 0, 96, 64], [10.5, 3.25, 20.25, 9.5]], [[30, 20, 90, 60]])]
PICTURES = [(3, 50, 80), (3, 64, 40)]
TRUTHS = [np.array(one, float) for one in (
    [[5, 8, 30, 44], [40, 10, 70, 40]], [[3, 20, 35, 60]])]
LABELS = [np.array([1, 17]), np.array([90])]


def stored():
    """torchvision's numbers: tests/stored/make_two_stage.py."""
    path = Path(__file__).parents[2] / "stored" / "two_stage.json"
    return json.loads(path.read_text("utf-8"))


@cache
def filled_mask_rcnn():
    """torchvision's Mask R-CNN with the weights of the stored numbers, float64, in eval mode."""
    model = MaskRCNN("torchvision").to(dtype="float64")
    for number, (name, value) in enumerate(model.named_state()):
        shrunk = 1e-3 if "layer_blocks" in name and name.endswith("weight") else 1
        value.data = filled(number, name, value.shape) * shrunk
    return model.eval()


def discs(truths, sizes):
    """Masks (n, H, W) of ellipses in the truths' boxes."""
    found = []
    for boxes, (_, H, W) in zip(truths, sizes, strict=True):
        y, x = np.mgrid[:H, :W] + 0.5
        found.append(np.array([
            ((x - (a + c) / 2) / (c - a) * 2) ** 2 + ((y - (b + d) / 2) / (d - b) * 2) ** 2 < 1
            for a, b, c, d in boxes]).reshape(len(boxes), H, W))
    return found


def pictures():
    return [np.random.default_rng(n).random(shape) for n, shape in enumerate(PICTURES)]


def scene(count=2, size=64, seed=0):
    """Pictures and targets of the small variants: bright squares on noise, some pixels wide."""
    rng = np.random.default_rng(seed)
    images, targets = [], []
    for _ in range(count):
        x1, y1, w, h = rng.integers((4, 4, 12, 12), (30, 30, 26, 26))
        image = rng.standard_normal((3, size, size)).astype(np.float32) / 4
        image[:, y1:y1 + h, x1:x1 + w] += 2
        mask = np.zeros((1, size, size), bool)
        mask[0, y1:y1 + h, x1:x1 + w] = True
        images.append(image)
        targets.append({"boxes": np.array([[x1, y1, x1 + w, y1 + h]], np.float32),
                        "labels": np.array([int(rng.integers(1, 4))]), "masks": mask})
    return images, targets


def fresh(make, *args, seed=0, **options):
    manual_seed(seed)
    return make(*args, **options)


def small(make, seed=0, **options):
    model = fresh(make, "small", seed=seed, **options)
    if make is RCNN:                                       # fewer crops: each passes the network
        model.grid, model.rule = Grid((18,), (1,), 0.5), model.rule._replace(drawn=8)
    return model
