"""Exercises of chapter 10, from AlexNet to VGG."""

from functools import cache

from minicnn.analysis.receptive_field import field_of
from minicnn.analysis.summary import summary
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.models import build


def weights(kernel: int, layers: int = 1, maps: int = 64) -> int:
    return layers * Conv2d(maps, maps, kernel, bias=False).num_parameters()


@cache
def field(stride: int = 2, behind: bool = True) -> int:
    """What one unit sees across two 3 x 3 convolutions, a 2 x 2 pooling, and one more 3 x 3."""
    layers = [Conv2d(1, 1, 3), Conv2d(1, 1, 3), MaxPool2d(2, stride), Conv2d(1, 1, 3)]
    kept = layers if behind else layers[:3]
    return field_of(Sequential(*kept), str(len(kept) - 1), (1, 32, 32)).size[0]


@cache
def vgg16_bytes() -> tuple[int, int]:
    """By the slides' rule, and of every layer's output."""
    found = summary(build("vgg16"))
    return found.slide_memory, found.memory


VGG = (
    Exercise(
        "10.1", "Three 3 x 3 convolutions, one behind the other, each from 64 maps to 64, without "
        "biases. How many weights have they together?",
        lambda: weights(3, 3),
        "27 C^2 with C = 64: 27 x 4,096 = {answer}.",
        (Slip(lambda: weights(7), "that is one 7 x 7 layer, which sees as much: 49 C^2"),
         Slip(lambda: weights(3), "that is one of the three"),
         Slip(lambda: 27 * 64, "each filter has a layer for each of the 64 maps: C *squared*"))),
    Exercise(
        "10.2", "VGG begins with two 3 x 3 convolutions and a 2 x 2 pooling at stride 2. How many "
        "pixels across does a unit of the next 3 x 3 convolution see?",
        field,
        "1, then 3, then 5; the pooling adds 1; behind it neighbours lie 2 apart, so the next "
        "adds 2 x 2: {answer}.",
        (Slip(lambda: field(stride=1),
              "you forgot that units behind the pooling lie two pixels apart"),
         Slip(lambda: field(behind=False), "that is what the pooling sees"),
         Slip(lambda: field_of(Sequential(*[Conv2d(1, 1, 3) for _ in range(3)]), "2",
                               (1, 32, 32)).size[0], "you left out the pooling"))),
    Exercise(
        "10.3", "Is 24M right? The slides list what VGG-16 keeps for one picture: the image, and "
        "the output of each convolution (a ReLU writes over it), pooling and fully connected "
        "layer. How many values are that?",
        lambda: vgg16_bytes()[0] // 4,
        lambda: "The list adds up to {answer}, "
                f"{vgg16_bytes()[0] / 1e6:.1f} MB of float32; the slides say 24M and 93 or 96 MB. "
                "See `python -m minicnn slides vgg --verdict differs`.",
        (Slip(lambda: 24_000_000, "so the slides say, but their own lines add up to less"),
         Slip(lambda: vgg16_bytes()[0], "those are the bytes; a value takes four"),
         Slip(lambda: vgg16_bytes()[1] // 4,
              "that counts ReLUs and dropouts as well, as `summary` does, and not the image"))),
)
