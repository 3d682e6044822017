"""Find me pictures like this one: retrieval by features.

Each test digit asks for pictures among those that the network has learnt from, ranked by the
distance in feature space.  precision = share of the first k that show the same; average precision
counts at each right one how pure the list is up to there, and is 1 if all of the class come first.

Slide: virginia, "CNNs are everywhere these days" (retrieval; Krizhevsky et al. 2012).
"""

import numpy as np

from minicnn.analysis.features import features
from minicnn.analysis.neighbours import nearest
from minicnn.analysis.pictures import INK, RED
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.reader import FEATURES, Reader, reader
from minicnn.experiments.sheets import put, sheet

ASKED, FIRST = 100, 10                 # queries of a seed; pictures of a page


def ranked(read: Reader, space: str) -> tuple[np.ndarray, np.ndarray]:
    """(numbers, right), both (Q, N): all known pictures, nearest first, and who is right."""
    q, x = read.test.images[:ASKED], read.train.images
    if space == "features":
        q, x = (features(read.net.model, prepared(read.train, part), FEATURES) for part in (q, x))
    numbers = nearest(q, x, len(x))[0]
    return numbers, read.train.labels[numbers] == read.test.labels[:ASKED, None]


def average_precision(right: np.ndarray) -> float:
    """The mean over queries of the mean precision at the right ones, in percent; right: (Q, N)."""
    precision = right.cumsum(axis=1) / np.arange(1, right.shape[1] + 1)    # (Q, N)
    hits = right.sum(axis=1)
    asked = hits > 0
    return 100 * float(((precision * right).sum(axis=1)[asked] / hits[asked]).mean())


def run(settings: Settings) -> Result:
    def one_seed(seed: int) -> tuple[Reader, dict[str, tuple[np.ndarray, np.ndarray]]]:
        read = reader(settings, seed)
        return read, {space: ranked(read, space) for space in ("features", "pixels")}

    found = paired(settings, one_seed)
    rows, maps = [], dict[str, list[float]]()
    for seed, (_, lists) in zip(settings.seeds, found, strict=False):
        for space, (_, right) in lists.items():
            maps.setdefault(space, []).append(average_precision(right))
            rows.append({"seed": seed, "by": space, "mean average precision, %": maps[space][-1],
                         f"right of the first {FIRST}, %": 100 * float(right[:, :FIRST].mean())})
    read, lists = found[0]
    means = {space: float(np.mean(values)) for space, values in maps.items()}
    return Result(rows, draw(read, *lists["features"]), (
        f"{ASKED} queries among {len(read.train):,} digits: mean average precision "
        f"{means['features']:.1f} % by features, {means['pixels']:.1f} % by pixels; a list in any "
        "order has about 10 %."), [
        Effect("retrieval by features is better than by pixels (mean average precision)",
               differences(maps["features"], maps["pixels"]))])


@drawing()
def draw(read: Reader, numbers: np.ndarray, right: np.ndarray) -> Figure:
    """A page of answers for one query of each class: the first with that label."""
    labels = read.test.labels[:ASKED]
    asked = [int(np.flatnonzero(labels == c)[0]) for c in range(10) if (labels == c).any()]
    drawn, cells = sheet("find me digits like this one: the first ten answers, by features",
                         len(asked), FIRST + 2, 0.8, "red: another digit", [1, 0.3, *[1] * FIRST])
    for line, query in zip(cells, asked, strict=True):
        put(line[0], read.test.images[query])
        for axes, number, good in zip(line[2:], numbers[query], right[query], strict=False):
            put(axes, read.train.images[number])
            for side in axes.spines.values():
                side.set(color=INK if good else RED, linewidth=0.5 if good else 2)
    return Figure(drawn, "Ten digits at the left, each with its ten nearest pictures in feature "
                  "space; those of another digit have a red frame.")


EXPERIMENT = Experiment(
    "retrieval", ("d54",), "Can pictures be found by features?",
    'virginia "CNNs are everywhere these days"', "100 digits ask for their like among those that a "
    "LeNet has learnt from; mean average precision by features and by pixels.", 8, 240, run,
    "Features find far more of the same kind than pixels.")
