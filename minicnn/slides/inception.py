"""Claims about the two examples of an Inception module, the naive and the reduced one."""

from minicnn.analysis.summary import Line
from minicnn.backend.windows import times
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Shape
from minicnn.layers.windowed import Windowed
from minicnn.models.network import Branches
from minicnn.slides.claim import AGREES, DIFFERS, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    macs,
    network,
    printed,
    printed_volume,
    table,
    values,
    volume,
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


def factors(name: str) -> tuple[str, ...]:
    """"28x28x128x1x1x256": what is multiplied for each convolution of an example."""
    convs = [part for part in network(name).modules() if isinstance(part, Conv2d)]
    H, W = network(name).input_shape[1:]
    return tuple(times((H, W, conv.out_channels, *conv.kernel_size, conv.in_channels))
                 for conv in convs)


def kernels(name: str) -> tuple[str, ...]:
    """Of the convolutions and of the pooling, each once."""
    return tuple(sorted({times(part.window.kernel) for part in network(name).modules()
                         if isinstance(part, Windowed)}))


SEEN = ("virginia: GoogLeNet Inception Module; unicamp: Naive Inception Module (1st); "
        "stanford: Naive Inception module (1st)")

MODULE = Topic("Inception module", (
    Claim(SEEN, "naive: sizes of the filters and of the pooling", ("1x1", "3x3", "5x5"),
          lambda: kernels(NAIVE), AGREES),
    Claim("virginia: Naive Inception Computational Complexity; "
          "stanford: Naive Inception module (8th)", "naive: factors of each convolution's ops",
          ("28x28x128x1x1x256", "28x28x192x3x3x256", "28x28x96x5x5x256"),
          lambda: factors(NAIVE), AGREES),
    Claim("virginia: Inception Module Computational Complexity; "
          "stanford: Inception module with dimension reduction (3rd)",
          "reduced: factors of each convolution's ops",
          tuple(sorted(("28x28x64x1x1x256", "28x28x64x1x1x256", "28x28x128x1x1x256",
                        "28x28x192x3x3x64", "28x28x96x5x5x64", "28x28x64x1x1x256"))),
          lambda: tuple(sorted(factors(REDUCED))), AGREES),
    Claim("stanford: Naive Inception module (7th)",
          "naive: size of the output, channels last",
          lambda: printed_volume(NAIVE, "naive"), lambda: volume(NAIVE, "naive"), AGREES),
    Claim("stanford: Naive Inception module (7th)",
          "naive: outputs of 1x1, 3x3, 5x5 and pooling",
          ("28x28x128", "28x28x192", "28x28x96", "28x28x256"),
          lambda: tuple(times((H, W, C)) for C, H, W in branches()), AGREES),
    Claim("stanford: Naive Inception module (9th); "
          "virginia: Naive Inception Computational Complexity",
          "naive: the depth can only grow, for the pooling keeps it",
          "", grows, AGREES),
    Claim("stanford: Naive Inception module (10th)",
          "naive: values of the output", "529k", lambda: values(NAIVE, "naive"),
          DIFFERS, "527k"),
    Claim("virginia: Naive Inception Computational Complexity; "
          "unicamp: What is output size after filter concatenation? (4th); "
          "stanford: Naive Inception module (8th)",
          "naive: ops",
          lambda: printed(NAIVE, "naive", "macs"), lambda: macs(NAIVE), ROUNDS,
          lambda: " + ".join(f"{line.macs:,}" for line in inside(NAIVE))),
    Claim("virginia: Inception Module Computational Complexity; "
          "unicamp: Inception Module, Conv Ops; "
          "stanford: Inception module with dimension reduction (3rd)",
          "reduced: ops",
          lambda: printed(REDUCED, "reduced", "macs"), lambda: macs(REDUCED), DIFFERS,
          lambda: "with the 3x3 convolution counted twice it would be "
          f"{macs(REDUCED) + three_by_three():,}"),
    Claim("stanford: Inception module with dimension reduction (3rd); "
          "virginia: Inception Model with Dimensionality Reduction",
          "bottlenecks reduce the depth, also behind the pooling",
          "", lambda: Fact(values(REDUCED, "reduced") < values(NAIVE, "naive"),
                              f"{volume(REDUCED, 'reduced')} instead of {volume(NAIVE, 'naive')}, "
                              f"{values(REDUCED, 'reduced'):,} values"),
          AGREES),
))
