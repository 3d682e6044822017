"""Fast R-CNN: counts, the table, its numbers."""

from minicnn.analysis import summary
from minicnn.models import build
from minicnn.models.detection import fast_rcnn
from minicnn.models.detection.fast_rcnn import FastRCNN
from tests.models.network_checks import nothing_was_drawn


def test_counts():
    for variant, parameters, macs in (("paper", 134_690_729, 423_096_963_072),
                                      ("small", 316_804, 62_226_432)):
        model = build("fast_rcnn", variant=variant)
        table = summary(model)
        assert (table.parameters, table.macs) == (parameters, macs) and nothing_was_drawn(model)
        assert f"{parameters:,}" in fast_rcnn.__doc__ and f"{macs:,}" in fast_rcnn.__doc__


def test_most_of_the_work_is_done_for_regions():
    lines = summary(FastRCNN()).lines
    regions = [line for line in lines if line.output.startswith("2000 of ")]
    share = sum(line.macs for line in regions) / sum(line.macs for line in lines)
    assert round(share, 2) == 0.57 and "57 %" in fast_rcnn.__doc__


def test_its_numbers():
    """64 regions of an image, a quarter positive, negatives from 0.1 to 0.5, RoIPool of 7 x 7."""
    model = FastRCNN()
    rule, pool = model.roi_heads.rule, model.roi_heads.pools[0]
    assert rule[:6] == (64, 0.25, 0.5, 0.5, 0.1, 1)
    assert (pool.kind, pool.size, pool.strides) == ("pool", 7, (16,))
