"""A polygon as a mask: by hand, against plain loops, and near pycocotools'."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.data.readers.polygons import polygon_mask
from minicnn.data.readers.runs import decode_runs

STORED = json.loads((Path(__file__).parents[2] / "stored" / "coco_masks.json").read_text())


def by_loops(points, size):
    """Every pixel's centre, every edge."""
    mask = np.zeros(size, bool)
    for row in range(size[0]):
        for col in range(size[1]):
            x, y = col + 0.5, row + 0.5
            for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
                if (y1 <= y) != (y2 <= y) and x1 + (y - y1) * (x2 - x1) / (y2 - y1) <= x:
                    mask[row, col] = not mask[row, col]
    return mask


@pytest.mark.parametrize("points, expected", [
    ([[1, 0], [3, 0], [3, 2], [1, 2]], ["0110", "0110", "0000"]),       # whole pixels, half open
    ([[0, 0], [4, 0], [0, 4]], ["1110", "1100", "1000"]),               # the diagonal is outside
    ([[-5, -5], [9, -5], [9, 9], [-5, 9]], ["1111", "1111", "1111"]),   # larger than the picture
    ([[1.6, 0], [2.4, 0], [2.4, 3], [1.6, 3]], ["0000", "0000", "0000"]),   # between two centres
    ([[0, 0], [4, 0], [4, 3], [0, 3], [0, 0], [4, 3], [4, 0]], None),   # crosses itself
    ([[1, 1], [1, 1], [1, 1]], ["0000", "0000", "0000"])])
def test_by_hand(points, expected):
    mask = polygon_mask(np.array(points), (3, 4))
    assert np.array_equal(mask, by_loops(np.array(points, float), (3, 4)))
    if expected:
        assert ["".join(map(str, row)) for row in mask.astype(int)] == expected


def test_against_plain_loops():
    rng = np.random.default_rng(0)
    for count in (3, 4, 7, 12):
        points = rng.uniform(-3, 15, (count, 2))
        assert np.array_equal(polygon_mask(points, (11, 12)), by_loops(points, (11, 12)))


@pytest.mark.parametrize("stored", STORED["polygons"], ids=range(len(STORED["polygons"])))
def test_pycocotools_differs_on_the_edge_alone(stored):
    size = tuple(STORED["size"])
    points = np.array(stored["corners"]).reshape(-1, 2)
    differing = np.argwhere(polygon_mask(points, size) != decode_runs(stored["counts"], size))
    for row, col in differing:
        centre = np.array([col + 0.5, row + 0.5])
        ends = np.roll(points, -1, axis=0)
        along = ends - points
        share = ((centre - points) * along).sum(axis=1) / (along ** 2).sum(axis=1)
        nearest = points + np.clip(share, 0, 1)[:, None] * along
        assert np.sqrt(((centre - nearest) ** 2).sum(axis=1)).min() < 0.8
