"""Claims about GoogLeNet and its Inception module."""

from functools import partial

from minicnn.analysis.figures import read_figure
from minicnn.analysis.summary import Line
from minicnn.backend.windows import times
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Shape
from minicnn.models.network import Branches
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    depth,
    kinds,
    layers,
    macs,
    network,
    parameters,
    printed,
    printed_volume,
    row,
    row_of,
    table,
    values,
    volume,
    weights,
)

NAIVE, REDUCED = "inception_naive_example", "inception_reduced_example"


def inside(name: str) -> list[Line]:
    """The convolutions of one of the two examples, in the order of the slide."""
    return [line for line in table(name).lines if line.macs]


def branches() -> list[Shape]:
    """Outputs of the paths of the naive module: 1x1, 3x3, 5x5, pooling."""
    model = network(NAIVE)
    return [path.shape(model.input_shape) for part in model.modules() if isinstance(part, Branches)
            for path in part.paths()]


def grows() -> Fact:
    before, (*convs, pooled) = network(NAIVE).input_shape[0], [C for C, _, _ in branches()]
    return Fact(pooled == before, f"{before} maps in, {sum(convs) + pooled} out, "
                f"{pooled} of them from the pooling")


def three_by_three() -> int:
    return sum(line.macs for line in inside(REDUCED) if line.kernel == "3x3")


MODULE = Topic("Inception module", 'stanford, unicamp, virginia "Naive Inception module", '
               '"Inception module with dimension reduction"', (
    Claim("stanford:1056", "naive: size of the output, channels last",
          lambda: printed_volume(NAIVE, "naive"), lambda: volume(NAIVE, "naive"), AGREES),
    Claim("stanford:1056", "naive: outputs of 1x1, 3x3, 5x5 and pooling",
          ("28x28x128", "28x28x192", "28x28x96", "28x28x256"),
          lambda: tuple(times((H, W, C)) for C, H, W in branches()), AGREES),
    Claim("stanford:1103, virginia:216", "naive: the depth can only grow, for the pooling keeps it",
          "", grows, AGREES),
    Claim("stanford:1112", "naive: values of the output", "529k", lambda: values(NAIVE, "naive"),
          DIFFERS, "527k"),
    Claim("virginia:212, unicamp:409, stanford:1079", "naive: ops",
          lambda: printed(NAIVE, "naive", "macs"), lambda: macs(NAIVE), ROUNDS,
          lambda: " + ".join(f"{line.macs:,}" for line in inside(NAIVE))),
    Claim("virginia:278, unicamp:452, stanford:1176", "reduced: ops",
          lambda: printed(REDUCED, "reduced", "macs"), lambda: macs(REDUCED), DIFFERS,
          lambda: "with the 3x3 convolution counted twice it would be "
          f"{macs(REDUCED) + three_by_three():,}"),
    Claim("stanford:1179, virginia:263", "bottlenecks reduce the depth, also behind the pooling",
          "", lambda: Fact(values(REDUCED, "reduced") < values(NAIVE, "naive"),
                              f"{volume(REDUCED, 'reduced')} instead of {volume(NAIVE, 'naive')}, "
                              f"{values(REDUCED, 'reduced'):,} values"),
          AGREES),
))

