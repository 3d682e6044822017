"""Claims about GoogLeNet and its Inception module."""

from functools import partial

from minicnn.geometry import times
from minicnn.inspect.figures import read_figure
from minicnn.inspect.summary import Line
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.models.network import Branches
from minicnn.module import Shape
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    depth,
    kinds,
    layers,
    macs,
    network,
    parameters,
    row,
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
    Claim("stanford:1056", "naive: size of the output, channels last", "28x28x672",
          lambda: volume(NAIVE, "naive"), AGREES),
    Claim("stanford:1056", "naive: outputs of 1x1, 3x3, 5x5 and pooling",
          ("28x28x128", "28x28x192", "28x28x96", "28x28x256"),
          lambda: tuple(times((H, W, C)) for C, H, W in branches()), AGREES),
    Claim("stanford:1103, virginia:216", "naive: the depth can only grow, for the pooling keeps it",
          "", grows, AGREES),
    Claim("stanford:1112", "naive: values of the output", "529k", lambda: values(NAIVE, "naive"),
          DIFFERS, "527k"),
    Claim("virginia:212, unicamp:409, stanford:1079", "naive: ops", "854M", lambda: macs(NAIVE),
          ROUNDS, lambda: " + ".join(f"{line.macs:,}" for line in inside(NAIVE))),
    Claim("virginia:278, unicamp:452, stanford:1176", "reduced: ops", "358M",
          lambda: macs(REDUCED), DIFFERS,
          lambda: "with the 3x3 convolution counted twice it would be "
          f"{macs(REDUCED) + three_by_three():,}"),
    Claim("stanford:1179, virginia:263", "bottlenecks reduce the depth, also behind the pooling",
          "", lambda: Fact(values(REDUCED, "reduced") < values(NAIVE, "naive"),
                              f"{volume(REDUCED, 'reduced')} instead of {volume(NAIVE, 'naive')}, "
                              f"{values(REDUCED, 'reduced'):,} values"),
          AGREES),
))

#   row  memphis iitk  params            ops
TABLE = (
    ("conv1",          540, 245, "2.7K",  DIFFERS, "34M",  DIFFERS),
    ("conv2",          542, 247, "112K",  OTHER,   "360M", ROUNDS),
    ("inception (3a)", 544, 249, "159K",  OTHER,   "128M", ROUNDS),
    ("inception (3b)", 545, 250, "380K",  OTHER,   "304M", ROUNDS),
    ("inception (4a)", 547, 252, "364K",  DIFFERS, "73M",  CUT),
    ("inception (4b)", 548, 253, "437K",  DIFFERS, "88M",  ROUNDS),
    ("inception (4c)", 549, 254, "463K",  DIFFERS, "100M", ROUNDS),
    ("inception (4d)", 550, 255, "580K",  DIFFERS, "119M", ROUNDS),
    ("inception (4e)", 551, 256, "840K",  DIFFERS, "170M", ROUNDS),
    ("inception (5a)", 553, 258, "1072K", DIFFERS, "54M",  DIFFERS),
    ("inception (5b)", 554, 259, "1388K", DIFFERS, "71M",  ROUNDS),
    ("linear",         557, 262, "1000K", OTHER,   "1M",   ROUNDS),
)

#             columns #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj
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

#                    output        depth
SHAPES = {"conv1": ("112x112x64", 1), "pool1": ("56x56x64", 0), "conv2": ("56x56x192", 2),
          "pool2": ("28x28x192", 0), "inception (3a)": ("28x28x256", 2),
          "inception (3b)": ("28x28x480", 2), "pool3": ("14x14x480", 0),
          "inception (4a)": ("14x14x512", 2), "inception (4b)": ("14x14x512", 2),
          "inception (4c)": ("14x14x512", 2), "inception (4d)": ("14x14x528", 2),
          "inception (4e)": ("14x14x832", 2), "pool4": ("7x7x832", 0),
          "inception (5a)": ("7x7x832", 2), "inception (5b)": ("7x7x1024", 2),
          "avg pool": ("1x1x1024", 0), "dropout": ("1x1x1024", 0), "linear": ("1x1x1000", 1)}


