"""The table of a profile, and in words why its slowest layers take the time they take."""

import json
from dataclasses import asdict, dataclass, replace
from html import escape

from minicnn.analysis.summary import kilobytes
from minicnn.analysis.tables import (
    Shown,
    aligned,
    as_csv,
    lines_of,
    markdown,
    without,
    without_empty,
    without_room,
)

NOTES = ("Times are medians in milliseconds.  1 MAC = 1 multiplication + 1 addition = 2 FLOP; MACs "
         "are for one image.  Memory is of the whole batch.")
NOTES_BACKWARD = (
    "Backward has two products where forward has one, for the gradients of the weights and of the "
    "input; a first layer has one, for nobody asks for the gradient of an image.  Kept is what "
    "stays in memory until backward; an array that two layers keep counts at the first.")

FEWER = ("A layer above that did with fewer multiplications than are counted: Winograd's way for "
         "3x3 filters, minicnn/backend/cpu/winograd.py.")

# What a layer's speeds tell about what holds it up.
ARITHMETIC, MEMORY = "arithmetic", "memory traffic"
PIECES, NUMBERS = "small products and copying", "work on each number"
MEANING = {
    ARITHMETIC: "it comes near the speed of a large matrix product. Only fewer multiplications or "
                "a faster processor would help it much.",
    MEMORY: "it comes near the speed of a copy, or passes it where the arrays fit into the cache. "
            "It computes little with each number; only fewer or smaller arrays would help it.",
    PIECES: "neither speed is near its best. Small or thin matrices (few channels, few images) "
            "multiply slowly, and copying windows into columns and back takes its time.",
    NUMBERS: "there are no products, and the arrays alone do not explain it. A number costs much "
             "computing (tanh, exp), or is passed over several times, or the arrays are so small "
             "that calling NumPy takes longer than its work.",
}

# What the layers would take at the machine's best; what is more is the price of their kind of work.
AT_BEST = {
    "Layers with products": "if all their multiplications went at the speed of a large matrix "
                            "product; the rest is copying into columns, and products too small or "
                            "thin for that speed",
    "The other layers": "if each of their arrays were passed over once, at the speed of a copy; "
                        "the rest is work on each number, several passes, and calls of NumPy",
}

# What takes time beside the layers; the keys are lines of Profile.totals.
BESIDE = {
    "between the layers": "the engine and Python, some microseconds for each operation whatever "
                          "its size, and gradients that are copied, or added where paths meet. "
                          "This weighs in small networks; a larger batch shares the former among "
                          "more images.",
    "loss": "it computes little, but each of its operations costs some microseconds whatever its "
            "size, which weighs in small networks.",
    "update (SGD)": "it passes over each weight, its gradient and its momentum once a step, "
                    "however few images there are. A larger batch has fewer steps.",
}

# Beyond these a profile tells more about the other programs than about the network.
MOST_SHARE, MOST_COST, MOST_OTHERS = 1.05, 0.15, 0.3


@dataclass
class Line:
    """One layer of the profile, or several together.  Speeds are 0 where nothing is to count."""

    layer: str                         # its name in the network; "relu#2" is its second run
    kind: str = ""                     # its class
    output: str = ""                   # "6x28x28"
    forward: float = 0.0               # milliseconds
    backward: float = 0.0
    share: float = 0.0                 # of the whole step, 0 to 1
    macs: int = 0                      # multiply-accumulate operations for one image
    forward_gflops: float = 0.0        # 10^9 operations a second
    backward_gflops: float = 0.0
    forward_gbytes: float = 0.0        # 10^9 bytes a second, if each array is passed over once
    backward_gbytes: float = 0.0
    output_bytes: int = 0              # of the whole batch
    kept_bytes: int = 0                # that stay in memory until backward

    @property
    def time(self) -> float:
        return self.forward + self.backward

    def mean(self, forward: float, backward: float) -> float:
        """One speed for both directions: each counts as long as it takes."""
        return (forward * self.forward + backward * self.backward) / (self.time or 1)


