"""Every operation and layer under every option, for `make gradcheck` and for the tests."""

import time
from collections.abc import Iterable
from contextlib import nullcontext

from minicnn.backend.threads import as_if_large
from minicnn.backend.versions import plain
from minicnn.gradcheck.cases import (
    activation,
    convolution,
    losses,
    maps,
    modern,
    normalisation,
    operations,
    pooling,
    regions,
    sequences,
    structure,
)
from minicnn.gradcheck.cases.case import Case
from minicnn.gradcheck.checker import LIMIT, Report, gradcheck

__all__ = ["Case", "all_cases", "run_cases"]


def all_cases() -> list[Case]:
    """All cases, operations first, in the order of the table."""
    topics = (operations, convolution, pooling, activation, normalisation, structure, modern,
              maps, regions, sequences, losses)
    return [case for topic in topics for case in topic.CASES]


def run_cases(cases: Iterable[Case], device: str = "cpu",
              kept: list[tuple[Case, Report]] | None = None) -> bool:
    """Print one line for each case and a closing line; True if every gradient is right.

    kept : a list that takes each case with its report, the worst of the three

    A Function that has a faster version is checked three times: the definition, that version, and
    that version by the way it takes for large arrays, in blocks and tiles.
    """
    cases, start = list(cases), time.perf_counter()
    names = max(len(case.name) for case in cases)
    options = max(len(case.option) for case in cases)
    print(f"{'operation':{names}}  {'option':{options}}  elements  largest error  verdict")
    elements, failed = 0, []
    for case in cases:
        reports: list[Report] = []
        for way in (plain, nullcontext, as_if_large):
            if not reports or any(f.versions[device != "cpu"] for f in reports[0].functions):
                with way():
                    reports.append(gradcheck(case.make(), *case.inputs, device=device))
        elements += sum(one.elements for one in reports)
        report = max(reports, key=lambda one: (not one, one.error))
        print(f"{case.name:{names}}  {case.option:{options}}  {report.elements:8}  "
              f"{report.error:13.1e}  {report.verdict if report else report}", flush=True)
        if kept is not None:
            kept.append((case, report))
        if not report:
            failed.append(f"{case.name} ({case.option})")
    print(f"\n{len(cases)} cases, {elements:,} elements, {time.perf_counter() - start:.1f} s; "
          f"by definitions and by faster versions; allowed {LIMIT:.0e}")
    print(f"WRONG: {', '.join(failed)}" if failed else "every gradient is right")
    return not failed
