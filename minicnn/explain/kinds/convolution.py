"""Window sums: a convolution lays a filter on a patch, multiplies, and adds everything up."""

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.backend.messages import plural
from minicnn.explain.explainer import Explainer, count_of_zeros, explains, times
from minicnn.explain.explanation import Grids, Line, Part, Rows, Working, grid, number
from minicnn.explain.record import Index
from minicnn.layers.conv import Conv2dFn

WIDEST = 11                            # rows and columns of a patch that is printed
CHANNELS = 8                           # whose sums are printed in one line


def span(first: int, count: int, step: int, word: str) -> str:
    """"rows 13..17", "rows 0, 2, 4", "row 3"."""
    places = range(first, first + (count - 1) * step + 1, step)
    if count == 1:
        return f"{word} {first}"
    if step == 1:
        return f"{word}s {places[0]}..{places[-1]}"
    return f"{word}s {', '.join(map(str, places))}"


@explains(Conv2dFn)
class Convolution(Explainer):
    def borders(self) -> tuple[int, int]:
        """Rows and columns of padding above and to the left."""
        (top, _), (left, _) = self.kept.window.borders(*self.x.shape[2:])
        return top, left

    def patch(self, n: int, c: slice, i: int, j: int) -> tuple[Array, Array]:
        """What lies under the window at (i, j), and what of it is outside the image."""
        window, (KH, KW) = self.kept.window, self.kept.window.kernel
        (SH, SW), (DH, DW) = window.stride, window.dilation
        rows, columns = i * SH + DH * np.arange(KH), j * SW + DW * np.arange(KW)
        cells = np.ix_(rows, columns)
        outside = ~window.pad(np.ones(self.x.shape[2:], bool), False)[cells]
        return window.pad(self.x[n, c])[:, rows][..., columns], outside      # (C/G, KH, KW)

    def sees(self, f: int) -> slice:
        """The channels that filter f looks at."""
        F, width = self.inputs[1].shape[:2]
        group = f // (F // self.kept.G)
        return slice(group * width, (group + 1) * width)

    def value(self, at: Index) -> Working:
        n, f, i, j = at
        w, c = self.inputs[1][f], self.sees(f)                       # (C/G, KH, KW)
        b = float(self.inputs[2][f]) if len(self.inputs) > 2 else None
        patch, outside = self.patch(n, c, i, j)
        products = patch * w
        one = w[0].size == 1
        parts = self.where(f, i, j, c, outside)
        parts += [] if one else self.pictures(patch, w, products, outside, c.start)
        total, size = float(products.sum()), float(np.abs(products).sum())
        largest = np.unravel_index(int(np.abs(products).argmax()), products.shape)
        leads = (0, self.pixel(n, c.start + int(largest[0]), i, j, int(largest[1]),
                               int(largest[2])))
        if one:
            shown = self.sum_of(products.reshape(-1),
                                lambda k: self.named(0, self.pixel(n, c.start + k, i, j, 0, 0)),
                                patch.reshape(-1), w.reshape(-1))
            parts += shown.parts
        counted = f"{len(w)} x {w[0].size} = {w.size}" if len(w) > 1 and not one else f"{w.size}"
        result = f"sum of {counted} products {number(total)}"
        if b is not None:
            result += f" + bias {number(b)} = {number(total + b)}"
        return Working(total + (b or 0.0), parts, result, size + abs(b or 0.0), leads)

    def where(self, f: int, i: int, j: int, c: slice, outside: Array) -> list[Part]:
        """Where the filter lies, and what it sees there."""
        window, (top, left) = self.kept.window, self.borders()
        (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
        rows = span(i * SH - top, KH, DH, "row")
        columns = span(j * SW - left, KW, DW, "column")
        text = f"filter {f} over {rows}, {columns} of {self.source()}"
        if self.kept.G > 1:
            text += f"; it is of group {f // (len(self.inputs[1]) // self.kept.G)} and sees " + (
                f"channels {c.start}..{c.stop - 1}" if c.stop - c.start > 1
                else f"channel {c.start} alone")
        parts: list[Part] = [Line(text)]
        if outside.any():
            parts.append(Line(f"{int(outside.sum())} cells lie outside the image, shown as a "
                              "point: they are 0"))
        return parts

    def source(self) -> str:
        size = "x".join(map(str, self.x.shape[1:]))
        return f"{self.named(0, (0,) * 4).partition('[')[0]} ({size})"

    def pictures(self, patch: Array, w: Array, products: Array, outside: Array, first: int
                 ) -> list[Part]:
        """The sums of the channels, and the strongest channel cell by cell."""
        sums = products.sum(axis=(1, 2))
        strongest = int(np.abs(sums).argmax())
        parts: list[Part] = []
        if len(w) > 1:
            order = np.sort(np.argsort(-np.abs(sums), kind="stable")[:max(CHANNELS, self.most)])
            parts = [Rows(["channel", "sum"], [[first + int(k) for k in order],
                                               sums[order].tolist()])]
            rest = np.delete(sums, order)
            if len(rest):
                parts.append(Line(f"and {len(rest)} more channels: {number(rest.sum())}"))
            parts.append(Line("all channels are added, so one filter, which is "
                              f"{times(w.shape)}, makes one map; channel {first + strongest}:"))
        if max(w.shape[1:]) <= WIDEST:
            k = strongest
            parts.append(Grids(["patch", "filter", "patch x filter", "row sum"],
                               [grid(patch[k], outside), grid(w[k]),
                                grid(products[k], outside),
                                grid(products[k].sum(axis=1, keepdims=True))]))
        return parts

    def pixel(self, n: int, c: int, i: int, j: int, u: int, v: int) -> Index:
        """The place in x under cell (u, v) of the window at (i, j); beyond the edge, the edge."""
        window, (top, left) = self.kept.window, self.borders()
        h = i * window.stride[0] + u * window.dilation[0] - top
        w = j * window.stride[1] + v * window.dilation[1] - left
        H, W = self.x.shape[2:]
        return n, c, min(max(h, 0), H - 1), min(max(w, 0), W - 1)

    def gradient(self, number: int, at: Index) -> Working:
        return (self.of_input, self.of_weight, self.of_bias)[number](*at)

    def of_bias(self, f: int) -> Working:
        dy = self.dy[:, f]                                           # (N, OH, OW)
        before = Line(f"the bias is added at {times(dy.shape[1:])} = {dy[0].size} places"
                      f"{self.images(dy)}{count_of_zeros(dy)}")
        return self.sum_of(dy, lambda k: f"dy at {self.spot(k, dy)}", before=[before],
                           what="sum of dy over the places")

    def of_weight(self, f: int, c: int, u: int, v: int) -> Working:
        dy, window = self.dy[:, f], self.kept.window
        channel = self.sees(f).start + c
        OH, OW = dy.shape[1:]
        x = window.shifted(window.pad(self.x[:, channel]), u, v, OH, OW)       # (N, OH, OW)

        def describe(k: int) -> str:
            n, i, j = map(int, np.unravel_index(k, dy.shape))
            return f"at {self.spot(k, dy)}   dy x " \
                   f"{self.named(0, self.pixel(n, channel, i, j, u, v))}"

        def leads(k: int) -> tuple[int, Index]:
            n, i, j = map(int, np.unravel_index(k, dy.shape))
            return 0, self.pixel(n, channel, i, j, u, v)

        before = Line(f"this weight met {times(dy.shape[1:])} = {dy[0].size} values of channel "
                      f"{channel}{self.images(dy)}{count_of_zeros(dy)}")
        return self.sum_of(dy * x, describe, dy, x, before=[before], leads=leads,
                           what="sum over the places")

    def of_input(self, n: int, c: int, h: int, w: int) -> Working:
        weight, window, (top, left) = self.inputs[1], self.kept.window, self.borders()
        (SH, SW), (DH, DW), (OH, OW) = window.stride, window.dilation, self.dy.shape[2:]
        width, filters = weight.shape[1], len(weight) // self.kept.G
        first = c // width * filters                                 # of its group
        met = []                                                     # (f, i, j, u, v)
        for u, v in window.cells():
            i, down = divmod(h + top - u * DH, SH)
            j, right = divmod(w + left - v * DW, SW)
            if down == right == 0 and 0 <= i < OH and 0 <= j < OW:
                met += [(f, i, j, u, v) for f in range(first, first + filters)]
        dy = np.array([self.dy[n, f, i, j] for f, i, j, _, _ in met])
        ws = np.array([weight[f, c % width, u, v] for f, _, _, u, v in met])

        def describe(k: int) -> str:
            f, i, j, u, v = met[k]
            return f"filter {f} at ({i},{j}): it was cell ({u},{v})   dy x w"

        windows = len(met) // filters
        before = Line(f"it lay in {plural(windows, 'window')} of {plural(filters, 'filter')} = "
                      f"{len(met)}{count_of_zeros(dy)}")
        return self.sum_of(dy * ws, describe, dy, ws, before=[before],
                           what="sum over the windows that saw it")

    def images(self, dy: Array) -> str:
        return f" in each of {len(dy)} images" if len(dy) > 1 else ""

    def spot(self, k: int, dy: Array) -> str:
        n, i, j = map(int, np.unravel_index(k, dy.shape))
        return f"({i},{j})" + (f" of image {n}" if len(dy) > 1 else "")
