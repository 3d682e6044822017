"""Places and ways on the grid, by hand."""

import pytest

from minicnn.analysis.drawing.grid import LANE, SHIFT, Grid, Item, lane_for


def item(depth, first, last=None, along=20.0, across=40.0):
    return Item("", along, across, depth, first, first if last is None else last)


def test_a_chain_is_straight():
    a, b = item(0, 0), item(1, 0, along=10.0, across=60.0)
    grid = Grid([a, b], [(a, b)], channel=16, gap=12)
    assert (a.start, a.near, b.start, b.near) == (0, 10, 36, 0)        # centred on the track
    assert grid.links[0].way == "straight" and not grid.links[0].jumps
    assert grid.links[0].points == [(20, 30), (36, 30)]
    assert (grid.along, grid.across) == (46, 60)


def test_a_shortcut_goes_beside():
    a, b, c = item(0, 0), item(1, 0), item(2, 0)
    for side, lane in ((1, 40 + LANE), (-1, LANE)):
        grid = Grid([a, b, c], [(a, b), (b, c), (a, c)], 16, 12, beside=side)
        link = grid.links[2]
        assert link.way == "beside" and link.jumps
        out, into = 10 + SHIFT, 72 + 10 - SHIFT
        edge = a.far if side > 0 else a.near
        assert link.points == [(out, edge), (out, lane), (into, lane), (into, edge)]
        assert grid.across == 40 + 2 * LANE


def test_nested_shortcuts_have_lanes_of_their_own():
    items = [item(depth, 0) for depth in range(4)]
    a, b, c, d = items
    grid = Grid(items, [(a, b), (b, c), (c, d), (a, d), (a, c)], 16, 12)
    lanes = {link.target: link.lane for link in grid.links if link.way == "beside"}
    assert lanes == {c: 0, d: 1}


def test_paths_that_meet_lie_under_a_wide_item():
    left, right, join = item(0, 0), item(0, 1), item(1, 0, 1)
    grid = Grid([left, right, join], [(left, join), (right, join)], 16, 12)
    assert join.across == 40 + 12 + 40 and join.near == left.near
    assert [link.points for link in grid.links] == [[(20, 20), (36, 20)], [(20, 72), (36, 72)]]


def test_to_another_track_through_the_channel():
    a, b, c = item(0, 0), item(1, 1), item(3, 1)
    blocked = item(2, 1)
    grid = Grid([a, b, blocked, c], [(a, b), (a, c)], 16, 12)
    near, far = grid.links
    assert near.points == [(20, 20), (28, 20), (28, far.target.centre[1]), (36, b.centre[1])]
    assert far.way == "around" and len(far.points) == 6
    assert far.points[2][1] == a.far + LANE                # in the gap between the tracks


def test_a_gap_that_a_wide_item_covers_is_not_taken():
    a, wide, b, stop = item(0, 0), item(1, 0, 1), item(2, 1), item(2, 0)
    grid = Grid([a, wide, b, stop], [(a, b)], 16, 12)
    assert grid.links[0].gap in (0, 2)


def test_up_and_down_within_a_depth():
    above, below = item(0, 0), item(0, 1)
    grid = Grid([above, below], [(above, below), (below, above)], 16, 12)
    assert [link.points for link in grid.links] == [[(10, 40), (10, 52)], [(10, 52), (10, 40)]]


@pytest.mark.parametrize("shared, lane", [(True, 0), (False, 1)])
def test_lanes(shared, lane):
    owner, taken = item(0, 0), []
    assert lane_for(taken, 0, 3, owner, shared) == 0
    assert lane_for(taken, 3, 5, item(0, 0), shared) == 0          # they only touch
    assert lane_for(taken, 2, 1, owner, shared) == lane
    assert lane_for(taken, 4, 6, item(0, 0), shared) == 1
