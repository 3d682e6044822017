"""The papers' recipes for ImageNet: 1.28 million pictures, networks that read about 224 pixels.

Departures from the papers
--------------------------
1. Weight decay acts on every parameter, biases and batch norms too.
2. "Divided by 10 when the validation error stops improving" was done by hand; here it happens after
   five epochs without a new best.
3. Training on pictures of several scales (VGG, ResNet) is a crop of random area and aspect ratio.
4. What several machines did together, one does with the batch of one of them, at the rate in
   proportion (Goyal et al. 2017, section 2.1).
5. Mixtures of pictures, searched distortions, erased parts, and averages of the weights over time
   (EfficientNet, NASNet, ConvNeXt) are not built.
"""

from typing import Any

from minicnn.training.recipes.recipe import Recipe

Words = tuple[str, dict[str, Any]]

PLATEAU: Words = ("ReduceLROnPlateau", {"factor": 0.1, "patience": 5})
RESIZED = ("resized crop", "flip")
LIT = ("resized crop", "flip", "lighting")
JITTERED = ("resized crop", "flip", "jitter")


def sgd(weight_decay: float, nesterov: bool = False) -> Words:
    return "SGD", {"momentum": 0.9, "weight_decay": weight_decay, "nesterov": nesterov}


def rmsprop(weight_decay: float, momentum: float = 0.0, eps: float = 1.0) -> Words:
    """With the papers' decay, 0.9, which is PyTorch's alpha."""
    return "RMSprop", {"alpha": 0.9, "momentum": momentum, "eps": eps, "weight_decay": weight_decay}


def steps(epochs: float, gamma: float) -> Words:
    """lr times gamma every so many epochs."""
    return "StepLR", {"step_size": epochs, "gamma": gamma}


def borrowed(lender: Recipe, name: str, why: str, **changes: Any) -> Recipe:
    """Another paper's recipe under the name of a family whose own paper has none, or not all."""
    source = f"borrowed from {lender.name} ({lender.source}): {why}"
    return lender._replace(name=name, source=source, **changes)


ALEXNET = Recipe(
    "alexnet", "Krizhevsky et al. 2012, sections 4 and 5; virginia, unicamp, stanford \"AlexNet\"",
    1e-2, 128, 90, sgd(5e-4), PLATEAU, augment=("crop", "flip", "lighting"),
    network="dropout 0.5 on fc6 and fc7; normal weights, deviation 0.01")

RESNET = Recipe(
    "resnet", 'He et al. 2016, section 3.4; virginia "ResNet Configuration", stanford "Training '
    'ResNet in practice"', 0.1, 256, 120, sgd(1e-4), PLATEAU, augment=LIT,
    network="He initialisation; batch norm after every convolution; no dropout")

DENSENET = Recipe(
    "densenet", "Huang et al. 2017, section 4.2", 0.1, 256, 90, sgd(1e-4, nesterov=True),
    ("MultiStepLR", {"milestones": (1 / 3, 2 / 3)}), augment=RESIZED,
    network="He initialisation; no dropout")

INCEPTION_V4 = Recipe(
    "inception_v4", "Szegedy et al. 2017, section 4: RMSprop with decay 0.9 and eps 1, rate 0.94 "
    "times every second epoch; batch, epochs and weight decay, which it does not print, are "
    "those of inception_v3", 0.045, 32, 100, rmsprop(4e-5), steps(2, 0.94), augment=RESIZED)

MOBILENET = Recipe(
    "mobilenet", "Sandler et al. 2018, section 6.1: RMSprop, decay and momentum 0.9, rate 0.98 "
    "times every epoch", 0.045, 96, 300, rmsprop(4e-5, momentum=0.9), steps(1, 0.98),
    augment=RESIZED)

SHUFFLENET = Recipe(
    "shufflenet", "Zhang et al. 2018, section 4, and Ma et al. 2018, section 4: the rate falls in "
    "a straight line from 0.5 to 0 in 300,000 steps of 1,024 pictures, which are 240 epochs",
    0.125, 256, 240, sgd(4e-5), ("PolynomialLR", {"power": 1.0}), augment=RESIZED,
    printed=(0.5, 1024))

NASNET = Recipe(
    "nasnet", "Zoph et al. 2018, appendix A.7: RMSprop with decay 0.9 and eps 1, labels smoothed; "
    "the rest is in the authors' published program: 0.04 for each of 50 machines with 32 pictures, "
    "0.97 times every 2.4 epochs, 250,000 steps", 0.04, 32, 312, rmsprop(4e-5),
    steps(2.4, 0.97), augment=JITTERED, aux=0.4, smoothing=0.1, clip=10.0,
    network="dropout 0.5 before the classifier", printed=(2.0, 1600))

