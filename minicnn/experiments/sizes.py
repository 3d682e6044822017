"""Which networks read an image of any size?

A convolution slides over whatever it is given; a fully connected layer has a weight for each place.
A network whose only fully connected layer stands behind a global average ("no FC layers besides FC
1000 to output classes") reads any size; one that flattens maps reads its own alone, and says so.

Slides: stanford, "Case Study: ResNet" ("In theory, you can train a ResNet with input image of
variable sizes").
"""

from collections.abc import Callable

import numpy as np

from minicnn.analysis.pictures import BLUE, RED, headed
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.module import Module
from minicnn.models import build

SIZES = (24, 32, 48, 64)
NETWORKS: dict[str, Callable[[], Module]] = {
    "resnet20": lambda: build("resnet20"), "nin_small": lambda: build("nin_small"),
    "googlenet_small": lambda: build("googlenet_small"), "lenet5": lambda: build("lenet5"),
    "alexnet_small": lambda: build("alexnet_small"), "vgg_small": lambda: build("vgg_small")}


@no_grad()
def run(settings: Settings) -> Result:
    rng = np.random.default_rng(settings.seeds[0])
    rows, averaged = [], {}
    for name, make in NETWORKS.items():
        model = make().eval()
        averaged[name] = any(isinstance(part, GlobalAvgPool2d) for part in model.modules())
        channels = model.input_shape[0]                                    # type: ignore
        for side in SIZES:
            x = rng.standard_normal((1, channels, side, side)).astype(np.float32)
            try:
                said = "x".join(map(str, model(Tensor(x)).shape))
            except ValueError as problem:
                said = f"refused: {problem}"
            rows.append({"network": name, "image": f"{side}x{side}", "answer": said})
    reads = {name: [row["image"] for row in rows if row["network"] == name and
                    "refused" not in row["answer"]] for name in NETWORKS}
    every = [name for name, sizes in reads.items() if len(sizes) == len(SIZES)]
    refused = next(row for row in rows if row["network"] == "lenet5" and row["image"] == "48x48")
    return Result(rows, draw(rows), (
        f"{', '.join(every)} read all of {', '.join(f'{side}x{side}' for side in SIZES)}; "
        f"{', '.join(name for name in NETWORKS if name not in every)} only some.  LeNet-5 says, to "
        f"{refused['image']}: {refused['answer'].removeprefix('refused: ')}."), [
        Exact("ResNet answers all sizes with ten scores", {
            row["answer"] for row in rows if row["network"] == "resnet20"}, {"1x10"}),
        Exact("those with a global average, and they alone, read all sizes", every,
              [name for name in NETWORKS if averaged[name]])])


@drawing()
def draw(rows: list[dict]) -> Figure:
    drawn = figure(8.6, 4.2)
    headed(drawn, "images of other sizes: which networks read them?")
    axes = drawn.subplots()
    for row in rows:
        i, j = list(NETWORKS).index(row["network"]), [f"{side}x{side}" for side in SIZES].index(
            row["image"])
        reads = "refused" not in row["answer"]
        axes.text(j, i, row["answer"] if reads else "refused", ha="center", va="center",
                  fontsize=11, color="white", bbox={"boxstyle": "round,pad=0.5", "ec": "none",
                                                    "fc": BLUE if reads else RED})
    axes.set(xlim=(-0.6, len(SIZES) - 0.4), ylim=(len(NETWORKS) - 0.5, -0.5))
    axes.set_xticks(range(len(SIZES)), [f"{side}x{side}" for side in SIZES])
    axes.set_yticks(range(len(NETWORKS)), list(NETWORKS))
    axes.tick_params(length=0, labelsize=11)
    axes.spines[:].set_visible(False)
    return Figure(drawn, "A table of networks against sizes of the image: " + "; ".join(
        f"{row['network']} {row['image']} {row['answer'].split(':')[0]}" for row in rows))


EXPERIMENT = Experiment(
    "sizes", ("d53",), "Which networks read an image of any size?",
    'stanford "Full ResNet architecture"',
    "Six networks, four sizes of the image.", 1, 1, run,
    "Those with a global average in front of the last layer.", seeds=1, full_seeds=1)
