"""How each family is trained, as data: what the paper says, and a small form for 32 x 32 images.

    recipe_for("resnet50")              the paper's
    recipe_for("resnet20", small=True)  the one for a laptop: 10,000 small images, minutes an epoch
    RECIPES["resnet-slide"]             by its own name

Learning rates, batches and epochs of the papers belong to ImageNet's 1.28 million images.  The
small forms have one shape, so that networks can be compared at the same number of epochs: batches
of 64, a straight rise of the learning rate over the first epoch, then half a cosine down to 0
(Goyal et al. 2017, section 2.2; Loshchilov and Hutter 2017, equation 5).

Departures from the papers
--------------------------
1. Weight decay acts on every parameter, biases and batch norms too.
2. "Divided by 10 when the validation error stops improving" was done by hand; here it happens after
   five epochs without a new best.
3. Training on pictures of several scales (VGG, ResNet) is a crop of random area and aspect ratio.
"""

from typing import Any, NamedTuple

from minicnn.backend.messages import did_you_mean


class Recipe(NamedTuple):
    """Everything about a training run that is neither the network nor the data.

    optimizer : name in minicnn.optim, and its arguments
    schedule  : name in minicnn.schedule, and its arguments: step_size in epochs, milestones as
                shares of all epochs; T_max and total_iters are the whole run; "" keeps `lr`
    warmup    : epochs of straight rise to `lr`
    augment   : of "crop" (`pad` pixels around, less what the picture has more than the network
                reads), "resized crop", "flip", "jitter", "lighting"
    margin    : pictures are stored this much larger than the network's input, for crops
    aux       : weight of each auxiliary classifier's loss
    smoothing : label smoothing;  clip : largest length of the gradient, 0 for any
    network   : what belongs to the recipe but is part of the network: starting weights, dropout
    """

    name: str
    source: str
    lr: float
    batch: int
    epochs: int
    optimizer: tuple[str, dict[str, Any]]
    schedule: tuple[str, dict[str, Any]] = ("CosineAnnealingLR", {})
    warmup: float = 0
    augment: tuple[str, ...] = ("crop", "flip")
    pad: int = 0
    margin: float = 256 / 224
    aux: float = 0.3
    smoothing: float = 0.0
    clip: float = 0.0
    network: str = ""


PLATEAU = ("ReduceLROnPlateau", {"factor": 0.1, "patience": 5})


def sgd(weight_decay: float, nesterov: bool = False) -> tuple[str, dict[str, Any]]:
    return "SGD", {"momentum": 0.9, "weight_decay": weight_decay, "nesterov": nesterov}