# Rows of the table, where they stand, and the verdicts on their params and their ops.
TABLE = (
    ("conv1",          "memphis:540, iitk:245", DIFFERS, DIFFERS),
    ("conv2",          "memphis:542, iitk:247", OTHER,   ROUNDS),
    ("inception (3a)", "memphis:544, iitk:249", OTHER,   ROUNDS),
    ("inception (3b)", "memphis:545, iitk:250", OTHER,   ROUNDS),
    ("inception (4a)", "memphis:547, iitk:252", DIFFERS, CUT),
    ("inception (4b)", "memphis:548, iitk:253", DIFFERS, ROUNDS),
    ("inception (4c)", "memphis:549, iitk:254", DIFFERS, ROUNDS),
    ("inception (4d)", "memphis:550, iitk:255", DIFFERS, ROUNDS),
    ("inception (4e)", "memphis:551, iitk:256", DIFFERS, ROUNDS),
    ("inception (5a)", "memphis:553, iitk:258", DIFFERS, DIFFERS),
    ("inception (5b)", "memphis:554, iitk:259", DIFFERS, ROUNDS),
    ("linear",         "memphis:557, iitk:262", OTHER,   ROUNDS),
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
    for label, places, verdict, ops_verdict in TABLE:
        if label in FILTERS:
            claims.append(Claim(
                places, f"{label}: filters", tuple(map(str, FILTERS[label])),
                partial(filters, label), AGREES))
        claims.append(Claim(
            places, f"{label}: params", partial(printed, "googlenet", label, "parameters"),
            partial(counted, label, "parameters"), verdict, partial(why_weights, label),
            ("weights of K = 1,024", partial(thousands, label))))
        claims.append(Claim(
            places, f"{label}: ops", partial(printed, "googlenet", label, "macs"),
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

GOOGLENET = Topic("GoogLeNet", 'memphis and iitk "GoogLeNet" (the table); stanford and unicamp '
                  '"Deeper networks, with computational efficiency"; virginia "GoogLeNet '
                  'Configuration"; memphis "Inception v2, v3"', (
    Claim("memphis:539, iitk:243", "output size of each row",
          lambda: tuple(printed_volume("googlenet", label) for label in DEPTHS),
          lambda: tuple(volume("googlenet", label) for label in DEPTHS), AGREES),
    Claim("memphis:539, iitk:243", "depth of each row", tuple(map(str, DEPTHS.values())),
          lambda: tuple(depths()[label] for label in DEPTHS), AGREES),
    *table_claims(),
    Claim("unicamp:326, stanford:964", "parameters", "5 million", lambda: parameters("googlenet"),
          DIFFERS, lambda: "the params column of the table adds up to "
          f"{added_up('parameters') / 1e3:,.1f}K; with both auxiliary classifiers there are "
          f"{parameters('googlenet', aux=True):,}"),
    Claim("virginia:179", "parameters", "6M", lambda: parameters("googlenet"), OTHER,
          "without the last layer", ("weights of the rest", lambda: weights("googlenet") -
                                     weights("googlenet", "linear"))),
    Claim("unicamp:326, stanford:965, iitk:217", "times fewer parameters than AlexNet", "12x",
          lambda: times_fewer("alexnet"), DIFFERS, FROM_FIVE),
    Claim("virginia:179, virginia:288", "times fewer parameters than AlexNet", "10x",
          lambda: times_fewer("alexnet"), DIFFERS, "follows from 60M and 6M"),
    Claim("stanford:966", "times fewer parameters than VGG-16", "27x",
          lambda: times_fewer("vgg16"), DIFFERS, FROM_FIVE),
    Claim("iitk:218", "multiply-adds", "1.5 billion", lambda: macs("googlenet"), CUT,
          lambda: f"the ops column of the table adds up to {added_up('macs') / 1e6:,.0f}M, with "
          "too little for conv1"),
    Claim("virginia:285, unicamp:323, stanford:1224, iitk:216", "layers with weights", "22",
          lambda: layers("googlenet"), AGREES, "the branches of a module count as two layers"),
    Claim("stanford:1226", "layers in an Inception module", "2", inception_depths, AGREES),
    Claim("memphis:625", "layers", "19", lambda: layers("googlenet"), DIFFERS,
          "the other four decks have 22"),
    Claim("unicamp:325, stanford:968", "fully connected layers", "0",
          lambda: kinds("googlenet", Linear), DIFFERS,
          lambda: f"one, with {row('googlenet', 'linear').parameters:,} parameters, "
          f"{100 * row('googlenet', 'linear').parameters / parameters('googlenet'):.1f} % of all"),
    Claim("virginia:287", "fully connected layers but the output", "0",
          lambda: kinds("googlenet", Linear) - 1, AGREES),
    Claim("memphis:587", "Inception v2: fewer parameters than AlexNet, in percent", "90%",
          lambda: reduced("inception_v2"), DIFFERS,
          lambda: f"GoogLeNet itself has {reduced('googlenet'):.1f} % fewer"),
    Claim("memphis:587", "Inception v3: fewer parameters than AlexNet, in percent", "90%",
          lambda: reduced("inception_v3"), DIFFERS),
))
