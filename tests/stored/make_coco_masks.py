"""Masks as pycocotools writes them: run with pycocotools 2.0; writes coco_masks.json beside it.

runs      masks of every kind, as rows of 0 and 1, and their string of runs
polygons  corners, and the mask that pycocotools draws of them
"""

import json
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

SIZE = 24, 31


def masks(rng):
    H, W = SIZE
    y, x = np.mgrid[:H, :W]
    yield np.zeros(SIZE, bool)
    yield np.ones(SIZE, bool)
    yield (x + y) % 2 == 0
    yield (x - 15) ** 2 + (y - 11) ** 2 < 60
    yield (y == 0) & (x == 0)
    yield (y == H - 1) & (x == W - 1)
    for share in (0.02, 0.5, 0.97):
        yield rng.random(SIZE) < share


def polygons(rng):
    yield [3.0, 2.0, 20.0, 2.0, 20.0, 15.0, 3.0, 15.0]
    yield [15.5, 1.25, 28.0, 20.5, 2.0, 18.0]
    yield [0.0, 0.0, 31.0, 0.0, 31.0, 24.0, 0.0, 24.0]
    for corners in (3, 5, 9):
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        yield np.stack([15 + 12 * np.cos(angle), 12 + 9 * np.sin(angle)], 1).round(2).ravel(
            ).tolist()


def written(mask):
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()


def main():
    rng = np.random.default_rng(0)
    stored = {"size": SIZE, "runs": [], "polygons": []}
    for mask in masks(rng):
        stored["runs"].append({"rows": ["".join(map(str, row)) for row in mask.astype(int)],
                               "counts": written(mask)})
    for polygon in polygons(rng):
        drawn = coco.frPyObjects([polygon], *SIZE)[0]
        stored["polygons"].append({"corners": polygon, "counts": drawn["counts"].decode()})
    Path(__file__).with_name("coco_masks.json").write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
