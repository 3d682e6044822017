"""What is left when a run is over: result.json, which `compare` reads, and the pictures."""

import json
import statistics
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis import pictures, summary
from minicnn.backend.threads import thread_count
from minicnn.data.files import read_limited, written_whole
from minicnn.layers.module import Module
from minicnn.training.records import Records

LIMIT = 100_000                        # bytes of a result.json; ours have less than a thousand


def lacking(records: Records, history: list[dict[str, float]]) -> bool:
    """Is a run that was over still to be summed up, or drawn?"""
    return records.folder is not None and (
        epochs_told(records.folder) != len(history)
        or not (records.folder / "learning_curves.png").exists())


def epochs_told(folder: Path) -> int:
    """Of how many epochs result.json is; 0 if there is none that can be read."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        return int(json.loads(read_limited(folder / "result.json", LIMIT))["epochs"])
    return 0


def finish(records: Records, history: list[dict[str, float]], model: Module, val: Any,
           transforms: Any) -> None:
    """result.json, then the pictures: what cannot be drawn now is drawn at the next start."""
    if not records.folder or not history:
        return
    sum_up(records, history, model)
    records.draw(history)
    if hasattr(model, "capsules") and getattr(model, "decoder", None) is not None:
        few = two_of_each(val.labels, min(len(val.classes), 10))
        with records.writing():
            pictures.reconstructions(model, transforms.test(val.images[few]), val.labels[few],
                                     records.folder / "reconstructions.png", val.classes,
                                     records.title())


def sum_up(records: Records, history: list[dict[str, float]], model: Module) -> None:
    """result.json: one line of a table that compares networks.

    One that is there stays: seconds and memory are of the process that has learnt.
    """
    if not records.folder or epochs_told(records.folder) == len(history):
        return
    plan: dict[str, Any] = records.about["plan"]
    training = model.training
    macs = summary(model.eval(), tuple(plan["input"])).macs            # without auxiliary heads
    model.train(training)
    best = min(history, key=lambda line: line["error"])
    variant = plan.get("options", {}).get("variant", "")
    network = f"{plan.get('network', type(model).__name__)} {variant}".strip()
    result = {"network": network, "recipe": plan["recipe"], "epochs": len(history),
              "error": history[-1]["error"], "top5": history[-1].get("top5"),
              "lowest_error": best["error"], "lowest_epoch": best["epoch"],
              "parameters": model.num_parameters(), "macs": macs,
              "seconds_per_epoch": statistics.median(line["seconds"] for line in history),
              "peak_memory": peak_memory(), "threads": thread_count(),
              "device": records.about["machine"]["device"], "input": plan["input"],
              "data": plan["data"], "test": plan["test"],
              "train_pictures": records.about["pictures"]["train"],
              "test_pictures": records.about["pictures"]["test"]}
    with records.writing(), written_whole(records.folder / "result.json") as file:
        file.write(json.dumps(result, indent=1).encode())


def two_of_each(labels: np.ndarray, classes: int) -> np.ndarray:
    """Where the first two pictures of each of the first classes stand, if there are so many."""
    return np.concatenate([np.flatnonzero(labels == label)[:2] for label in range(classes)])


def peak_memory() -> int | None:
    """Bytes of main memory that this process has had at most; None where it is not Linux."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), None)
