"""Exercises of chapter 11, 1 x 1 convolutions and Inception."""

from functools import cache

from minicnn.analysis.summary import Summary, summary
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.conv import Conv2d
from minicnn.models import build


@cache
def table(kind: str) -> Summary:
    """Of the slides' example: "naive" or "reduced"."""
    return summary(build(f"inception_{kind}_example"))


def maps(kind: str) -> int:
    return build(f"inception_{kind}_example").shape((256, 28, 28))[0]


def of_three_by_three() -> int:
    return next(line.macs for line in table("reduced").lines if line.kernel == "3x3" and line.macs)


ONE = Conv2d(64, 32, 1)

INCEPTION = (
    Exercise(
        "11.1", "A 1 x 1 convolution makes 32 maps of 64, with biases. How many parameters?",
        ONE.num_parameters,
        "A filter has one weight for each of the 64 maps: 32 x (64 + 1) = {answer}.",
        (Slip(ONE.weight.numel, "you left out the biases"),
         Slip(lambda: Conv2d(64, 32, 3).num_parameters(), "those are windows of 3 x 3"),
         Slip(lambda: Conv2d(1, 32, 1).num_parameters(),
              "a filter reads all 64 maps, not one"))),
    Exercise(
        "11.2", "The slides' naive module gets 256 maps and has 128 filters of 1 x 1, 192 of "
        "3 x 3, 96 of 5 x 5, and a 3 x 3 pooling at stride 1. How many maps come out?",
        lambda: maps("naive"),
        "The four are stacked: 128 + 192 + 96 + 256 = {answer}. The pooling keeps all its maps, so "
        "from module to module they can only grow.",
        (Slip(lambda: maps("naive") - 256, "the pooling's 256 maps are stacked, too"),
         Slip(lambda: maps("reduced"), "that is with a 1 x 1 behind the pooling"),
         Slip(lambda: 256, "the branches stand side by side: their maps add up"))),
    Exercise(
        "11.3", "With bottlenecks of 64 before the 3 x 3, before the 5 x 5 and behind the pooling, "
        "how many MACs does the same module take on 28 x 28 pixels? (Three decks print 358M.)",
        lambda: table("reduced").macs,
        "Three bottlenecks of 12,845,056, and 25,690,112 + 86,704,128 + 120,422,400: {answer}.",
        (Slip(lambda: table("reduced").macs + of_three_by_three(),
              "that is the slides' 358M: the 3 x 3 convolution twice"),
         Slip(lambda: table("naive").macs, "that is without the bottlenecks"),
         Slip(lambda: table("reduced").parameters,
              "those are the parameters; each weight is used at 784 places"))),
)
