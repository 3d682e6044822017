"""Claims about training: the slides' figures beside the recipes, which have the papers'."""

from typing import Any

from minicnn.layers.dropout import Dropout
from minicnn.slides.claim import AGREES, DIFFERS, Claim, Topic
from minicnn.slides.measure import network
from minicnn.training.recipes import recipe_for

ALL = ("virginia: AlexNet Architecture; unicamp: AlexNet, Details (1st); "
       "stanford: Full (simplified) AlexNet architecture (2nd)")
TWO = "virginia: AlexNet Architecture; stanford: Full (simplified) AlexNet architecture (2nd)"
RESNET = "virginia: ResNet Configuration; stanford: Training ResNet in practice"


def optimizer(name: str, setting: str) -> Any:
    return recipe_for(name).optimizer[1][setting]


def falls_by(name: str) -> int:
    """What the rate is divided by when the error no longer falls."""
    return round(1 / recipe_for(name).schedule[1]["factor"])


def dropout(name: str) -> tuple[float, ...]:
    """Shares that the network's dropouts drop, each once."""
    return tuple(sorted({layer.p for layer in network(name).modules()
                         if isinstance(layer, Dropout)}))


TRAINING = Topic("Training", (
    Claim(ALL, "AlexNet: dropout", ("0.5",), lambda: dropout("alexnet"), AGREES),
    Claim(ALL, "AlexNet: batch", "128", lambda: recipe_for("alexnet").batch, AGREES),
    Claim(TWO, "AlexNet: momentum", "0.9", lambda: optimizer("alexnet", "momentum"), AGREES),
    Claim("virginia: AlexNet Architecture", "AlexNet: learning rate", "0.01",
          lambda: recipe_for("alexnet").lr, AGREES),
    Claim("stanford: Full (simplified) AlexNet architecture (2nd)", "AlexNet: learning rate",
          "1e-2", lambda: recipe_for("alexnet").lr, AGREES),
    Claim(TWO, "AlexNet: the rate is divided by", "10", lambda: falls_by("alexnet"), AGREES),
    Claim("stanford: Full (simplified) AlexNet architecture (2nd)", "AlexNet: weight decay",
          "5e-4", lambda: optimizer("alexnet", "weight_decay"), AGREES),
    Claim("memphis: GoogLeNet (2nd); iitk: GoogLeNet (2nd)", "GoogLeNet: dropout, in percent",
          ("40%",), lambda: tuple(100 * share for share in dropout("googlenet")), AGREES),
    Claim(RESNET, "ResNet: momentum", "0.9", lambda: optimizer("resnet50", "momentum"), AGREES),
    Claim(RESNET, "ResNet: learning rate", "0.1", lambda: recipe_for("resnet50").lr, AGREES),
    Claim(RESNET, "ResNet: the rate is divided by", "10", lambda: falls_by("resnet50"), AGREES),
    Claim(RESNET, "ResNet: batch", "256", lambda: recipe_for("resnet50").batch, AGREES),
    Claim("stanford: Training ResNet in practice", "ResNet: weight decay", "1e-5",
          lambda: optimizer("resnet50", "weight_decay"), DIFFERS,
          "He et al. 2016, section 3.4; the recipe resnet-slide has the slide's"),
))
