"""Interpolation: an image of another size, each new pixel a mean of the old ones around it.

    y[n, c, i, j] = sum_{h, w}  a[i, h] b[j, w] x[n, c, h, w]
    dx[n, c, h, w] = sum_{i, j}  a[i, h] b[j, w] dy[n, c, i, j]

a[i, h] is the share of row h in the new row i, b[j, w] that of the columns.  As they are apart, the
columns are done first and the rows then.  For each i only one or two shares are not 0:

    nearest     row floor(i r) has all of it
    bilinear    the new row lies at p between two old ones:  1 - t for floor(p), t for the next,
                t = p - floor(p)

                p = (i + 1/2) r - 1/2, at least 0     pixels are squares, and the edges of the two
                                                      images lie on each other
                p = i (H - 1) / (OH - 1)              align_corners: the centres of the corners do

r = H / OH, or 1 / scale_factor where that is given.  Beyond the last row there is the last row.

Source: Long et al. 2015, "Fully convolutional networks", section 3.3 (bilinear); the rules for p
are PyTorch's.  Lecture: memphis, the list of segmentation networks.
"""

from fractions import Fraction
from math import floor, inf
from numbers import Real
from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cuda import resample
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import is_whole, pair, times, truth
from minicnn.layers.module import Module, Shape

Shares = list[list[tuple[int, float]]]           # for each new row, (old row, its share)


def nearest(size: int, new: int, scale: float | None = None) -> Shares:
    """All of one old row for each new one.

    >>> nearest(2, 3)
    [[(0, 1.0)], [(0, 1.0)], [(1, 1.0)]]
    """
    if scale is None:
        return [[(i * size // new, 1.0)] for i in range(new)]
    return [[(min(floor(i / scale), size - 1), 1.0)] for i in range(new)]


def bilinear(size: int, new: int, scale: float | None = None, align_corners: bool = False
             ) -> Shares:
    """Of two neighbours, or of one that has all.

    >>> bilinear(2, 4)
    [[(0, 1.0)], [(0, 0.75), (1, 0.25)], [(0, 0.25), (1, 0.75)], [(1, 1.0)]]
    """
    if align_corners:
        places = [i * (size - 1) / max(new - 1, 1) for i in range(new)]
    else:
        ratio = size / new if scale is None else 1 / scale
        places = [max((i + 0.5) * ratio - 0.5, 0.0) for i in range(new)]
    shares: Shares = []
    for p in places:
        low = min(floor(p), size - 1)
        t = p - low if low < size - 1 else 0.0             # there is no row beyond the last
        shares.append([(row, share) for row, share in ((low, 1 - t), (low + 1, t)) if share])
    return shares


@faster(cuda=resample.interpolate)
@in_float32
class InterpolateFn(Function):
    def __init__(self, rows: Shares, columns: Shares):
        self.rows, self.columns = rows, columns

    def forward(self, x):                                  # (N, C, H, W)
        xp, (N, C, H, _) = xp_of(x), x.shape
        OH, OW, self.x_shape = len(self.rows), len(self.columns), x.shape
        t = xp.empty_like(x, shape=(N, C, H, OW))
        for j, shares in enumerate(self.columns):
            t[..., j] = sum(share * x[..., w] for w, share in shares)
        y = xp.empty_like(x, shape=(N, C, OH, OW))
        for i, shares in enumerate(self.rows):
            y[:, :, i] = sum(share * t[:, :, h] for h, share in shares)
        return y                                           # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        xp, (N, C, H, _), OW = xp_of(dy), self.x_shape, dy.shape[3]
        dt = xp.zeros_like(dy, shape=(N, C, H, OW))
        for i, shares in enumerate(self.rows):
            for h, share in shares:
                dt[:, :, h] += share * dy[:, :, i]
        dx = xp.zeros_like(dy, shape=self.x_shape)
        for j, shares in enumerate(self.columns):
            for w, share in shares:
                dx[..., w] += share * dt[..., j]
        return dx                                          # (N, C, H, W)


MODES = "nearest", "bilinear"


class Upsample(Module):
    """The image in another size, larger or smaller:  (N, C, H, W) -> (N, C, OH, OW).

    size : int or (int, int)             OH, OW; either this or scale_factor
    scale_factor : float or pair         OH = floor(H scale_factor)
    mode : "nearest" or "bilinear"       default "nearest"
    align_corners : bool, optional       for "bilinear": see above; None is False

    >>> Upsample(scale_factor=2)(Tensor([[[[1, 2]]]])).numpy().tolist()
    [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]
    """

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 align_corners: bool | None = None) -> None:
        name = type(self).__name__
        if (size is None) == (scale_factor is None):
            raise ValueError(f"{name}: give either size or scale_factor, got {size!r} and "
                             f"{scale_factor!r}")
        if mode not in MODES:
            raise ValueError(f"{name}: mode must be one of {', '.join(MODES)}, got {mode!r}")
        if mode == "nearest" and align_corners is not None:
            raise ValueError(f'{name}: align_corners is for mode="bilinear" alone')
        self.size = None if size is None else pair(size, f"{name}: size")
        self.scale_factor = None if scale_factor is None else factors(scale_factor, name)
        self.mode = mode
        self.align_corners = truth(align_corners or False, f"{name}: align_corners")

    def forward(self, x: Tensor) -> Tensor:
        (_, H, W), (_, OH, OW) = x.shape[1:], self.out_shape(x.shape[1:])
        SH, SW = self.scale_factor or (None, None)
        if self.mode == "nearest":
            return InterpolateFn(nearest(H, OH, SH), nearest(W, OW, SW))(x)
        return InterpolateFn(bilinear(H, OH, SH, self.align_corners),
                             bilinear(W, OW, SW, self.align_corners))(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        C, H, W = self.image(in_shape)
        SH, SW = self.scale_factor or (1, 1)
        size = self.size or (floor(H * SH), floor(W * SW))
        if min(H, W, *size) < 1:
            raise ValueError(f"{self.located()}: an image of {H}x{W} would become {times(size)}; "
                             "both need a pixel at least")
        return C, *size

    def receptive_field(self, in_shape: Shape) -> Any:
        cells = 1 if self.mode == "nearest" else 2
        (_, H, W), (_, OH, OW) = in_shape, self.out_shape(in_shape)
        return (min(cells, H), min(cells, W)), (Fraction(H, OH), Fraction(W, OW))

    def extra_repr(self) -> str:
        to = f"to {times(self.size)}" if self.size else ""
        by = "by " + "x".join(map(str, self.scale_factor)) if self.scale_factor else ""
        return f"{to}{by}, {self.mode}" + (", corners aligned" if self.align_corners else "")


def factors(value: Any, name: str) -> tuple[float, float]:
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    numbers: list[Any] = [one for one in both if isinstance(one, Real) and 0 < float(one) < inf]
    if len(both) != 2 or len(numbers) != 2:
        raise ValueError(f"{name}: scale_factor must be a number above 0 or a pair of them, got "
                         f"{value!r}")
    SH, SW = (int(one) if is_whole(one) else float(one) for one in numbers)
    return SH, SW


def interpolate(x: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                align_corners: bool | None = None) -> Tensor:
    """x in another size: Upsample, for one call.

    >>> interpolate(Tensor([[[[1, 3]]]]), size=(1, 4), mode="bilinear").numpy().tolist()
    [[[[1.0, 1.5, 2.5, 3.0]]]]
    """
    layer = Upsample(size, scale_factor, mode, align_corners)
    layer._name = "interpolate"
    return layer(x)
