"""Claims about GoogLeNet: its table, and how it compares."""

from functools import partial

from minicnn.analysis.figures import read_figure
from minicnn.backend.windows import times
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.windowed import Windowed
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.layers import conv3, seen
from minicnn.slides.measure import (
    depth,
    kinds,
    layers,
    macs,
    map_size,
    network,
    parameters,
    printed,
    printed_volume,
    row,
    row_of,
    volume,
    weights,
)

# Where the table stands, its rows, and the verdicts on their params and their ops.
LIST = "memphis: GoogLeNet (2nd); iitk: GoogLeNet (2nd)"

TABLE = (
    ("conv1",          DIFFERS, DIFFERS),
    ("conv2",          OTHER,   ROUNDS),
    ("inception (3a)", OTHER,   ROUNDS),
    ("inception (3b)", OTHER,   ROUNDS),
    ("inception (4a)", DIFFERS, CUT),
    ("inception (4b)", DIFFERS, ROUNDS),
    ("inception (4c)", DIFFERS, ROUNDS),
    ("inception (4d)", DIFFERS, ROUNDS),
    ("inception (4e)", DIFFERS, ROUNDS),
    ("inception (5a)", DIFFERS, DIFFERS),
    ("inception (5b)", DIFFERS, ROUNDS),
    ("linear",         OTHER,   ROUNDS),
)

# Columns #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj: a copy, as claims about filters
# have (minicnn.slides.measure).
FILTERS = {
    "inception (3a)": (64, 96, 128, 16, 32, 32),
    "inception (3b)": (128, 128, 192, 32, 96, 64),
    "inception (4a)": (192, 96, 208, 16, 48, 64),
    "inception (4b)": (160, 112, 224, 24, 64, 64),
    "inception (4c)": (128, 128, 256, 24, 64, 64),
    "inception (4d)": (112, 144, 288, 32, 64, 64),
    "inception (4e)": (256, 160, 320, 32, 128, 128),
    "inception (5a)": (256, 160, 320, 32, 128, 128),
    "inception (5b)": (384, 192, 384, 48, 128, 128),
}

# The column "depth", for the rows that have an output size.
DEPTHS = {"conv1": 1, "pool1": 0, "conv2": 2, "pool2": 0, "inception (3a)": 2, "inception (3b)": 2,
          "pool3": 0, "inception (4a)": 2, "inception (4b)": 2, "inception (4c)": 2,
          "inception (4d)": 2, "inception (4e)": 2, "pool4": 0, "inception (5a)": 2,
          "inception (5b)": 2, "avg pool": 0, "dropout": 0, "linear": 1}


def filters(label: str) -> tuple[int, ...]:
    """Of the convolutions of a row, branch after branch."""
    return tuple(part.out_channels for layer in row_of("googlenet", label).layers
                 for part in layer.modules() if isinstance(part, Conv2d))


def windows(label: str) -> str:
    """"7x7/2": the last window of a row and its stride."""
    parts = [part for layer in row_of("googlenet", label).layers for part in layer.modules()
             if isinstance(part, Windowed)]
    return f"{times(parts[-1].window.kernel)}/{parts[-1].window.stride[0]}"


def stem() -> str:
    """What stands before the first Inception module, in unicamp's words."""
    found = [("" if len(filters(label)) == 1 else f"{len(filters(label))}x ") + "Conv"
             if label.startswith("conv") else "Pool"
             for label in ("conv1", "pool1", "conv2", "pool2")]
    return "-".join(found)


def average() -> str:
    """What the global mean is taken over: the whole of the maps before it."""
    return map_size(volume("googlenet", "inception (5b)")) + "/1"


def head() -> str:
    """The layers of an auxiliary classifier, in stanford's words."""
    words = {"AvgPool2d": "AvgPool", "Conv2d": "1x1Conv", "Linear": "FC"}
    parts = [type(part).__name__ for name, part in
             network("googlenet", aux=True).named_modules() if name.startswith("aux1.")]
    return "-".join([*(words[part] for part in parts if part in words), "Softmax"])


