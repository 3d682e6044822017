"""Which recipe a network is trained by: the paper's, and the laptop's."""

import re
from typing import NamedTuple

from minicnn.backend.messages import did_you_mean
from minicnn.models import NETWORKS
from minicnn.training.recipes.imagenet import IMAGENET
from minicnn.training.recipes.laptop import LAPTOP
from minicnn.training.recipes.recipe import Recipe
from minicnn.training.recipes.scenes import LAPTOP_SCENES, PUBLISHED_SCENES
from minicnn.training.recipes.small_pictures import SMALL_PICTURES

PUBLISHED = [*SMALL_PICTURES, *IMAGENET, *PUBLISHED_SCENES]
RECIPES = {recipe.name: recipe for recipe in [*PUBLISHED, *LAPTOP, *LAPTOP_SCENES]}


class Family(NamedTuple):
    """Networks whose names, without or with "-variant", match `names` as a whole."""

    names: str
    paper: str
    laptop: str


# The first that matches counts.
FAMILIES = [
    Family("lenet5[-_](paper|rbf)",                "lenet-paper",         "lenet-paper-small"),
    Family("lenet5.*",                             "lenet",               "lenet-small"),
    Family("alexnet.*",                            "alexnet",             "alexnet-small"),
    Family("zfnet.*",                              "zfnet",               "zfnet-small"),
    Family("vgg.*",                                "vgg",                 "vgg-small"),
    Family("nin(_bn)?",                            "nin",                 "nin-small"),
    Family("nin_(cifar10|small)",                  "nin-cifar",           "nin-small"),
    Family("googlenet.*",                          "googlenet",           "googlenet-small"),
    Family(r"inception_\w+_example",               "googlenet",           "googlenet-small"),
    Family("inception_(v2|small)",                 "inception_v2",        "inception-small"),
    Family("inception_v3.*",                       "inception_v3",        "inception-small"),
    Family("inception_(v4|resnet).*",              "inception_v4",        "inception-small"),
    Family("xception.*",                           "xception",            "xception-small"),
    Family("(resnet|plain)(18|34|50|101|152)",     "resnet",              "resnet-small"),
    Family("(resnet|plain)(20|32|44|56)",          "resnet-cifar",        "resnet-small"),
    Family("resnet(110|1202)",                     "resnet110-cifar",     "resnet-small"),
    Family("preact_resnet(18|34|50|101|152|200)",  "preact_resnet",       "preact_resnet-small"),
    Family(r"preact_resnet\d+",                    "preact_resnet-cifar", "preact_resnet-small"),
    Family("wide_resnet(50|101)_2",                "wide_resnet",         "wide_resnet-small"),
    Family(r"wrn_\d+_\d+",                         "wide_resnet-cifar",   "wide_resnet-small"),
    Family("resnext29_.*",                         "resnext-cifar",       "resnext-small"),
    Family("resnext.*",                            "resnext",             "resnext-small"),
    Family("se_resnet20",                          "senet-cifar",         "senet-small"),
    Family("se_resnet110",                         "senet110-cifar",      "senet-small"),
    Family("se_.*|senet.*",                        "senet",               "senet-small"),
    Family("res2net_small",                        "res2net-cifar",       "res2net-small"),
    Family("res2net.*",                            "res2net",             "res2net-small"),
    Family("densenet(121|161|169|201|264)",        "densenet",            "densenet-small"),
    Family("densenet.*",                           "densenet-cifar",      "densenet-small"),
    Family("fractalnet.*",                         "fractalnet",          "fractalnet-small"),
    Family("mobilenet_v1.*",                       "mobilenet_v1",        "mobilenet-small"),
    Family("mobilenet.*",                          "mobilenet",           "mobilenet-small"),
    Family("shufflenet.*",                         "shufflenet",          "shufflenet-small"),
    Family("efficientnet_.*",                      "efficientnet",        "efficientnet-small"),
    Family("nasnet_a_large",                       "nasnet-large",        "nasnet-small"),
    Family("(nasnet|amoebanet)_(a_cifar|small)",   "nasnet-cifar",        "nasnet-small"),
    Family("(nasnet|amoebanet)_.*",                "nasnet",              "nasnet-small"),
    Family("polynet.*",                            "polynet",             "polynet-small"),
    Family("capsnet.*",                            "capsnet",             "capsnet-small"),
    Family("(irrcnn|dcrn).*",                      "recurrent-cifar",     "recurrent-small"),
    Family("convnext_.*",                          "convnext",            "convnext-small"),
    Family("vit_.*",                               "vit",                 "vit-small"),
    Family("fcn.*",                                "fcn",                 "maps-small"),
    Family("segnet.*",                             "segnet",              "maps-small"),
    Family("(attention_|nabla_)?unet",             "unet",                "maps-small"),
    Family("r2unet.*",                             "r2unet",              "maps-small"),
    Family("dilated.*",                            "dilated8",            "maps-small"),
    Family("deeplab.*",                            "deeplab",             "maps-small"),
    Family("pspnet.*",                             "pspnet",              "maps-small"),
    Family("refinenet.*",                          "refinenet",           "maps-small"),
    Family("sam_toy",                              "sam_toy",             "maps-small"),
    Family("farabet",                              "farabet",             "maps-small"),
    Family("ssd.*",                                "ssd",                 "boxes-small"),
    Family("yolo.*",                               "yolo",                "boxes-small"),
    Family("udnet",                                "udnet",               "boxes-small"),
    Family("rcnn",                                 "rcnn",                "boxes-small"),
    Family("fast_rcnn",                            "fast_rcnn",           "boxes-small"),
    Family("faster_?rcnn.*",                       "faster_rcnn",         "boxes-small"),
    Family("mask_?rcnn.*",                         "mask_rcnn",           "boxes-small"),
]


def recipe_for(network: str, small: bool = False) -> Recipe:
    """The recipe of the family of a network's name ("lenet5-paper" for a variant).

    small : the form for a laptop

    Raises ValueError for a name that no family has.

    >>> recipe_for("resnet50").lr, recipe_for("resnet20", small=True).batch
    (0.1, 64)
    """
    for names, paper, laptop in FAMILIES:
        if re.fullmatch(f"({names})(-.*)?", network):
            return RECIPES[laptop if small else paper]
    hint = did_you_mean(network, NETWORKS)
    raise ValueError(f"no network is called {network!r}{f'; {hint}' if hint else ''}; for one of "
                     'your own, recipe_named("resnet-small") or another recipe by its name')


def recipe_named(name: str) -> Recipe:
    """The recipe of that name; ValueError, with the nearest names, if there is none."""
    if name not in RECIPES:
        hint = did_you_mean(name, RECIPES) or f"there are {', '.join(RECIPES)}"
        raise ValueError(f"no recipe is called {name!r}; {hint}")
    return RECIPES[name]
