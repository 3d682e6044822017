"""Words for error messages: the names that are nearly what was typed."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


def did_you_mean(name: Any, choices: Iterable[Any], cutoff: float = 0.6) -> str:
    """The question with the nearest choices, capitals or not; "" if none is near.

    cutoff : share of the letters that must be alike, as difflib counts it

    >>> did_you_mean("Mobilnet", ["mobilenet", "vgg16"]), did_you_mean("xyz", ["vgg16"])
    ('did you mean mobilenet?', '')
    """
    written = {str(choice).lower(): str(choice) for choice in choices}
    near = get_close_matches(str(name).lower(), written, n=3, cutoff=cutoff)
    return f"did you mean {' or '.join(written[found] for found in near)}?" if near else ""
