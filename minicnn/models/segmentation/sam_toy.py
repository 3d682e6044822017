"""A toy of SAM: point at a pixel, and the network draws the mask of what is there.

    name       image        parameters    MACs
    sam_toy    3 x 64 x 64     138,144    30,893,056

    image      four convolutions, a quarter of the size, 64 maps; each pixel learns where it is
    prompt     the point: where it is, and a learnt vector that says "a point"
    look       the prompt's token asks all pixels (cross-attention), and thinks (two layers)
    mask       maps enlarged to the image's size, each pixel's 16 values times the token's 16

This is no Segment Anything Model.  That has an image encoder of 89,670,912 parameters (ViT-B at
1024 x 1024), prompts of several points, boxes and masks, two layers in which tokens and image look
at each other, three masks of different extent for one prompt, and an estimate of how good each is;
it learnt from a billion masks.  What is kept is the idea: an image is encoded once, a prompt is
cheap, and what comes out is a mask of no class.

Places are sines and cosines of random directions (Fourier features): for p from -1 to 1 in both
directions, [sin(2 pi p g), cos(2 pi p g)] with g drawn once.  Pixel and point use the same, so a
point can find its pixel.

Source: Kirillov et al. 2023, "Segment anything", section 3 and appendix A, much reduced.  Slides:
memphis, "Segmentation".

Departures from the paper
-------------------------
All of it: see above.  The loss is yours.  Binary cross-entropy and Dice brought the overlap (IoU)
with the masks of 128 drawn scenes that it had not seen from 0.05 to 0.67, in 460 steps of 16 points
on 640 others (one run, Adam, lr 0.003); binary cross-entropy alone was at 0.18 after 240 steps.
"""

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array, to_cpu, to_device
from minicnn.init import apply_init, normal
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.module import Buffer, Module, Parameter, Shape
from minicnn.layers.residual import Add
from minicnn.layers.softmax import softmax
from minicnn.layers.tokens import ImageToTokens, TokenLinear
from minicnn.models.network import Residual, conv_unit
from minicnn.models.segmentation.segmenter import HE, SMALL_SIDE, Segmenter
from minicnn.models.table import row

WIDTH, MIDDLE, MASKED = 64, 32, 16           # D; maps on the way up; values of a pixel of the mask


