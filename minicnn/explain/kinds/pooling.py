"""Window choice and window mean: which cell won, or how many there are, and who gets dy."""

import numpy as np

from minicnn.backend.messages import plural
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Grids, Line, Part, Working, grid, number
from minicnn.explain.kinds.convolution import span
from minicnn.explain.record import Index
from minicnn.layers.adaptive import AdaptiveAvgPool2dFn, spans
from minicnn.layers.avgpool import AvgPool2dFn
from minicnn.layers.maxpool import MaxPool2dFn

Cell = tuple[int, int]


class Windows(Explainer):
    """Windows on maps: which pixels lie under the window at (i, j)."""

    def cells(self, i: int, j: int) -> list[Cell]:
        """(row, column) in x of each cell, row by row; those outside have no pixel."""
        window = self.kept.window
        (top, _), (left, _) = window.borders(*self.x.shape[2:])
        (SH, SW), (DH, DW) = window.stride, window.dilation
        return [(i * SH - top + u * DH, j * SW - left + v * DW) for u, v in window.cells()]

    def inside(self, cell: Cell) -> bool:
        H, W = self.x.shape[2:]
        return 0 <= cell[0] < H and 0 <= cell[1] < W

    def picture(self, n: int, c: int, i: int, j: int) -> list[Part]:
        """The window, and where it lies."""
        window, cells = self.kept.window, self.cells(i, j)
        (KH, KW), (DH, DW) = window.kernel, window.dilation
        outside = np.array([not self.inside(cell) for cell in cells]).reshape(KH, KW)
        values = np.array([self.x[n, c][cell] if self.inside(cell) else 0.0 for cell in cells])
        name = self.named(0, (n, c, 0, 0)).partition("[")[0]
        where = f"window {span(cells[0][0], KH, DH, 'row')}, " \
                f"{span(cells[0][1], KW, DW, 'column')} of {name}, map {c}"
        if outside.any():
            where += f"; {int(outside.sum())} cells are outside, shown as a point"
        return [Line(where), Grids(["window"], [grid(values.reshape(KH, KW), outside)])]

    def covering(self, h: int, w: int) -> list[tuple[int, int]]:
        """The windows (i, j) that have a cell on pixel (h, w)."""
        OH, OW = self.y.shape[2:]
        return [(i, j) for i in range(OH) for j in range(OW) if self.near(i, j, h, w)
                and (h, w) in self.cells(i, j)]

    def near(self, i: int, j: int, h: int, w: int) -> bool:
        """Before its cells are listed: could the window reach the pixel?"""
        window, (RH, RW) = self.kept.window, self.kept.window.reach
        (top, _), (left, _) = window.borders(*self.x.shape[2:])
        return 0 <= h + top - i * window.stride[0] < RH and \
            0 <= w + left - j * window.stride[1] < RW


@explains(MaxPool2dFn)
class MaxPooling(Windows):
    def winners(self, n: int, c: int, i: int, j: int) -> list[Cell]:
        """The largest pixels in row order, of which the first wins; NaN is larger than any."""
        seen = [cell for cell in self.cells(i, j) if self.inside(cell)]
        values = np.array([self.x[n, c][cell] for cell in seen])
        best = np.isnan(values) if np.isnan(values).any() else values == values.max()
        return [cell for cell, is_best in zip(seen, best, strict=True) if is_best]

    def value(self, at: Index) -> Working:
        n, c, i, j = at
        equal = self.winners(n, c, i, j)
        won = (n, c, *equal[0])
        y = float(self.x[won])
        result = f"largest: {number(y)} at ({equal[0][0]},{equal[0][1]})"
        parts = self.picture(n, c, i, j)
        if len(equal) > 1:
            parts.append(Line(f"{len(equal)} cells are equally large: the first in row order wins, "
                              "and alone gets a gradient"))
        return Working(y, parts, result, abs(y), (0, won))

    def gradient(self, number_: int, at: Index) -> Working:
        n, c, h, w = at
        seen = self.covering(h, w)
        won = [(i, j) for i, j in seen if self.winners(n, c, i, j)[0] == (h, w)]
        dy = np.array([self.dy[n, c, i, j] for i, j in won])
        before: list[Part] = [Line(f"it lay in {plural(len(seen), 'window')} and was the largest "
                                   f"of {len(won)}: only the winner had an influence")]
        for i, j in seen:
            if (i, j) not in won and len(seen) == 1:
                first = self.winners(n, c, i, j)[0]
                before.append(Line(f"window ({i},{j}) was won by ({first[0]},{first[1]}), "
                                   f"{number(self.x[n, c][first])}"))
        return self.sum_of(dy, lambda k: f"dy of window ({won[k][0]},{won[k][1]})", before=before,
                           what="sum of dy of the windows it won")


