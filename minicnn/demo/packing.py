"""Between the page and arrays: base64 out, JSON and bytes in, each checked."""

import base64
import json
from typing import Any

import numpy as np


def packed(array: Any) -> dict[str, Any]:
    """Four bytes a number, and the shape; one byte a number of uint8."""
    array = np.asarray(array)
    kind = array.dtype if array.dtype == np.uint8 else np.dtype("<f4")
    return {"shape": list(array.shape), "bytes": array.itemsize if kind == np.uint8 else 4,
            "data": base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode("ascii")}


def unpacked(found: dict[str, Any]) -> np.ndarray:
    """The array again."""
    kind = np.uint8 if found["bytes"] == 1 else np.dtype("<f4")
    return np.frombuffer(base64.b64decode(found["data"]), kind).reshape(found["shape"])


def strongest(array: Any) -> float:
    """The largest magnitude: the ends of the colour scale.  0 if there is no finite number."""
    array = np.abs(np.asarray(array, np.float64))
    return float(array[np.isfinite(array)].max(initial=0))


def asked(body: bytes) -> dict[str, Any]:
    """The JSON object of a request."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("the request is no JSON object")
    return found


def whole(found: dict[str, Any], name: str, least: int, most: int, default: int | None = None
          ) -> int:
    """A whole number of that range from a request."""
    value = found.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}")
    return value


def real(found: dict[str, Any], name: str, least: float, most: float) -> float:
    """A number of that range from a request."""
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least:g} to {most:g}")
    return float(value)


def listed(found: dict[str, Any], name: str, most: int) -> list[Any]:
    """A list of at most so many from a request."""
    value = found.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{name} is a list of at most {most}")
    return value
