"""Which layers a network has, in the words of an error about one that it does not have."""

from collections.abc import Sequence

from minicnn.backend.messages import did_you_mean

NAMED = 12                     # layers that a message names


def no_such_layer(name: str, names: Sequence[str]) -> str:
    """What to type instead: the nearest, those that end so, the outermost, and where all stand.

    >>> no_such_layer("conv2", ["conv1", "stage1", "stage1.0.conv2", "fc"])
    'did you mean conv1? stage1.0.conv2 ends so. There are conv1, stage1, fc and 1 inside them'
    """
    hint = did_you_mean(name, names)
    inside = [one for one in names if one.lower().endswith(f".{name.lower()}")]
    ends = f"{inside[0]}{f' and {len(inside) - 1} more end' if inside[1:] else ' ends'} so" \
        if inside else ""
    outer = [one for one in names if "." not in one]
    deeper = len(names) - len(outer)
    there = f"there are {', '.join(outer[:NAMED])}" + (
        f" and {len(outer) - NAMED} more" if len(outer) > NAMED else "") + (
        f" and {deeper} inside them" if deeper else "") + (
        "; `python -m minicnn summary NETWORK --format csv` has all their paths"
        if len(names) > NAMED else "")
    before = " ".join(filter(None, (hint, f"{ends}." if ends else "")))
    return f"{before} T{there[1:]}" if before else there
