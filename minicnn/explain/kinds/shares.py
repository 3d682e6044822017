"""Softmax: shift, exponentials, their sum, shares; and the cross-entropy that reads them."""

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Rows, Working, number, place, signed
from minicnn.explain.record import Index
from minicnn.layers.softmax import LogSoftmaxFn, SoftmaxFn
from minicnn.losses.cross_entropy import CrossEntropyFn

SHOWN = 10                             # classes in one table; of more, the largest


class Shares(Explainer):
    """Numbers z along one axis; at: where z[i] stands, whose i is at[dim]."""

    def dim(self) -> int:
        return self.kept.dim % self.x.ndim

    def row(self, q: Array, at: Index) -> Array:
        """All values along the axis."""
        return q[tuple(slice(None) if side == self.dim() else i for side, i in enumerate(at))]

    def table(self, z: Array, own: int, word: str = "class") -> tuple[list, Array, float]:
        """The parts that show z - max, e^ of it, and the sum; then z - max and the sum."""
        shifted = z - z.max()
        e = np.exp(shifted)
        chosen = np.arange(len(z)) if len(z) <= SHOWN else np.sort(np.unique(np.append(
            np.argsort(-z, kind="stable")[:SHOWN - 1], own)))
        rows = [chosen, z[chosen], shifted[chosen], e[chosen], (e / e.sum())[chosen]]
        more = len(z) - len(chosen)
        parts: list = [Rows([word, "score", "- max", "exp", "p"], [row.tolist() for row in rows])]
        if more:
            parts.append(Line(f"the largest of {len(z)}; the other {more} exp add up to "
                              f"{number(e.sum() - e[chosen].sum())}"))
        return parts, shifted, float(e.sum())