def dual() -> Fact:
    """Inception v2 has no 5x5, and two 3x3 see as much."""
    sizes = {times(part.kernel_size) for part in network("inception_v2").modules()
             if isinstance(part, Conv2d)}
    both = seen(conv3(2))[-1]
    return Fact("5x5" not in sizes and both == "5x5",
                f"{', '.join(sorted(sizes))}; two 3x3 see {both}")


def depths() -> dict[str, int]:
    return {label: sum(map(depth, layers)) for label, layers, _ in network("googlenet").rows}


def inception_depths() -> str:
    """Those of the Inception modules, each once."""
    return ", ".join(sorted({str(count) for label, count in depths().items()
                             if "inception" in label}))


def counted(label: str, what: str) -> int:
    """"parameters" or "macs" of a row."""
    return getattr(row("googlenet", label), what)


def thousands(label: str) -> float:
    """Weights without biases, 1,024 of them to the K."""
    return weights("googlenet", label) / 1.024


def figure_of(label: str, column: str) -> float:
    """What the table prints, as a number: "2.7K" is 2,700."""
    text = printed("googlenet", label, column)
    figure = read_figure(text)
    if figure is None:
        raise ValueError(f"slides: {text!r} is no figure")
    return figure.value


def off(label: str, column: str, value: float) -> str:
    """"the slide has 6.9 % less"."""
    share = figure_of(label, column) / value - 1
    if not share:
        return "then exact"
    return f"the slide has {100 * abs(share):.1f} % {'more' if share > 0 else 'less'}"


def why_weights(label: str) -> str:
    if label == "conv1":
        return f"fits filters of 7x1 and 1x7, {2 * 7 * 3 * 64:,} weights, not the row's 7x7"
    text = f"without biases, K = 1,024; {off(label, 'parameters', thousands(label))}"
    return {"inception (4c)": f"{text}, while its ops fit the true weights",
            "inception (5a)": f"{text}, and its ops likewise"}.get(label, text)


def why_ops(label: str) -> str:
    return "those of 7x1 and 1x7 filters, as in its params" if label == "conv1" else \
        off(label, "macs", row("googlenet", label).macs)


def table_claims() -> list[Claim]:
    claims = []
    for label, verdict, ops_verdict in TABLE:
        if label in FILTERS:
            claims.append(Claim(
                LIST, f"{label}: filters", tuple(map(str, FILTERS[label])),
                partial(filters, label), AGREES))
        claims.append(Claim(
            LIST, f"{label}: params", partial(printed, "googlenet", label, "parameters"),
            partial(counted, label, "parameters"), verdict, partial(why_weights, label),
            ("weights of K = 1,024", partial(thousands, label))))
        claims.append(Claim(
            LIST, f"{label}: ops", partial(printed, "googlenet", label, "macs"),
            partial(counted, label, "macs"), ops_verdict,
            "" if ops_verdict in (ROUNDS, CUT) else partial(why_ops, label)))
    return claims


def added_up(column: str) -> float:
    """The printed figures of all rows together."""
    return sum(figure_of(label, column) for label, *_ in TABLE)


def times_fewer(other: str) -> float:
    return parameters(other) / parameters("googlenet")


def reduced(name: str) -> float:
    """Percent by which a network has fewer parameters than AlexNet."""
    return 100 * (1 - parameters(name) / parameters("alexnet"))


FROM_FIVE = "follows only from 5 million for GoogLeNet"

