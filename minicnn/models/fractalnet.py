"""FractalNet: many layers without residuals, by a rule that doubles the depth at every step.

    f_1(z) = conv(z)        f_(C+1)(z) = mean of f_C(f_C(z)) and conv(z)        conv: conv bn relu

Written out, a block has C columns side by side: the first is one convolution, the next two, then
four, up to 2^(C-1) of them.  Wherever convolutions of several columns end, their mean goes on.

    layers    columns    parameters, width 64    parameters, width 16
    5         1                     3,918,858                 247,050
    10        2                    13,329,738                 837,210
    20        3                    33,734,922               2,116,170
    40        4                    76,128,714               4,772,730

Drop-path keeps the columns from leaning on each other.  In training a batch is either

    local     each join drops each of its inputs with probability 0.15, but never all, or
    global    one column is drawn, and the whole network is this column alone.

Images are 3 x 32 x 32.  There are 5 blocks of 1, 2, 4, 8, 8 times the width, 64 in the paper's main
table and 16 in the one of depths, with a 2x2 max pool behind each: 5 2^(columns - 1) layers.

Source: Larsson, Maire, Shakhnarovich, "FractalNet: ultra-deep neural networks without residuals",
ICLR 2017, figure 1, sections 2 to 4.  Slide: memphis "CNN models".

Departures from the paper
-------------------------
1. 33,734,922 is what the widths give; 38.6M for "FractalNet, 21 layers" is the DenseNet paper's.
   In the paper's table of depths all figures agree but the first: 0.3M for 5 layers.
2. Dropout (0, 0.1, 0.2, 0.3, 0.4 from block to block) acts once, behind each block's pool.
"""

from collections.abc import Callable, Iterator
from functools import partial

from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import generator
from minicnn.init import apply_init, xavier_uniform, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout, checked_probability
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module, Shape
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import row

COLUMNS = {5 * 2 ** number: number + 1 for number in range(6)}          # of 5, 10, ..., 160 layers
WIDENING = (1, 2, 4, 8, 8)


class DropPath:
    """Draws which columns a batch goes through; all blocks of a network share one.

    p      : probability of dropping an input of a join, in local batches
    share  : of global batches, from 0 to 1
    """

    def __init__(self, columns: int, p: float, share: float) -> None:
        self.columns, self.p = columns, checked_probability(p, "drop_path")
        self.share = checked_probability(share, "global_share")
        self.column: int | None = None                     # the only one of a global batch

    def new_batch(self, training: bool) -> None:
        alone = training and generator().random() < self.share
        self.column = int(generator().integers(1, self.columns + 1)) if alone else None

    def kept(self, ends: list[int], training: bool) -> list[int]:
        """Those of the columns that end here whose output goes on; in a global batch maybe none."""
        if not training:
            return ends
        if self.column is not None:
            return [column for column in ends if column == self.column]
        if len(ends) == 1:
            return ends
        kept = [column for column in ends if generator().random() >= self.p]
        return kept or [ends[generator().integers(len(ends))]]


class Mean(Module):
    """Mean of several arrays of one shape: the join of a fractal."""

    def forward(self, *paths: Tensor) -> Tensor:
        self.out_shape(*[x.shape[1:] for x in paths])
        total = paths[0]
        for x in paths[1:]:
            total = total + x
        return total * (1 / len(paths))

    def out_shape(self, *in_shapes: Shape) -> Shape:
        if len(set(in_shapes)) > 1:
            raise ValueError(f"{self.located()}: the paths give {in_shapes}; their mean "
                             "needs one shape")
        return in_shapes[0]