PUBLISHED = [
    Recipe("lenet", "a plain form: the paper's own (second derivatives, 20 passes with rates from "
           "5e-4 to 1e-5, LeCun et al. 1998, section III.B) is not built", 0.03, 64, 12, sgd(5e-4),
           augment=(), margin=1),
    Recipe("lenet-paper", "as lenet, at the rate of examples/lenet_mnist.py for its "
           "variant paper", 0.001, 64, 12, sgd(5e-4), augment=(), margin=1),
    Recipe("alexnet", "Krizhevsky et al. 2012, sections 4 and 5; virginia, unicamp, stanford "
           '"AlexNet"', 1e-2, 128, 90, sgd(5e-4), PLATEAU, augment=("crop", "flip", "lighting"),
           network="dropout 0.5 on fc6 and fc7; normal weights, deviation 0.01"),
    Recipe("zfnet", "Zeiler and Fergus 2014, section 3", 1e-2, 128, 70, sgd(0.0), PLATEAU,
           network="dropout 0.5 on fc6 and fc7"),
    Recipe("vgg", 'Simonyan and Zisserman 2015, section 3.1; iitk "VGG", stanford "VGGNet" '
           '("similar training procedure as Krizhevsky")', 1e-2, 256, 74, sgd(5e-4), PLATEAU,
           augment=("resized crop", "flip", "lighting"), network="dropout 0.5 on fc6 and fc7"),
    Recipe("nin", "Lin et al. 2014, section 4, after Krizhevsky et al. 2012", 1e-2, 128, 90,
           sgd(5e-4), PLATEAU, network="dropout 0.5 between the mlpconv layers"),
    Recipe("googlenet", "Szegedy et al. 2015, sections 5 and 6 (auxiliary losses weighted 0.3; "
           "crops of 8 to 100 % of the area); the polynomial decay, power 0.5, is that of Caffe's "
           "published solver, where the paper has 4 % down every 8 epochs", 1e-2, 32, 60, sgd(2e-4),
           ("PolynomialLR", {"power": 0.5}), augment=("resized crop", "flip", "jitter"), aux=0.3,
           network="dropout 0.4 before the classifier, 0.7 in the auxiliary ones"),
    Recipe("inception", "Szegedy et al. 2016, section 8: RMSprop with decay 0.9 and eps 1, rate "
           "0.94 times every second epoch, gradients clipped, labels smoothed by 0.1", 0.045, 32,
           100, ("RMSprop", {"alpha": 0.9, "eps": 1.0}),
           ("StepLR", {"step_size": 2, "gamma": 0.94}),
           augment=("resized crop", "flip"), aux=0.3, smoothing=0.1, clip=2.0),
    Recipe("resnet", 'He et al. 2016, section 3.4; virginia "ResNet Configuration", stanford '
           '"Training ResNet in practice"', 0.1, 256, 120, sgd(1e-4), PLATEAU,
           augment=("resized crop", "flip", "lighting"),
           network="He initialisation; batch norm after every convolution; no dropout"),
    Recipe("resnet-slide", 'stanford "Training ResNet in practice", as printed there: weight decay '
           "1e-5, where the paper has 1e-4", 0.1, 256, 120, sgd(1e-5), PLATEAU,
           augment=("resized crop", "flip", "lighting"), network="He initialisation; no dropout"),
    Recipe("resnet-cifar", "He et al. 2016, section 4.2: 64,000 steps, the rate divided by 10 "
           "after 32,000 and 48,000", 0.1, 128, 164, sgd(1e-4),
           ("MultiStepLR", {"milestones": (0.5, 0.75)}), pad=4, margin=1,
           network="He initialisation; no dropout"),
    Recipe("wide_resnet-cifar", "Zagoruyko and Komodakis 2016, section 3", 0.1, 128, 200,
           sgd(5e-4, nesterov=True), ("MultiStepLR", {"milestones": (0.3, 0.6, 0.8), "gamma": 0.2}),
           pad=4, margin=1),
    Recipe("densenet", "Huang et al. 2017, section 4.2", 0.1, 256, 90, sgd(1e-4, nesterov=True),
           ("MultiStepLR", {"milestones": (1 / 3, 2 / 3)}), augment=("resized crop", "flip"),
           network="He initialisation; no dropout"),
    Recipe("densenet-cifar", "Huang et al. 2017, section 4.2", 0.1, 64, 300,
           sgd(1e-4, nesterov=True), ("MultiStepLR", {"milestones": (0.5, 0.75)}), pad=4, margin=1,
           network="He initialisation; dropout 0.2 only without augmentation"),
    Recipe("mobilenet", "Sandler et al. 2018, section 6.1: RMSprop, decay and momentum 0.9, rate "
           "0.98 times every epoch", 0.045, 96, 300,
           ("RMSprop", {"alpha": 0.9, "momentum": 0.9, "eps": 1.0, "weight_decay": 4e-5}),
           ("StepLR", {"step_size": 1, "gamma": 0.98}), augment=("resized crop", "flip")),
    Recipe("efficientnet", "Tan and Le 2019, section 5.2: RMSprop, decay and momentum 0.9, rate "
           "0.97 times every 2.4 epochs; the rate of 0.256 is for batches of 4,096 images, here "
           "0.016 for 256", 0.016, 256, 350,
           ("RMSprop", {"alpha": 0.9, "momentum": 0.9, "eps": 1e-3, "weight_decay": 1e-5}),
           ("StepLR", {"step_size": 2.4, "gamma": 0.97}), warmup=5,
           augment=("resized crop", "flip", "jitter"), smoothing=0.1,
           network="dropout 0.2 to 0.5, stochastic depth 0.2"),
    Recipe("fractalnet", "Larsson et al. 2017, section 4.2: the rate divided by 10 whenever half "
           "of the epochs that were left are over", 0.02, 100, 400, sgd(0.0),
           ("MultiStepLR", {"milestones": (1 / 2, 3 / 4, 7 / 8)}), pad=4, margin=1),
    Recipe("capsnet", "Sabour et al. 2017, sections 4 and 5: Adam with its usual settings, shifts "
           "of up to 2 pixels; batch and rate are those of the authors' published program, 0.96 "
           "times every 2,000 steps, which are 4.27 epochs of MNIST", 1e-3, 128, 50, ("Adam", {}),
           ("StepLR", {"step_size": 4.27, "gamma": 0.96}), augment=("crop",), pad=2, margin=1,
           network="3 rounds of routing; the drawn image's squared error weighs 0.0005"),
    Recipe("transformer", "Liu et al. 2022, ConvNeXt, table 5 (also for ViT, whose own training "
           "needs 300 million images)", 4e-3, 256, 300, ("AdamW", {"weight_decay": 0.05}),
           warmup=20, augment=("resized crop", "flip", "jitter"), smoothing=0.1, clip=1.0),
]


