"""Which paths carry the gradient?  Of a residual network's 2^n paths, by their length.

    y = x + F(x)           two ways back: through F, and around it

A path of length k takes k times the way through F and n - k times the way around it; its gradient
is what is left when the other way is cut at each unit.

A cut passes the value and not the gradient (`detach`): the forward pass stays as it was.  There are
C(n, k) paths of length k, so the gradient that all of them carry is C(n, k) times that of one; it
is measured at the input, over paths drawn at random.  The networks are those of `depth`.
"""

from math import comb

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.depth import network, pictures
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, logarithmic, panels
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import paired
from minicnn.experiments.units import Chain, chain_of
from minicnn.losses import cross_entropy


def gradient(chain: Chain, x: np.ndarray, labels: np.ndarray, through: list[int]) -> float:
    """The norm of the loss's gradient at the input along one path, per picture.

    through : numbers of the units whose F the path takes
    """
    image = Tensor(x, requires_grad=True)
    y = chain.start(image)
    for n, unit in enumerate(chain.units):
        f = unit.body(y)                                   # type: ignore[attr-defined]
        around = unit.shortcut(y) if unit.shortcut else y  # type: ignore[attr-defined]
        y = f + around.detach() if n in through else f.detach() + around
        y = unit.after(y)                                  # type: ignore[attr-defined]
    (cross_entropy(chain.end(y), labels) * float(len(x))).backward()
    grad = image.grad
    if grad is None:
        raise ValueError("path-gradients: no gradient came back to the input")
    return float(np.sqrt((grad ** 2).sum(axis=(1, 2, 3))).mean())      # of each picture, (N,)


def by_length(settings: Settings, seed: int) -> list[float]:
    """[mean gradient of one path of length k, for k = 0 ... n]"""
    train, test = pictures(settings, seed)
    count, draws = settings.pick(32, 64, 4), settings.pick(8, 30, 1)
    settings.note(gradients_of=count, draws=draws)
    x, labels = prepared(train, test.images[:count]), test.labels[:count]
    name = settings.pick("residual20", "residual56", "residual20")
    settings.note(network=name)
    chain, rng = chain_of(network(settings, name, seed).model), np.random.default_rng(seed)
    N = len(chain.units)
    return [float(np.mean([gradient(chain, x, labels, rng.permutation(N)[:k].tolist())
                           for _ in range(draws)]))
            for k in settings.watched(range(N + 1), "paths")]


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: by_length(settings, seed))
    N = len(found[0]) - 1
    paths = [comb(N, k) for k in range(N + 1)]
    shares = [np.array(each) * paths / np.dot(each, paths) for each in found]
    means = [float(share @ np.arange(N + 1)) for share in shares]
    rows = [{"seed": seed, "length": k, "paths": paths[k], "gradient of one": each[k],
             "share of all %": float(100 * share[k])}
            for seed, each, share in zip(settings.seeds, found, shares, strict=False)
            for k in range(N + 1)]
    return Result(
        rows, picture(found, shares, paths),
        f"Paths lead through {N / 2:g} of {N} units on average; weighted by the gradient that they "
        f"carry, through {np.mean(means):.2f}.",
        [Effect("the gradient comes along paths that are shorter than the average one",
                [mean - N / 2 for mean in means], -1, "units"),
         Effect("a path through every unit carries less gradient than one through none",
                [float(np.log10(each[-1] / each[0])) for each in found], -1, "powers of ten")])


@drawing()
def picture(found: list[list[float]], shares: list[np.ndarray], paths: list[int]) -> Figure:
    drawn, (one, two, three) = panels("Paths of a residual network by length", 3)
    ks = list(range(len(paths)))
    one.bar(ks, np.array(paths, float), color="#8a8a8a")
    curves(one, [], {}, "units on the path", "paths", "how many there are")
    curves(two, ks, {"": found}, "units on the path", "gradient at the input", "of one path")
    logarithmic(two)
    curves(three, ks, {"": [100 * share for share in shares]}, "units on the path",
           "percent of the gradient", "of all paths of that length")
    peak = int(np.mean(shares, axis=0).argmax())
    return Figure(drawn, "Three panels by path length: how many paths there are, a binomial; the "
                  "gradient of one path, which falls; and their product, which is largest at "
                  f"{peak} units.")


EXPERIMENT = Experiment(
    "path-gradients", ("d11",), "Which paths carry the gradient?",
    'iitk "Properties: Gradient flow"; iitk "Properties: Gradient/Path"; iitk "Exp Ensembles of '
    'Shallow Nets"',
    "All but one path are cut, which leaves the values as they are, and the gradient at the input "
    "is measured; by length, times the number of paths.",
    quick_seconds=41, full_seconds=600, shared_seconds=33, run=run,
    expected="Short paths: most of the gradient comes along fewer units than the average path has.")
