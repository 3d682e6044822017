"""Recipes for networks that answer with maps or with boxes: the papers', and the laptop's.

Departures from the papers
--------------------------
1. Weight decay acts on every parameter, biases and batch norms too; all of them share one rate,
   where FCN, DeepLab and PSPNet take two or ten times as much for the new layers.
2. Papers count steps; here they are epochs of the pictures that the paper trained on.
3. SSD's crops around objects, YOLO's shifts of exposure and Faster R-CNN's four turns of training
   the two halves are not built.

The laptop's forms: Adam and half a cosine over pictures of 64 pixels that minicnn draws, a budget
of steps in which the small networks come to what docs/segmentation.md and docs/detection.md say.
"""

from minicnn.training.recipes.imagenet import Words, borrowed, sgd
from minicnn.training.recipes.recipe import Recipe

POLY: Words = ("PolynomialLR", {"power": 0.9})
NEVER: Words = ("", {})
FLIP = ("flip",)
ADAM: Words = ("Adam", {})


def drops(*milestones: float) -> Words:
    return "MultiStepLR", {"milestones": milestones}


FCN = Recipe(
    "fcn", "Long et al. 2015, section 4.3: 20 pictures a step, at a rate that never changes", 1e-4,
    20, 175, sgd(5e-4), NEVER, augment=FLIP, margin=1, aux=0.5,
    network="new score layers begin at 0, deconvolutions bilinear; dropout 0.5 on fc6 and fc7")

SEGNET = Recipe(
    "segnet", "Badrinarayanan et al. 2017, section 3: SGD at 0.1, classes weighted by their median "
    "frequency, which is left out here", 0.1, 12, 300, sgd(0), NEVER, augment=(), margin=1,
    network="He initialisation")

UNET = Recipe(
    "unet", "Ronneberger et al. 2015, section 3: one large tile a step, momentum 0.99; the rate is "
    "our own, for the paper gives none", 1e-3, 1, 300, ("SGD", {"momentum": 0.99}), NEVER,
    augment=FLIP, margin=1, network="He initialisation; dropout at the bottom")

DEEPLAB = Recipe(
    "deeplab", "Chen et al. 2018 (DeepLab), section 4.1.2: \"poly\" with power 0.9, batches of 10",
    1e-3, 10, 19, sgd(5e-4), POLY, augment=FLIP, margin=1, aux=0.5)

PSPNET = Recipe(
    "pspnet", "Zhao et al. 2017, section 5.1: \"poly\" with power 0.9; auxiliary loss times 0.4, "
    "section 4", 1e-2, 16, 119, sgd(1e-4), POLY, augment=FLIP, margin=1, aux=0.4)

SSD = Recipe(
    "ssd", "Liu et al. 2016, section 3.1: 40,000 steps of 32 at 1e-3, 10,000 at 1e-4 and 10,000 at "
    "1e-5", 1e-3, 32, 116, sgd(5e-4), drops(2 / 3, 5 / 6), augment=("flip", "jitter"), margin=1)

YOLO = Recipe(
    "yolo", "Redmon et al. 2016, section 2.2: 75 epochs at 1e-2, 30 at 1e-3, 30 at 1e-4", 1e-2, 64,
    135, sgd(5e-4), drops(75 / 135, 105 / 135), warmup=1, augment=("flip", "jitter"), margin=1,
    network="dropout 0.5 after the first fully connected layer")

FASTER = Recipe(
    "faster_rcnn", "Ren et al. 2015, section 3.3: 60,000 steps at 1e-3, 20,000 at 1e-4, one "
    "picture a step; its batches here are of 2, at twice the rate", 2e-3, 2, 16, sgd(5e-4),
    drops(0.75),
    augment=FLIP, margin=1, printed=(1e-3, 1))

MASK = Recipe(
    "mask_rcnn", "He et al. 2017, section 3.1: 16 pictures a step, 160,000 steps, a tenth of the "
    "rate after 120,000", 0.02, 16, 22, sgd(1e-4), drops(0.75), augment=FLIP, margin=1)

PUBLISHED_SCENES = [
    FCN, SEGNET, UNET, DEEPLAB, PSPNET, SSD, YOLO, FASTER, MASK,
    borrowed(UNET, "r2unet", "Alom et al. 2018 name Adam, but no batch and no decay",
             optimizer=ADAM, batch=4, printed=(1e-3, 4)),
    borrowed(DEEPLAB, "dilated8", "Yu and Koltun 2016, section 4, train in two turns with fixed "
             "rates"),
    borrowed(DEEPLAB, "refinenet", "Lin et al. 2017 do not print theirs in full"),
    borrowed(SEGNET, "farabet", "its own is not printed", optimizer=ADAM, batch=8,
             printed=(1e-3, 8)),
    borrowed(UNET, "sam_toy", "ours is a toy", optimizer=ADAM, batch=16, printed=(1e-3, 16)),
    borrowed(FASTER, "rcnn", "its own has an SVM behind the network, which is not built"),
    borrowed(FASTER, "fast_rcnn", "Girshick 2015, section 2.3, has the same rates"),
    borrowed(UNET, "udnet", "its own is not printed", optimizer=ADAM, batch=8, printed=(1e-3, 8)),
]


def small(name: str, batch: int, epochs: int, lr: float) -> Recipe:
    return Recipe(f"{name}-small", "Adam, Kingma and Ba 2015, section 2; half a cosine; rate and "
                  "steps are our own choice", lr, batch, epochs, ADAM, augment=FLIP, margin=1,
                  aux=0.4)


LAPTOP_SCENES = [small("maps", 32, 11, 2e-3), small("boxes", 16, 5, 3e-3)]
