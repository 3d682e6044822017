"""The stops of a training step, as a terminal shows them."""

from minicnn.explain.explanation import number
from minicnn.explain.step import Spread, Stop, Walk

INK = " .:-=+*#%@"                     # from no value to the most
SOURCE = 40                            # lines of source that are shown


def all_stops(walk: Walk, only: str = "") -> str:
    """Everything, one stop below the other."""
    count = len(walk.stops)
    return "\n\n".join([walk.words, *(
        stop_text(stop, place, count) for place, stop in enumerate(walk.stops, 1)
        if not only or stop.path == only)])


def stop_text(stop: Stop, place: int, count: int) -> str:
    title = " ".join(filter(None, [f"{place}/{count} {stop.way}:" if stop.path != stop.way else
                                   f"{place}/{count}", stop.path, f"({stop.heading})"
                                   if stop.heading else ""]))
    lines = [title if stop.way != "again" else f"{place}/{count} the loss again"]
    if stop.inputs:
        shapes = " and ".join("x".join(map(str, shape)) for shape in stop.inputs)
        out = "x".join(map(str, stop.arrays["y"].shape)) if "y" in stop.arrays else ""
        lines.append(f"  {shapes} -> {out}" + "".join(f"    {size}" for size in stop.sizes))
    width = max(map(len, stop.arrays), default=0)
    for name, spread in stop.arrays.items():
        lines += array_lines(name.ljust(width), spread, stop.way)
    if stop.way == "forward":
        kept = ", ".join(f"{name} {kilobytes(size)}" for name, size in stop.kept) or "nothing new"
        lines.append(f"  keeps for backward: {kept}; held so far {kilobytes(stop.held)}")
    elif stop.way == "backward":
        freed = sum(size for _, size in stop.kept)
        lines.append(f"  frees {kilobytes(freed)}; still held {kilobytes(stop.held)}")
    lines += [f"  {text}" for text in stop.said]
    for where, source in stop.source:
        lines.append(f"  {where}")
        rows = source.split("\n")
        lines += [f"    | {row}".rstrip() for row in rows[:SOURCE]]
        if len(rows) > SOURCE:
            lines.append(f"    | ... {len(rows) - SOURCE} more lines")
    if stop.slide:
        lines.append(f"  slide: {stop.slide}")
    return "\n".join(lines)


def array_lines(name: str, spread: Spread, way: str) -> list[str]:
    """The numbers of an array, and its histogram."""
    said = f"  {name}  {'x'.join(map(str, spread.shape)) or 'a number'}: "
    if way == "forward":
        said += f"mean {number(spread.mean)}, deviation {number(spread.deviation)}, "
    else:
        said += f"mean |.| {number(spread.magnitude)}, "
    said += f"zeros {100 * spread.zeros:.0f} %"
    most = max(spread.histogram, default=0)
    bars = "".join(INK[-(-count * (len(INK) - 1) // most)] if most else " "
                   for count in spread.histogram)
    return [said, f"  {' ' * len(name)}  {number(spread.smallest)} [{bars}] "
                  f"{number(spread.largest)}"]


def kilobytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 10 ** 6 else f"{size / 10 ** 6:.1f} MB"


def breakpoints(walk: Walk, command: str) -> str:
    """For those who prefer a debugger: how to start one, and where it should stop."""
    found: dict[str, list[str]] = {}
    for stop in walk.stops:
        for where, _ in stop.source:
            found.setdefault(where, []).append(stop.path)
    lines = [f"MINICNN_FAST=0 python -m pdb -m minicnn {command}", "", "and there:", ""]
    for where, paths in found.items():
        place, _, name = where.partition(" ")
        file, _, rows = place.rpartition(":")
        shown = ", ".join(paths[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")
        # A line further than the def, which runs when the class is made.
        lines.append(f"break {file}:{int(rows.partition('-')[0]) + 1}".ljust(52)
                     + f"{name.strip('()')}: {shown}")
    return "\n".join([*lines, "continue"])
