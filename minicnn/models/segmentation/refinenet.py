"""RefineNet: from the coarsest maps of a ResNet to its finest, refined by each on the way.

    name            variant    classes    parameters     MACs               image
    refinenet101    "paper"    21         109,806,677    235,115,905,024    3 x 512 x 512
    refinenet101    "small"     4             604,532        179,732,480    3 x  64 x  64

    RefineNet-4    conv5_x                     512 maps, at every 32nd pixel
    RefineNet-3    conv4_x and RefineNet-4     256 maps, 16th
    RefineNet-2    conv3_x and RefineNet-3     256 maps, 8th
    RefineNet-1    conv2_x and RefineNet-2     256 maps, 4th   ->  scores, enlarged to the image

    a block: each input twice through  x + conv(relu(conv(relu(x))))        residual conv unit, RCU
             conv 3x3 to the fewest maps, enlarged to the largest, summed   fusion
             x = relu(x);  x + p + q,  p = conv(pool(x)), q = conv(pool(p)) chained residual pooling
             once more through an RCU, three times in the last block

Maps with holes keep every detail and cost memory; here a ResNet may shrink its maps as it likes,
and the detail is fetched from where it still was.  The many sums with x itself let the gradient
come through to the lowest layers.  The pools are 5x5 at stride 1.

Input: pictures of any size, mean and spread of each channel; 512 x 512 are crops.

Source: Lin, Milan, Shen and Reid 2017, "RefineNet: Multi-path refinement networks for
high-resolution semantic segmentation", section 3 and figures 2 and 3.  Slides: memphis,
"Segmentation".

Departures from the paper
-------------------------
1. The count is our reading: the paper prints none.  A convolution of 3x3 without BN brings each
   stage of the ResNet to 512 or 256 maps; all convolutions of the blocks have biases; a block with
   one input has no fusion; three RCUs end the last block; scores are a 3x3 behind dropout of 0.5.
2. Weights start by He's rule, where the paper has those of ResNet from ImageNet; those of RCUs,
   chained pooling and scores normal with std 0.01, for sums without batch norm grow otherwise.
3. "small" is ours: a ResNet of four units with 16 to 128 maps, 32 maps in all blocks.
"""

from collections.abc import Callable, Sequence
from functools import partial

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, normal
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.network import Residual, check_choice
from minicnn.models.segmentation.segmenter import HE, Resize, Segmenter
from minicnn.models.segmentation.trunks import maps, resnet
from minicnn.models.table import row

WIDTHS, SMALL_WIDTHS = (256, 256, 256, 512), (32, 32, 32, 32)      # of RefineNet-1 to -4


def conv(in_channels: int, out_channels: int) -> Conv2d:
    return Conv2d(in_channels, out_channels, 3, padding=1)


def rcu(channels: int) -> Residual:
    """Residual conv unit: a ResNet's without batch norm."""
    return Residual(Sequential(ReLU(), conv(channels, channels), ReLU(), conv(channels, channels)))


class Fusion(Module):
    """Sum of images of several sizes, at the largest:  (N, C_i, H_i, W_i) ... -> (N, F, H, W).

    in_channels : whole numbers          the C_i; F is the smallest
    """

    def __init__(self, in_channels: Sequence[int]) -> None:
        self.convs = [conv(channels, min(in_channels)) for channels in in_channels]
        self.resize, self.add = Resize(), Add()

    def forward(self, *inputs: Tensor) -> Tensor:
        size = max(x.shape[2:] for x in inputs)
        first, *others = [self.resize(mix(x), size) for x, mix in
                          zip(inputs, self.convs, strict=True)]
        for x in others:
            first = self.add(first, x)
        return first


class ChainedPooling(Module):
    """x, and what pooling hands on step by step, summed:  (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int, steps: int = 2) -> None:
        self.relu, self.add = ReLU(), Add()
        self.steps = [Sequential(MaxPool2d(5, 1, 2), conv(channels, channels))
                      for _ in range(steps)]

    def forward(self, x: Tensor) -> Tensor:
        x = part = self.relu(x)
        for step in self.steps:
            part = step(part)
            x = self.add(x, part)
        return x


class RefineBlock(Module):
    """One RefineNet: images (N, C_i, H_i, W_i) -> (N, F, H, W), F the fewest maps, H the most rows.

    in_channels : whole numbers          the C_i
    ending : int                         RCUs at its end
    """

    def __init__(self, in_channels: Sequence[int], ending: int = 1) -> None:
        width = min(in_channels)
        self.units = [Sequential(rcu(channels), rcu(channels)) for channels in in_channels]
        self.fusion = Fusion(in_channels) if len(in_channels) > 1 else None
        self.pooling = ChainedPooling(width)
        self.ending = Sequential(*[rcu(width) for _ in range(ending)])

    def forward(self, *inputs: Tensor) -> Tensor:
        seen = [unit(x) for x, unit in zip(inputs, self.units, strict=True)]
        x = seen[0] if self.fusion is None else self.fusion(*seen)
        return self.ending(self.pooling(x))


class RefineNet(Segmenter):
    """RefineNet:  (N, 3, H, W) -> (N, classes, H, W).

    Parameters
    ----------
    depth : 50, 101 or 152               of the ResNet
    variant : "paper" or "small"         "small" is for 64 x 64
    classes : int, optional              21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3            of the images
    dropout : float, default 0.5         before the scores

    >>> RefineNet().num_parameters()
    109806677
    """

    def __init__(self, depth: int = 101, variant: str = "paper", classes: int | None = None,
                 channels: int = 3, dropout: float = 0.5) -> None:
        check_choice("RefineNet", "depth", depth, (50, 101, 152))
        small, classes, size = self.form(variant, classes, 21, 512)
        widths = SMALL_WIDTHS if small else WIDTHS
        rows = [row(f"adapt{stage}", conv(seen, width)) for stage, (seen, width) in
                enumerate(zip(maps(small), widths, strict=True), 1)]
        rows.append(row("refine4", RefineBlock([widths[3]])))
        for stage in (3, 2, 1):
            block = RefineBlock(widths[stage - 1:stage + 1], ending=3 if stage == 1 else 1)
            rows.append(row(f"refine{stage}", block))
        super().__init__(
            *resnet(depth, channels, small, stride_on="first 1x1"), *rows,
            row("scores", Dropout(dropout), conv(widths[0], classes)),
            row("upsample", Resize()), input_shape=(channels, *size))
        self.variant = variant if small else f"{depth} {variant}"
        apply_init(self, **HE)
        apply_init(self.scores, normal(0.01))
        for stage in (1, 2, 3, 4):
            for part in self.get_submodule(f"refine{stage}").modules():
                if isinstance(part, (Residual, ChainedPooling)):
                    apply_init(part, normal(0.01))

    def compute(self, x: Tensor) -> Tensor:
        x2, x3, x4, x5 = self.outputs(x, "conv2_x", "conv3_x", "conv4_x", "conv5_x")
        y = self.refine4(self.adapt4(x5))                                      # every 32nd pixel
        y = self.refine3(self.adapt3(x4), y)                                   # 16th
        y = self.refine2(self.adapt2(x3), y)                                   # 8th
        y = self.refine1(self.adapt1(x2), y)                                   # 4th
        y = self.scores(self.scores_dropout(y))
        return self.upsample(y, x.shape[2:])


NETWORKS: dict[str, Callable[..., Module]] = {"refinenet101": partial(RefineNet, 101)}
