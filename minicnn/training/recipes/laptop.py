"""The laptop's forms: 10,000 pictures of 32 pixels, minutes an epoch.

They have one shape, so that networks can be compared at the same number of epochs: batches of 64, a
straight rise of the learning rate over the first epoch, then half a cosine down to 0 (Goyal et al.
2017, section 2.2; Loshchilov and Hutter 2017, equation 5).  What a form keeps of its family's paper
is said; the rest is the package's own choice.
"""

from typing import Any

from minicnn.training.recipes.imagenet import Words, borrowed, sgd
from minicnn.training.recipes.recipe import Recipe
from minicnn.training.recipes.small_pictures import SMALL_PICTURES

ADAMW: Words = ("AdamW", {"weight_decay": 0.05})


def form(name: str, lr: float, optimizer: Words, source: str, **more: Any) -> Recipe:
    return Recipe(f"{name}-small", f"{source}; half a cosine, warm-up of one epoch", lr, 64, 30,
                  optimizer, **{"warmup": 1, "pad": 4, "margin": 1, **more})


def lent(lender: Recipe, *names: str) -> list[Recipe]:
    """The form of another family, for networks that were never tuned on a laptop."""
    return [borrowed(lender, f"{name}-small", "there is no form of its own") for name in names]


RESNET = form("resnet", 0.1, sgd(5e-4), "rate and momentum of He et al. 2016, section 4.2; weight "
              "decay of Zagoruyko and Komodakis 2016, section 3",
              network="He initialisation; no dropout")
INCEPTION = form("inception", 0.05, sgd(1e-4), "label smoothing of Szegedy et al. 2016, section 7; "
                 "plain momentum", smoothing=0.1)
MOBILENET = form("mobilenet", 0.05, sgd(4e-5), "weight decay of Sandler et al. 2018, section 6.1; "
                 "plain momentum")
CONVNEXT = form("convnext", 1e-3, ADAMW, "optimiser and label smoothing of Liu et al. 2022, table "
                "5; gradients clipped, which the paper does not", smoothing=0.1, clip=1.0)

LAPTOP = [
    *(recipe._replace(name=f"{recipe.name}-small") for recipe in SMALL_PICTURES[:2]),
    form("alexnet", 0.01, sgd(5e-4), "momentum, rate and weight decay of Krizhevsky et al. 2012, "
         "section 5"),
    form("zfnet", 0.01, sgd(5e-4), "momentum and rate of Zeiler and Fergus 2014, section 3.1; "
         "weight decay borrowed from alexnet"),
    form("vgg", 1e-3, ADAMW, "the optimiser is borrowed from convnext (Liu et al. 2022, table 5): "
         "after five epochs 7 points better than the paper's momentum at 0.05, with gradients "
         "clipped", clip=1.0),
    form("nin", 1e-3, ADAMW, "the optimiser is borrowed from convnext (Liu et al. 2022, table 5), "
         "as in vgg-small, without clipping"),
    form("googlenet", 1e-3, ADAMW, "auxiliary losses of Szegedy et al. 2015, section 5; the "
         "optimiser, borrowed from convnext (Liu et al. 2022, table 5), learns faster than the "
         "paper's momentum at 0.01"),
    INCEPTION, *lent(INCEPTION, "xception", "polynet", "nasnet"),
    RESNET, *lent(RESNET, "preact_resnet", "wide_resnet", "resnext", "senet", "res2net",
                  "recurrent"),
    form("densenet", 0.1, sgd(1e-4, nesterov=True), "optimiser of Huang et al. 2017, section 4.2"),
    form("fractalnet", 0.02, sgd(5e-4), "rate and momentum of Larsson et al. 2017, section 4.2; "
         "weight decay borrowed from resnet-small"),
    MOBILENET, *lent(MOBILENET, "shufflenet"),
    form("efficientnet", 0.05, sgd(1e-5), "weight decay of Tan and Le 2019, section 5.2; labels "
         "smoothed, plain momentum", smoothing=0.1),
    form("capsnet", 1e-3, ("Adam", {}), "optimiser and shifts of Sabour et al. 2017, section 5",
         pad=2),
    CONVNEXT, *lent(CONVNEXT, "vit"),
]
