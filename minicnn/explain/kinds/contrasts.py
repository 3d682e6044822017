"""Contrast normalisation: less the local mean, divided by the local contrast or a floor."""

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Working, number, signed
from minicnn.explain.record import Index
from minicnn.layers.contrast import ContrastFn


@explains(ContrastFn)
class Contrast(Explainer):
    def weights(self) -> Array:
        """The share (H W, H W) that each pixel's mean takes of each pixel; each row adds up to 1.

        One axis after the other: the Gaussian's weights that lie inside, scaled up to the sum 1.
        """
        half, ws = (len(self.kept.weights) - 1) // 2, self.kept.weights
        sides = []
        for size in self.x.shape[2:]:
            near = np.zeros((size, size))
            for u, weight in enumerate(ws):
                for i in range(size):
                    if 0 <= i + u - half < size:
                        near[i, i + u - half] += weight
            sides.append(near / near.sum(axis=1, keepdims=True))
        return np.kron(*sides)

    def steps(self, n: int) -> tuple[Array, Array, Array, float]:
        """Of one image v (C, H W), sigma (H W), d (H W), and the floor."""
        x, M = self.x[n].reshape(self.x.shape[1], -1), self.weights()
        v = x - M @ x.mean(axis=0)
        sigma = np.sqrt(M @ (v * v).mean(axis=0))
        floor = max(float(sigma.mean()), self.kept.eps)
        return v, sigma, np.maximum(floor, sigma), floor

    def value(self, at: Index) -> Working:
        n, c, i, j = at
        p = i * self.x.shape[3] + j
        v, sigma, d, floor = self.steps(n)
        x, y = float(self.x[at]), float(v[c, p] / d[p])
        return Working(y, [Line(f"v = {number(x)}{signed(v[c, p] - x)}, the mean around it in all "
                                f"{len(v)} maps, = {number(v[c, p])}"),
                           Line(f"contrast around it {number(sigma[p])}, floor {number(floor)}: d "
                                f"is the larger, {number(d[p])}")],
                       f"y = v / d = {number(v[c, p])} / {number(d[p])} = {number(y)}",
                       (abs(x) + float(np.abs(self.x[n]).mean())) / float(d[p]), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        n, c, i, j = at
        p = i * self.x.shape[3] + j
        (v, sigma, d, floor), M = self.steps(n), self.weights()
        C, dy = len(v), self.dy[n].reshape(len(v), -1)
        direct = dy / d                                              # (C, H W)
        dd = -(direct * v).sum(axis=0) / d                           # (H W,)
        own = sigma > floor
        dsigma = np.where(own, dd, 0.0)
        if float(sigma.mean()) > self.kept.eps:
            dsigma = dsigma + np.where(own, 0.0, dd).sum() / len(dd)
        dv = direct + (M.T @ (dsigma / np.where(sigma == 0, 1.0, sigma))) / C * v
        mean = float((M.T @ dv.sum(axis=0))[p]) / C
        dx = float(dv[c, p]) - mean
        return Working(dx, [
            Line(f"dv = dy / d {number(direct[c, p])} + through the contrasts "
                 f"{number(dv[c, p] - direct[c, p])} = {number(dv[c, p])}"),
            Line(f"through the means that it is part of: {number(mean)}")],
            f"dx = {number(dv[c, p])}{signed(-mean)} = {number(dx)}",
            float(np.abs(dv).max() + np.abs(direct).max() + np.abs(M.T @ np.abs(dv).sum(axis=0)
                                                                   ).max()), (0, at))
