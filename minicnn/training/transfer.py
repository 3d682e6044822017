"""What an experiment on transfer learning has found: tables, pictures, and the slide's advice.

                          very similar data                  very different data
    very little data      linear classifier on the top       linear classifier on different stages
    quite a lot of data   fine-tune a few layers             fine-tune more layers

Slide: stanford, "Transfer learning with CNNs", the table.  Whether the advice was right is decided
by the errors, seed by seed; nothing here assumes that it was.
"""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

from minicnn.analysis.pictures import BLUE, GREY, INK, RED, Where, headed
from minicnn.analysis.tables import aligned, markdown
from minicnn.data.canvas import Picture, drawing, figure

# method -> what the slide calls it
SCRATCH, TOP, EARLIER, FEW, MORE = "scratch", "top", "earlier", "few", "more"
ADVICE = {("similar", "little"): TOP, ("similar", "much"): FEW,
          ("different", "little"): EARLIER, ("different", "much"): MORE}
COLOURS = {SCRATCH: GREY, TOP: BLUE, EARLIER: "#4ba3c7", FEW: "#e08e0b", MORE: RED}
MARKS = {SCRATCH: "o--", TOP: "s-", EARLIER: "^-", FEW: "D-", MORE: "v-"}

Errors = Mapping[tuple[str, int, str], Sequence[float]]    # (data, pictures a class, method): seeds


def spread(errors: Sequence[float]) -> str:
    """"41.2 +- 1.3": mean and standard deviation over the seeds."""
    if len(errors) == 1:
        return f"{errors[0]:.1f}"
    return f"{mean(errors):.1f} ± {stdev(errors):.1f}"


def table(errors: Errors, data: str, methods: Mapping[str, str], form: str = "text") -> str:
    """Errors in percent on one kind of data: a line a method, a column a number of pictures.

    methods : {method: its words, as "linear on conv3"}, in the order of the lines
    """
    sizes = sorted({size for where, size, _ in errors if where == data})
    heads = ["method", *(f"{size} a class" for size in sizes)]
    rows = [[words, *(spread(errors[data, size, method]) for size in sizes)]
            for method, words in methods.items()]
    write = markdown if form == "markdown" else aligned
    return "\n".join(write(heads, rows, {"method"}))


def kind_of(method: str) -> str:
    """A method is one of the five words, or one of them and a layer: "earlier conv3"."""
    return method.split()[0]


def advised(errors: Errors, data: str, size: int, advice: str) -> str:
    """The method that follows the advice; of linear classifiers on several stages, the best."""
    own = [method for where, count, method in errors
           if (where, count) == (data, size) and kind_of(method) == advice]
    if not own:
        raise ValueError(f"no {advice!r} was tried on {data} data with {size} a class")
    return min(own, key=lambda method: mean(errors[data, size, method]))


def verdict(errors: Errors, data: str, size: int, amount: str, methods: Mapping[str, str]) -> str:
    """One sentence: does the advice of the slide hold on that data, with so many pictures?

    It holds if no other method is better by more than one standard deviation of the differences,
    seed by seed; with one seed, if none is better at all.
    """
    own = advised(errors, data, size, ADVICE[data, amount])
    others = {method: errors[data, size, method] for where, count, method in errors
              if (where, count) == (data, size)}
    best = min(others, key=lambda method: mean(others[method]))
    losses = [mine - theirs for mine, theirs in zip(others[own], others[best], strict=True)]
    beaten = mean(losses) > (stdev(losses) if len(losses) > 1 else 0)
    frozen = kind_of(own) in (TOP, EARLIER)
    start = (f"{amount} {data} data ({size} a class): the slide says {methods[own]}, here "
             f"{spread(others[own])} %; ")
    if own == best:
        return f"{start}nothing was better: as on the slide"
    told = f"{methods[best]} has {spread(others[best])} %"
    if not beaten:
        return f"{start}{told}, no more apart than the seeds are: as on the slide"
    end = "; frozen features lose here" if frozen and kind_of(best) not in (TOP, EARLIER) else ""
    return f"{start}{told}: not as on the slide{end}"


def verdicts(errors: Errors, methods: Mapping[str, str]) -> list[str]:
    """The four fields of the slide's table, with the fewest and with the most pictures."""
    found = []
    for data, amount in ADVICE:
        sizes = [size for where, size, _ in errors if where == data]
        if sizes:
            size = min(sizes) if amount == "little" else max(sizes)
            found.append(verdict(errors, data, size, amount, methods))
    return found


@drawing()
def draw_transfer(errors: Errors, methods: Mapping[str, str], names: Mapping[str, str],
                  path: Where = None, title: str = "") -> Picture:
    """The error of each method against the number of pictures, a field for each kind of data.

    names : {"similar": "dog, frog, horse, ship, truck", ...}
    """
    drawn = figure(11, 5.2)
    headed(drawn, title)
    kinds = [kind_of(method) for method in methods]
    fills = {method: "none" if kind in kinds[:place] else "full"       # the second of a kind
             for place, (method, kind) in enumerate(zip(methods, kinds, strict=True))}
    fields = drawn.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, (data, name) in zip(fields, names.items(), strict=True):
        sizes = sorted({size for where, size, _ in errors if where == data})
        for method, words in methods.items():
            kind = kind_of(method)
            found = [errors[data, size, method] for size in sizes]
            axes.errorbar(sizes, [mean(one) for one in found],
                          [stdev(one) if len(one) > 1 else 0 for one in found], fmt=MARKS[kind],
                          color=COLOURS[kind], capsize=3, markersize=6, linewidth=1.6,
                          fillstyle=fills[method], label=words)
        axes.set(xscale="log", xlabel="pictures of each class to learn from")
        axes.set_title(f"{data}: {name}", fontsize=10, color=INK, wrap=True)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(color="#e6e6e6", linewidth=0.7)
    fields[0].set_ylabel("test error")
    fields[0].set_ylim(bottom=0)
    fields[0].yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    drawn.legend(*fields[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                 frameon=False, fontsize=10)
    return Picture(drawn, path)


Copied = Mapping[tuple[str, int], float]           # {("A", n): error}: n layers of base A, kept


def copied_table(errors: Copied, layers: Sequence[str]) -> list[str]:
    """AnB and BnB in lines; n = 0 is called layers[0]."""
    heads = ["up to", *(f"{n}: {layer}" for n, layer in enumerate(layers))]
    return aligned(heads, [[f"{base}nB", *(f"{errors[base, n]:.1f}" for n in range(len(layers)))]
                           for base in ("A", "B")], {"up to"})


@drawing()
def draw_copied_layers(errors: Copied, layers: Sequence[str], path: Where = None, title: str = ""
                       ) -> Picture:
    """The error on classes B against the number of layers copied and kept, from base A and base B.

    layers : their names; the first stands for no layer at all
    """
    drawn = figure(8.4, 4.6)
    headed(drawn, title)
    axes = drawn.subplots()
    counts = range(len(layers))
    for base, colour, mark in (("A", RED, "o-"), ("B", BLUE, "s-")):
        axes.plot(counts, [errors[base, n] for n in counts], mark, color=colour, markersize=6,
                  label=f"{base}nB: n layers of base {base}")
    axes.set(xlabel="the first n layers are copied and kept; the others learn anew on B",
             ylabel="test error on classes B")
    axes.set_xticks(counts, [f"{n}\n{layer}" for n, layer in enumerate(layers)], fontsize=9)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.grid(color="#e6e6e6", linewidth=0.7)
    axes.legend(frameon=False)
    return Picture(drawn, path)
