"""The folder of a run.

    last.npz             everything to go on from         history.csv          a line an epoch
    best.npz             the weights of the best epoch    learning_curves.png  the same, drawn
    result.json          what is worth comparing with other networks, when it is over
    reconstructions.png  test pictures as the network draws them, if it has a decoder
"""

import csv
import io
import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from minicnn.analysis import pictures, summary
from minicnn.backend.threads import thread_count
from minicnn.data.dataset import Dataset
from minicnn.data.files import written_whole
from minicnn.layers.module import Module, Shape
from minicnn.training import checkpoint
from minicnn.training.recipes import Recipe
from minicnn.training.transforms import Transforms


def plan_of(recipe: Recipe, train: Dataset, val: Dataset, in_shape: Shape, seed: int
            ) -> dict[str, Any]:
    """What must be the same for a resumed run to give the same numbers."""
    settings = recipe._asdict() | {"recipe": recipe.name, "data": train.source, "test": val.source,
                                   "input": in_shape, "seed": seed}
    told = ("name", "source", "network")                   # words that change no number
    return {name: listed(value) for name, value in settings.items() if name not in told}


def listed(value: Any) -> Any:
    """Tuples become lists, as they come back from a checkpoint."""
    if isinstance(value, (tuple, list)):
        return [listed(part) for part in value]
    if isinstance(value, dict):
        return {name: listed(part) for name, part in value.items()}
    return value


class Records:
    """Writes into `out`; without a folder, nothing at all."""

    def __init__(self, out: str | Path | None, plan: dict[str, Any], transforms: Transforms,
                 classes: tuple[str, ...]) -> None:
        self.folder, self.plan = None if out is None else Path(out), listed(plan)
        self.transforms = transforms
        self.about = {"plan": self.plan, "classes": classes, "mean": transforms.mean,
                      "std": transforms.std}
        if self.folder:
            with self.writing():
                self.folder.mkdir(parents=True, exist_ok=True)
                TemporaryFile(dir=self.folder).close()     # or it cannot be written: said now

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Errors of the disk name the folder and the cure."""
        try:
            yield
        except OSError as problem:
            raise OSError(f"results cannot be written into the folder {self.folder} "
                          f"({problem.strerror or problem}); choose another, or mend it and go on "
                          "from what was saved before") from None

    def last(self) -> dict[str, Any] | None:
        """The state to go on from, if there is one."""
        if not self.folder or not (self.folder / "last.npz").exists():
            return None
        try:
            return checkpoint.load(self.folder / "last.npz", self.plan)
        except checkpoint.CheckpointError as problem:
            raise checkpoint.CheckpointError(
                f"{problem}; or train into another folder, or remove {self.folder}") from None

    def told(self) -> bool:
        """Has a run that was over been summed up here?"""
        return self.folder is not None and (self.folder / "result.json").exists()

    def save(self, state: dict[str, Any]) -> None:
        if self.folder:
            with self.writing():
                checkpoint.save(self.folder / "last.npz", state | self.about)
                self.write_history(state["history"])

    def keep_best(self, history: list[dict[str, float]], model: Module) -> None:
        """Keep the weights if the last epoch has a new lowest error."""
        error = history[-1]["error"]
        if self.folder and all(error < line["error"] for line in history[:-1]):
            with self.writing():
                checkpoint.save(self.folder / "best.npz", {
                    "model": model.state_dict(), "history": history, **self.about})

    def write_history(self, history: list[dict[str, float]]) -> None:
        if self.folder and history:
            text = io.StringIO(newline="")
            table = csv.DictWriter(text, list(history[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(history)
            with written_whole(self.folder / "history.csv") as file:
                file.write(text.getvalue().encode())

    def draw(self, history: list[dict[str, float]]) -> None:
        if self.folder and history:
            with self.writing():
                pictures.learning_curves(history, self.folder / "learning_curves.png")

    def finish(self, history: list[dict[str, float]], model: Module, val: Dataset,
               recipe: Recipe, device: str) -> None:
        """The pictures, and result.json: one line of a table that compares networks."""
        if not self.folder or not history:
            return
        self.draw(history)
        if hasattr(model, "capsules") and getattr(model, "decoder", None) is not None:
            few = two_of_each(val.labels, min(len(val.classes), 10))
            with self.writing():
                pictures.reconstructions(model, self.transforms.test(val.images[few]),
                                         val.labels[few], self.folder / "reconstructions.png",
                                         val.classes)
        in_shape = self.transforms.in_shape
        macs = summary(model.eval(), in_shape).macs        # without auxiliary classifiers
        model.train()
        best = min(history, key=lambda line: line["error"])
        variant = self.plan.get("options", {}).get("variant", "")
        network = f"{self.plan.get('network', type(model).__name__)} {variant}".strip()
        result = {"network": network, "recipe": recipe.name,
                  "epochs": len(history), "error": history[-1]["error"],
                  "top5": history[-1].get("top5"), "lowest_error": best["error"],
                  "lowest_epoch": best["epoch"], "parameters": model.num_parameters(),
                  "macs": macs,
                  "seconds_per_epoch": statistics.median(line["seconds"] for line in history),
                  "peak_memory": peak_memory(), "threads": thread_count(), "device": device,
                  "input": in_shape, "data": self.plan["data"], "test": self.plan["test"]}
        with self.writing(), written_whole(self.folder / "result.json") as file:
            file.write(json.dumps(result, indent=1).encode())


def two_of_each(labels: np.ndarray, classes: int) -> np.ndarray:
    """Where the first two pictures of each of the first classes stand, if there are so many."""
    return np.concatenate([np.flatnonzero(labels == label)[:2] for label in range(classes)])


def peak_memory() -> int | None:
    """Bytes of main memory that this process has had at most; None where it is not Linux."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), None)


def line_of(line: dict[str, float], epochs: int) -> str:
    """One epoch as it is printed; seconds of training + of the test."""
    top5 = f" (top-5 {line['top5']:.2f} %)" if "top5" in line else ""
    return (f"epoch {line['epoch']:.0f}/{epochs}   lr {line['lr']:.2g}   "
            f"loss {line['loss']:.4f}   training error {line['train_error']:.2f} %   "
            f"test error {line['error']:.2f} %{top5}   {line['seconds']:.1f} + "
            f"{line['test_seconds']:.1f} s")
