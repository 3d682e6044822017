"""What a run is known by: its settings, its pictures by their content, and what computes it.

A run goes on only where settings and pictures are what they were; on another machine it goes on
with a note.
"""

from typing import Any

import numpy as np

from minicnn.data.dataset import Dataset
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Shape
from minicnn.training.entries import (
    CheckpointError,
    check_array,
    check_kind,
    check_names,
    check_number,
    check_same,
    same,
)
from minicnn.training.machine import machine
from minicnn.training.recipes import Recipe
from minicnn.training.transforms import SAMPLE

Pictured = Dataset | Scenes
WORDS = ("data", "test", "data_name")  # where the pictures came from: what they are is compared


def plan_of(recipe: Recipe, train: Pictured, val: Pictured, in_shape: Shape, seed: int
            ) -> dict[str, Any]:
    """What must be the same for a resumed run to give the same numbers."""
    settings = recipe._asdict() | {"recipe": recipe.name, "data": train.source, "test": val.source,
                                   "input": in_shape, "seed": seed}
    told = ("name", "source", "network", "printed")        # words that change no number
    return {name: listed(value) for name, value in settings.items() if name not in told}


def about(plan: dict[str, Any], train: Pictured, test: Pictured, transforms: Any,
          device: str = "cpu") -> dict[str, Any]:
    """What stands in every checkpoint of a run, beside what changes."""
    return {"plan": listed(plan), "classes": list(train.classes), "mean": transforms.mean,
            "std": transforms.std, "machine": machine(device),
            "pictures": {"train": train.fingerprint, "test": test.fingerprint,
                         "brightest": brightest(train)}}


def brightest(data: Pictured) -> int:
    return max(int(image.max()) for image in data.images[:SAMPLE])


def check_brightness(test: Pictured, train: Pictured | int) -> None:
    """ValueError if pixels from 0 to 1 are to be read by who has learnt from 0 to 255."""
    learnt = train if isinstance(train, int) else brightest(train)
    if brightest(test) <= 1 < learnt:
        raise ValueError(f"the test pictures go up to {brightest(test)}, those for training up to "
                         f"{learnt}; multiply the test pictures by 255")


def listed(value: Any) -> Any:
    """Tuples become lists, as they come back from a checkpoint."""
    if isinstance(value, (tuple, list)):
        return [listed(part) for part in value]
    if isinstance(value, dict):
        return {name: listed(part) for name, part in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def check_about(tree: dict[str, Any], own: dict[str, Any]) -> None:
    """CheckpointError unless `tree` is of this very run, on this machine or on another."""
    if isinstance(tree.get("plan"), dict):
        check_plan(tree["plan"], own["plan"])
        check_pictures(tree, own)
    check_names("plan", tree["plan"], own["plan"])
    for name in WORDS:
        if name in own["plan"]:
            check_kind(f"plan: {name}", tree["plan"][name], str)
    check_same("classes", tree["classes"], own["classes"])
    check_names("machine", tree["machine"], own["machine"])
    for name, value in own["machine"].items():
        check_kind(f"machine: {name}", tree["machine"][name], type(value))
        if isinstance(value, int):
            check_number(f"machine: {name}", int(tree["machine"][name]), int, 0, 10_000)
    for name in ("mean", "std"):
        check_array(name, tree[name], own[name].shape, own[name].dtype)
        if not np.allclose(tree[name], own[name], rtol=1e-5, atol=1e-7):   # but for the last digits
            raise CheckpointError(f"{name} is {tree[name].tolist()}, that of the pictures is "
                                  f"{own[name].tolist()}")


def check_plan(theirs: dict[str, Any], own: dict[str, Any]) -> None:
    """Other settings are no damage, but another run."""
    differences = [f"{name} {theirs.get(name)}, not {value}" for name, value in own.items()
                   if name not in WORDS and not same(theirs.get(name), value)]
    if differences:
        raise CheckpointError(f"belongs to a run with {'; '.join(differences)}, and goes on with "
                              "the settings it was started with")


def check_pictures(tree: dict[str, Any], own: dict[str, Any]) -> None:
    theirs: Any = tree.get("pictures")
    ours = own["pictures"]
    check_names("pictures", theirs, ours)
    for name, source, word in (("train", "data", "learnt from"), ("test", "test", "was tested on")):
        if not same(theirs[name], ours[name]):
            raise CheckpointError(
                f"belongs to a run that {word} other pictures, {tree['plan'].get(source)}; now "
                f"they are {own['plan'].get(source)}, and a pixel, a label or a class's name "
                "differs")
    check_same("pictures: brightest", theirs["brightest"], ours["brightest"])
