"""The papers' recipes for MNIST and CIFAR: 50,000 or 60,000 pictures of 28 or 32 pixels.

Departures from the papers
--------------------------
1. Weight decay acts on every parameter, biases and batch norms too.
2. ResNet-110's low rate lasts 400 steps, which is what the paper measured, not until the training
   error is below 80 %.
"""

from typing import Any

from minicnn.training.recipes.imagenet import ALEXNET, PLATEAU, borrowed, sgd
from minicnn.training.recipes.recipe import Recipe

CIFAR: dict[str, Any] = {"pad": 4, "margin": 1}            # crops from 4 pixels more on each side
HALVES = ("MultiStepLR", {"milestones": (0.5, 0.75)})
LOW = 400 * 128 / 50_000                                   # epochs: 400 steps of CIFAR-10

LENET = borrowed(
    ALEXNET, "lenet", "momentum and weight decay, at a rate of our own; the paper's own training "
    "(second derivatives, 20 passes with rates from 5e-4 to 1e-5, LeCun et al. 1998, section "
    "III.B) is not built", lr=0.03, batch=64, epochs=12, printed=(0.03, 64), augment=(), margin=1,
    schedule=("CosineAnnealingLR", {}), network="")

RESNET_CIFAR = Recipe(
    "resnet-cifar", "He et al. 2016, section 4.2: 64,000 steps, the rate divided by 10 after "
    "32,000 and 48,000", 0.1, 128, 164, sgd(1e-4), HALVES, **CIFAR,
    network="He initialisation; no dropout")

RESNET110_CIFAR = RESNET_CIFAR._replace(
    name="resnet110-cifar", warmup=(LOW, 0.1),
    source="He et al. 2016, section 4.2: as resnet-cifar, but a rate of 0.01 until the training "
           "error is below 80 %, which took about 400 steps")

RESNEXT_CIFAR = Recipe(
    "resnext-cifar", "Xie et al. 2017, appendix A: divided by 10 after 150 and 225 epochs", 0.1,
    128, 300, sgd(5e-4), HALVES, **CIFAR, network="He initialisation; no dropout")

SMALL_PICTURES = [
    LENET,
    LENET._replace(name="lenet-paper", lr=0.001, printed=(0.001, 64),
                   source=f"{LENET.source}; the rate is that of examples/lenet_mnist.py for its "
                   "variant paper"),
    Recipe("nin-cifar", "Lin et al. 2014, section 4.1: batches of 128, the rate divided by 10 "
           "twice, when it no longer helps; rate, momentum and weight decay are borrowed from "
           "alexnet, whose training the paper follows", 1e-2, 128, 160, sgd(5e-4), PLATEAU, **CIFAR,
           network="dropout 0.5 between the mlpconv layers"),
    RESNET_CIFAR,
    RESNET110_CIFAR,
    RESNET110_CIFAR._replace(
        name="preact_resnet-cifar",
        source="He et al. 2016 (Identity mappings), appendix: a rate of 0.01 for 400 steps, then "
               "0.1, divided by 10 after 32,000 and 48,000 of 64,000"),
    RESNET_CIFAR._replace(name="senet-cifar", source="Hu et al. 2020, section 5.1: as the "
                          f"authors of the network without gates; {RESNET_CIFAR.source}"),
    RESNET110_CIFAR._replace(name="senet110-cifar", source="Hu et al. 2020, section 5.1: as "
                             "the authors of the network without gates; "
                             f"{RESNET110_CIFAR.source}"),
    Recipe("wide_resnet-cifar", "Zagoruyko and Komodakis 2016, section 3: 0.2 times after 60, 120 "
           "and 160 epochs", 0.1, 128, 200, sgd(5e-4, nesterov=True),
           ("MultiStepLR", {"milestones": (0.3, 0.6, 0.8), "gamma": 0.2}), **CIFAR),
    RESNEXT_CIFAR,
    borrowed(RESNEXT_CIFAR, "res2net-cifar", "Gao et al. 2021, section 4.1, build on ResNeXt-29 "
             "for small pictures"),
    borrowed(RESNET_CIFAR, "recurrent-cifar", "neither IRRCNN nor DCRN could be built as their "
             "papers have them (minicnn/models/recurrent.py)"),
    Recipe("densenet-cifar", "Huang et al. 2017, section 4.2: divided by 10 after a half and three "
           "quarters", 0.1, 64, 300, sgd(1e-4, nesterov=True), HALVES, **CIFAR,
           network="He initialisation; dropout 0.2 only without augmentation"),
    Recipe("fractalnet", "Larsson et al. 2017, section 4.2: the rate divided by 10 whenever half "
           "of the epochs that were left are over", 0.02, 100, 400, sgd(0.0),
           ("MultiStepLR", {"milestones": (1 / 2, 3 / 4, 7 / 8)}), **CIFAR,
           network="Xavier's initialisation; drop-path 0.15, dropout 0 to 0.4 from block to block"),
    Recipe("nasnet-cifar", "Zoph et al. 2018, appendix A.6: momentum 0.9 and half a cosine; the "
           "rest is in the authors' published program: batches of 32, 600 epochs, gradients "
           "clipped at 5", 0.025, 32, 600, sgd(5e-4), aux=0.4, clip=5.0, **CIFAR),
    Recipe("capsnet", "Sabour et al. 2017, sections 4 and 5: Adam with its usual settings, shifts "
           "of up to 2 pixels; batch and rate are those of the authors' published program, 0.96 "
           "times every 2,000 steps, which are 4.27 epochs of MNIST", 1e-3, 128, 50, ("Adam", {}),
           ("StepLR", {"step_size": 4.27, "gamma": 0.96}), augment=("crop",), pad=2, margin=1,
           network="3 rounds of routing; the drawn image's squared error weighs 0.0005"),
]
