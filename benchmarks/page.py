"""The tables in docs/speed.md, between marker comments that stay where they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.growth import growth_tables
from benchmarks.tables import NOTEWORTHY, figures, machine_text, ratios, settings
from benchmarks.workloads import GROUPS
from minicnn.data.files import written_whole

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"


def update(path: Path, results: dict[str, Any] | None) -> list[str]:
    """Write what was measured into the page; returns the names of the parts that were renewed.

    Without results it only looks whether the page has its markers.
    """
    text = path.read_text(encoding="utf-8")
    renewed = []
    for name, part in PARTS.items():
        begin, end = f"<!-- measured: {name} -->\n", f"<!-- end of {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            raise ValueError(f"{path}: needs the lines {begin.strip()} and {end}, each once")
        lines = part(results) if results else []
        if lines:
            before, after = text.index(begin) + len(begin), text.index(end)
            text = text[:before] + "\n" + "\n".join(lines) + text[after:]
            renewed.append(name)
    if renewed:
        with written_whole(path) as file:
            file.write(text.encode())
    return renewed


def about(results: dict[str, Any]) -> list[str]:
    """Machine, date, command and what each contestant said of itself."""
    lines = [f"{machine_text(results['machine'])}. The command:", "",
             f"    {results['command']}", ""]
    return lines + [f"- {name}: {told}" for name, told in settings(results)] + [""]


def table(rows: list[list[str]]) -> list[str]:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|" + "---|" * len(rows[0]), *body, ""]


def workload_part(results: dict[str, Any], names: list[str]) -> list[str]:
    entries = [entry for entry in results["workloads"] if entry["name"] in names]
    if not entries:
        return []
    lines = about(results)
    ours, rivals = results["ours"], results["rivals"]
    for rival in rivals:
        lines += [f"Time over that of {rival}: ratio of medians (of minima). "
                  "Below 1, minicnn is faster.", ""]
        lines += table([["workload", f"{rival}, ms", *ours]] + [
            [f"`{entry['name']}`", cell(entry, rival, "median", 1e3, ".2f"),
             *(ratio_cell(entry, name, rival) for name in ours)] for entry in entries])
    lines += ["Milliseconds a step: median (lower quartile to upper quartile).", ""]
    everybody = [*ours, *rivals]
    lines += table([["workload", *everybody]] + [
        [f"`{entry['name']}`", *(spread_cell(entry, name) for name in everybody)]
        for entry in entries])
    lines += ["Peak memory of a process that does nothing else, MB.", ""]
    lines += table([["workload", *everybody]] + [
        [f"`{entry['name']}`", *(cell(entry, name, "peak", 1e-6, ".0f") for name in everybody)]
        for entry in entries])
    disturbed = [f"`{entry['name']}` ({entry['others']:.1f})" for entry in entries
                 if (entry.get("others") or 0) > NOTEWORTHY]
    return lines + ([f"Other programs kept cores busy during {', '.join(disturbed)}: how many, in "
                     "brackets; trust the minima there.", ""] if disturbed else [])


def growth_part(results: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for title, rows in growth_tables(results):
        lines += [title, "", *table(rows)]
    return about(results) + lines if lines else []


def cell(entry: dict[str, Any], name: str, field: str, scale: float, form: str) -> str:
    found = figures(entry, name)
    value = getattr(found, field) if found else None
    return "-" if value is None else format(scale * value, form)


def ratio_cell(entry: dict[str, Any], name: str, rival: str) -> str:
    found = ratios(entry, name, rival)
    return f"{found[0]:.2f} ({found[1]:.2f})" if found else "-"


def spread_cell(entry: dict[str, Any], name: str) -> str:
    found = figures(entry, name)
    return "-" if found is None else \
        f"{1e3 * found.median:.2f} ({1e3 * found.low:.2f} to {1e3 * found.high:.2f})"


PARTS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "workloads": lambda results: workload_part(results, GROUPS["all"]),
    "photos": lambda results: workload_part(results, GROUPS["photos"]),
    "growth": growth_part,
}
