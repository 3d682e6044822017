"""Where are convolutional networks used?  The slides' gallery, with who did it and where.

Nothing is computed, but for one thing: each use that this package can do is named with the command.

Slides: virginia, "CNNs are everywhere these days".
"""

from typing import NamedTuple

from minicnn.analysis.pictures import DIM, INK, headed
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure


class Use(NamedTuple):
    what: str
    source: str
    here: str                          # the command, or why there is none


USES = (
    Use("classification", "Krizhevsky, Sutskever and Hinton 2012",
        "python -m minicnn train lenet5 --data digits"),
    Use("retrieval", "Krizhevsky, Sutskever and Hinton 2012",
        "python -m minicnn experiment retrieval"),
    Use("detection", "Ren, He, Girshick and Sun 2015, Faster R-CNN",
        "python -m minicnn experiment detection"),
    Use("segmentation", "Farabet, Couprie, Najman and LeCun 2012",
        "python -m minicnn experiment segmentation"),
    Use("style transfer", "Gatys, Ecker and Bethge 2016", "python -m minicnn style --help"),
    Use("dreams", "Mordvintsev, Olah and Tyka 2015, Inceptionism",
        "python -m minicnn dream --help"),
    Use("captions", "Karpathy and Fei-Fei 2015; Vinyals et al. 2015",
        "python -m minicnn experiment captions"),
    Use("self-driving cars", "the slide's photograph; no paper is cited", "no data of this kind"),
    Use("cancer in mammograms", "Levy and Jain 2016, Breast mass classification", "no such data"),
    Use("forms of galaxies", "Dieleman, Willett and Dambre 2015", "no data of this kind"),
    Use("traffic signs", "Sermanet and LeCun 2011; Ciresan et al. 2011",
        "a folder of class folders: python -m minicnn train --help"),
)


def run(settings: Settings) -> Result:
    rows = [use._asdict() for use in USES]
    own = [use.what for use in USES if use.here.startswith("python")]
    return Result(rows, draw(), (
        f"{len(USES)} uses, each with its source; {len(own)} of them can be tried here: "
        f"{', '.join(own)}."), [
        Exact("each use has a source", all(use.source for use in USES), True)])


@drawing()
def draw() -> Figure:
    drawn = figure(12, 0.42 * len(USES) + 1)
    headed(drawn, "CNNs are everywhere these days: who did it, and how to try it here")
    axes = drawn.subplots()
    axes.set(xlim=(0, 1), ylim=(len(USES) - 0.4, -0.6))
    axes.axis("off")
    for row, use in enumerate(USES):
        axes.text(0, row, use.what, fontsize=12, color=INK, va="center")
        axes.text(0.2, row, use.source, fontsize=10.5, color=DIM, va="center")
        axes.text(0.58, row, use.here, fontsize=10.5, color=INK, va="center", family=(
            "monospace" if "python" in use.here else None))
    return Figure(drawn, "A table: " + "; ".join(f"{use.what}, {use.source}" for use in USES) + ".")


EXPERIMENT = Experiment(
    "gallery", ("d56",), "Where are convolutional networks used?",
    'virginia "CNNs are everywhere these days"', "A list with sources; nothing is computed.", 1, 1,
    run, "Nothing to verify: each use is cited.", seeds=1, full_seeds=1)
