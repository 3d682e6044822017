"""Contrast normalisation across feature maps: subtract the local mean, divide by local contrast.

    mean(q)[n, i, j] = sum_{c, u, v}  w[u, v] / C * q[n, c, i + u, j + v]     w Gaussian, sum w = 1
    v     = x - mean(x)                                               subtractive
    sigma = sqrt(mean(v^2)),   typical[n] = 1/(H W) sum_{i, j} sigma[n, i, j]
    y     = v / d,   d = max(typical, sigma)                          divisive

One mean and one d serve all C maps at a pixel.  The floor `typical`, the image's own contrast,
keeps flat regions from being blown up to noise.  Backwards through these lines, from the last:

    dd     = - sum_c dy y / d
    dsigma = dd where sigma is the larger;  the rest of dd, summed, / (H W)  added everywhere
    dv     = dy / d + mean^T(dsigma / (2 sigma)) 2 v
    dx     = dv - mean^T(sum_c dv)

mean^T spreads a value over the window it was averaged from, with the same weights.  Where the
window hangs over the border, the weights inside the image are scaled up to the sum 1.

Source: Jarrett et al. 2009, "What is the best multi-stage architecture for object recognition?",
under "Local Contrast Normalization Layer"; Zeiler and Fergus 2013, figure 3 (iii).  Lecture:
memphis "Clarifai/ZFNet: ILSVRC 2013 winner" (the caption of the figure).
"""

from math import exp

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.masks import where_kept
from minicnn.backend.versions import in_float32
from minicnn.backend.windows import Window
from minicnn.layers.module import Module, Shape


def gaussian(size: int, std: float) -> list[float]:
    """`size` weights of a Gaussian around the middle one, with the sum 1."""
    weights = [exp(-0.5 * ((u - size // 2) / std) ** 2) for u in range(size)]
    return [weight / sum(weights) for weight in weights]


@in_float32
class ContrastFn(Function):
    def __init__(self, weights: list[float], eps: float):
        self.weights, self.eps = weights, eps

    def blur(self, q):                                     # (N, 1, H, W)
        """Weighted sum over the window, zeros outside: down the columns, then along the rows."""
        H, W = q.shape[2:]
        size = len(self.weights)
        for kernel in (size, 1), (1, size):                # w[u, v] = w[u] w[v]
            window = Window.of(kernel, padding="same")
            q_pad = window.pad(q)
            q = sum(weight * window.shifted(q_pad, u, v, H, W)
                    for weight, (u, v) in zip(self.weights, window.cells(), strict=True))
        return q

    def local_mean(self, q):                               # (N, C, H, W)
        return self.blur(q.mean(axis=1, keepdims=True)) / self.inside       # (N, 1, H, W)

    def local_mean_backward(self, dmean, C: int):                       # (N, 1, H, W)
        """The gradient of local_mean, the same for all C maps; blur is its own transpose."""
        return self.blur(dmean / self.inside) * (1 / C)

    def forward(self, x):                                  # (N, C, H, W)
        (H, W), xp = x.shape[2:], xp_of(x)
        self.inside = self.blur(xp.ones((1, 1, H, W), x.dtype))      # weights that meet the image
        v = x - self.local_mean(x)
        sigma = xp.sqrt(self.local_mean(v * v))            # (N, 1, H, W)
        typical = sigma.sum(axis=(2, 3), keepdims=True) * (1 / (H * W))
        floor = xp.maximum(typical, self.eps)              # (N, 1, 1, 1)
        self.d = xp.maximum(floor, sigma)                  # (N, 1, H, W)
        self.v, self.sigma = v, sigma
        self.own, self.shared = sigma > floor, typical > self.eps
        return v / self.d

    def backward(self, dy):                                # (N, C, H, W)
        (C, H, W), xp, v, d = dy.shape[1:], xp_of(dy), self.v, self.d
        dv = dy / d
        dd = -(dv * v).sum(axis=1, keepdims=True) / d      # (N, 1, H, W)
        dtypical = where_kept(dd, ~self.own).sum(axis=(2, 3), keepdims=True)
        dsigma = where_kept(dd, self.own) + where_kept(dtypical, self.shared) * (1 / (H * W))
        # sigma is 0 only where the whole window of v is 0: there any finite slope adds 0
        dv += self.local_mean_backward(dsigma / xp.where(self.sigma == 0, 1, self.sigma), C) * v
        return dv - self.local_mean_backward(dv.sum(axis=1, keepdims=True), C)


class ContrastNorm(Module):
    """Contrast normalisation over space and all feature maps:  (N, C, H, W) -> (N, C, H, W).

    Parameters
    ----------
    size : int, default 9              side of the square window in pixels, odd, as in the paper
    std : float, default size / 4      width of the Gaussian in pixels; the paper does not give it
    eps : float, default 1e-4          smallest d: an image without contrast becomes 0, not noise

    Raises ValueError for an even size, and for std or eps that are not above 0.
    """

    def __init__(self, size: int = 9, std: float | None = None, eps: float = 1e-4) -> None:
        if not isinstance(size, int) or size < 1 or size % 2 == 0:
            raise ValueError(f"ContrastNorm: size must be an odd whole number, got {size!r}; the "
                             "window needs a middle pixel")
        std = size / 4 if std is None else float(std)
        if not std > 0 or not eps > 0:
            raise ValueError(f"ContrastNorm: std and eps must be above 0, got {std} and {eps}")
        self.size, self.std, self.eps = size, std, float(eps)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return ContrastFn(gaussian(self.size, self.std), self.eps)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.image(in_shape)

    def extra_repr(self) -> str:
        return f"size {self.size}, std {self.std:g}"
