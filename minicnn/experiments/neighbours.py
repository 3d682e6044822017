"""Near in what sense?  The nearest pictures among pixels, and among a network's features.

    d(q, x) = |q - x|          of pixels, or of the 100 numbers before LeNet's scores

Next to a digit in pixels lies what has ink at the same places; next to it in feature space lies
what shows the same thing, however it is written.

Slide: stanford, "Test image, L2 nearest neighbors in feature space".  Source: Krizhevsky et al.
2012, section 6.1.
"""

import numpy as np

from minicnn.analysis.features import features
from minicnn.analysis.neighbours import draw_neighbours, nearest, same_class
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.reader import FEATURES, Reader, reader

COUNT, SHOWN = 5, 8                    # neighbours of each; queries that are drawn


def both(read: Reader) -> dict[str, np.ndarray]:
    """{space: numbers (Q, COUNT) of the nearest training pictures} of every test picture."""
    model = read.net.model
    q, x = (features(model, prepared(read.train, part.images), FEATURES)
            for part in (read.test, read.train))
    return {"features": nearest(q, x, COUNT)[0],
            "pixels": nearest(read.test.images, read.train.images, COUNT)[0]}


def run(settings: Settings) -> Result:
    def one_seed(seed: int) -> tuple[Reader, dict[str, np.ndarray]]:
        read = reader(settings, seed)
        return read, both(read)

    found = paired(settings, one_seed)
    shares = {space: [same_class(numbers[space], read.train.labels, read.test.labels)
                      for read, numbers in found] for space in ("features", "pixels")}
    rows = [{"seed": seed, "near in": space, "same digit, %": shares[space][place],
             "network's error, %": found[place][0].net.error}
            for place, seed in enumerate(settings.seeds[:len(found)]) for space in shares]
    read, numbers = found[0]
    means = {space: float(np.mean(values)) for space, values in shares.items()}
    return Result(rows, draw(read, numbers), (
        f"of the {COUNT} nearest of {len(read.train):,} digits {means['features']:.1f} % are the "
        f"same digit in feature space ({FEATURES}), {means['pixels']:.1f} % in pixels; guessing "
        "gives 10 %."), [
        Effect("more neighbours show the same digit in feature space than in pixels",
               differences(shares["features"], shares["pixels"]))])


def draw(read: Reader, numbers: dict[str, np.ndarray]) -> Figure:
    wrong = (read.train.labels[numbers["pixels"]] != read.test.labels[:, None]).sum(axis=1)
    asked = np.sort(np.argsort(-wrong[:200], kind="stable")[:SHOWN])       # where pixels fail
    blocks = {f"nearest in feature space ({FEATURES})": numbers["features"][asked],
              "nearest in pixels": numbers["pixels"][asked]}
    drawn = draw_neighbours(
        read.test.images[asked], read.train.images, blocks, None, "L2 nearest neighbours: the "
        "queries of the first 200 with which pixels do worst",
        (read.test.labels[asked], read.train.labels), read.train.classes)
    return Figure(drawn.figure, "Eight digits, each with its five nearest in feature space and its "
                  "five nearest in pixels; a red frame marks another digit.")


EXPERIMENT = Experiment(
    "neighbours", ("d26",), "Near in what sense: pixels or features?",
    'stanford "Test image, L2 nearest neighbors in feature space"',
    "The five nearest digits of each test digit, in pixels and before the scores of a LeNet.", 8,
    240, run, "In feature space far more neighbours show the same thing.")
