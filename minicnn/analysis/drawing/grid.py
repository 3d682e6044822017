"""Boxes on a grid, and lines between them that cross no box.

Data flows along one axis of the picture; across it lie tracks, side by side.  A box has a depth
along the flow and one track or several.  Between two depths there is a channel, between two tracks
a gap; lines that cannot go straight run in these, each in a lane of its own:

    straight   nothing stands between the two
    beside     out at the side and in at the side again: a shortcut
    around     along the channel behind the source, the gap beside the target, the channel before it
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

LANE = 8.0                             # between two lines
SHIFT = 4.0                            # between the line that enters a side and the one that leaves

Point = tuple[float, float]            # along, across


@dataclass(eq=False)
class Item:
    """What stands on the grid.

    along, across : its size;  depth, first, last : where it stands, the tracks counted inclusively
    start, near   : its corner, set by place()
    """

    what: Any
    along: float
    across: float
    depth: int = 0
    first: int = 0
    last: int = 0
    start: float = 0.0
    near: float = 0.0

    @property
    def end(self) -> float:
        return self.start + self.along

    @property
    def far(self) -> float:
        return self.near + self.across

    @property
    def centre(self) -> Point:
        return self.start + self.along / 2, self.near + self.across / 2


@dataclass(eq=False)
class Link:
    """A line from one item to another, and the way that it takes."""

    source: Item
    target: Item
    way: str = "around"
    tracks: tuple[int, int] = (0, 0)   # of a straight line: those that it may run in
    gap: int = 0                       # before which track it runs
    lane: int = 0                      # in that gap
    leaves: int = 0                    # lane in the channel behind the source
    enters: int = 0                    # lane in the channel before the target
    points: list[Point] = field(default_factory=list)

    @property
    def jumps(self) -> bool:
        return self.way == "beside" or self.target.depth > self.source.depth + 1


class Grid:
    """Items that have a depth and tracks; place() gives them and the lines their positions.

    channel, gap : least distance of two depths and of two tracks
    beside       : +1 if shortcuts run behind the last track, -1 if before the first, where both can
    """

    def __init__(self, items: Sequence[Item], pairs: Sequence[tuple[Item, Item]],
                 channel: float, gap: float, beside: int = 1) -> None:
        self.items, self.channel, self.gap, self.side = items, channel, gap, beside
        self.tracks = 1 + max(item.last for item in self.items)
        self.depths = 1 + max(item.depth for item in self.items)
        self.held = {(item.depth, track) for item in items
                     for track in range(item.first, item.last + 1)}
        self.links = [self.way(Link(*pair)) for pair in pairs]
        self.place()

    # --- which way a line takes ---------------------------------------------------------------

    def free(self, depths: range, tracks: range) -> bool:
        return not any((depth, track) in self.held for depth in depths for track in tracks)

    def way(self, link: Link) -> Link:
        s, t = link.source, link.target
        low, high = max(s.first, t.first), min(s.last, t.last)
        between = range(s.depth + 1, t.depth)
        if s.depth == t.depth:
            link.way = "across"
        elif low <= high and self.free(between, range(low, high + 1)):
            link.way, link.tracks = "straight", (low, high)
        elif single := [track for track in range(low, high + 1)
                        if self.free(between, range(track, track + 1))]:
            link.way, link.tracks = "straight", (single[0], single[0])
        elif sides := [gap for gap, level in (
                (s.last + 1, s.last == t.last), (s.first, s.first == t.first))[::self.side]
                if level and self.open(gap, between)]:
            link.way, link.gap = "beside", sides[0]
        else:
            near = t.first if s.last < t.first else t.last + 1
            link.gap = min((gap for gap in range(self.tracks + 1) if self.open(gap, between)),
                           key=lambda gap: (abs(gap - near), gap))
        return link

    def open(self, gap: int, depths: range) -> bool:
        """Whether no box lies across that gap at these depths."""
        return not any(item.first < gap <= item.last and item.depth in depths
                       for item in self.items)

    # --- where everything lies ----------------------------------------------------------------

    def place(self) -> None:
        self.place_across()
        self.place_along()
        for link in self.links:
            link.points = self.points(link)

    def place_across(self) -> None:
        lanes = self.lanes_of_gaps()
        sizes = [0.0] * self.tracks
        for item in sorted(self.items, key=lambda item: item.last - item.first):
            covered = range(item.first, item.last + 1)
            missing = item.across - sum(sizes[track] for track in covered) \
                - sum(self.gap_size(track, lanes) for track in covered[1:])
            for track in covered:
                sizes[track] += max(missing, 0) / len(covered)
        self.starts, position = [], 0.0
        for track, size in enumerate(sizes):
            position += self.gap_size(track, lanes)
            self.starts.append(position)
            position += size
        self.ends = [start + size for start, size in zip(self.starts, sizes, strict=True)]
        self.across = position + self.gap_size(self.tracks, lanes)
        for item in self.items:
            low, high = self.starts[item.first], self.ends[item.last]
            if item.first < item.last:
                item.across = high - low                   # it lies across all its tracks
            item.near = (low + high - item.across) / 2

    def lanes_of_gaps(self) -> list[int]:
        """How many lines run side by side before each track, and behind the last one."""
        counts = [0] * (self.tracks + 1)
        for gap in range(self.tracks + 1):
            there = [link for link in self.links if link.way in ("beside", "around")
                     and link.jumps and link.gap == gap]
            there.sort(key=lambda link: (link.target.depth - link.source.depth, link.source.depth))
            taken: list[list[tuple[float, float, Item]]] = []
            for link in there:
                link.lane = lane_for(taken, link.source.depth, link.target.depth, link.source,
                                     shared=link.way == "around")
            counts[gap] = len(taken)
        return counts

    def gap_size(self, gap: int, lanes: list[int]) -> float:
        outer = gap in (0, self.tracks)
        return (LANE * (lanes[gap] + 1) if lanes[gap] else 0.0) if outer \
            else self.gap + LANE * max(lanes[gap] - 1, 0) + (LANE if lanes[gap] else 0)

    def lane_across(self, link: Link) -> float:
        """Lanes are counted from the track before the gap; before the first track, from that."""
        return self.ends[link.gap - 1] + LANE * (link.lane + 1) if link.gap \
            else self.starts[0] - LANE * (link.lane + 1)

    def place_along(self) -> None:
        lanes = self.lanes_of_channels()
        sizes = [max((item.along for item in self.items if item.depth == depth), default=0.0)
                 for depth in range(self.depths)]
        position = 0.0
        self.behind: list[float] = []                      # where each channel begins
        for depth, size in enumerate(sizes):
            for item in self.items:
                if item.depth == depth:
                    item.start = position + (size - item.along) / 2
            self.behind.append(position + size)
            position += size + self.channel + LANE * max(lanes[depth] - 1, 0)
        self.along = self.behind[-1]

    def lanes_of_channels(self) -> list[int]:
        counts = [0] * self.depths
        taken: list[list[list[tuple[float, float, Item]]]] = [[] for _ in range(self.depths)]
        for link in self.links:
            if link.way != "around":
                continue
            s, t = link.source, link.target
            (_, leaves), (_, enters) = s.centre, t.centre
            if link.jumps:
                turn = self.lane_across(link)
                link.leaves = lane_for(taken[s.depth], leaves, turn, s, shared=True)
                link.enters = lane_for(taken[t.depth - 1], turn, enters, s, shared=True)
            else:
                link.leaves = lane_for(taken[s.depth], leaves, enters, s, shared=True)
        for depth, lines in enumerate(taken):
            counts[depth] = len(lines)
        return counts

    def channel_along(self, depth: int, lane: int) -> float:
        return self.behind[depth] + self.channel / 2 + LANE * lane

    def points(self, link: Link) -> list[Point]:
        s, t = link.source, link.target
        (s_along, s_across), (t_along, t_across) = s.centre, t.centre
        if link.way == "across":
            forward = t.near > s.near
            return [(t_along, s.far if forward else s.near),
                    (t_along, t.near if forward else t.far)]
        if link.way == "straight":
            low, high = link.tracks
            line = (max(self.starts[low], s.near, t.near) + min(self.ends[high], s.far, t.far)) / 2
            return [(s.end, line), (t.start, line)]
        if link.way == "beside":
            lane, behind = self.lane_across(link), link.gap != s.first
            return [(s_along + SHIFT, s.far if behind else s.near), (s_along + SHIFT, lane),
                    (t_along - SHIFT, lane), (t_along - SHIFT, t.far if behind else t.near)]
        leaves = self.channel_along(s.depth, link.leaves)
        if not link.jumps:
            return [(s.end, s_across), (leaves, s_across), (leaves, t_across), (t.start, t_across)]
        turn, enters = self.lane_across(link), self.channel_along(t.depth - 1, link.enters)
        return [(s.end, s_across), (leaves, s_across), (leaves, turn), (enters, turn),
                (enters, t_across), (t.start, t_across)]


def lane_for(taken: list[list[tuple[float, float, Item]]], a: float, b: float, owner: Item,
             shared: bool) -> int:
    """The first lane in which nothing runs between a and b.

    shared : what comes from the same item may
    """
    low, high = min(a, b), max(a, b)
    for lane, lines in enumerate(taken):
        if all(high <= start or end <= low or shared and whose is owner
               for start, end, whose in lines):
            lines.append((low, high, owner))
            return lane
    taken.append([(low, high, owner)])
    return len(taken) - 1
