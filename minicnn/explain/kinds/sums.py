"""Weighted sums, sums and means: the largest terms, and what the others come to."""

import numpy as np

from minicnn.autograd.arithmetic import MatMulFn, MaxFn, MeanFn, SumFn
from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains, wherever
from minicnn.explain.explanation import Line, Part, Working, number
from minicnn.explain.record import Index
from minicnn.layers.linear import LinearFn


@explains(LinearFn)
class FullyConnected(Explainer):
    def value(self, at: Index) -> Working:
        n, d = at
        x, w = self.x[n], self.inputs[1][d]                          # (M,)
        b = {"bias": float(self.inputs[2][d])} if len(self.inputs) > 2 else {}
        active, products = int((x != 0).sum()), x * w
        before: list[Part] = [Line(f"{active} of {len(x)} inputs are not 0" if active < len(x) else
                                   f"{len(x)} inputs")]
        with np.errstate(invalid="ignore"):
            up, down = products[products > 0].sum(), products[products < 0].sum()
        before.append(Line(f"for {number(up)}, against {number(down)}"))
        return self.sum_of(products, lambda k: self.named(0, (n, k)), x, w, before=before,
                           extra=b, leads=lambda k: (0, (n, k)),
                           what=f"sum of {len(x)} products")

    def gradient(self, number_: int, at: Index) -> Working:
        x, w, dy = self.x, self.inputs[1], self.dy
        if number_ == 0:
            n, m = at
            return self.sum_of(dy[n] * w[:, m], lambda d: f"unit {d}   dy x w", dy[n], w[:, m],
                               before=[Line(f"it went into all {len(w)} units")],
                               what="sum over the units")
        if number_ == 1:
            d, m = at
            many = "sum over the images" if len(x) > 1 else "dy x input"
            return self.sum_of(dy[:, d] * x[:, m], lambda n: f"dy x {self.named(0, (n, m))}",
                               dy[:, d], x[:, m], leads=lambda n: (0, (n, m)), what=many)
        return self.sum_of(dy[:, at[0]], lambda n: f"dy of image {n}",
                           what="sum of dy over the images")


@explains(MatMulFn)
class MatrixProduct(Explainer):
    def whole(self) -> tuple[Array, Array, Array]:
        """a (..., N, K), b (..., K, M) and the shape of their product, none of them a vector."""
        a, b = self.inputs
        a = a[None, :] if a.ndim == 1 else a
        b = b[:, None] if b.ndim == 1 else b
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return a, b, np.empty((*batch, a.shape[-2], b.shape[-1]))

    def place(self, at: Index) -> Index:
        """The place in the product of matrices of a place in y, which lacks a vector's axis."""
        first, second = (q.ndim == 1 for q in self.inputs)
        at = (*at, 0) if second else at
        return (*at[:-1], 0, at[-1]) if first else at

    def value(self, at: Index) -> Working:
        (a, b, full), (*batch, n, m) = self.whole(), self.place(at)
        first = wherever(a.shape[:-2], full.shape[:-2], tuple(batch))
        second = wherever(b.shape[:-2], full.shape[:-2], tuple(batch))
        row, column = a[first][n], b[second][:, m]                   # (K,)

        def describe(k: int) -> str:
            left = (*first, n, k)[-self.inputs[0].ndim:]
            right = (*second, k, m)[:self.inputs[1].ndim]
            return f"{self.named(0, left)} x {self.named(1, right)}"
        return self.sum_of(row * column, describe, row, column,
                           leads=lambda k: (0, (*first, n, k)[-self.inputs[0].ndim:]),
                           what=f"sum of {len(row)} products")

    def gradient(self, number_: int, at: Index) -> Working:
        a, b, full = self.whole()
        dy = self.dy.reshape(full.shape)
        q = (a, b)[number_]
        vector = self.inputs[number_].ndim == 1
        row, column = ((0, at[0]) if number_ == 0 else (at[0], 0)) if vector else at[-2:]
        own = () if vector else at[:-2]
        factors, upstream, where = [], [], []
        for batch in np.ndindex(full.shape[:-2]):
            if wherever(q.shape[:-2], full.shape[:-2], batch) != own:
                continue
            other = (b, a)[number_]
            there = other[wherever(other.shape[:-2], full.shape[:-2], batch)]
            for k in range(full.shape[-1] if number_ == 0 else full.shape[-2]):
                factors.append(there[column, k] if number_ == 0 else there[k, row])
                where.append((*batch, row, k) if number_ == 0 else (*batch, k, column))
                upstream.append(dy[where[-1]])
        factor, up = np.array(factors), np.array(upstream)
        return self.sum_of(factor * up, lambda k: f"dy at {list(where[k])} x the other factor", up,
                           factor, what="sum over the products it was in")


