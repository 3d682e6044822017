"""Normalisation: the mean and the variance of which values, and the two steps."""

from math import sqrt

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Part, Working, number, place, signed
from minicnn.explain.record import Index
from minicnn.layers.batchnorm import BatchNormFn
from minicnn.layers.channelnorm import BatchNormEvalFn
from minicnn.layers.standardise import StandardiseFn
from minicnn.layers.sync_batchnorm import SyncBatchNormFn


class Normal(Explainer):
    """Some axes of x share a mean and a variance."""

    def axes(self) -> tuple[int, ...]:
        return tuple(axis % self.x.ndim for axis in self.kept.axes)

    def share(self, at: Index) -> tuple[slice | int, ...]:
        """The index of all values that have their mean with x[at]."""
        return tuple(slice(None) if side in self.axes() else i for side, i in enumerate(at))

    def statistics(self, at: Index) -> tuple[float, float, float, int]:
        """Mean, variance and s = sqrt(variance + eps) of the values around x[at]; how many."""
        values = self.x[self.share(at)]
        mu = float(values.sum()) / values.size
        var = float(((values - mu) ** 2).sum()) / values.size
        return mu, var, sqrt(var + self.kept.eps), values.size

    def says(self, at: Index) -> list[Part]:
        mu, var, s, n = self.statistics(at)
        shared = ",".join("*" if side in self.axes() else str(int(i)) for side, i in enumerate(at))
        return [Line(f"mean of the {n} values x[{shared}] {number(mu)}; variance {number(var)}; "
                     f"s = sqrt({number(var)} + {self.kept.eps:g}) = {number(s)}")]

    def x_hat(self, at: Index) -> tuple[float, Line]:
        mu, _, s, _ = self.statistics(at)
        x = float(self.x[at])
        x_hat = (x - mu) / s
        return x_hat, Line(f"x_hat = ({number(x)}{signed(-mu)}) / {number(s)} = {number(x_hat)}")

    def means(self, at: Index, dy: Array) -> tuple[float, float]:
        """The mean of dy, and of dy x_hat, over the shared values."""
        mu, _, s, n = self.statistics(at)
        x_hats, dys = (self.x[self.share(at)] - mu) / s, dy[self.share(at)]
        return float(dys.sum()) / n, float((dys * x_hats).sum()) / n

    def three_terms(self, at: Index, dy: Array, gamma: float) -> Working:
        """dx = gamma/s (dy - mean of dy - x_hat mean of (dy x_hat)) over the shared values."""
        mu, _, s, _ = self.statistics(at)
        x_hat, dys = (float(self.x[at]) - mu) / s, dy[self.share(at)]
        own, (mean, along) = float(dy[at]), self.means(at, dy)
        dx = gamma / s * (own - mean - x_hat * along)
        parts = [*self.says(at), Line(f"x_hat = {number(x_hat)}; mean of dy {number(mean)}; mean "
                                      f"of dy x_hat {number(along)}"),
                 Line("dx = gamma/s (dy - mean of dy - x_hat x mean of dy x_hat)" if gamma != 1 else
                      "dx = 1/s (dy - mean of dy - x_hat x mean of dy x_hat)")]
        size = abs(gamma) / s * (abs(own) + abs(mean) + abs(x_hat * along)
                                 + float(np.abs(dys).mean() * (1 + abs(x_hat))))
        return Working(dx, parts, f"{number(gamma)}/{number(s)} x ({number(own)}{signed(-mean)}"
                       f"{signed(-x_hat * along)}) = {number(dx)}", size, (0, at))


