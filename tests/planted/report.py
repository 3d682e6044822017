"""What came of the planted faults: the table, the survivors, and results in a file.

A survivor is excused by a line of explained.txt, `FAULT  # why no test could see it`, where FAULT
is how the program names a fault, or the beginning of that; the folders in front of the file's name
may be left out.  " [2]" at the end of a name means the second of several that read alike.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.planted.changes import PLACES, Mutant
from tests.planted.run import Outcome

EXPLAINED = Path(__file__).with_name("explained.txt")


def read_explained(path: Path = EXPLAINED) -> dict[str, str]:
    """{fault: why}; ValueError for a line without a reason."""
    reasons = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            fault, _, reason = line.partition("  # ")
            if not reason.strip():
                raise ValueError(f"{path.name}, line {number}: expected FAULT  # REASON, "
                                 f"got {line!r}")
            reasons[fault.strip()] = reason.strip()
    return reasons


def explains(fault: str, mutant: Mutant) -> bool:
    """Whether a line about `fault` speaks of this mutant."""
    file, code = mutant.path.split("/"), str(mutant)[len(mutant.path):]
    return any(("/".join(file[depth:]) + code).startswith(fault) for depth in range(len(file)))


def reason_for(mutant: Mutant, reasons: dict[str, str]) -> str:
    return next((reason for fault, reason in reasons.items() if explains(fault, mutant)), "")


def table(results: list[Outcome]) -> str:
    """Killed / planted by kind and place.

    >>> fault = Mutant("a.py", 1, 1, "axis", "0", "1", "f", "forward")
    >>> print(table([Outcome(fault, "killed", "", 1.0), Outcome(fault, "survived", "", 1.0)]))
    kind           forward  backward    shapes    faster    others       all
    axis               1/2         -         -         -         -       1/2
    all                1/2         -         -         -         -       1/2
    """
    planted: Counter[tuple[str, str]] = Counter()
    killed: Counter[tuple[str, str]] = Counter()
    for one in results:
        for kind in one.mutant.kind, "all":
            for place in one.mutant.place, "all":
                planted[kind, place] += 1
                killed[kind, place] += one.status != "survived"

    def cell(kind: str, place: str) -> str:
        count = planted[kind, place]
        return f"{killed[kind, place]}/{count}" if count else "-"

    columns = [*PLACES, "all"]
    rows = [["kind", *columns]] + [
        [kind, *(cell(kind, place) for place in columns)]
        for kind in [*sorted({one.mutant.kind for one in results}), "all"]]
    return "\n".join(f"{kind:12}" + "".join(f"{text:>10}" for text in rest) for kind, *rest in rows)


def listed(mutants: Iterable[Mutant]) -> str:
    return "\n".join(f"{one.place:9}{one}    ({one.function}, line {one.line})" for one in mutants)


def survivors(results: list[Outcome], tree: Path, reasons: dict[str, str]) -> str:
    """Every survivor with the lines that it changes, those without an explanation last."""
    alive = [one.mutant for one in results if one.status == "survived"]
    alive.sort(key=lambda one: not reason_for(one, reasons))
    blocks = []
    for one in alive:
        reason = reason_for(one, reasons)
        blocks.append("\n".join([
            f"{one.path}:{one.line} {one.function}, {one.kind}: "
            + (f"explained, {reason}" if reason else "SURVIVES"),
            *(f"    {line}" for line in one.difference((tree / one.path).read_bytes())),
            *([] if reason else [f"    {one}"])]))
    return "\n".join(blocks)


def unexplained(results: list[Outcome], reasons: dict[str, str]) -> list[Mutant]:
    return [one.mutant for one in results
            if one.status == "survived" and not reason_for(one.mutant, reasons)]


def write(path: Path, results: list[Outcome], gone: Iterable[tuple], **settings: Any) -> None:
    """The results as JSON, for `--again`."""
    entries = [asdict(one.mutant) | {"status": one.status, "by": one.by, "seconds": one.seconds}
               for one in results]
    text = json.dumps({**settings, "gone": list(gone), "mutants": entries}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> list[tuple[tuple, str]]:
    """(name of the fault, its status) of every fault in such a file."""
    entries = json.loads(path.read_text(encoding="utf-8"))["mutants"]
    return [(tuple(entry[part] for part in ("path", "kind", "before", "after", "nth")),
             entry["status"]) for entry in entries]


def compared(before: dict[tuple, str], results: list[Outcome]) -> str:
    """Which faults are killed that survived, and the other way round; files may have moved."""
    then = before | {name[1:]: status for name, status in before.items()}
    lines = [f"    {now.mutant}: {old}, now {now.status}" for now in results
             for old in [then.get(now.mutant.name, then.get(now.mutant.name[1:], "new"))]
             if (old == "survived") != (now.status == "survived")]
    return "\n".join([f"{len(lines)} of {len(results)} faults came out otherwise than before"
                      + (":" if lines else ""), *lines])