class Reduction(Explainer):
    """Sums, means and maxima along axes."""

    def gone(self) -> set[int]:
        """The axes along which it is added up."""
        if self.kept.axis is None:
            return set(range(self.x.ndim))
        return {axis % self.x.ndim for axis in np.atleast_1d(self.kept.axis).tolist()}

    def group(self, at: Index) -> list[Index]:
        """The places in x that y[at] is made of."""
        gone, left, sides = self.gone(), iter(at), []
        for side, size in enumerate(self.x.shape):
            if side in gone:
                if self.kept.keepdims:
                    next(left)
                sides.append(range(size))
            else:
                i = next(left)
                sides.append(range(i, i + 1))
        return [tuple(sides[k][i] for k, i in enumerate(offset))
                for offset in np.ndindex(tuple(map(len, sides)))]

    def home(self, at: Index) -> Index:
        """The place in y that x[at] is part of."""
        gone = self.gone()
        return tuple(0 if side in gone else i for side, i in enumerate(at)
                     if side not in gone or self.kept.keepdims)

    def values(self, at: Index) -> tuple[list[Index], Array]:
        places = self.group(at)
        return places, np.array([self.x[found] for found in places])


@explains(SumFn)
class Sum(Reduction):
    def value(self, at: Index) -> Working:
        places, values = self.values(at)
        return self.sum_of(values, lambda k: self.named(0, places[k]),
                           leads=lambda k: (0, places[k]), what=f"sum of {len(places)} values")

    def gradient(self, number_: int, at: Index) -> Working:
        dy = float(self.dy[self.home(at)])
        return Working(dy, [], f"a sum hands dy = {number(dy)} on unchanged", abs(dy))


@explains(MeanFn)
class Mean(Reduction):
    def value(self, at: Index) -> Working:
        places, values = self.values(at)
        inner = self.sum_of(values, lambda k: self.named(0, places[k]),
                            leads=lambda k: (0, places[k]), what="sum")
        n = max(len(places), 1)
        y = inner.value / n
        return Working(y, inner.parts, f"sum {number(inner.value)} / {n} = {number(y)}",
                       inner.size / n, inner.leads)

    def gradient(self, number_: int, at: Index) -> Working:
        home = self.home(at)
        dy, n = float(self.dy[home]), len(self.group(home))
        return Working(dy / n, [], f"dy / {n} = {number(dy)} / {n} = {number(dy / n)}", abs(dy) / n)


@explains(MaxFn)
class Largest(Reduction):
    def value(self, at: Index) -> Working:
        places, values = self.values(at)
        k = int(values.argmax())
        y = float(values[k])
        return Working(y, [], f"the largest of {len(places)} values, {self.named(0, places[k])} = "
                       f"{number(y)}", abs(y), (0, places[k]))

    def gradient(self, number_: int, at: Index) -> Working:
        home = self.home(at)
        (_, values), dy = self.values(home), float(self.dy[home])
        equal = int((values == values.max()).sum())
        if self.x[at] != values.max():
            return Working(0.0, [], "it is not the largest: 0", abs(dy))
        result = f"it is the largest: dy = {number(dy)}" if equal == 1 else \
            f"{equal} are equally large and share: dy / {equal} = {number(dy / equal)}"
        return Working(dy / equal, [], result, abs(dy))
