"""How did ImageNet fall?  The winners of the challenge, year by year, with their depth.

The errors cannot be computed here: they are cited, each with its source.  The depths can, where the
network is built by this package: convolutions and fully connected layers on the longest way.

Slides: stanford, "ImageNet Large Scale Visual Recognition Challenge (ILSVRC) winners"; memphis,
"Summary: ILSVRC 2012-2015"; virginia, "Winners of the ImageNet Challenges".
"""

from typing import NamedTuple

from minicnn.analysis.panels import OWN
from minicnn.analysis.pictures import GREY, INK
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, labelled, panels
from minicnn.slides.measure import layers

ILSVRC = "results of ILSVRC, image-net.org"


class Winner(NamedTuple):
    """error : top-5, in percent;  depth : layers as the slides say, 0 for those without
    built : what build() calls it, or ""
    """

    year: int
    name: str
    error: float
    depth: int
    built: str
    source: str


WINNERS = (
    Winner(2010, "Lin et al.", 28.2, 0, "", ILSVRC),
    Winner(2011, "Sanchez and Perronnin", 25.8, 0, "", ILSVRC),
    Winner(2012, "AlexNet", 16.4, 8, "alexnet", f"{ILSVRC}: SuperVision, without other data"),
    Winner(2013, "ZFNet (Clarifai)", 11.7, 8, "zfnet", f"{ILSVRC}: Clarifai, a later ZFNet"),
    Winner(2014, "VGG (2nd)", 7.32, 19, "vgg19", ILSVRC),
    Winner(2014, "GoogLeNet", 6.67, 22, "googlenet", ILSVRC),
    Winner(2015, "ResNet", 3.57, 152, "resnet152", "He et al. 2016, table 5"),
    Winner(2016, "Trimps-Soushen", 2.99, 152, "", "Shao et al. 2016; five networks together"),
    Winner(2017, "SENet", 2.25, 152, "", "Hu et al. 2020, section 5.4"),
)
HUMAN = 5.1                            # Russakovsky et al. 2015, one trained person


def run(settings: Settings) -> Result:
    counted = {one.name: layers(one.built) for one in WINNERS if one.built}
    rows = [{"year": one.year, "winner": one.name, "top-5 error, %": one.error,
             "layers, slide": one.depth or "shallow", "layers, counted":
             counted.get(one.name, ""), "source": one.source} for one in WINNERS]
    first, last = WINNERS[0], WINNERS[-1]
    alex = next(one for one in WINNERS if one.name == "AlexNet")
    deep = [one for one in WINNERS if one.depth > 0]
    return Result(rows, draw(), (
        f"from {first.error} % in {first.year} to {last.error} % in {last.year}; the largest step "
        f"is AlexNet's, {WINNERS[1].error - alex.error:.1f} points in {alex.year}; with "
        f"{deep[-1].depth} layers for {deep[0].depth} the error fell to "
        f"{deep[-1].error / deep[0].error:.2f} of AlexNet's, and below a person's ({HUMAN} %) in "
        f"{next(one.year for one in WINNERS if one.error < HUMAN)}."), [
        Exact("the slides' numbers of layers, counted in our networks", counted,
              {one.name: one.depth for one in WINNERS if one.built}),
        Exact("AlexNet's step is the largest of all", max(
            (before.error - after.error, after.name) for before, after in
            zip(WINNERS, WINNERS[1:], strict=False))[1], "AlexNet")])


@drawing()
def draw() -> Figure:
    drawn, (axes,) = panels("ILSVRC: the best top-5 error of each year, cited")
    drawn.set_size_inches(11, 5)
    for place, one in enumerate([*WINNERS, Winner(0, "a person", HUMAN, -1, "", "")]):
        axes.bar(place, one.error, color=GREY if one.depth < 1 else OWN[0], width=0.7)
        words = "" if one.depth < 0 else f"{one.depth} layers\n" if one.depth else "shallow\n"
        axes.annotate(f"{words}{one.error:g} %", (place, one.error), xytext=(0, 3), fontsize=10,
                      ha="center", color=INK, textcoords="offset points")
    axes.set_xticks(range(len(WINNERS) + 1), [
        *("\n".join([str(one.year), *one.name.split(" and ")]) for one in WINNERS), "a person"])
    axes.set_ylim(0, 33)
    labelled(axes, "", "top-5 error in percent")
    axes.tick_params(axis="x", labelsize=9)
    return Figure(drawn, "Bars by year: " + "; ".join(
        f"{one.year} {one.name} {one.error} %" for one in WINNERS) + f"; a person {HUMAN} %.")


EXPERIMENT = Experiment(
    "winners", ("d21",), "How did ImageNet fall?",
    'stanford "ImageNet Large Scale Visual Recognition Challenge (ILSVRC) winners"; memphis '
    '"Summary: ILSVRC 2012-2015"; virginia "Winners of the ImageNet Challenges"',
    "The winners' errors, cited with their sources; their layers, counted.", 1, 1, run,
    "28.2 % in 2010, 2.3 % in 2017, and depth with it.", seeds=1, full_seeds=1)
