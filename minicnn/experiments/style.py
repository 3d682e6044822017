"""What is style?  Gram matrices forget where things are: a painting cut up keeps its style.

    content   sum (F(x) - F(painting))^2 / sum F(painting)^2
    style     sum (G(x) - G(painting))^2 / sum G(painting)^2       G: gram

are measured for x, the same painting with its tiles shuffled.  A network looks that has learnt our
photographs; then it paints one of them.  It is no VGG-19 from ImageNet: texture comes, no brush.
"""

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.data.shapes import shapes
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.networks import Plan, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import photos, some
from minicnn.experiments.sheets import put, sheet
from minicnn.models import build
from minicnn.models.imagine.style import StyleLoss, Weights, transfer
from minicnn.models.imagine.watched import Watched

SIDE, TILES = 96, 6                    # pixels of the pictures, and tiles a side


def painting(side: int = SIDE) -> np.ndarray:
    """Waves of two colours, (3, side, side) of 0 to 255: texture that is the same everywhere."""
    i, j = np.mgrid[:side, :side] * (2 * np.pi / side)
    wave = np.sin(9 * j + 3 * np.sin(2 * i)) * np.cos(7 * i + 2 * np.sin(3 * j))   # -1 to 1
    share = (wave + 1) / 2
    dark, bright = np.array([20, 40, 120.0]), np.array([250, 190, 60.0])
    return (dark + share[..., None] * (bright - dark)).transpose(2, 0, 1)


def shuffled(picture: np.ndarray, rng: np.random.Generator, tiles: int = TILES) -> np.ndarray:
    """Its tiles in another order."""
    C, H, W = picture.shape
    cut = picture.reshape(C, tiles, H // tiles, tiles, W // tiles).transpose(1, 3, 0, 2, 4)
    order = rng.permutation(tiles * tiles)
    again = cut.reshape(tiles * tiles, C, H // tiles, W // tiles)[order].reshape(cut.shape)
    return again.transpose(2, 0, 3, 1, 4).reshape(C, H, W)


def eye(settings: Settings, seed: int) -> Watched:
    """A small VGG that has learnt photographs; `dream` takes it, too."""
    train, test = photos(settings)
    count, epochs = settings.pick(600, 4000, 40), settings.pick(3, 10, 1)
    settings.note(images=count, epochs=epochs, network="vgg_small")
    net = trained(settings, "style vgg_small", Plan(epochs, 0.02, 32, flip=True), seed,
                  lambda: build("vgg_small"), some(train, count, seed),
                  test[:settings.pick(500, 2000, 40)])
    return Watched(net.model, "vgg_small", f"a small VGG that has learnt {count:,} photographs")


def distances(watching: Watched, seed: int) -> tuple[float, float]:
    """Content's and style's, of a painting and its shuffled tiles."""
    whole = painting()
    cut = watching.normalised(shuffled(whole, np.random.default_rng(seed)))
    content, style = (StyleLoss(watching, whole, whole, weights)
                      for weights in (Weights(1, 0, 0), Weights(0, 1, 0)))
    return float(content(Tensor(cut)).item()), float(style(Tensor(cut)).item())


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: distances(eye(settings, seed), seed))
    contents, styles = [list(values) for values in zip(*found, strict=True)]
    steps = settings.pick(60, 200, 2)
    photo = np.asarray(shapes(1, seed=3, size=SIDE).images[0], float)
    made = transfer(eye(settings, settings.seeds[0]), photo, painting(), steps)
    settings.note(pixels=SIDE, steps=steps, tiles=TILES ** 2)
    content, style = float(np.mean(contents)), float(np.mean(styles))
    return Result(
        [{"seed": seed, "content": one, "style": other}
         for seed, one, other in zip(settings.seeds, contents, styles, strict=False)],
        picture(photo, made.pixels),
        f"A painting whose {TILES ** 2} tiles are shuffled differs by {content:.2f} in content, by "
        f"{style:.3f} in style.  {steps} steps of Adam bring the loss of the painted photograph "
        f"from {made.losses[0]:.2f} to {made.losses[-1]:.2f}.",
        [Effect("shuffled tiles change the style less than the content",
                differences(styles, contents), -1, "of what they are compared with")])


@drawing()
def picture(photo: np.ndarray, painted: np.ndarray) -> Figure:
    drawn, cells = sheet("What is style?", 1, 4, 2.2, "seen by our own small VGG, not by VGG-19")
    shown = {"photograph": photo, "painting": painting(), "its tiles shuffled":
             shuffled(painting(), np.random.default_rng(0)), "both": painted}
    for axes, (title, each) in zip(cells[0], shown.items(), strict=True):
        put(axes, np.clip(each, 0, 255) / 255, title)
    return Figure(drawn, "Four pictures: " + ", ".join(shown) + "; the last one has the things of "
                  "the first and the texture of the second.")


EXPERIMENT = Experiment(
    "style", ("d33",), "What is style?", 'virginia "CNNs are everywhere" (the Rotunda)',
    "A painting and its shuffled tiles are compared by features and by Gram matrices of a small "
    "VGG; then a drawn picture is painted.",
    quick_seconds=30, full_seconds=300, run=run,
    expected="Gram matrices hardly notice the shuffling.  Texture is transferred, nothing "
             "painterly: our network is small, and has not seen ImageNet.")
