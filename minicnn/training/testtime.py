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
from minicnn.data.door import as_pixels
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax
from minicnn.models import build
from minicnn.models.detection.detector import Detector
from minicnn.models.segmentation.segmenter import Segmenter
from minicnn.training import checkpoint
from minicnn.training.agreement import COLUMNS, check_history
from minicnn.training.entries import check_array, check_kind, check_model, check_names, check_number
from minicnn.training.evaluate import (
    BATCH,
    answers_distances,
    check_answers,
    counted,
    tested_shape,
)
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks.segmentation import check_maps
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
    images = as_pixels(images, "predict")
    if len(images) == 0:
        raise ValueError("predict: no picture")
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
    """A trained network as the train command, or examples/lenet_mnist.py, left it in a folder."""

    model: Module
    transforms: Any                                    # Transforms, or SceneTransforms
    classes: list[str]
    plan: dict[str, Any]
    pictures: dict[str, Any]                           # what they were: see plan.about
    epoch: int                                         # of the weights


def load_run(folder: str | Path, weights: str = "last") -> Run:
    """The network of a folder of the train command, with its "best" or "last" weights, in eval.

    FileNotFoundError if there is none; CheckpointError if the file is damaged or was not made by
    the train command.  A run at work in the folder does not mind.
    """
    if weights not in ("best", "last"):
        raise ValueError(f"load_run: weights is {weights!r}, expected 'best' or 'last'")
    path = Path(folder) / f"{weights}.npz"
    if not path.exists():
        raise FileNotFoundError(f"no {path}; give the folder that a run of the train command "
                                "named in its line \"results\"")
    tree = checkpoint.load(path)
    try:
        return run_of(tree)
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise checkpoint.CheckpointError(f"{path}: {problem}; it is damaged, of another version of "
                                         "this network, or was not made by the train command: "
                                         "train again") from None


def run_of(tree: dict[str, Any]) -> Run:
    """The run in a checkpoint; an error for whatever does not belong into one."""
    for name in ("classes", "history"):
        check_kind(name, tree.get(name), list)
    check_kind("plan", tree.get("plan"), dict)
    plan, classes, history = tree["plan"], tree["classes"], tree["history"]
    check_kind("plan: network", plan.get("network"), str)
    check_kind("plan: options", plan.get("options"), dict)
    check_kind("plan: input", plan.get("input"), list)
    for number, size in enumerate(plan["input"]):
        check_number(f"plan: input: number {number}", size, int, 1)
    check_number("plan: pad", plan.get("pad"), int, 0, 1000)
    for number, name in enumerate(classes):
        check_kind(f"classes: number {number}", name, str)
    check_names("pictures", tree.get("pictures"), ("train", "test", "brightest"))
    check_number("pictures: brightest", tree["pictures"]["brightest"], int, 0, 255)
    first = history[0] if history and isinstance(history[0], dict) else {}
    check_history(history, dict.fromkeys(["epoch", *(name for name in COLUMNS if name in first)]))
    C, H, W = plan["input"]
    check_array("mean", tree.get("mean"), (C,), np.float32)
    check_array("std", tree.get("std"), (C,), np.float32, 1e-6)
    model = build(plan["network"], **plan["options"])
    transforms: Transforms | SceneTransforms
    if isinstance(model, (Detector, Segmenter)):
        if isinstance(model, Segmenter):
            check_maps(model, (C, H, W), len(classes))
        elif model.classes != len(classes):
            raise ValueError(f"{plan['network']} tells {model.classes} classes apart, and the run "
                             f"names {len(classes)}")
        transforms = SceneTransforms((C, H, W), tree["mean"], tree["std"])
    else:
        check_answers(model, (C, H, W), len(classes))
        transforms = Transforms((C, H, W), tree["mean"], tree["std"], pad=plan["pad"])
    check_model("model", model, tree.get("model"))
    model.load_state_dict(tree["model"])
    return Run(model.eval(), transforms, classes, plan, tree["pictures"], len(history))
