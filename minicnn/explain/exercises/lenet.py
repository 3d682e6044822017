"""Exercises of chapter 5, LeNet-5."""

from minicnn.analysis.summary import summary
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.partial_conv import LENET_C3_TABLE, PartialConv2d
from minicnn.models.lenet import LeNet5


def flattened(side: int, padding: int = 0) -> int:
    """How many values the visualiser's first fully connected layer reads."""
    layers = Sequential(Conv2d(1, 6, 5, padding=padding), MaxPool2d(2),
                        Conv2d(6, 16, 5, padding=padding), MaxPool2d(2), Flatten())
    return layers.shape((1, side, side))[0]


def c1_macs() -> int:
    return summary(LeNet5()).lines[0].macs


C1_WEIGHTS = 6 * 5 * 5

LENET = (
    Exercise(
        "5.1", "In the paper's C3, six maps see three maps each, nine see four and one sees all "
        "six, through filters of 5 x 5. Each of the sixteen has a bias. How many parameters?",
        lambda: PartialConv2d(6, 16, 5, LENET_C3_TABLE).num_parameters(),
        "6 x 3 + 9 x 4 + 6 = 60 links of 25 weights, and 16 biases: {answer}. The slide's C3 with "
        "all 96 links has 2,416.",
        (Slip(lambda: Conv2d(6, 16, 5).num_parameters(), "that is C3 with all links"),
         Slip(lambda: PartialConv2d(6, 16, 5, LENET_C3_TABLE).weight.numel(),
              "you left out the biases"),
         Slip(lambda: sum(map(len, LENET_C3_TABLE)) * Conv2d(1, 1, 5).num_parameters(),
              "you gave each link a bias; each map has one"))),
    Exercise(
        "5.2", "The visualiser's LeNet (two convolutions of 5 x 5 without padding, each with a "
        "2 x 2 pooling, 6 and then 16 maps) gets a picture of 48 x 48. How many values reach the "
        "first fully connected layer?",
        lambda: flattened(48),
        "48, 44, 22, 18, 9: 16 x 9 x 9 = {answer}. The layer was built for 400, and says so in an "
        "error.",
        (Slip(lambda: flattened(32), "that is what 32 x 32 pixels give"),
         Slip(lambda: flattened(48, padding=2),
              "you kept the size in the convolutions; without padding each takes off 4"),
         Slip(lambda: flattened(48) // 16, "that is one of sixteen maps"))),
    Exercise(
        "5.3", "How many multiplications with an addition (MACs) does C1 take: six filters of "
        "5 x 5 over 32 x 32 pixels, biases not counted?",
        c1_macs,
        "Each of 150 weights once at each of 28 x 28 positions: {answer}.",
        (Slip(lambda: C1_WEIGHTS * 32 * 32, "there are 28 x 28 positions, not 32 x 32"),
         Slip(lambda: C1_WEIGHTS, "those are the weights; each is used at every position"),
         Slip(lambda: c1_macs() // 6, "that is one filter's"))),
)
