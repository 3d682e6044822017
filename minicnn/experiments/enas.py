"""Can networks share their weights while one looks for the best of them?  ENAS on the space of nas.

One set of weights serves all 486 networks; the controller's reward is the accuracy with these.  The
table says what the same networks reach when each is trained by itself: does the order agree, and is
the design that comes out a good one?
"""

from typing import NamedTuple

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, labelled, panels
from minicnn.experiments.paired import paired
from minicnn.experiments.search_table import Table
from minicnn.models.search.enas import enas
from minicnn.models.search.space import Design, said

DRAWN = 10                             # designs of the finished controller, the best is taken


class Outcome(NamedTuple):
    """shared, alone : accuracies in percent of the same designs;  chosen : by ENAS, alone"""

    design: Design
    chosen: float
    shared: np.ndarray
    alone: np.ndarray

    @property
    def agreement(self) -> float:
        """Spearman's: the correlation of the ranks, 1 where both have the same order."""
        ranks = [values.argsort().argsort() for values in (self.shared, self.alone)]
        return float(np.atleast_2d(np.corrcoef(ranks))[0, 1])


def search(settings: Settings, table: Table, seed: int) -> Outcome:
    x, labels, other_x, other_labels = table.arrays()
    found = enas(x, labels, other_x, other_labels, settings.pick(30, 60, 1), seed=seed)
    design = found.best_of(DRAWN, other_x, other_labels, seed)
    chosen = 100 * table(design)
    everything = table.whole()
    seen = settings.pick(300, 1000, 20)
    shared = [100 * found.shared.accuracy(other_x[:seen], other_labels[:seen], each)
              for each in settings.watched(everything, "networks")]
    return Outcome(design, chosen, np.array(shared), 100 * np.array(list(everything.values())))


def run(settings: Settings) -> Result:
    table = Table(settings)
    settings.note(passes=settings.pick(30, 60, 1), drawn=DRAWN)
    table.whole()
    found = paired(settings, lambda seed: search(settings, table, seed))
    rows = [{"seed": seed, "design": said(each.design), "trained alone %": each.chosen,
             "mean of all %": float(each.alone.mean()), "best of all %": float(each.alone.max()),
             "agreement of ranks": each.agreement}
            for seed, each in zip(settings.seeds, found, strict=False)]
    agreement = float(np.mean([each.agreement for each in found]))
    return Result(
        rows, picture(found),
        f"ENAS's designs reach {', '.join(f'{each.chosen:.1f}' for each in found)} % when they are "
        f"trained alone; all networks {found[0].alone.mean():.1f} % in the mean, the best "
        f"{found[0].alone.max():.1f} %.  Ranks by shared and by own weights agree to "
        f"{agreement:.2f}.",
        [Effect("a design that ENAS finds is better than the mean of all",
                [each.chosen - float(each.alone.mean()) for each in found]),
         Effect("shared weights order the networks as their own do",
                [each.agreement for each in found], unit="of 1 (rank correlation)")])


@drawing()
def picture(found: list[Outcome]) -> Figure:
    drawn, (left, right) = panels("One set of weights for all networks", 2)
    first = found[0]
    left.plot(first.shared, first.alone, "o", markersize=3, alpha=0.5)
    labelled(left, "accuracy in percent with shared weights", "trained alone",
             f"486 networks, first seed: ranks agree to {first.agreement:.2f}")
    values = {"ENAS's design": [each.chosen for each in found],
              "mean of all": [float(first.alone.mean())], "best of all": [float(first.alone.max())]}
    bars(right, values, "accuracy in percent, trained alone")
    return Figure(drawn, "Left, a point for each network: its accuracy with shared weights and "
                  f"when trained alone, ranks agree to {first.agreement:.2f}.  Right, bars: "
                  + "; ".join(f"{name} {np.mean(each):.1f} %" for name, each in values.items()))


EXPERIMENT = Experiment(
    "enas", ("x2",), "Can all networks of a search share their weights?",
    'stanford "Learning to search for network architectures" (ENAS)',
    "Shared weights and a controller take turns on 600 digits; then every network is judged with "
    "the shared weights, and compared with the table of nas.",
    quick_seconds=70, full_seconds=130, run=run,
    expected="A good design comes out for a sixth of the time of the table; the order of the "
             "networks agrees in part only.")
