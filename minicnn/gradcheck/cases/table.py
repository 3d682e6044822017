"""Every operation and layer under every option, for `make gradcheck` and for the tests."""

import time
from collections.abc import Iterable

from minicnn.backend.versions import plain
from minicnn.gradcheck.cases import (
    activation,
    convolution,
    losses,
    modern,
    normalisation,
    operations,
    pooling,
    structure,
)
from minicnn.gradcheck.cases.case import Case
from minicnn.gradcheck.checker import LIMIT, gradcheck

__all__ = ["Case", "all_cases", "run_cases"]


def all_cases() -> list[Case]:
    """All cases, operations first, in the order of the table."""
    topics = (operations, convolution, pooling, activation, normalisation, structure, modern,
              losses)
    return [case for topic in topics for case in topic.CASES]


def run_cases(cases: Iterable[Case], device: str = "cpu") -> bool:
    """Print one line for each case and a closing line; True if every gradient is right.

    A Function that has a faster version is checked twice: the definition, then that version.
    """
    cases, start = list(cases), time.perf_counter()
    names = max(len(case.name) for case in cases)
    options = max(len(case.option) for case in cases)
    print(f"{'operation':{names}}  {'option':{options}}  elements  largest error  verdict")
    elements, failed = 0, []
    for case in cases:
        with plain():
            report = gradcheck(case.make(), *case.inputs, device=device)
        elements += report.elements
        if report and any(function.versions[device != "cpu"] for function in report.functions):
            faster = gradcheck(case.make(), *case.inputs, device=device)
            elements += faster.elements
            report = max(report, faster, key=lambda one: (not one, one.error))
        print(f"{case.name:{names}}  {case.option:{options}}  {report.elements:8}  "
              f"{report.error:13.1e}  {report.verdict if report else report}", flush=True)
        if not report:
            failed.append(f"{case.name} ({case.option})")
    print(f"\n{len(cases)} cases, {elements:,} elements, {time.perf_counter() - start:.1f} s; "
          f"an error up to {LIMIT:.0e} counts as right.  Definitions and faster versions")
    print(f"WRONG: {', '.join(failed)}" if failed else "every gradient is right")
    return not failed