def filters(label: str) -> tuple[int, ...]:
    """Of the convolutions of a row, branch after branch."""
    layers = next(row.layers for row in network("googlenet").rows if row.label == label)
    return tuple(part.out_channels for layer in layers for part in layer.modules()
                 if isinstance(part, Conv2d))


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


def off(printed: str, value: float) -> str:
    """"the slide has 6.9 % less"."""
    figure = read_figure(printed)
    if figure is None:
        raise ValueError(f"slides: {printed!r} is no figure")
    share = figure.value / value - 1
    if not share:
        return "then exact"
    return f"the slide has {100 * abs(share):.1f} % {'more' if share > 0 else 'less'}"


def why_weights(label: str, printed: str) -> str:
    if label == "conv1":
        return f"fits filters of 7x1 and 1x7, {2 * 7 * 3 * 64:,} weights, not the row's 7x7"
    text = f"without biases, K = 1,024; {off(printed, thousands(label))}"
    return {"inception (4c)": f"{text}, while its ops fit the true weights",
            "inception (5a)": f"{text}, and its ops likewise"}.get(label, text)


def why_ops(label: str, printed: str) -> str:
    return "those of 7x1 and 1x7 filters, as in its params" if label == "conv1" else \
        off(printed, row("googlenet", label).macs)


def table_claims() -> list[Claim]:
    claims = []
    for label, memphis, iitk, params, verdict, ops, ops_verdict in TABLE:
        places = f"memphis:{memphis}, iitk:{iitk}"
        if label in FILTERS:
            claims.append(Claim(
                places, f"{label}: filters", tuple(map(str, FILTERS[label])),
                partial(filters, label), AGREES))
        claims.append(Claim(
            places, f"{label}: params", params,
            partial(counted, label, "parameters"), verdict, partial(why_weights, label, params),
            ("weights of K = 1,024", partial(thousands, label))))
        claims.append(Claim(
            places, f"{label}: ops", ops, partial(counted, label, "macs"), ops_verdict,
            "" if ops_verdict in (ROUNDS, CUT) else partial(why_ops, label, ops)))
    return claims


def printed(column: int) -> float:
    """Sum of the figures in a column of TABLE."""
    figures = [read_figure(str(line[column])) for line in TABLE]
    return sum(figure.value for figure in figures if figure is not None)


def times_fewer(other: str) -> float:
    return parameters(other) / parameters("googlenet")


def reduced(name: str) -> float:
    """Percent by which a network has fewer parameters than AlexNet."""
    return 100 * (1 - parameters(name) / parameters("alexnet"))


FROM_FIVE = "follows only from 5 million for GoogLeNet"

GOOGLENET = Topic("GoogLeNet", 'memphis and iitk "GoogLeNet" (the table); stanford and unicamp '
                  '"Deeper networks, with computational efficiency"; virginia "GoogLeNet '
                  'Configuration"; memphis "Inception v2, v3"', (
    Claim("memphis:539, iitk:243", "output size of each row", tuple(s for s, _ in SHAPES.values()),
          lambda: tuple(volume("googlenet", label) for label in SHAPES), AGREES),
    Claim("memphis:539, iitk:243", "depth of each row", tuple(str(d) for _, d in SHAPES.values()),
          lambda: tuple(depths()[label] for label in SHAPES), AGREES),
    *table_claims(),
    Claim("unicamp:326, stanford:964", "parameters", "5 million", lambda: parameters("googlenet"),
          DIFFERS, lambda: f"the params column of the table adds up to {printed(3) / 1e3:,.1f}K; "
          f"with both auxiliary classifiers there are {parameters('googlenet', aux=True):,}"),
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
          lambda: f"the ops column of the table adds up to {printed(5) / 1e6:,.0f}M, with too "
          "little for conv1"),
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
