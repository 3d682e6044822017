"""CapsNet: digits recognised by capsules that vote for each other, and drawn again from their pose.

    name            reads          capsules                  parameters    MACs
    capsnet         1 x 28 x 28    1152 of 8 -> 10 of 16     8,215,568     203,202,560
                    without the decoder                      6,804,224     201,793,536
    capsnet_small   3 x 32 x 32     256 of 8 -> 10 of 8        664,416      10,460,160

Reads digits with values from 0 to 1, as the decoder draws them.  The decoder sees only the 16
numbers of the digit's capsule, so these must hold slant, thickness and the like.  It serves in
training: table 1 of the paper has lower test errors with it.

Slide: memphis, "CapsuleNet".  Source: Sabour, Frosst and Hinton 2017, "Dynamic routing between
capsules", sections 3 and 4, figures 1 and 2.

Departures from the paper
-------------------------
1. Weights start by He's rule, those of the votes normal with std 0.1; the paper does not say.
2. The margin loss is equation 4, summed over the classes.  The authors' published program takes
   half its mean over them: there the drawn image counts 20 times as much beside it.
"""

from math import prod
from typing import Any

from minicnn.autograd.functions import maximum
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.windows import times
from minicnn.init import apply_init, he_normal, normal, zeros
from minicnn.layers.activations import ReLU, Sigmoid
from minicnn.layers.capsule import CapsuleLength, PrimaryCapsules, RoutedCapsules
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module, Shape
from minicnn.losses.checks import check_labels
from minicnn.models.network import ImageShape, check_classes


def one_hot(labels: Any, lengths: Tensor) -> Tensor:
    """(N,) -> (N, classes), 1 at the label; a constant beside `lengths`."""
    xp, (N, J) = xp_of(lengths.data), lengths.shape
    labels = xp.asarray(check_labels("one_hot", labels, (N,), J))
    return Tensor((xp.arange(J) == labels[:, None]).astype(lengths.dtype))


def margin_loss(lengths: Tensor, labels: Any, present: float = 0.9, absent: float = 0.1,
                weight: float = 0.5) -> Tensor:
    """Long where the digit is, short where it is not: equation 4, the mean over the batch.

        L_k = T_k max(0, 0.9 - |v_k|)^2 + 0.5 (1 - T_k) max(0, |v_k| - 0.1)^2

    lengths : (N, classes), what CapsNet returns;  labels : whole numbers (N,)
    """
    wanted = one_hot(labels, lengths)
    missing = maximum(present - lengths, 0.0) ** 2
    wrong = maximum(lengths - absent, 0.0) ** 2
    return (wanted * missing + weight * (1 - wanted) * wrong).sum(axis=1).mean()


class CapsNet(Module):
    """CapsNet:  (N, 1, 28, 28) -> (N, classes), the lengths of the class capsules.

    Parameters
    ----------
    classes : int, default 10                how many it tells apart
    reconstruction : bool, default True      whether there is a decoder
    maps : int, default 256                  of conv1
    capsule_maps : int, default 32           of the primary capsules, 8 channels each
    out_dim : int, default 16                numbers in a class capsule
    hidden : (int, int)                      units of the decoder's two hidden layers
    image_shape : (C, H, W)                  of what it reads and draws; no other size fits

    >>> CapsNet().num_parameters(), CapsNet(reconstruction=False).num_parameters()
    (8215568, 6804224)
    """

    standardised = False                                   # pixels stay from 0 to 1

    def __init__(self, classes: int = 10, reconstruction: bool = True, maps: int = 256,
                 capsule_maps: int = 32, out_dim: int = 16, hidden: tuple[int, int] = (512, 1024),
                 image_shape: ImageShape = (1, 28, 28)) -> None:
        check_classes("CapsNet", classes)
        self.input_shape = input_shape = tuple(image_shape)
        self.conv1, self.relu = Conv2d(input_shape[0], maps, 9), ReLU()
        self.primary = Conv2d(maps, 8 * capsule_maps, 9, 2)
        self.squash = PrimaryCapsules(8)
        features = self.primary.out_shape(self.conv1.out_shape(input_shape))
        count, dim = self.squash.out_shape(features)
        self.digits = RoutedCapsules(count, dim, classes, out_dim)
        self.length = CapsuleLength()
        self.decoder = None
        if reconstruction:
            first, second = hidden
            self.decoder = Sequential(
                flatten=Flatten(), fc1=Linear(classes * out_dim, first), relu1=ReLU(),
                fc2=Linear(first, second), relu2=ReLU(),
                fc3=Linear(second, prod(input_shape)), sigmoid=Sigmoid())
        apply_init(self, weight=he_normal(), bias=zeros)
        self.digits.weight.draw_again(normal(0.1))

    def capsules(self, x: Tensor) -> Tensor:
        """The class capsules: (N, 1, 28, 28) -> (N, classes, 16)."""
        self.check_size(x.shape[1:])
        return self.digits(self.squash(self.primary(self.relu(self.conv1(x)))))

    def forward(self, x: Tensor) -> Tensor:
        return self.length(self.capsules(x))

    def check_size(self, in_shape: Shape) -> None:
        if in_shape[1:] != self.input_shape[1:]:
            raise ValueError(f"CapsNet: got an image of {times(in_shape[1:])}, this one reads "
                             f"{times(self.input_shape[1:])} only, for it has a matrix for each "
                             "capsule of each place; give CapsNet image_shape=(C, H, W)")

    def out_shape(self, in_shape: Shape) -> Shape:
        self.check_size(in_shape)
        features = self.primary.shape(self.relu.shape(self.conv1.shape(in_shape)))
        capsules = self.digits.shape(self.squash.shape(features))
        if self.decoder is not None:                       # so that tables have it, too
            self.decoder.shape(capsules)
        return self.length.shape(capsules)

    def reconstruct(self, capsules: Tensor, labels: Any = None) -> Tensor:
        """Images (N, 1, 28, 28) drawn from one capsule each: the label's, or else the longest."""
        if self.decoder is None:
            raise ValueError("CapsNet: there is no decoder; build it with reconstruction=True")
        lengths = self.length(capsules)
        if labels is None:
            labels = lengths.data.argmax(axis=1)
        N, J, _ = capsules.shape
        kept = capsules * one_hot(labels, lengths).reshape(N, J, 1)
        return self.decoder(kept).reshape(N, *self.input_shape)

    def loss(self, x: Tensor, labels: Any, share: float = 0.0005) -> tuple[Tensor, Tensor]:
        """(what training makes small, the lengths) of one batch, from one pass.

        margin_loss, plus `share` times the sum of squared errors of the drawn image's pixels.
        """
        capsules = self.capsules(x)
        lengths = self.length(capsules)
        loss = margin_loss(lengths, labels)
        if self.decoder is None:
            return loss, lengths
        error = (self.reconstruct(capsules, labels) - x) ** 2                   # (N, C, H, W)
        return loss + share * error.sum(axis=(1, 2, 3)).mean(), lengths

    def probabilities(self, lengths: Tensor) -> Tensor:
        """The share of each class in all lengths: (N, classes)."""
        return lengths / lengths.sum(axis=1, keepdims=True)


def capsnet_small(classes: int = 10, image_shape: ImageShape = (3, 32, 32)) -> CapsNet:
    """32 maps, 4 capsule maps, 8 numbers in a class capsule; for 32 x 32 images."""
    return CapsNet(classes, maps=32, capsule_maps=4, out_dim=8, hidden=(64, 128),
                   image_shape=image_shape)


NETWORKS = {"capsnet": CapsNet, "capsnet_small": capsnet_small}
