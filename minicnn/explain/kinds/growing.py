"""Growing images: which pixels lay down, or lend, a part of a new one."""

import numpy as np

from minicnn.explain.explainer import Explainer, count_of_zeros, explains
from minicnn.explain.explanation import Line, Working
from minicnn.explain.record import Index
from minicnn.layers.conv_transpose import ConvTranspose2dFn
from minicnn.layers.interpolate import InterpolateFn


@explains(ConvTranspose2dFn)
class TransposedConvolution(Explainer):
    """Cell (u, v) of the filter that pixel (i, j) laid down: (i SH + u DH - PH, ...) on y."""

    def onto(self, i: int, j: int, u: int, v: int) -> tuple[int, int]:
        window, ((top, _), (left, _)) = self.kept.window, self.kept.window.borders(
            *self.kept.output_size)
        return (i * window.stride[0] + u * window.dilation[0] - top,
                j * window.stride[1] + v * window.dilation[1] - left)

    def lies(self, h: int, w: int) -> bool:
        OH, OW = self.kept.output_size
        return 0 <= h < OH and 0 <= w < OW

    def widths(self) -> tuple[int, int]:
        """Channels of x, and maps of y, in one group."""
        return self.x.shape[1] // self.kept.G, self.inputs[1].shape[1]

    def value(self, at: Index) -> Working:
        n, f, h, w = at
        C, F = self.widths()
        group, (H, W) = f // F, self.x.shape[2:]
        met = [(c, i, j, u, v) for u, v in self.kept.window.cells() for i in range(H)
               if self.onto(i, 0, u, 0)[0] == h for j in range(W)
               if self.onto(0, j, 0, v)[1] == w for c in range(group * C, (group + 1) * C)]
        x = np.array([self.x[n, c, i, j] for c, i, j, _, _ in met])
        ws = np.array([self.inputs[1][c, f % F, u, v] for c, _, _, u, v in met])
        b = {"bias": float(self.inputs[2][f])} if len(self.inputs) > 2 else {}

        def describe(k: int) -> str:
            c, i, j, u, v = met[k]
            return f"{self.named(0, (n, c, i, j))} laid its cell ({u},{v}) here"
        before = Line(f"every pixel lays down filter {f}, times its value; {len(met) // C} pixels "
                      f"of {C} channels reach this place")
        return self.sum_of(x * ws, describe, x, ws, before=[before], extra=b,
                           leads=lambda k: (0, (n, *met[k][:3])),
                           what=f"sum of {len(met)} products")

    def gradient(self, number_: int, at: Index) -> Working:
        return (self.of_input, self.of_weight, self.of_bias)[number_](*at)

    def of_input(self, n: int, c: int, i: int, j: int) -> Working:
        C, F = self.widths()
        first, w = c // C * F, self.inputs[1]
        met = [(f, *self.onto(i, j, u, v), u, v) for u, v in self.kept.window.cells()
               if self.lies(*self.onto(i, j, u, v)) for f in range(first, first + F)]
        dy = np.array([self.dy[n, f, h, q] for f, h, q, _, _ in met])
        ws = np.array([w[c, f % F, u, v] for f, _, _, u, v in met])
        return self.sum_of(dy * ws, lambda k: f"map {met[k][0]} at ({met[k][1]},{met[k][2]}), cell "
                           f"({met[k][3]},{met[k][4]})   dy x w", dy, ws,
                           before=[Line(f"its filter lay on {len(met)} values of y: an ordinary "
                                        f"convolution of dy{count_of_zeros(dy)}")],
                           what="sum over what it laid down")

    def of_weight(self, c: int, f: int, u: int, v: int) -> Working:
        own = c // self.widths()[0] * self.widths()[1] + f
        N, (H, W) = len(self.x), self.x.shape[2:]
        met = [(n, i, j) for n in range(N) for i in range(H) for j in range(W)
               if self.lies(*self.onto(i, j, u, v))]
        x = np.array([self.x[n, c, i, j] for n, i, j in met])
        dy = np.array([self.dy[(n, own, *self.onto(i, j, u, v))] for n, i, j in met])
        return self.sum_of(dy * x, lambda k: f"dy x {self.named(0, (met[k][0], c, *met[k][1:]))}",
                           dy, x, what="sum over the pixels that laid it down")

    def of_bias(self, f: int) -> Working:
        return self.sum_of(self.dy[:, f], lambda k: "dy at "
                           f"{[int(q) for q in np.unravel_index(k, self.dy[:, f].shape)]}",
                           what="sum of dy over the places")


@explains(InterpolateFn)
class Interpolation(Explainer):
    def value(self, at: Index) -> Working:
        n, c, i, j = at
        met = [(h, w, a * b) for h, a in self.kept.rows[i] for w, b in self.kept.columns[j]]
        x = np.array([self.x[n, c, h, w] for h, w, _ in met])
        shares = np.array([share for _, _, share in met])
        return self.sum_of(x * shares, lambda k: self.named(0, (n, c, *met[k][:2])), x, shares,
                           leads=lambda k: (0, (n, c, *met[k][:2])),
                           what=f"sum of {len(met)} shares that add up to 1:")

    def gradient(self, number_: int, at: Index) -> Working:
        n, c, h, w = at
        rows, columns = ([(k, share) for k, shares in enumerate(side) for q, share in shares
                          if q == own] for side, own in ((self.kept.rows, h),
                                                         (self.kept.columns, w)))
        met = [(i, j, a * b) for i, a in rows for j, b in columns]
        dy = np.array([self.dy[n, c, i, j] for i, j, _ in met])
        shares = np.array([share for _, _, share in met])
        return self.sum_of(dy * shares, lambda k: f"at ({met[k][0]},{met[k][1]})   dy x share", dy,
                           shares, what=f"it lent a share to {len(met)} new pixels: sum")