def together(layer: str, lines: list[Line]) -> Line:
    return Line(layer, forward=sum(line.forward for line in lines),
                backward=sum(line.backward for line in lines),
                share=sum(line.share for line in lines), macs=sum(line.macs for line in lines),
                output_bytes=sum(line.output_bytes for line in lines),
                kept_bytes=sum(line.kept_bytes for line in lines))


def at_best(lines: list[Line], whole: float, peak: float, copy: float) -> list[tuple[float, float]]:
    """For layers with products and for the others: (share of the time `whole` that they take, share
    that they would take at the machine's best speed), as in AT_BEST."""
    found = []
    for products, best, speed in (True, peak, "gflops"), (False, copy, "gbytes"):
        chosen = [line for line in lines if bool(line.macs) == products]
        work = sum(getattr(line, f"{way}_{speed}") * getattr(line, way)
                   for line in chosen for way in ("forward", "backward"))      # 10^6 FLOP or bytes
        found.append((sum(line.time for line in chosen) / whole, work / best / whole))
    return found


def figures(speed: float) -> str:
    if speed < 0.05:
        return "<0.1"
    return f"{speed:,.0f}" if speed >= 9.95 else f"{speed:.1f}"


@dataclass(repr=False)
class Profile(Shown):
    """The profile as data, times in milliseconds; .text(), .markdown(), .csv(), .json()."""

    title: str
    lines: list[Line]                  # every layer that computes something
    totals: list[Line]                 # all layers, what lies between them, loss, update, the step
    kinds: dict[str, float]            # share of each class of layers, the largest first
    unwatched: float                   # the whole step without clocks
    peak: float                        # GFLOP/s of a matrix product
    copy: float                        # GB/s of copying a large array
    at_best: list[tuple[float, float]]     # from `at_best`
    others: float = 0.0                # cores that other programs took away, on average

    words = {"layer", "kind", "output"}
    spare = ("memory output", "output", "MACs")            # columns that `summary` has, too

    @property
    def cost(self) -> float:
        """What reading the clocks has cost, as a share of the step without them."""
        return self.totals[-1].time / self.unwatched - 1

    def warning(self) -> str:
        """Why these figures are not to be trusted, and what to do; "" if they are."""
        whole, signs = sum(part.share for part in self.totals[:-1]), []
        if self.others > MOST_OTHERS:
            signs.append(f"other programs took {self.others:.1f} of its cores")
        if whole > MOST_SHARE:
            signs.append(f"the shares add up to {whole:.0%}")
        if abs(self.cost) > MOST_COST:
            signs.append(f"steps with and without clocks differ by {self.cost:+.0%}")
        if not signs:
            return ""
        cure = "try --threads 1, or set_threads(1), or wait until less is going on"
        if signs[0].startswith("steps") and self.cost > 0:
            cure += ("; if it stays, the layers are so short that reading the clock counts: try a "
                     "larger batch")
        return (f"WARNING: the machine was busy: do not trust these figures ({'; '.join(signs)}); "
                f"{cure}.")

    def by_time(self) -> "Profile":
        """The layer that takes longest first."""
        return replace(self, lines=sorted(self.lines,
                                          key=lambda line: (not line.kind, -line.time)))

    def top(self, count: int) -> "Profile":
        """The `count` layers that take longest, and one line for all others together."""
        longest = {id(line) for line in self.by_time().lines[:count]}
        others = [line for line in self.lines if id(line) not in longest]
        lines = [line for line in self.lines if id(line) in longest]
        if others:
            lines.append(together(f"{len(others)} others", others))
        return replace(self, lines=lines)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Headings and rows as a reader sees them; columns that say nothing are left out."""
        heads = ["layer", "kind", "output", "ms forward", "ms backward", "share", "MACs",
                 "GFLOP/s forward", "GFLOP/s backward", "memory output", "memory kept"]
        rows = [[line.layer, line.kind, line.output,
                 *(f"{time:.2f}" if time else "" for time in (line.forward, line.backward)),
                 f"{line.share:.1%}", f"{line.macs:,}" if line.macs else "",
                 *(figures(speed) if speed else "" for speed in (line.forward_gflops,
                                                                 line.backward_gflops)),
                 *(kilobytes(size) if size else "" for size in (line.output_bytes,
                                                                line.kept_bytes))]
                for line in (*self.lines, *self.totals)]
        return without_empty(heads, rows)

    def notes(self) -> list[str]:
        return [NOTES, *([NOTES_BACKWARD] if any(line.backward for line in self.lines) else []),
                f"At best this machine does {self.peak:,.0f} GFLOP/s (a matrix product) and moves "
                f"{self.copy:,.0f} GB/s (a copy).",
                *([FEWER] if self.fewer() else []), "Without being watched the "
                f"same took {self.unwatched:.2f} ms (a difference of {self.cost:+.1%})."]

    def fewer(self) -> bool:
        """Whether a layer passed the speed of a matrix product."""
        return any(max(line.forward_gflops, line.backward_gflops) > self.peak
                   for line in self.lines)

    def text(self) -> str:
        heads, rows = self.cells()
        place = len(self.lines)
        totals = [[cells[0].split()[-1], *cells[1:]] for cells in rows[place:]]  # may be folded
        left_out = without_room(heads, [*rows[:place], *totals], self.spare)
        heads, rows = without(heads, rows, left_out)
        table = aligned([head.replace(" ", "\n") for head in heads],
                        [*rows[:place], [], *rows[place:]], self.words)
        why = [lines_of(line, "  ") for line in self.reasons()]
        first = [lines_of(self.warning()), ""] if self.warning() else []
        room = [f"Without room here: {', '.join(left_out)}."] if left_out else []
        return "\n".join([*first, lines_of(self.title, "  "), "", *table, "",
                          *map(lines_of, [*room, *self.notes()]), *([""] if why else []), *why])

    def _repr_html_(self) -> str:
        first = f"<p><b>{escape(self.warning())}</b></p>\n" if self.warning() else ""
        return first + super()._repr_html_() + "".join(
            f"<p>{escape(line)}</p>" for line in self.reasons())

    def markdown(self) -> str:
        first = [f"**{self.warning()}**", ""] if self.warning() else []
        why = [f"- {line}" for line in self.reasons()]
        return "\n".join([*first, f"**{self.title}**", "", *markdown(*self.cells()), "",
                          *self.notes(), *([""] if why else []), *why])

    def csv(self) -> str:
        return as_csv([*self.lines, *self.totals])

    def json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    # --- why ------------------------------------------------------------------------------------

    def held_up_by(self, line: Line) -> str:
        """Half of the best possible speed counts as having reached it."""
        if line.mean(line.forward_gflops, line.backward_gflops) >= self.peak / 2:
            return ARITHMETIC
        if line.mean(line.forward_gbytes, line.backward_gbytes) >= self.copy / 2:
            return MEMORY
        return PIECES if line.macs else NUMBERS

    def reasons(self) -> list[str]:
        """In words: which parts take the time, what holds up the longest, what that means.

        Nothing if the figures are not to be trusted.
        """
        if self.warning():
            return []
        longest = [line for line in self.by_time().lines if line.kind][:3]
        kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in [*self.kinds.items()][:5])
        said, causes = [f"By kind: {kinds}."], [self.held_up_by(line) for line in longest]
        said += [f"{part} take {took:.0%} of the time, and would take {best:.0%} {how}."
                 for part, (took, best), how in zip(AT_BEST, self.at_best, AT_BEST.values(),
                                                    strict=True) if took]
        for line, cause in zip(longest, causes, strict=True):
            speeds = (f"{figures(line.mean(line.forward_gbytes, line.backward_gbytes))} of "
                      f"{figures(self.copy)} GB/s")
            if line.macs:
                speeds = (f"{figures(line.mean(line.forward_gflops, line.backward_gflops))} of "
                          f"{figures(self.peak)} GFLOP/s and {speeds}")
            said.append(f"{line.layer} ({line.kind}) takes {line.share:.0%} of the time at "
                        f"{speeds}: held up by {cause}.")
        said += [f"{cause.capitalize()}: {MEANING[cause]}" for cause in dict.fromkeys(causes)]
        third = longest[-1].time if len(longest) == 3 else 0.0
        said += [f"{part.layer[0].upper()}{part.layer[1:]} ({part.share:.0%}): {BESIDE[part.layer]}"
                 for part in self.totals[1:-1] if part.share >= 0.1 or part.time > third]
        return said