def small(name: str, lr: float, optimizer: tuple[str, dict[str, Any]], source: str,
          **more: Any) -> Recipe:
    """The laptop's form, for 32 x 32 images; `source`: what it keeps of the paper's recipe."""
    return Recipe(f"{name}-small", f"{source}; half a cosine, warm-up of one epoch", lr, 64, 30,
                  optimizer, **{"warmup": 1, "pad": 4, "margin": 1, **more})


SMALL = [
    PUBLISHED[0]._replace(name="lenet-small"), PUBLISHED[1]._replace(name="lenet-paper-small"),
    small("alexnet", 0.01, sgd(5e-4), "momentum, rate and weight decay of Krizhevsky et al. 2012"),
    small("zfnet", 0.01, sgd(5e-4), "as alexnet-small"),
    small("vgg", 1e-3, ("AdamW", {"weight_decay": 0.05}), "after five epochs 7 points better than "
          "the paper's momentum at 0.05, with gradients clipped", clip=1.0),
    small("nin", 1e-3, ("AdamW", {"weight_decay": 0.05}), "as vgg-small, without clipping"),
    small("googlenet", 1e-3, ("AdamW", {"weight_decay": 0.05}), "auxiliary losses as googlenet; "
          "learns faster than with the paper's momentum at 0.01"),
    small("inception", 0.05, sgd(1e-4), "label smoothing of Szegedy et al. 2016", smoothing=0.1),
    small("resnet", 0.1, sgd(5e-4), "rate and momentum of He et al. 2016; weight decay of "
          "Zagoruyko and Komodakis 2016", network="He initialisation; no dropout"),
    small("densenet", 0.1, sgd(1e-4, nesterov=True), "optimiser of Huang et al. 2017"),
    small("mobilenet", 0.05, sgd(4e-5), "weight decay of Sandler et al. 2018; plain momentum"),
    small("efficientnet", 0.05, sgd(1e-5), "weight decay and label smoothing of Tan and Le 2019; "
          "plain momentum", smoothing=0.1),
    small("fractalnet", 0.02, sgd(5e-4), "rate and momentum of Larsson et al. 2017"),
    small("capsnet", 1e-3, ("Adam", {}), "optimiser and shifts of Sabour et al. 2017", pad=2),
    small("transformer", 1e-3, ("AdamW", {"weight_decay": 0.05}), "optimiser of Liu et al. 2022",
          smoothing=0.1, clip=1.0),
]

RECIPES = {recipe.name: recipe for recipe in PUBLISHED + SMALL}

# The first that a network's name begins with; all others are trained as ResNets are.
FAMILIES = {
    "lenet5-paper": "lenet-paper", "lenet": "lenet", "alexnet": "alexnet", "zfnet": "zfnet",
    "vgg": "vgg", "nin": "nin",
    "googlenet": "googlenet", "inception": "inception", "xception": "inception",
    "polynet": "inception", "nasnet": "inception", "densenet": "densenet",
    "mobilenet": "mobilenet", "shufflenet": "mobilenet", "efficientnet": "efficientnet",
    "convnext": "transformer", "vit": "transformer", "capsnet": "capsnet",
    "fractalnet": "fractalnet", "": "resnet",
}


def recipe_for(network: str, small: bool = False) -> Recipe:
    """The recipe of the family of a network's name ("lenet5-paper" for a variant).

    >>> recipe_for("resnet50").lr, recipe_for("resnet20", small=True).batch
    (0.1, 64)
    """
    family = next(name for start, name in FAMILIES.items() if network.startswith(start))
    return RECIPES[f"{family}-small" if small else family]


def recipe_named(name: str) -> Recipe:
    """The recipe of that name; ValueError, with the nearest names, if there is none."""
    if name not in RECIPES:
        hint = did_you_mean(name, RECIPES) or f"there are {', '.join(RECIPES)}"
        raise ValueError(f"no recipe is called {name!r}; {hint}")
    return RECIPES[name]