@explains(SoftmaxFn)
class Softmax(Shares):
    def value(self, at: Index) -> Working:
        i = at[self.dim()]
        parts, shifted, total = self.table(self.row(self.x, at), i)
        e = float(np.exp(shifted[i]))
        return Working(e / total, parts, f"p = exp / sum = {number(e)} / {number(total)} = "
                       f"{number(e / total)}", e / total, (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        parts, shifted, total = self.table(self.row(self.x, at), at[self.dim()])
        p, dy = np.exp(shifted) / total, self.row(self.dy, at)
        i, mean = at[self.dim()], float((dy * p).sum())
        dz = float(p[i]) * (float(dy[i]) - mean)
        return Working(dz, [*parts, Line(f"sum of dy p = {number(mean)}")],
                       f"p (dy - sum of dy p) = {number(p[i])} x ({number(dy[i])} - "
                       f"({number(mean)})) = {number(dz)}",
                       float(p[i]) * (abs(float(dy[i])) + float(np.abs(dy * p).sum())), (0, at))


@explains(LogSoftmaxFn)
class LogSoftmax(Shares):
    def value(self, at: Index) -> Working:
        i = at[self.dim()]
        parts, shifted, total = self.table(self.row(self.x, at), i)
        y = float(shifted[i]) - float(np.log(total))
        return Working(y, parts, f"(score - max) - log(sum) = {number(shifted[i])} - "
                       f"{number(np.log(total))} = {number(y)}",
                       abs(float(shifted[i])) + float(np.log(total)), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        i = at[self.dim()]
        parts, shifted, total = self.table(self.row(self.x, at), i)
        dy, p = self.row(self.dy, at), float(np.exp(shifted[i])) / total
        dz = float(dy[i]) - p * float(dy.sum())
        return Working(dz, parts, f"dy - p (sum of dy) = {number(dy[i])} - {number(p)} x "
                       f"{number(dy.sum())} = {number(dz)}",
                       abs(float(dy[i])) + p * float(np.abs(dy).sum()), (0, at))


@explains(CrossEntropyFn)
class CrossEntropy(Shares):
    """A sample is one image, (n,), or one pixel of a map, (n, i, j)."""

    def dim(self) -> int:
        return 1

    def scores(self, sample: Index) -> Array:
        """z of all classes."""
        return self.x[(sample[0], slice(None), *sample[1:])]

    def label(self, sample: Index) -> int:
        return int(np.asarray(self.kept.labels)[sample])

    def ignored(self, sample: Index) -> bool:
        places = np.stack([np.asarray(q) for q in self.kept.ignored], axis=-1)
        return bool((places == np.array(sample)).all(axis=-1).any())

    def weights(self, sample: Index) -> tuple[float, Array | None]:
        """a of the sample's own class, and s of every class: see CrossEntropyFn."""
        counts = not self.ignored(sample)
        a = float(np.asarray(self.kept.a)[sample]) * counts
        return a, None if self.kept.s is None else np.asarray(self.kept.s).reshape(-1) * counts

    def plain(self) -> bool:
        return self.kept.s is None and bool((np.asarray(self.kept.a) == 1).all())

    def one(self, sample: Index) -> tuple[float, list, str]:
        """The loss of one sample, its parts, and its arithmetic in words."""
        z, label, (a, s) = self.scores(sample), self.label(sample), self.weights(sample)
        parts, shifted, total = self.table(z, label)
        costs = float(np.log(total)) - shifted
        how = f"log(sum) - (score - max)[{label}] = {number(np.log(total))}" \
              f"{signed(-shifted[label])}"
        loss = a * float(costs[label])
        if not self.plain():
            how = f"weight {number(a)} x ({how})"
        if s is not None:
            spread = float((s * costs).sum())
            loss += spread
            how += f" + smoothed over all classes {number(spread)}"
        if a == 0 and s is None:
            how = "it counts for nothing: 0"
        return loss, parts, how

    def value(self, at: Index) -> Working:
        labels = np.asarray(self.kept.labels)
        if self.kept.reduction == "none" or labels.size == 1:
            sample = at or (0,) * labels.ndim
            loss, parts, how = self.one(sample)
            divisor = 1.0 if self.kept.reduction == "none" else float(self.kept.divisor)
            y = loss / divisor
            by = f" / {number(divisor)}" if divisor != 1 else ""
            return Working(y, [Line(f"label {self.label(sample)}"), *parts],
                           f"{how}{by} = {number(y)}", abs(y) + float(np.abs(self.x).max()),
                           self.lead(sample))
        samples = [tuple(map(int, found)) for found in np.ndindex(labels.shape)]
        ones = np.array([self.one(sample)[0] for sample in samples])
        summed = self.sum_of(ones, lambda k: f"sample {place(samples[k])}, label "
                             f"{self.label(samples[k])}")
        worst = samples[int(ones.argmax())]
        loss, parts, how = self.one(worst)
        y = summed.value / float(self.kept.divisor)
        return Working(y, [*summed.parts, Line(f"sample {place(worst)}:"), *parts,
                           Line(f"{how} = {number(loss)}")],
                       f"sum {number(summed.value)} / {number(self.kept.divisor)} = {number(y)}",
                       abs(y) + float(np.abs(self.x).max()), self.lead(worst))

    def lead(self, sample: Index) -> tuple[int, Index]:
        return 0, (sample[0], self.label(sample), *sample[1:])

    def gradient(self, number_: int, at: Index) -> Working:
        sample, c = (at[0], *at[2:]), at[1]
        label, (a, s) = self.label(sample), self.weights(sample)
        parts, shifted, total = self.table(self.scores(sample), label)
        p = float(np.exp(shifted[c])) / total
        dL = float(self.dy[sample] if self.dy.ndim else self.dy) / float(self.kept.divisor)
        own = 1.0 if c == label else 0.0
        at_c, over_all = (0.0, 0.0) if s is None else (float(s[c]), float(s.sum()))
        dz = dL * (p * (a + over_all) - a * own - at_c)
        if self.plain():
            how = f"p - [class is {label}] = {number(p)} - {int(own)}"
        else:
            how = f"p (a + sum of s) - a [class is {label}] - s = {number(p)} x " \
                  f"{number(a + over_all)} - {number(a * own)} - {number(at_c)}"
        by = "" if dL == 1 else f", times dy / divisor {number(dL)},"
        return Working(dz, [Line(f"label {label}; the score is that of class {c}"), *parts],
                       f"{how}{by} = {number(dz)}", abs(dL) * (a + over_all + 1), (0, at))
