"""Where boxes stand on the grid, from what they read: depths, and tracks side by side."""

from collections.abc import Mapping, Sequence

from minicnn.analysis.drawing.grid import Item


def set_depths(items: Sequence[Item], sources: Mapping[Item, Sequence[Item]]) -> None:
    """Each one behind all that it reads."""
    for item in items:
        item.depth = 1 + max((source.depth for source in sources[item]), default=-1)


def set_tracks(items: Sequence[Item], sources: Mapping[Item, Sequence[Item]],
               wide: bool = True) -> None:
    """Below what it reads if nothing stands there, else beside; where paths meet, across them all.

    items : in an order in which each stands behind its sources
    wide  : whether one may lie across several tracks
    """
    below: list[Item] = []                                 # the last item of each track
    heirs = {} if wide else heirs_of(items, sources)
    for item in items:
        read = sorted(sources[item], key=lambda source: -source.depth)
        ends = [track for source in read for track in range(source.first, source.last + 1)
                if below[track] is source and heirs.get(source, item) is item]
        covered = range(min(ends), max(ends) + 1) if len(read) > 1 and ends else range(0)
        if wide and covered and all(below[track].depth < item.depth for track in covered):
            item.first, item.last = covered[0], covered[-1]
        else:
            item.first = item.last = next(
                (track for track in [*ends, *range(read[0].first if read else 0, len(below))]
                 if below[track].depth < item.depth and (track in ends or not busy(
                     below[track], items, sources, item))), len(below))
        below += [item] * (item.last + 1 - len(below))
        for track in range(item.first, item.last + 1):
            below[track] = item
    if wide:
        widen(items, sources)


def heirs_of(items: Sequence[Item], sources: Mapping[Item, Sequence[Item]]) -> dict[Item, Item]:
    """Of those that read an item, the one from which most follows: it keeps the track."""
    follow = dict.fromkeys(items, 0)
    heirs: dict[Item, Item] = {}
    for item in reversed(items):
        for source in sources[item]:
            if follow[item] + 1 >= follow[source]:
                follow[source], heirs[source] = follow[item] + 1, item
    return heirs


def busy(item: Item, items: Sequence[Item], sources: Mapping[Item, Sequence[Item]],
         new: Item) -> bool:
    """Whether something is still to read `item`: its track is wanted for that."""
    number = {other: place for place, other in enumerate(items)}
    return any(item in sources[other] for other in items[number[new] + 1:])


def widen(items: Sequence[Item], sources: Mapping[Item, Sequence[Item]]) -> None:
    """What several read lies across them, if there is room beside it."""
    held = {(item.depth, track) for item in items for track in range(item.first, item.last + 1)}
    for item in items:
        readers = [other for other in items if item in sources[other]
                   and other.depth == item.depth + 1]
        if len(readers) < 2 or item.first != item.last:
            continue
        low, high = min(r.first for r in readers), max(r.last for r in readers)
        others = [(item.depth, track) for track in range(min(low, item.first),
                                                         max(high, item.last) + 1)
                  if track != item.first]
        if not held.intersection(others):
            item.first, item.last = min(low, item.first), max(high, item.last)
            held.update(others)