@explains(StandardiseFn)
class Standardise(Normal):
    def value(self, at: Index) -> Working:
        x_hat, how = self.x_hat(at)
        mu, _, s, _ = self.statistics(at)
        return Working(x_hat, self.says(at), how.text, (abs(self.x[at]) + abs(mu)) / s, (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        return self.three_terms(at, self.dy, 1.0)


@explains(BatchNormFn)
class BatchNorm(Normal):
    def axes(self) -> tuple[int, ...]:
        return (0, *range(2, self.x.ndim))                 # all but the channels

    def affine(self, c: int) -> tuple[float, float]:
        """gamma and beta of a channel."""
        gamma, beta = (float(self.inputs[k][c]) if len(self.inputs) > k else default
                       for k, default in ((1, 1.0), (2, 0.0)))
        return gamma, beta

    def value(self, at: Index) -> Working:
        (x_hat, how), (gamma, beta) = self.x_hat(at), self.affine(at[1])
        y = gamma * x_hat + beta
        mu, _, s, _ = self.statistics(at)
        size = abs(gamma) * (abs(self.x[at]) + abs(mu)) / s + abs(beta)
        return Working(y, [*self.says(at), how], f"y = {number(gamma)} x {number(x_hat)}"
                       f"{signed(beta)} = {number(y)}", size, (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        if number_ == 0:
            return self.three_terms(at, self.dy, self.affine(at[1])[0])
        c = at[0]
        own = [found for found in np.ndindex(self.x.shape) if found[1] == c]
        dy = np.array([self.dy[found] for found in own])
        if number_ == 2:
            return self.sum_of(dy, lambda k: f"dy at {place(own[k])}", what=f"beta was added at "
                               f"{len(own)} places: sum of dy")
        x_hat = np.array([self.x_hat(found)[0] for found in own]) if len(own) < 50 else \
            self.all_x_hat(own)
        return self.sum_of(dy * x_hat, lambda k: f"at {place(own[k])}   dy x x_hat", dy, x_hat,
                           leads=lambda k: (0, own[k]), what=f"gamma met {len(own)} values: sum")

    def all_x_hat(self, own: list[Index]) -> Array:
        """x_hat at many places of one channel, whose mean is found once."""
        mu, _, s, _ = self.statistics(own[0])
        return (np.array([self.x[found] for found in own]) - mu) / s


@explains(BatchNormEvalFn)
class BatchNormTest(BatchNorm):
    """With running averages in place of the batch's own mean and variance."""

    def statistics(self, at: Index) -> tuple[float, float, float, int]:
        mu, var = float(self.inputs[1][at[1]]), float(self.inputs[2][at[1]])
        return mu, var, sqrt(var + self.kept.eps), 1

    def affine(self, c: int) -> tuple[float, float]:
        gamma, beta = (float(self.inputs[k][c]) if len(self.inputs) > k else default
                       for k, default in ((3, 1.0), (4, 0.0)))
        return gamma, beta

    def says(self, at: Index) -> list[Part]:
        mu, var, s, _ = self.statistics(at)
        gamma, beta = self.affine(at[1])
        return [Line(f"running mean {number(mu)}, running variance {number(var)}, not this image's "
                     f"own; s = sqrt({number(var)} + {self.kept.eps:g}) = {number(s)}"),
                Line(f"the same as one line: y = {number(gamma / s)} x"
                     f"{signed(beta - gamma * mu / s)}")]

    def gradient(self, number_: int, at: Index) -> Working:
        if number_ > 0:
            return super().gradient(number_ - 2, at)
        gamma, s, dy = self.affine(at[1])[0], self.statistics(at)[2], float(self.dy[at])
        dx = gamma / s * dy
        return Working(dx, [Line("the running averages are constants, so dx = gamma / s dy")],
                       f"{number(gamma)} / {number(s)} x {number(dy)} = {number(dx)}", abs(dx),
                       (0, at))


@explains(SyncBatchNormFn)
class SyncBatchNorm(BatchNorm):
    """The values of all processes share a mean; `total` of the call adds up over them."""

    def shared(self) -> tuple[Array, Array, int]:
        """Mean and variance of each channel, (C,), and the number of values behind them."""
        axes, C = self.axes(), self.x.shape[1]
        sums, counts = self.kept.total(np.stack([
            self.x.sum(axes), np.full(C, self.x.size // C, self.x.dtype)]))
        n = int(counts[0])
        centred = np.moveaxis(self.x, 1, -1) - sums / n
        return sums / n, self.kept.total((centred ** 2).reshape(-1, C).sum(axis=0)) / n, n

    def statistics(self, at: Index) -> tuple[float, float, float, int]:
        mu, var, n = self.shared()
        c = at[1]
        return float(mu[c]), float(var[c]), sqrt(float(var[c]) + self.kept.eps), n

    def means(self, at: Index, dy: Array) -> tuple[float, float]:
        mu, var, n = self.shared()
        axes, (x, gradient) = (0, *range(1, dy.ndim - 1)), (np.moveaxis(q, 1, -1)
                                                           for q in (self.x, dy))
        x_hat = (x - mu) / np.sqrt(var + self.kept.eps)
        own = np.stack([gradient.sum(axes), (gradient * x_hat).sum(axes)])       # (2, C)
        mean, along = self.kept.total(own * self.kept.weight)[:, at[1]] / (n * self.kept.weight)
        return float(mean), float(along)
