"""What a figure depends on besides the program: processor, BLAS, versions, date."""

import os
import platform
import time
from typing import Any


def machine() -> dict[str, Any]:
    return {"date": time.strftime("%Y-%m-%d %H:%M"), "processor": processor(), "cores": cores(),
            "system": platform.system()}


def processor() -> str:
    """The processor's name as the operating system has it."""
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Watch:
    """How many cores other programs keep busy from here on, on average: they spoil figures.

    Linux alone tells; elsewhere the answer is None.
    """

    def __init__(self) -> None:
        self.start = self.now()

    def now(self) -> tuple[float, float, float] | None:
        """Seconds on the clock, of work on all cores, and of work of this process's children."""
        try:
            with open("/proc/stat") as lines:
                user, nice, system, _, _, irq, softirq, steal = map(int,
                                                                    lines.readline().split()[1:9])
        except (OSError, ValueError):
            return None
        work = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
        own = os.times()
        return time.monotonic(), work, sum(own[:4])

    def others(self) -> float | None:
        """Counted when the contestants have ended: only then is their work known."""
        now = self.now()
        if now is None or self.start is None:
            return None
        clock, work, own = (after - before for after, before in zip(now, self.start, strict=True))
        return round(max(0.0, (work - own) / clock), 2)
