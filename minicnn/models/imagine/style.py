"""Style transfer: a picture with the things of one and the brush of another, by gradient descent.

    content   sum (F(x) - F(photo))^2 / sum F(photo)^2            F: one late row of a network
    style     sum (G(x) - G(painting))^2 / sum G(painting)^2      G: gram; the mean over some rows
    smooth    total variation of x

    x <- x - step along the gradient of content + w_style style + w_smooth smooth

Nothing of the network changes: what is learnt is the picture, pixel by pixel, from the photograph
on.  Late rows know what is where, but not exactly in which colour; so there is room for the style.

Source: Gatys, Ecker and Bethge 2016, "Image style transfer using convolutional neural networks";
the smoothing is Johnson et al.'s (2016).  Slides: virginia, "CNNs are everywhere" and the picture
of the Rotunda.

Departures from the paper
-------------------------
1. Adam on the pixels is the default; the paper's L-BFGS is SciPy's, method="lbfgs", where SciPy is
   installed (the extra `imagine`).  Each keeps the colours within black and white: Adam by clipping
   after each step, L-BFGS by its own bounds, for a clip would break its model of the curve.
2. Content and style are shares of what they are compared with; the paper has sums, and weights that
   fit VGG-19 and one size of picture.  So the same weights do for all rows, networks and sizes.
3. Pooling by means, as the paper advises, is in VGG only.
4. x starts from the photograph; the paper's from noise needs more steps.
5. Another network than VGG-19 may look: see watched.py, and read on the picture which one did.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.functions import stack
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.losses.squared_error import mse_loss
from minicnn.losses.style import gram, total_variation
from minicnn.models.imagine.watched import KNOWN, Watched
from minicnn.models.network import check_choice
from minicnn.optim.adam import Adam

METHODS = ("adam", "lbfgs")


class Weights(NamedTuple):
    """How much the three count."""

    content: float = 1.0
    style: float = 5.0
    smooth: float = 0.5


USUAL = Weights()


class Painting(NamedTuple):
    """pixels : (3, H, W) float32 of 0 to 255;  losses : what each step found, the whole sum"""

    pixels: np.ndarray
    losses: list[float]


def difference(a: Tensor, target: Tensor) -> Tensor:
    """sum (a - target)^2 / sum target^2"""
    size = float((target.data ** 2).sum()) or 1.0
    return mse_loss(a, target, reduction="sum") * (1 / size)


class StyleLoss:
    """loss(x): what is still wrong with the picture x, (1, 3, H, W) normalised.

    photo, painting : (3, H, W) of 0 to 255, of any two sizes
    """

    def __init__(self, eye: Watched, photo: np.ndarray, painting: np.ndarray, weights: Weights
                 ) -> None:
        if eye.name not in KNOWN:
            raise ValueError(f"style: {eye.name} has no rows of content and style; there are "
                             f"{', '.join(KNOWN)}")
        self.eye, self.weights, known = eye, weights, KNOWN[eye.name]
        self.content, self.style = known.content, known.style
        with no_grad():                                    # targets are numbers, without a graph
            self.things = eye(Tensor(eye.normalised(photo)), [self.content])[self.content]
            seen = eye(Tensor(eye.normalised(painting)), self.style)
            self.brush = {label: gram(seen[label]) for label in self.style}

    def __call__(self, x: Tensor) -> Tensor:
        seen = self.eye(x, [self.content, *self.style])
        content = difference(seen[self.content], self.things)
        style = stack([difference(gram(seen[label]), self.brush[label])
                       for label in self.style]).mean()
        w = self.weights
        return w.content * content + w.style * style + w.smooth * total_variation(x)


def transfer(eye: Watched, photo: np.ndarray, painting: np.ndarray, steps: int = 200,
             weights: Weights = USUAL, method: str = "adam", lr: float = 0.03,
             each: Callable[[int, float], Any] = lambda step, loss: None) -> Painting:
    """The photograph in the style of the painting.

    eye    : which network looks: watched(...)
    steps  : of Adam, or at most so many of L-BFGS
    lr     : Adam's, in units of the normalised colours
    each   : called with the number of each step and its loss
    """
    check_choice("transfer", "method", method, METHODS)
    minimize = scipys_minimize() if method == "lbfgs" else None
    steps, losses = whole(steps, "transfer: steps"), []
    loss_of = StyleLoss(eye, photo, painting, weights)
    x = Tensor(eye.normalised(photo), requires_grad=True)  # (1, 3, H, W)

    def look() -> float:
        """The loss of x as it is now; its gradient in x.grad."""
        x.grad = None
        loss = loss_of(x)
        loss.backward()
        return loss.item()

    def note(loss: float) -> None:
        losses.append(loss)
        each(len(losses), loss)

    if minimize is not None:
        x.data[...] = by_lbfgs(minimize, look, x, eye, steps, note)
    else:
        optimiser = Adam([x], lr=lr)
        for _ in range(steps):
            note(look())
            optimiser.step()
            np.clip(x.data, eye.darkest, eye.brightest, out=x.data)
    return Painting(eye.pixels(x.data), losses)


def scipys_minimize() -> Callable[..., Any]:
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise ImportError('transfer: method "lbfgs" needs SciPy, which is not installed; in minicnn'
                          "'s folder: pip install -e '.[imagine]', or take method \"adam\""
                          ) from None
    return minimize


def by_lbfgs(minimize: Callable[..., Any], look: Callable[[], float], x: Tensor, eye: Watched,
             steps: int, note: Callable[[float], None]) -> np.ndarray:
    """SciPy's L-BFGS-B, which works on float64 vectors."""
    shape, last = x.shape, [0.0]

    def value(pixels: np.ndarray) -> tuple[float, np.ndarray]:
        x.data[...] = pixels.reshape(shape)
        last[0] = look()
        return last[0], np.asarray(x.grad, np.float64).ravel()

    low, high = (np.broadcast_to(q[None], shape).ravel() for q in (eye.darkest, eye.brightest))
    start = np.clip(x.data.astype(np.float64).ravel(), low, high)
    found = minimize(value, start, jac=True, method="L-BFGS-B", bounds=list(zip(low, high,
                     strict=True)), callback=lambda _: note(last[0]), options={"maxiter": steps})
    return found.x.reshape(shape)
