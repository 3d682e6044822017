"""Regions: the mean of the points of a bin, or the largest of its pixels."""

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Working, number
from minicnn.explain.record import Index
from minicnn.layers.roi import RoIAlignFn, RoIPoolFn


def pixels_of(side: slice | Array, size: int) -> Array:
    """The numbers of rows, or columns, that a region names."""
    return np.arange(size)[side]


@explains(RoIAlignFn)
class MeanOfPoints(Explainer):
    def region(self, k: int) -> tuple[int, Array, Array, Array, Array]:
        """Of box k the image, the rows, the columns, and the bins' shares in them."""
        n, rows, columns, a_y, a_x = self.kept.regions[k]
        H, W = self.x.shape[2:]
        return int(n), pixels_of(rows, H), pixels_of(columns, W), np.asarray(a_y), np.asarray(a_x)

    def value(self, at: Index) -> Working:
        k, c, i, j = at
        n, rows, columns, a_y, a_x = self.region(k)
        shares = np.outer(a_y[i], a_x[j]).reshape(-1)
        met = [(n, c, int(h), int(w)) for h in rows for w in columns]
        x = np.array([self.x[place] for place in met])
        before = Line(f"bin ({i},{j}) of box {k}, on image {n}: the share of a pixel is that of "
                      "its row times that of its column")
        return self.sum_of(x * shares, lambda q: self.named(0, met[q]), x, shares, before=[before],
                           leads=lambda q: (0, met[q]), what="sum of the shares")

    def gradient(self, number_: int, at: Index) -> Working:
        own, c, h, w = at
        dys, shares, names = [], [], []
        for k in range(len(self.y)):
            n, rows, columns, a_y, a_x = self.region(k)
            if n != own or h not in rows or w not in columns:
                continue
            down, right = (a[:, list(side).index(q)] for a, side, q in ((a_y, rows, h),
                                                                       (a_x, columns, w)))
            for i, j in np.argwhere(np.outer(down, right)).tolist():
                dys.append(self.dy[k, c, i, j])
                shares.append(down[i] * right[j])
                names.append(f"box {k}, bin ({i},{j})   dy x share")
        dy, share = np.array(dys), np.array(shares)
        return self.sum_of(dy * share, lambda q: names[q], dy, share,
                           what="sum over the bins that read it")


@explains(RoIPoolFn)
class LargestOfBin(Explainer):
    def bins(self) -> dict[int, Array]:
        """The pixels, as numbers among the N H W, under each bin, as a number among the K OH OW."""
        return {int(number): np.asarray(pixels) for bins, under in self.kept.groups
                for number, pixels in zip(np.asarray(bins), np.asarray(under), strict=True)}

    def pixel(self, k: int, c: int) -> Index:
        N, _, H, W = self.x.shape
        n, h, w = map(int, np.unravel_index(k, (N, H, W)))
        return n, c, h, w

    def winner(self, pixels: Array, c: int) -> Index:
        values = np.array([self.x[self.pixel(int(k), c)] for k in pixels])
        return self.pixel(int(pixels[int(values.argmax())]), c)

    def bin(self, k: int, i: int, j: int) -> int:
        return int(np.ravel_multi_index((k, i, j), self.kept.y_shape))

    def value(self, at: Index) -> Working:
        k, c, i, j = at
        pixels = self.bins().get(self.bin(k, i, j))
        if pixels is None:
            return Working(0.0, [], f"bin ({i},{j}) of box {k} has no pixel: 0")
        won = self.winner(pixels, c)
        where = Line(f"bin ({i},{j}) of box {k}: {len(pixels)} pixels")
        y = float(self.x[won])
        return Working(y, [where], f"largest: {self.named(0, won)} = {number(y)}", abs(y), (0, won))

    def gradient(self, number_: int, at: Index) -> Working:
        n, c, h, w = at
        own = int(np.ravel_multi_index((n, h, w), (len(self.x), *self.x.shape[2:])))
        won = [tuple(map(int, np.unravel_index(k, self.kept.y_shape)))
               for k, pixels in self.bins().items()
               if own in pixels and self.winner(pixels, c) == at]
        dy = np.array([self.dy[k, c, i, j] for k, i, j in won])
        return self.sum_of(dy, lambda q: f"box {won[q][0]}, bin ({won[q][1]},{won[q][2]})   dy",
                           what=f"it was the largest of {len(won)} bins: sum of dy")
