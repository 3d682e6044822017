"""Claims about GoogLeNet and its Inception module."""

from functools import partial

from minicnn.inspect.figures import read_figure
from minicnn.inspect.summary import Line
from minicnn.layers.linear import Linear
from minicnn.slides.claim import AGREES, CUT, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    kinds,
    layers,
    macs,
    output,
    parameters,
    row,
    table,
    values,
    weights,
)

NAIVE, REDUCED = "inception_naive_example", "inception_reduced_example"


def inside(name: str) -> list[Line]:
    """The convolutions of one of the two examples, in the order of the slide."""
    return [line for line in table(name).lines if line.macs]


def three_by_three() -> int:
    return next(line.macs for line in inside(REDUCED) if line.kernel == "3x3")


MODULE = Topic("Inception module", 'stanford, unicamp, virginia "Naive Inception module", '
               '"Inception module with dimension reduction"', (
    Claim("stanford:1056", "naive: size of the output, channels last", "28x28x672",
          lambda: "x".join(output(NAIVE, "naive").split("x")[i] for i in (1, 2, 0)), AGREES),
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
                              f"{output(REDUCED, 'reduced')} instead of {output(NAIVE, 'naive')}"),
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
        claims.append(Claim(
            places, f"{label}: params", params,
            partial(counted, label, "parameters"), verdict, partial(why_weights, label, params),
            ("weights of K = 1,024", partial(thousands, label))))
        claims.append(Claim(
            places, f"{label}: ops", ops, partial(counted, label, "macs"), ops_verdict,
            "" if ops_verdict in (ROUNDS, CUT) else partial(why_ops, label, ops)))
    return claims


def printed_ops() -> float:
    figures = [read_figure(line[5]) for line in TABLE]
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
    *table_claims(),
    Claim("unicamp:326, stanford:964", "parameters", "5 million", lambda: parameters("googlenet"),
          DIFFERS, "7 million, and 6 without the last layer"),
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
          lambda: f"the ops column of the table adds up to {printed_ops() / 1e6:,.0f}M, with too "
          "little for conv1"),
    Claim("virginia:285, unicamp:323, stanford:1224, iitk:216", "layers with weights", "22",
          lambda: layers("googlenet"), AGREES, "the branches of a module count as two layers"),
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
