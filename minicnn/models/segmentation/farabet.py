"""Farabet's scene labels: one small network looks at the picture in three sizes.

    name             variant   classes   image           parameters     MACs
    farabet          "paper"   8         3x240x320        1,651,336   10,373,452,800
    farabet          "small"   4         3x64x64             40,196       15,576,064

    pyramid     X_1 = norm(x - up(half(x)))     X_2 = norm(half(x) - up(half(half(x))))   X_3 = ...
    features    f(X_s) = conv tanh pool conv tanh pool conv       the same weights at every size
    joined      F = [f(X_1), up(f(X_2)), up(f(X_3))]              a quarter of the image
    scores      tanh(w F + b), w' ... + b', enlarged to the image

At the third size a window of f covers four times as many pixels: fine features say what is at a
pixel, coarse ones in what surroundings.  The levels of the pyramid are what each size has and the
next smaller one lacks (Laplacian), each brought to local mean 0 and deviation 1.  Since the weights
are shared, three sizes cost no more weights than one, but for the scores; and what is learnt at one
size holds for things that are nearer.

Input: colours; ranges do not matter, for the pyramid is normalised.

Source: Farabet, Couprie, Najman and LeCun 2013, "Learning hierarchical features for scene
labeling", sections 3 and 5.  Slides: virginia, "CNNs are everywhere" (the figure of scene labels).

Departures from the paper
-------------------------
1. Colours stay red, green and blue, where it takes YUV; and every map reads every map, where each
   of its 64 reads 8 of 16 and each of its 256 reads 32 of 64, drawn at random.  These two numbers
   are from memory, not checked against the paper; which maps were drawn is not published, nor is a
   count of parameters to hold ours against.
2. No superpixels, trees or random fields behind the scores: the features of the pyramid are what is
   shown.  The scores are learnt together with them, where it learns them after.
3. Borders are padded, so that no pixel goes unlabelled; windows of the normalisation are 15 pixels.
4. "small" is ours: 5 x 5 windows, a quarter of the maps.
"""

from collections.abc import Callable

from minicnn.autograd.functions import concatenate
from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, xavier_uniform, zeros
from minicnn.layers.activations import Tanh
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.contrast import ContrastNorm
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import check_choice
from minicnn.models.segmentation.segmenter import Resize, Segmenter
from minicnn.models.table import row

SCALES = 3


class Pyramid(Module):
    """The levels of a picture:  (N, C, H, W) -> [(N, C, H, W), (N, C, H/2, W/2), ...].

    A level is the picture of its size minus the next smaller one enlarged; the last is what is
    left.

    scales : how many
    """

    def __init__(self, scales: int = SCALES, window: int = 15) -> None:
        self.scales = scales
        self.half, self.up, self.norm = AvgPool2d(2), Resize(), ContrastNorm(window)

    def forward(self, x: Tensor) -> list[Tensor]:
        levels = []
        for _ in range(self.scales - 1):
            smaller = self.half(x)
            levels.append(self.norm(x - self.up(smaller, x.shape[2:])))
            x = smaller
        return [*levels, self.norm(x)]


def features(channels: int, widths: tuple[int, int, int], kernel: int) -> Sequential:
    """f: three convolutions, the first two with tanh and pooling."""
    a, b, c = widths
    return Sequential(
        conv1=Conv2d(channels, a, kernel, padding="same"), tanh1=Tanh(), pool1=MaxPool2d(2),
        conv2=Conv2d(a, b, kernel, padding="same"), tanh2=Tanh(), pool2=MaxPool2d(2),
        conv3=Conv2d(b, c, kernel, padding="same"))


class Farabet(Segmenter):
    """Scene labels from a pyramid:  (N, 3, H, W) -> (N, classes, H, W), sides that divide by 16.

    Parameters
    ----------
    variant : "paper" or "small"         see the head of this file
    classes : int, optional              8 of the Stanford Background pictures; 4 of the small one
    channels : int, default 3            of the images
    scales : int, default 3              1 to 3: sizes at which it looks

    >>> Farabet("small").shape((3, 64, 64))
    (4, 64, 64)
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 scales: int = SCALES) -> None:
        small, classes, size = self.form(variant, classes, 8, (240, 320))
        check_choice("Farabet", "scales", scales, (1, 2, 3))
        widths, kernel, hidden = ((4, 16, 64), 5, 64) if small else ((16, 64, 256), 7, 1024)
        super().__init__(
            row("pyramid", Pyramid(scales, 7 if small else 15)),
            row("features", features(channels, widths, kernel)),
            row("hidden", Conv2d(scales * widths[-1], hidden, 1), Tanh()),
            row("scores", Conv2d(hidden, classes, 1)),
            row("enlarge", Resize()), input_shape=(channels, *size))
        self.variant, self.halved = variant, 1 + scales
        apply_init(self, weight=xavier_uniform(), bias=zeros)

    def compute(self, x: Tensor) -> Tensor:
        levels = [self.features(level) for level in self.pyramid(x)]   # (N, c, h / 2^s, w / 2^s)
        place = levels[0].shape[2:]                                    # a quarter of the image
        joined = concatenate([self.enlarge(level, place) for level in levels], axis=1)
        y = self.scores(self.hidden_tanh(self.hidden(joined)))         # (N, classes, H/4, W/4)
        return self.enlarge(y, x.shape[2:])


NETWORKS: dict[str, Callable[..., Module]] = {"farabet": Farabet}
