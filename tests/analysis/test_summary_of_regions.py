"""The table where a layer sees several parts of an image, each by itself."""

from minicnn.analysis import summary, trace
from minicnn.layers import Conv2d
from minicnn.layers.module import Module


class Quarters(Module):
    """Four quarters of an image, side by side, pass one convolution."""

    def __init__(self):
        self.whole, self.each = Conv2d(1, 2, 3, padding=1), Conv2d(2, 3, 3, padding=1)

    def forward(self, x):
        x = self.whole(x)
        N, C, H, W = x.shape
        return self.each(x.reshape(4 * N, C, H // 2, W // 2))


def test_macs_and_memory_are_those_of_all():
    steps = trace(Quarters(), (1, 8, 8))
    assert [step.count for step in steps] == [1, 4] and steps[1].shape == (3, 4, 4)
    whole, each = summary(Quarters(), (1, 8, 8)).lines
    assert (whole.output, whole.macs, whole.memory) == ("2x8x8", 9 * 2 * 64, 4 * 2 * 64)
    assert (each.output, each.macs, each.memory) == ("4 of 3x4x4", 4 * 9 * 2 * 3 * 16, 4 * 4 * 48)
    assert each.parameters == 9 * 2 * 3 + 3


def test_the_note_says_it():
    text = summary(Quarters(), (1, 8, 8)).text()
    assert '"4 of 3x4x4": so many outputs has this layer for one image, one for each of 4' in text
    assert "regions" not in summary(Conv2d(1, 2, 3), (1, 8, 8)).text()
