"""Recurrent networks: stages, and steps that cost no parameters."""

import pytest

from minicnn.analysis import summary
from minicnn.models.recurrent import DCRN, IRRCNN, irrcnn_small
from tests.models.network_checks import stage_shapes


def test_stages():
    shapes = stage_shapes(IRRCNN())
    assert [shapes[f"stage{n}"] for n in (1, 2, 3)] == [[64, 32, 32], [128, 16, 16], [256, 8, 8]]
    shapes = stage_shapes(DCRN())
    assert [shapes[f"dense{n}"] for n in (1, 2, 3)] == [[144, 32, 32], [168, 16, 16], [180, 8, 8]]


def test_steps_cost_work_but_no_parameters():
    """The output is fed back once more: MACs, through the weights that are there."""
    two, three = summary(irrcnn_small()), summary(IRRCNN(10, (1, 1, 1), (32, 64, 128), steps=3))
    assert two.parameters == three.parameters and two.macs < three.macs


@pytest.mark.parametrize("make, words", [
    (lambda: DCRN().shape((3, 2, 2)),
     r"^transition2.pool .*smallest image that fits DCRN is 4x4"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()
