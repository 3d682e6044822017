"""Figures from steps, and tables from figures, for the terminal."""

from statistics import median, quantiles
from typing import Any, NamedTuple

Entry = dict[str, Any]                 # of one workload: name, title, results by contestant


NOTEWORTHY = 0.1                       # cores that other programs keep busy


class Figures(NamedTuple):
    """Seconds a step, and bytes."""

    median: float
    least: float
    low: float                         # lower quartile
    high: float                        # upper quartile
    steps: int
    peak: int | None


def figures(entry: Entry, contestant: str) -> Figures | None:
    """None where nothing was measured."""
    result = entry["results"].get(contestant, {"seconds": []})
    seconds = [second for turn in result["seconds"] for second in turn]
    if not seconds:
        return None
    low, _, high = quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else seconds * 3
    return Figures(median(seconds), min(seconds), low, high, len(seconds), result.get("peak_bytes"))


def aligned(rows: list[list[str]]) -> str:
    """Columns side by side: the first flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join([row[0].ljust(widths[0])] + [
        cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]).rstrip()
        for row in rows)


def workload_text(entry: Entry) -> str:
    """What was measured of one workload, a line for each contestant."""
    rows = [["", "median", "min", "quartiles", "steps", "peak MB"]]
    remarks = []
    for name, result in entry["results"].items():
        found = figures(entry, name)
        if found:
            rows.append([f"  {name}", milliseconds(found.median), milliseconds(found.least),
                         f"{milliseconds(found.low)} .. {milliseconds(found.high)}",
                         str(found.steps), f"{found.peak / 1e6:.0f}" if found.peak else "-"])
        if "impossible" in result:
            remarks.append(f"  {name}: {result['impossible']}")
    counts = {result["parameters"] for result in entry["results"].values()
              if result.get("parameters") is not None}
    if len(counts) > 1:
        remarks.append(f"  NOT THE SAME NETWORK: {counts} parameters")
    if (entry.get("others") or 0) > NOTEWORTHY:
        remarks.append(f"  other programs kept {entry['others']:.1f} cores busy meanwhile")
    head = heading(entry["name"], entry["title"])
    head += f", {max(counts):,} parameters" if len(counts) == 1 and max(counts) else ""
    return "\n".join([head, *([aligned(rows)] if len(rows) > 1 else []), *remarks])


def heading(name: str, title: str) -> str:
    """Name and title, without saying the same word twice."""
    return title if title.startswith(f"{name} ") else f"{name}: {title}"


def milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:,.2f} ms"


def ratios(entry: Entry, ours: str, rival: str) -> tuple[float, float, float | None] | None:
    """Ours over the rival's: of medians, of minima, of peak memory."""
    own, other = figures(entry, ours), figures(entry, rival)
    if own is None or other is None:
        return None
    memory = own.peak / other.peak if own.peak and other.peak else None
    return own.median / other.median, own.least / other.least, memory


def ratio_text(results: dict[str, Any], rival: str) -> str:
    """Ours over one rival's: a line for each workload, three ratios for each of ours."""
    rows = [[f"over {rival}", *results["ours"]]]
    for entry in results["workloads"]:
        row = [entry["name"]]
        for name in results["ours"]:
            found = ratios(entry, name, rival)
            row.append(" / ".join("-" if value is None else f"{value:.2f}" for value in found)
                       if found else "-")
        rows.append(row)
    return "ratios of medians / of minima / of peak memory\n" + aligned(rows)


def settings(results: dict[str, Any]) -> list[tuple[str, str]]:
    """(contestant, what it said of itself: versions, BLAS, threads), from its first workload."""
    lines = []
    for name in [*results["ours"], *results["rivals"]]:
        told = next((entry["results"][name] for entry in results["workloads"]
                     if "who" in entry["results"].get(name, {})), None)
        if told is None:
            continue
        parts = [told["who"]]
        parts += [f"Python {told['python']}"] if "python" in told else []
        parts += [f"NumPy {told['numpy']}"] if "numpy" in told else []
        parts += [told["blas"]] if "blas" in told else []
        if told.get("threads"):
            parts.append(f"{told['threads']} thread{'s' * (told['threads'] != 1)} of its own")
        lines.append((name, ", ".join(parts)))
    return lines


def machine_text(machine: dict[str, Any]) -> str:
    return f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; " \
           f"{machine['date']}"


# --- an earlier run beside this one ----------------------------------------------------------

def in_both(old: dict[str, Any], titles: dict[str, str]) -> list[str]:
    """Names, of titles by name, that stand for the same workload in old results."""
    return [entry["name"] for entry in old["workloads"]
            if titles.get(entry["name"]) == entry["title"]]


def compare_text(old: dict[str, Any], new: dict[str, Any]) -> str:
    """New over old medians; marked where the middle halves of the two do not overlap."""
    rows = [["", "", "before", "now", "ratio", ""]]
    before = {entry["name"]: entry for entry in old["workloads"]}
    for entry in new["workloads"]:
        if entry["name"] not in before:
            continue
        was = before[entry["name"]]
        for name in entry["results"]:
            then, now = figures(was, name), figures(entry, name)
            if then is None or now is None:
                continue
            ratio, verdict = f"{now.median / then.median:.2f}", ""
            if was["title"] != entry["title"]:
                ratio, verdict = "-", "not the same workload"
            elif now.high < then.low or now.low > then.high:
                verdict = "faster" if now.median < then.median else "SLOWER"
            rows.append([entry["name"], name, milliseconds(then.median), milliseconds(now.median),
                         ratio, verdict])
    if len(rows) == 1:
        return "nothing was measured in both runs"
    return (f"compared with {old['machine'].get('date', 'an earlier run')}; a change is called "
            "faster or slower\nonly where the middle halves of the two measurements do not "
            "overlap\n" + aligned(rows))
