"""What a run was computed by: another BLAS, or another number of threads, adds in another order.

Sums in another order differ in their last digits, and training makes large differences of small
ones: the run is as good, but it is no longer the same to the bit.
"""

from typing import Any

import numpy as np

from minicnn.backend.threads import thread_count
from minicnn.backend.together import state as together
from minicnn.backend.versions import switch


def machine(device: str) -> dict[str, Any]:
    """By what the numbers are computed here, in words and whole numbers."""
    from threadpoolctl import threadpool_info
    blas: dict[str, Any] = next(
        (part for part in threadpool_info() if part["user_api"] == "blas"), {})
    name = " ".join(str(blas.get(word) or "") for word in
                    ("internal_api", "version", "architecture"))
    return {"NumPy": np.__version__, "BLAS": name.strip() or "unknown",
            "BLAS threads": int(blas.get("num_threads", 0)), "Python threads": thread_count(),
            "processes": together.processes, "faster versions": switch.fast, "device": device}


def other_machine(saved: dict[str, Any], now: dict[str, Any]) -> str:
    """A note, if the last digits may differ from those of a run that was never stopped."""
    changed = [f"{name} {saved[name]}, now {value}" for name, value in now.items()
               if saved[name] != value]
    return "" if not changed else (f"note: so far with {'; '.join(changed)}: the last digits may "
                                   "differ from those of a run that was never stopped")
