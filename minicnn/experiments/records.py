"""The rows of an experiment as a table for the terminal, and as a CSV that says how it was made.

    # experiment: depth                       the settings, a line each
    # images: 2000
    network,seed,loss
    plain20,0,1.859
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minicnn.analysis.tables import aligned
from minicnn.data.files import written_whole
from minicnn.experiments.experiment import Row

MOST = 24                              # rows that are printed; the CSV has all


def csv_text(rows: Sequence[Row], settings: Mapping[str, Any]) -> str:
    """ValueError if a row has other names than the first."""
    names = columns(rows)
    page = io.StringIO()
    for name, value in settings.items():
        page.write(f"# {name}: {' '.join(str(value).split())}\n")
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([cell(row[name], exact=True) for name in names])
    return page.getvalue()


def write_csv(path: Path, rows: Sequence[Row], settings: Mapping[str, Any]) -> Path:
    with written_whole(path) as file:
        file.write(csv_text(rows, settings).encode())
    return path


def table(rows: Sequence[Row]) -> list[str]:
    """The lines of the table, of many rows the first ones."""
    names = columns(rows)
    if not names:
        return []
    words = {name for name in names if any(isinstance(row[name], str) for row in rows)}
    lines = aligned(names, [[cell(row[name]) for name in names] for row in rows[:MOST]], words)
    return lines + ([f"... and {len(rows) - MOST} more"] if len(rows) > MOST else [])


def columns(rows: Sequence[Row]) -> list[str]:
    names = list(rows[0]) if rows else []
    for row in rows:
        if list(row) != names:
            raise ValueError(f"an experiment's rows have different names: {', '.join(names)} and "
                             f"{', '.join(row)}")
    return names


def cell(value: Any, exact: bool = False) -> str:
    """A number with four digits that count, or with six where it is kept."""
    if isinstance(value, float):
        return f"{value:.6g}" if exact else f"{value:.4g}"
    return str(value)