class Places(Module):
    """What a place looks like to the network, added to every pixel:  (N, D, H, W) -> the same."""

    def __init__(self, width: int) -> None:
        self.directions = Buffer((2, width // 2), normal(1.0))

    def forward(self, x: Tensor) -> Tensor:
        N, D, H, W = x.shape
        rows, columns = np.mgrid[:H, :W]
        grid = self.of(np.stack([columns, rows], axis=-1).reshape(H * W, 2), (H, W))   # (H W, D)
        grid = grid.transpose(0, 1).reshape(1, D, H, W)
        return x + grid

    def of(self, points: Any, size: tuple[int, int]) -> Tensor:
        """points (K, 2), columns and rows in pixels of an image of that size -> (K, D)."""
        (H, W), g = size, self.directions.data
        p = 2 * (points + 0.5) / np.array([W, H]) - 1                                  # -1 to 1
        turns = 2 * pi * p @ to_cpu(g)                                                 # (K, D / 2)
        both = np.concatenate([np.sin(turns), np.cos(turns)], axis=1).astype(g.dtype)
        return Tensor(to_device(both, self.directions.device))

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.image(in_shape)


class PointToken(Module):
    """One token for each image's point:  image (N, C, H, W), points (N, 2) -> (N, 1, D)."""

    def __init__(self, width: int) -> None:
        self.kind = Parameter((width,), normal(0.02))

    def forward(self, x: Tensor, points: Any, places: Places) -> Tensor:
        y = places.of(self.checked(x, points), x.shape[2:])                            # (N, D)
        return (y + self.kind).reshape(len(x), 1, len(self.kind))

    def checked(self, x: Tensor, points: Any) -> np.ndarray:
        """The points as an array, or an error."""
        N, (H, W) = len(x), x.shape[2:]
        if points is None:
            return np.full((N, 2), [(W - 1) / 2, (H - 1) / 2])
        points = points.data if isinstance(points, Tensor) else points
        found = np.asarray(to_cpu(points) if is_array(points) else points, float)
        if found.shape != (N, 2):
            raise ValueError(f"{self.located()}: expected points (N, 2), one (x, y) in pixels for "
                             f"each of {N} images, got {found.shape}")
        if not ((found >= -0.5) & (found <= [W - 0.5, H - 0.5])).all():
            raise ValueError(f"{self.located()}: a point lies outside its image of {H}x{W}; points "
                             "are (x, y) in pixels, the column first")
        return found

    def out_shape(self, in_shape: Shape, points: Any, places: Any) -> Shape:
        return 1, len(self.kind)


class Attend(Module):
    """A mean of v for each q, by how well its k fits:  softmax(q k^T / sqrt D) v

    k, v (N, K, D), q (N, L, D) -> (N, L, D); one head; minicnn/layers/attention.py has the formula.
    """

    def forward(self, k: Tensor, v: Tensor, q: Tensor) -> Tensor:
        s = q @ k.permute(0, 2, 1) * q.shape[2] ** -0.5                                # (N, L, K)
        return softmax(s, dim=2) @ v                                                   # (N, L, D)

    def out_shape(self, k_shape: Shape, v_shape: Shape, q_shape: Shape) -> Shape:
        return q_shape

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return 2 * in_shape[0] * y_shape[0] * y_shape[1]   # q k^T, and the mean of v


class CrossAttention(Module):
    """Tokens ask the image:  t (N, L, D), x (N, K, D) -> (N, L, D)."""

    def __init__(self, width: int) -> None:
        self.q, self.k, self.v = (TokenLinear(width, width) for _ in range(3))
        self.attend, self.out = Attend(), TokenLinear(width, width)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self.out(self.attend(self.k(x), self.v(x), self.q(t)))


class MaskProduct(Module):
    """Each pixel's values times the token's:  t (N, L, D), x (N, D, H, W) -> (N, L, H, W)."""

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        N, D, H, W = x.shape
        return (t @ x.reshape(N, D, H * W)).reshape(N, t.shape[1], H, W)

    def out_shape(self, t_shape: Shape, x_shape: Shape) -> Shape:
        return t_shape[0], *x_shape[1:]

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return in_shape[1] * y_shape[0] * y_shape[1] * y_shape[2]


class SAMToy(Segmenter):
    """A mask for a point:  images (N, 3, H, W), points (N, 2) -> (N, 1, H, W), a score for or
    against each pixel; H and W divide by 4.

    points : (N, 2), optional      (x, y) in pixels of each image; if left out, the middle
    channels : int, default 3      of the images

    >>> SAMToy().shape((3, 64, 64))
    (1, 64, 64)
    """

    def __init__(self, channels: int = 3) -> None:
        super().__init__(
            row("image_encoder", Sequential(
                conv_unit(channels, MIDDLE, 3, 2), conv_unit(MIDDLE, WIDTH, 3, 2),
                conv_unit(WIDTH, WIDTH, 3), conv_unit(WIDTH, WIDTH, 3))),
            row("places", Places(WIDTH)), row("prompt", PointToken(WIDTH)),
            row("pixels", ImageToTokens()), row("look", CrossAttention(WIDTH)),
            row("keep", Add()),
            row("think", Residual(Sequential(TokenLinear(WIDTH, 2 * WIDTH), ReLU(),
                                             TokenLinear(2 * WIDTH, WIDTH)))),
            row("filter", TokenLinear(WIDTH, MASKED)),
            row("enlarge", Sequential(
                ConvTranspose2d(WIDTH, MIDDLE, 2, 2), BatchNorm2d(MIDDLE), ReLU(),
                ConvTranspose2d(MIDDLE, MASKED, 2, 2), ReLU())),
            row("mask", MaskProduct()), input_shape=(channels, SMALL_SIDE, SMALL_SIDE))
        self.variant, self.halved = "toy", 2
        apply_init(self, **HE)

    def forward(self, x: Tensor, points: Any = None) -> Tensor:
        self.check_size(x)
        image = self.places(self.image_encoder(x))                           # (N, 64, H/4, W/4)
        token = self.prompt(x, points, self.places)                          # (N, 1, 64)
        token = self.think(self.keep(self.look(token, self.pixels(image)), token))
        return self.mask(self.filter(token), self.enlarge(image))            # (N, 1, H, W)


NETWORKS: dict[str, Callable[..., Module]] = {"sam_toy": SAMToy}