@explains(AvgPool2dFn)
class AveragePooling(Windows):
    def count(self, i: int, j: int) -> int:
        """How many cells of the window count: padding may, what hangs over its edge never does."""
        H, W = self.x.shape[2:]
        (top, bottom), (left, right) = self.kept.window.borders(H, W) \
            if self.kept.count_include_pad else ((0, 0), (0, 0))
        return sum(-top <= h < H + bottom and -left <= w < W + right for h, w in self.cells(i, j))

    def value(self, at: Index) -> Working:
        n, c, i, j = at
        seen = [cell for cell in self.cells(i, j) if self.inside(cell)]
        values, K = [float(self.x[n, c][cell]) for cell in seen], self.count(i, j)
        y, parts = sum(values) / K, self.picture(n, c, i, j)
        if {K} != {len(self.cells(i, j)), len(seen)}:
            parts.append(Line(f"of {len(self.cells(i, j))} cells {len(seen)} are on the image; "
                              f"{K} count"))
        lead = seen[int(np.argmax(np.abs(values)))] if seen else None
        return Working(y, parts, f"sum {number(sum(values))} / {K} = {number(y)}",
                       sum(map(abs, values)) / K, (0, (n, c, *lead)) if lead else None)

    def gradient(self, number_: int, at: Index) -> Working:
        n, c, h, w = at
        seen = self.covering(h, w)
        dy = np.array([self.dy[n, c, i, j] for i, j in seen])
        share = np.array([1 / self.count(i, j) for i, j in seen])
        before = Line(f"it lay in {plural(len(seen), 'window')}; each gives it its share of dy")
        return self.sum_of(dy * share, lambda k: f"window ({seen[k][0]},{seen[k][1]})   dy x 1/"
                           f"{self.count(*seen[k])}", dy, share, before=[before],
                           what="sum over its windows")


@explains(AdaptiveAvgPool2dFn)
class AdaptivePooling(Explainer):
    def windows(self) -> tuple[list[slice], list[slice]]:
        (H, W), (OH, OW) = self.x.shape[2:], self.y.shape[2:]
        return spans(H, OH), spans(W, OW)

    def value(self, at: Index) -> Working:
        n, c, i, j = at
        (rows, columns), name = self.windows(), self.named(0, (n, c, 0, 0)).partition("[")[0]
        h, w = rows[i], columns[j]
        values = self.x[n, c, h, w]
        y = float(values.sum()) / values.size
        where = Line(f"mean over {span(h.start, h.stop - h.start, 1, 'row')}, "
                     f"{span(w.start, w.stop - w.start, 1, 'column')} of {name}, map {c}")
        lead = np.unravel_index(int(np.abs(values).argmax()), values.shape)
        shown: list[Part] = [Grids(["window"], [grid(values)])] if max(values.shape) <= 8 else []
        return Working(y, [where, *shown], f"sum {number(values.sum())} / {values.size} = "
                       f"{number(y)}", float(np.abs(values).mean()),
                       (0, (n, c, h.start + int(lead[0]), w.start + int(lead[1]))))

    def gradient(self, number_: int, at: Index) -> Working:
        n, c, h, w = at
        rows, columns = self.windows()
        seen = [(i, j) for i, rs in enumerate(rows) for j, cs in enumerate(columns)
                if rs.start <= h < rs.stop and cs.start <= w < cs.stop]
        share = np.array([1 / ((rows[i].stop - rows[i].start)
                               * (columns[j].stop - columns[j].start)) for i, j in seen])
        dy = np.array([self.dy[n, c, i, j] for i, j in seen])
        return self.sum_of(dy * share, lambda k: f"window ({seen[k][0]},{seen[k][1]})   dy x "
                           f"1/{round(1 / share[k])}", dy, share, what="sum over its windows")
