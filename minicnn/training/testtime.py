"""At test time: the mean of what a network, or several, say about several views of a picture.

    p = mean over networks and views of softmax(scores)

Probabilities are averaged, not scores: Krizhevsky et al. 2012, section 4.1 (ten crops); Simonyan
and Zisserman 2015, section 3.2 (scales); Szegedy et al. 2015, section 7 (seven networks).
Lectures: unicamp "Data Augmentation" and "AlexNet" (seven networks, 18.2 -> 15.4), iitk
"GoogLeNet", stanford (the fusion of 2016).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.augment import average_views
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax
from minicnn.models import build
from minicnn.training import checkpoint
from minicnn.training.evaluate import (
    BATCH,
    answers_distances,
    check_answers,
    counted,
    tested_shape,
)
from minicnn.training.transforms import Transforms

View = Callable[[Module, Transforms, np.ndarray], np.ndarray]


@no_grad()
def probabilities(model: Module, images: np.ndarray) -> np.ndarray:
    """Of prepared images (N, C, H, W), in test mode: (N, classes), each row adds up to 1."""
    device, training = next(model.parameters()).device, model.training
    y = model.eval()(Tensor(images).to(device))
    model.train(training)
    if hasattr(model, "probabilities"):
        return model.probabilities(y).numpy()
    return softmax(-y if answers_distances(model) else y).numpy()


def one_view(model: Module, transforms: Transforms, images: np.ndarray) -> np.ndarray:
    """The middle of each stored picture."""
    return probabilities(model, transforms.test(images))


def ten_crops(model: Module, transforms: Transforms, images: np.ndarray) -> np.ndarray:
    """Corners, centre, and their mirror images."""
    return average_views(lambda view: probabilities(model, view), transforms.ten_crops(images))


def at_scales(sides: Sequence[int]) -> View:
    """Each picture resized to these sides (pixels); a network that cannot read them refuses."""
    def view(model: Module, transforms: Transforms, images: np.ndarray) -> np.ndarray:
        check_scales(model, transforms.in_shape[0], sides)
        return np.mean([probabilities(model, transforms.resized(images, side)) for side in sides],
                       axis=0)
    return view


def check_scales(model: Module, channels: int, sides: Sequence[int]) -> None:
    for side in sides:
        try:
            tested_shape(model, (channels, side, side))
        except ValueError as problem:
            raise ValueError(
                f"{type(model).__name__} cannot read {side}x{side} pictures: {problem}. A fully "
                "connected layer has a weight for each place of its input; only networks that "
                "average over all places before it read any size") from None


def predict(members: Sequence[tuple[Module, Transforms]], images: Any, view: View = one_view
            ) -> np.ndarray:
    """Mean probabilities (N, classes) of several networks for stored pictures (N, c, h, w) uint8.

    members : networks with their preparations, which may differ; one is an ensemble, too
    view : one_view, ten_crops or at_scales([28, 32, 36])
    """
    if not members:
        raise ValueError("predict: no network")
    means = []
    for start in counted(range(0, len(images), BATCH), "testing"):
        batch = images[start:start + BATCH]
        predicted = [view(model, transforms, batch) for model, transforms in members]
        if len({p.shape for p in predicted}) > 1:
            raise ValueError("predict: networks with "
                             f"{' and '.join(str(p.shape[1]) for p in predicted)} classes do not "
                             "go together")
        means.append(np.mean(predicted, axis=0))
    return np.concatenate(means)                       # (N, classes)


class Run(NamedTuple):
    """A trained network as the train command left it in a folder."""

    model: Module
    transforms: Transforms
    classes: list[str]
    plan: dict[str, Any]
    epoch: int                                         # of the weights


def load_run(folder: str | Path, weights: str = "last") -> Run:
    """The network of a folder of the train command, with its "best" or "last" weights, in eval.

    FileNotFoundError if there is none; CheckpointError if the file is damaged or was not made by
    the train command.
    """
    path = Path(folder) / f"{weights}.npz"
    if not path.is_file():
        raise FileNotFoundError(f"no {path}; give the folder that a run of the train command "
                                "named in its line \"results\"")
    tree = checkpoint.load(path)
    plan = tree.get("plan", {})
    if "network" not in plan or "mean" not in tree:
        raise checkpoint.CheckpointError(f"{path} does not say which network it is of; it was not "
                                         "made by the train command")
    try:
        model = build(plan["network"], **plan["options"])
        model.load_state_dict(tree["model"])
        C, H, W = plan["input"]
        transforms = Transforms((C, H, W), tree["mean"].reshape(C), tree["std"].reshape(C),
                              pad=plan["pad"])
        check_answers(model, transforms.in_shape, len(tree["classes"]))
        history = tree["history"]
        epoch = int(history[-1]["epoch"]) if history else 0
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise checkpoint.CheckpointError(f"{path} is damaged, or of another version of this "
                                         f"network ({problem}); train it again") from None
    return Run(model.eval(), transforms, tree["classes"], plan, epoch)