GOOGLENET = Topic("GoogLeNet", (
    Claim("memphis: GoogLeNet (2nd); iitk: GoogLeNet (2nd)",
          "output size of each row",
          lambda: tuple(printed_volume("googlenet", label) for label in DEPTHS),
          lambda: tuple(volume("googlenet", label) for label in DEPTHS), AGREES),
    Claim("memphis: GoogLeNet (2nd); iitk: GoogLeNet (2nd)",
          "depth of each row", tuple(map(str, DEPTHS.values())),
          lambda: tuple(depths()[label] for label in DEPTHS), AGREES),
    Claim(LIST, "patch size and stride of conv1, pool1, conv2, pool2, pool3, pool4",
          ("7x7/2", "3x3/2", "3x3/1", "3x3/2", "3x3/2", "3x3/2"),
          lambda: tuple(windows(label) for label in ("conv1", "pool1", "conv2", "pool2", "pool3",
                                                     "pool4")), AGREES),
    Claim(LIST, "patch size of the average pooling", "7x7/1", average, AGREES),
    Claim(LIST, "conv2: #3x3 reduce, #3x3", ("64", "192"), lambda: filters("conv2"), AGREES),
    *table_claims(),
    Claim("unicamp: Stacked Inception Modules", "before the Inception modules",
          "Conv-Pool-2x Conv-Pool", stem, AGREES),
    Claim("stanford: Auxiliary classification outputs", "an auxiliary classifier",
          "AvgPool-1x1Conv-FC-FC-Softmax", head, AGREES),
    Claim("memphis: What's new?", "Inception v2: dual 3x3 filters instead of 5x5", "", dual,
          AGREES),
    Claim("unicamp: Deeper networks, with computational efficiency (1st); "
          "stanford: Deeper networks, with computational efficiency (1st)",
          "parameters", "5 million", lambda: parameters("googlenet"),
          DIFFERS, lambda: "the params column of the table adds up to "
          f"{added_up('parameters') / 1e3:,.1f}K; with both auxiliary classifiers there are "
          f"{parameters('googlenet', aux=True):,}"),
    Claim("virginia: GoogLeNet",
          "parameters", "6M", lambda: parameters("googlenet"), OTHER,
          "without the last layer", ("weights of the rest", lambda: weights("googlenet") -
                                     weights("googlenet", "linear"))),
    Claim("unicamp: Deeper networks, with computational efficiency (1st); "
          "stanford: Deeper networks, with computational efficiency (1st); iitk: GoogLeNet (1st)",
          "times fewer parameters than AlexNet", "12x",
          lambda: times_fewer("alexnet"), DIFFERS, FROM_FIVE),
    Claim("virginia: GoogLeNet; virginia: GoogLeNet Configuration",
          "times fewer parameters than AlexNet", "10x",
          lambda: times_fewer("alexnet"), DIFFERS, "follows from 60M and 6M"),
    Claim("stanford: Deeper networks, with computational efficiency (1st)",
          "times fewer parameters than VGG-16", "27x",
          lambda: times_fewer("vgg16"), DIFFERS, FROM_FIVE),
    Claim("iitk: GoogLeNet (1st)",
          "multiply-adds", "1.5 billion", lambda: macs("googlenet"), CUT,
          lambda: f"the ops column of the table adds up to {added_up('macs') / 1e6:,.0f}M, with "
          "too little for conv1"),
    Claim("virginia: GoogLeNet Configuration; "
          "unicamp: Deeper networks, with computational efficiency (1st); "
          "stanford: 22 total layers with weights; iitk: GoogLeNet (1st)",
          "layers with weights", "22",
          lambda: layers("googlenet"), AGREES, "the branches of a module count as two layers"),
    Claim("stanford: 22 total layers with weights",
          "layers in an Inception module", "2", inception_depths, AGREES),
    Claim("memphis: Summary: ILSVRC 2012-2015",
          "layers", "19", lambda: layers("googlenet"), DIFFERS,
          "the other four decks have 22"),
    Claim("unicamp: Deeper networks, with computational efficiency (1st); "
          "stanford: Deeper networks, with computational efficiency (1st)",
          "fully connected layers", "0",
          lambda: kinds("googlenet", Linear), DIFFERS,
          lambda: f"one, with {row('googlenet', 'linear').parameters:,} parameters, "
          f"{100 * row('googlenet', 'linear').parameters / parameters('googlenet'):.1f} % of all"),
    Claim("virginia: GoogLeNet Configuration",
          "fully connected layers but the output", "0",
          lambda: kinds("googlenet", Linear) - 1, AGREES),
    Claim("memphis: Advantages",
          "Inception v2: fewer parameters than AlexNet, in percent", "90%",
          lambda: reduced("inception_v2"), DIFFERS,
          lambda: f"GoogLeNet itself has {reduced('googlenet'):.1f} % fewer"),
    Claim("memphis: Advantages",
          "Inception v3: fewer parameters than AlexNet, in percent", "90%",
          lambda: reduced("inception_v3"), DIFFERS),
))
