"""JEPA: guess what an encoder would say of the hidden part of a picture, not what it looks like.

    context      c = f(x[visible])                         encoder, sees the visible patches alone
    targets      s = norm(g(x))[hidden]                    the same encoder, older; no gradient
    predictor    p = h(c, places of the hidden patches)
    loss         mean smooth_l1(p - s)

    g <- m g + (1 - m) f        m from 0.996 to 1          a moving average of f, after each step

No label and no pixel is predicted: what cannot be foreseen, as the grain of a ground, need not be.
There is an answer that is always right: encode every picture alike.  What keeps f from it is that g
follows slowly and gets no gradient.  `spread` watches over it: the deviation of the targets from
picture to picture, 0 where all are alike.  With follows="itself" f makes its own targets and learns
from both sides: then it collapses.

Source: Assran et al. 2023, "Self-supervised learning from images with a joint-embedding predictive
architecture", section 3, and LeCun 2022.  Slide: memphis, "CNN models" (JEPA is named).

Departures from the paper
-------------------------
1. Small: 28 x 28 digits in patches of 4 x 4, 48 features, two layers; the paper has ViT-H.
2. All hidden patches are predicted in one pass of the predictor, its tokens see one another; the
   paper predicts the four blocks one by one.
3. Positions are learnt; the paper's are fixed sines.
4. Smooth L1, as in the authors' program; the paper writes the squared distance.
"""

from typing import NamedTuple

import numpy as np

from minicnn.autograd.functions import broadcast_to, concatenate
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.init import normal
from minicnn.layers.containers import Sequential
from minicnn.layers.layernorm import LayerNorm
from minicnn.layers.module import Module, Parameter
from minicnn.layers.tokens import ImageToTokens, Positions, TokenLinear
from minicnn.losses.smooth_l1 import smooth_l1_loss
from minicnn.models.network import check_choice
from minicnn.models.vit import Patches, encoder_block

FOLLOWS = ("average", "itself")
TARGETS, TARGET_SCALE, TARGET_RATIO = 4, (0.15, 0.2), (0.75, 1.5)      # section 3
CONTEXT_SCALE = (0.85, 1.0)
FEWEST = 4                             # visible patches
MOMENTUM = 0.996


class Split(NamedTuple):
    """Numbers of patches, row by row: which are seen, and which are to be guessed."""

    visible: np.ndarray
    hidden: np.ndarray


def split(grid: int, rng: np.random.Generator) -> Split:
    """Four blocks hidden; visible is a large block without them, drawn again if little is left."""
    while True:
        hidden = np.zeros((grid, grid), bool)
        for _ in range(TARGETS):
            block(hidden, rng, TARGET_SCALE, TARGET_RATIO)
        visible = np.zeros((grid, grid), bool)
        block(visible, rng, CONTEXT_SCALE, (1.0, 1.0))
        seen = np.flatnonzero(visible & ~hidden)
        if len(seen) >= FEWEST:
            return Split(seen, np.flatnonzero(hidden))


def block(mask: np.ndarray, rng: np.random.Generator, scale: tuple[float, float],
          ratio: tuple[float, float]) -> None:
    """Mark a rectangle: `scale` is its share of the patches, `ratio` its height : width, both drawn
    between two values.
    """
    side = len(mask)
    area, shape = rng.uniform(*scale) * side * side, rng.uniform(*ratio)
    h, w = (int(np.clip(round(size), 1, side)) for size in (np.sqrt(area * shape),
                                                            np.sqrt(area / shape)))
    top, left = rng.integers(0, side - h + 1), rng.integers(0, side - w + 1)
    mask[top:top + h, left:left + w] = True