class FractalBlock(Module):
    """f_C:  (N, C, H, W) -> (N, F, H, W).  convK_L is the L-th convolution of column K.

    in_channels, out_channels : int     C and F
    drop_path : DropPath                knows the number of columns
    """

    def __init__(self, in_channels: int, out_channels: int, drop_path: DropPath) -> None:
        self.drop_path = drop_path
        for column in range(1, drop_path.columns + 1):
            for number in range(1, 2 ** (column - 1) + 1):
                seen = in_channels if number == 1 else out_channels
                setattr(self, f"conv{column}_{number}", Sequential(
                    conv=Conv2d(seen, out_channels, 3, 1, 1), bn=BatchNorm2d(out_channels),
                    relu=ReLU()))
        self.join = Mean()

    def ends(self) -> Iterator[dict[int, Module]]:
        """From top to bottom, at each depth: column -> its convolution that ends there."""
        deepest = 2 ** (self.drop_path.columns - 1)
        for depth in range(1, deepest + 1):
            ending = {}
            for column in range(1, self.drop_path.columns + 1):
                length = deepest // 2 ** (column - 1)      # of one convolution of this column
                if depth % length == 0:
                    ending[column] = getattr(self, f"conv{column}_{depth // length}")
            yield ending

    def forward(self, x: Tensor) -> Tensor:
        reads = dict.fromkeys(range(1, self.drop_path.columns + 1), x)
        for ending in self.ends():
            kept = self.drop_path.kept(list(ending), self.training and not x.is_shape)
            paths = [ending[column](reads[column]) for column in kept]
            if paths:
                y = self.join(*paths) if len(paths) > 1 else paths[0]
                reads.update(dict.fromkeys(ending, y))     # all columns go on from the mean
        return y                                           # (N, F, H, W)


class FractalNet(Network):
    """FractalNet:  (N, C, H, W) -> (N, classes), for 3 x 32 x 32.

    Parameters
    ----------
    depth : 5, 10, 20, 40, 80 or 160      layers of the deepest column
    classes : int, default 10             how many it tells apart
    width : int, default 64               channels of the first block
    drop_path : float, default 0.15       probability of dropping an input of a join
    global_share : float, default 0.5     share of batches that go through one column alone
    dropout : float, default 0            times 0, 1, 2, 3, 4 from block to block (paper: 0.1)
    channels : int, default 3             of the image: 1 for grey ones

    >>> FractalNet(20).num_parameters()
    33734922
    """

    def __init__(self, depth: int = 20, classes: int = 10, width: int = 64,
                 drop_path: float = 0.15, global_share: float = 0.5, dropout: float = 0.0,
                 channels: int = 3) -> None:
        check_choice("FractalNet", "depth", depth, COLUMNS)
        check_classes("FractalNet", classes)
        if width < 1:
            raise ValueError(f"FractalNet: width is at least 1 channel, got {width}")
        if not 0 <= dropout <= 0.25:
            raise ValueError("FractalNet: the last block drops 4 times dropout, so it is from 0 to "
                             f"0.25, got {dropout}")
        self.drop_path = DropPath(COLUMNS[depth], drop_path, global_share)
        rows, seen = [], channels
        for number, times in enumerate(WIDENING):
            F, size = times * width, 16 // 2 ** number
            last = [Dropout(number * dropout)] if number * dropout else []
            paper = f"{F}x{size}x{size}" if width in (16, 64) else None
            rows += [row(f"block{number + 1}", FractalBlock(seen, F, self.drop_path)),
                     row(f"pool{number + 1}", MaxPool2d(2), *last, output=paper)]
            seen = F
        super().__init__(*rows, row("fc", Flatten(), Linear(seen, classes)),
                         input_shape=(channels, 32, 32))
        self.variant = f"{depth}, width {width}"
        apply_init(self, weight=xavier_uniform(), bias=zeros)

    def forward(self, x: Tensor) -> Tensor:
        self.drop_path.new_batch(self.training and not x.is_shape)
        return super().forward(x)


NETWORKS: dict[str, Callable[..., Module]] = {
    "fractalnet20": partial(FractalNet, 20), "fractalnet40": partial(FractalNet, 40),
    "fractalnet_small": partial(FractalNet, 20, width=8),
}
