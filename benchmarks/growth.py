"""Does cost grow as it must?  Time for one image and memory over the size of the batch, and time
for one small operation over the length of the chain.
"""

from typing import Any

from benchmarks.tables import Entry, figures
from benchmarks.workloads import BATCHES, DEPTHS


def growth_tables(results: dict[str, Any]) -> list[tuple[str, list[list[str]]]]:
    """(title, rows) of the tables that the measured workloads suffice for."""
    entries = {entry["name"]: entry for entry in results["workloads"]}
    everybody = [*results["ours"], *results["rivals"]]
    tables = []
    for network in ("lenet", "resnet20"):
        names = [f"growth_{network}_{N}" for N in BATCHES]
        chosen = [entries[name] for name in names if name in entries]
        if not chosen:
            continue
        for what, value in (("milliseconds an image", time_of_an_image), ("peak MB", peak)):
            rows = [["batch", *everybody]]
            rows += [[str(entry["batch"]), *(value(entry, name) for name in everybody)]
                     for entry in chosen]
            tables.append((f"Training step of {network} over the size of the batch: {what}.", rows))
    chains = [f"growth_chain_{depth}" for depth in DEPTHS]
    chains = [name for name in chains if name in entries]
    if chains:
        rows = [["operations in the chain", *everybody]]
        for chain in chains:
            arrays = entries.get(chain.replace("chain", "arrays"))
            rows.append([f"{entries[chain]['batch']:,}", *(python_share(
                entries[chain], arrays, name) for name in everybody)])
        tables.append(("Microseconds for one small addition, forward and backward together; in "
                       "brackets without NumPy's own time for it.", rows))
    return tables


def python_share(chain: Entry, arrays: Entry | None, name: str) -> str:
    """Microseconds an operation, and what is left of them without the arithmetic."""
    depth = chain["batch"]
    found, bare = figures(chain, name), figures(arrays, name) if arrays else None
    if found is None:
        return "-"
    text = f"{1e6 * found.median / depth:.2f}"
    return text if bare is None else f"{text} ({1e6 * (found.median - bare.median) / depth:.2f})"


def time_of_an_image(entry: Entry, name: str) -> str:
    found = figures(entry, name)
    return f"{1e3 * found.median / entry['batch']:.3f}" if found else "-"


def peak(entry: Entry, name: str) -> str:
    found = figures(entry, name)
    return f"{found.peak / 1e6:.0f}" if found and found.peak else "-"