class Encoder(Module):
    """Images and the numbers of patches -> a row for each:  (N, C, S, S) -> (N, kept, D).

    >>> Encoder(1, 28, 4, 48, 3, 2).shape((1, 28, 28))
    (49, 48)
    """

    def __init__(self, channels: int, side: int, patch: int, D: int, heads: int, layers: int
                 ) -> None:
        self.patches, self.tokens = Patches(channels, D, patch, side), ImageToTokens()
        self.positions = Positions((side // patch) ** 2, D)
        self.blocks = Sequential(*(encoder_block(D, heads, 0.0) for _ in range(layers)))
        self.norm = LayerNorm(D, 1e-6)

    def forward(self, images: Tensor, kept: np.ndarray | None = None) -> Tensor:
        x = self.positions(self.tokens(self.patches(images)))          # (N, L, D)
        if kept is not None:
            x = x[:, kept]
        return self.norm(self.blocks(x))


class Predictor(Module):
    """Narrow, so that the knowledge stays in the encoder:  (N, visible, D) -> (N, hidden, D)."""

    def __init__(self, tokens: int, D: int, width: int, heads: int, layers: int) -> None:
        self.into, self.out = TokenLinear(D, width), TokenLinear(width, D)
        self.asked = Parameter((width,), normal(0.02))     # the token that asks for a patch
        self.places = Parameter((tokens, width), normal(0.02))
        self.blocks = Sequential(*(encoder_block(width, heads, 0.0) for _ in range(layers)))
        self.norm = LayerNorm(width, 1e-6)

    def forward(self, context: Tensor, where: Split) -> Tensor:
        known = self.into(context) + self.places[where.visible]        # (N, visible, width)
        asked = self.asked + self.places[where.hidden]                 # (hidden, width)
        asked = broadcast_to(asked, (len(context), *asked.shape))
        x = self.norm(self.blocks(concatenate([known, asked], axis=1)))
        return self.out(x[:, len(where.visible):])                     # (N, hidden, D)


class JEPA(Module):
    """Context encoder, target encoder, predictor:  loss = model(images, where).

    Parameters
    ----------
    channels, side, patch : of the images, in pixels; patch divides side
    D, heads, layers      : of both encoders;  width : of the predictor, which has one layer
    follows : "average" (default), or "itself": the target is the context encoder, with its gradient

    After each step of the optimiser, of `learnt()`:  model.age(momentum).
    """

    def __init__(self, channels: int = 1, side: int = 28, patch: int = 4, D: int = 48,
                 heads: int = 3, layers: int = 2, width: int = 24, follows: str = "average"
                 ) -> None:
        self.follows = check_choice("JEPA", "follows", follows, FOLLOWS)
        if side % whole(patch, "JEPA: patch"):
            raise ValueError(f"JEPA: images of {side} pixels do not divide into patches of {patch}")
        self.grid = side // patch
        self.context = Encoder(channels, side, patch, D, heads, layers)
        self.target = Encoder(channels, side, patch, D, heads, layers)
        self.predictor = Predictor(self.grid ** 2, D, width, heads, 1)
        self.target.load_state_dict(self.context.state_dict())

    def learnt(self) -> list[Tensor]:
        """What has a gradient: all but the target encoder."""
        return [*self.context.parameters(), *self.predictor.parameters()]

    def targets(self, images: Tensor) -> Tensor:
        """(N, L, D), each token with mean 0 and variance 1 over its features."""
        if self.follows == "itself":
            return standardised(self.context(images))
        with no_grad():
            return standardised(self.target(images))

    def forward(self, images: Tensor, where: Split) -> Tensor:
        predicted = self.predictor(self.context(images, where.visible), where)
        return smooth_l1_loss(predicted, self.targets(images)[:, where.hidden])

    def age(self, momentum: float = MOMENTUM) -> None:
        """g <- m g + (1 - m) f"""
        for old, new in zip(self.target.parameters(), self.context.parameters(), strict=True):
            old.data = momentum * old.data + (1 - momentum) * new.data

    @no_grad()
    def spread(self, images: Tensor) -> float:
        """Deviation of the targets from picture to picture, from 0 (all alike: collapse) to 1."""
        return float(np.asarray(self.targets(images).numpy()).std(axis=0).mean())

    @no_grad()
    def features(self, images: Tensor) -> np.ndarray:
        """(N, L D): what the target encoder says of each patch, side by side."""
        encoder = self.context if self.follows == "itself" else self.target
        return encoder(images).numpy().reshape(len(images), -1)


def standardised(z: Tensor) -> Tensor:
    """Over the last axis, as layer norm without scale and shift."""
    mean = z.mean(dim=-1, keepdim=True)
    return (z - mean) / (((z - mean) ** 2).mean(dim=-1, keepdim=True) + 1e-6).sqrt()


def momentum_at(step: int, steps: int) -> float:
    """m, on a line from 0.996 at the first step to 1 at the last."""
    return MOMENTUM + (1 - MOMENTUM) * step / max(steps - 1, 1)