IMAGENET = [
    ALEXNET,
    Recipe("zfnet", "Zeiler and Fergus 2014, section 3.1", 1e-2, 128, 70, sgd(0.0), PLATEAU,
           network="dropout 0.5 on fc6 and fc7"),
    Recipe("vgg", 'Simonyan and Zisserman 2015, section 3.1; iitk "VGG", stanford "VGGNet" '
           '("similar training procedure as Krizhevsky")', 1e-2, 256, 74, sgd(5e-4), PLATEAU,
           augment=LIT, network="dropout 0.5 on fc6 and fc7"),
    borrowed(ALEXNET, "nin", "Lin et al. 2014, section 4.1, train as they do, on small pictures",
             augment=("crop", "flip"), network="dropout 0.5 between the mlpconv layers"),
    Recipe("googlenet", "Szegedy et al. 2015, sections 5 and 6 (auxiliary losses weighted 0.3; "
           "crops of 8 to 100 % of the area); the rate and its polynomial decay, power 0.5, are "
           "those of Caffe's published solver, where the paper has 4 % down every 8 epochs",
           1e-2, 32, 60, sgd(2e-4), ("PolynomialLR", {"power": 0.5}), augment=JITTERED, aux=0.3,
           network="dropout 0.4 before the classifier, 0.7 in the auxiliary ones"),
    Recipe("inception_v2", "Ioffe and Szegedy 2015, sections 4.2.1 and 4.2.2 (BN-x30): 30 times "
           "the rate of GoogLeNet's 0.0015, which falls 6 times faster, so 4 % every 8 / 6 epochs; "
           "6 million steps; weight decay 5 times less than googlenet's", 0.045, 32, 150,
           sgd(4e-5), steps(8 / 6, 0.96), augment=RESIZED, network="no dropout"),
    Recipe("inception_v3", "Szegedy et al. 2016, section 8: RMSprop with decay 0.9 and eps 1, rate "
           "0.94 times every second epoch, gradients clipped at 2; section 7: labels smoothed by "
           "0.1; the weight decay is what Chollet 2017, section 4.3, reports of it", 0.045, 32, 100,
           rmsprop(4e-5), steps(2, 0.94), augment=RESIZED, aux=0.3, smoothing=0.1, clip=2.0),
    INCEPTION_V4,
    Recipe("xception", "Chollet 2017, sections 4.2 and 4.3: momentum 0.9, rate 0.94 times every "
           "second epoch; batch and epochs, which it does not print, are those of inception_v3",
           0.045, 32, 100, sgd(1e-5), steps(2, 0.94), augment=RESIZED,
           network="dropout 0.5 before the classifier; no auxiliary one"),
    RESNET,
    Recipe("resnet-slide", 'stanford "Training ResNet in practice", as printed there: weight decay '
           "1e-5, where He et al. 2016, section 3.4, have 1e-4", 0.1, 256, 120, sgd(1e-5),
           PLATEAU, augment=LIT, network="He initialisation; no dropout"),
    Recipe("preact_resnet", "He et al. 2016 (Identity mappings), appendix: divided by 10 after 30 "
           "and 60 epochs; 90 epochs are borrowed from densenet", 0.1, 256, 90, sgd(1e-4),
           ("MultiStepLR", {"milestones": (1 / 3, 2 / 3)}), augment=LIT,
           network="He initialisation; no dropout"),
    borrowed(DENSENET, "wide_resnet", "Zagoruyko and Komodakis 2016, section 3, print epochs for "
             "small pictures alone"),
    Recipe("resnext", "Xie et al. 2017, section 4: the rate divided by 10 three times, every 30 "
           "epochs; 100 epochs are ours", 0.1, 256, 100, sgd(1e-4), steps(30, 0.1), augment=LIT,
           network="He initialisation; no dropout"),
    Recipe("senet", "Hu et al. 2020, section 5.1: divided by 10 every 30 epochs; the weight decay "
           "is borrowed from resnet", 0.15, 256, 100, sgd(1e-4), steps(30, 0.1), augment=RESIZED,
           network="He initialisation", printed=(0.6, 1024)),
    Recipe("res2net", "Gao et al. 2021, section 4.1: divided by 10 every 30 epochs", 0.1, 256, 100,
           sgd(1e-4), steps(30, 0.1), augment=RESIZED),
    DENSENET,
    borrowed(MOBILENET, "mobilenet_v1", "Howard et al. 2017, section 3.2, name RMSprop and no "
             "figures"),
    MOBILENET,
    SHUFFLENET,
    Recipe("efficientnet", "Tan and Le 2019, section 5.2: RMSprop, decay and momentum 0.9, rate "
           "0.97 times every 2.4 epochs; warm-up, epochs and the 4,096 pictures are those of the "
           "authors' published program", 0.016, 256, 350, rmsprop(1e-5, momentum=0.9, eps=1e-3),
           steps(2.4, 0.97), warmup=5, augment=JITTERED, smoothing=0.1,
           network="dropout 0.2 to 0.5, stochastic depth 0.2", printed=(0.256, 4096)),
    NASNET,
    NASNET._replace(name="nasnet-large", source=NASNET.source.replace(
        "0.04 for each of 50 machines with 32", "0.015 for each of 100 machines with 16"),
        lr=0.015, batch=16, optimizer=rmsprop(5e-5), printed=(1.5, 1600)),
    borrowed(INCEPTION_V4, "polynet", "whose blocks are the ones that Zhang et al. 2017, section "
             "3, compose"),
    Recipe("convnext", "Liu et al. 2022, table 5; no clipping", 2.5e-4, 256, 300,
           ("AdamW", {"weight_decay": 0.05}), warmup=20, augment=JITTERED, smoothing=0.1,
           network="stochastic depth 0.1 and more, layer scale 1e-6", printed=(4e-3, 4096)),
    Recipe("vit", "Dosovitskiy et al. 2021, table 3, the line of ImageNet alone: 10,000 steps of "
           "warm-up, which are 32 epochs, gradients clipped at 1", 3e-3 / 16, 256, 300,
           ("AdamW", {"weight_decay": 0.3}), warmup=32, augment=RESIZED, clip=1.0,
           network="dropout 0.1", printed=(3e-3, 4096)),
]
