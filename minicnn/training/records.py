"""The folder of a run.

    last.npz             everything to go on from         history.csv          a line an epoch
    best.npz             the weights of the best epoch    learning_curves.png  the same, drawn
    result.json          what is worth comparing with other networks, when it is over
    reconstructions.png  test pictures as the network draws them, if it has a decoder
    running              who trains into the folder now

last.npz is the run: it is replaced in one step, and first.  history.csv and best.npz follow from
it, and are mended at the next start if the run was killed between two of them.
"""

import csv
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from minicnn.analysis import pictures
from minicnn.analysis.curves_picture import SCORES, score_curves
from minicnn.data.canvas import check_drawing
from minicnn.data.files import written_whole
from minicnn.layers.module import Module
from minicnn.training import checkpoint
from minicnn.training.agreement import (
    COUNTS,
    LABELLED,
    check_counts,
    check_history,
    check_run,
    memories,
)
from minicnn.training.entries import CheckpointError, check_names, check_parts, remembered
from minicnn.training.lock import FolderInUse, Lock
from minicnn.training.machine import other_machine
from minicnn.training.plan import check_about

FILES = ("result.json", "learning_curves.png", "reconstructions.png", "history.csv", "best.npz",
         "last.npz")                   # in this order they are removed
TRIAL = 1 << 20        # bytes that the disk must have left
ANEW = "into another folder, or anew in this one (--fresh; in Python fresh=True)"


class Records:
    """Writes into `out`; without a folder, nothing at all.

        with Records(out, about(plan, train, test, transforms)) as records:

    columns, counts : names of a line of the history, and of what an epoch counts until it is over

    Whatever stands in the way of writing, a run at work in the folder included, is said at once.
    """

    def __init__(self, out: str | Path | None, about: dict[str, Any],
                 columns: Sequence[str] = LABELLED, counts: Sequence[str] = tuple(COUNTS)
                 ) -> None:
        self.folder, self.about, self.counts = None if out is None else Path(out), about, counts
        few = len(about["classes"]) <= 5                   # the top five are all of them
        self.columns = [name for name in columns if not (few and name == "top5")]
        self.lock = self.opened(self.folder) if self.folder else None

    def opened(self, folder: Path) -> Lock:
        checkpoint.packed(self.about)                      # a plan that cannot be saved: said now
        check_drawing()                                    # or nothing can be drawn: said now
        with self.writing():
            folder.mkdir(parents=True, exist_ok=True)
            for path in (folder / name for name in FILES):
                if (path.exists() or path.is_symlink()) and not path.is_file():
                    raise OSError(f"{path.name} there is no file, but a folder, a device or a "
                                  "broken link")
            with TemporaryFile(dir=folder) as file:
                file.write(bytes(TRIAL))
            return Lock(folder)

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others train into the folder."""
        if self.lock:
            self.lock.release()
        self.lock = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Errors of the disk name the folder and the cure."""
        try:
            yield
        except FolderInUse:
            raise
        except OSError as problem:
            raise OSError(f"results cannot be written into the folder {self.folder} "
                          f"({problem.strerror or problem}); choose another, or mend it and go on "
                          "from what was saved before") from None

    # --- going on ---------------------------------------------------------------------------

    def resume(self, parts: dict[str, Any], epochs: int, fresh: bool = False
               ) -> dict[str, Any] | None:
        """What was saved, if anything was, and the parts put back to where it was.

        parts : "model", "optimizer", "loader", perhaps "schedule", all of them fresh
        fresh : remove what was saved

        CheckpointError, and nothing is changed, if it was another run or if anything in it is wrong
        """
        try:
            return self.resumed(parts, epochs, fresh)
        except BaseException:
            self.release()
            raise

    def resumed(self, parts: dict[str, Any], epochs: int, fresh: bool) -> dict[str, Any] | None:
        if not self.folder:
            return None
        path = self.folder / "last.npz"
        for name in FILES if fresh else ():
            with self.writing():
                (self.folder / name).unlink(missing_ok=True)
        if not path.exists():
            self.check_empty(self.folder)
            self.check_room(self.folder, parts)
            return None
        try:
            tree = checkpoint.load(path)
        except CheckpointError as problem:
            raise CheckpointError(f"{problem}, {ANEW}") from None
        try:
            self.check(tree, parts, epochs)
            checkpoint.restore(tree, parts)
        except CheckpointError as problem:
            raise CheckpointError(f"{path}: {problem}; train {ANEW}") from None
        with self.writing():
            self.mend(self.folder, tree, parts)
        return tree

    def check(self, tree: dict[str, Any], parts: dict[str, Any], epochs: int) -> None:
        check_names("", tree, (*parts, "random", "history", "epoch", "remembered", *self.about))
        check_about(tree, self.about)
        check_parts(tree, parts)
        check_history(tree["history"], self.columns)
        check_counts(tree["epoch"], self.counts, parts["loader"], tree["loader"]["position"])
        check_run(tree, parts, epochs)

    def check_empty(self, folder: Path) -> None:
        left = [name for name in FILES if (folder / name).exists() and not name.endswith(".png")]
        if left:
            raise CheckpointError(f"{folder} has {', '.join(left)} of a run, but no last.npz to go "
                                  f"on from; train {ANEW}")

    def check_room(self, folder: Path, parts: dict[str, Any]) -> None:
        """OSError before the first epoch if the disk is too full for what will be saved."""
        weights = sum(4 * prod(value.shape) for _, value in parts["model"].named_state())
        memory = sum(4 * prod(value.shape) for _, value in remembered(parts["optimizer"]))
        needed, free = 3 * weights + 2 * memory, shutil.disk_usage(folder).free
        if free < needed:
            with self.writing():
                raise OSError(f"{free / 1e6:,.0f} MB are free, {needed / 1e6:,.0f} MB are needed")

    def mend(self, folder: Path, tree: dict[str, Any], parts: dict[str, Any]) -> None:
        """What a run that was killed could no longer write."""
        history = tree["history"]
        self.write_history(history)
        if history and not tree["loader"]["position"] and is_best(history) and \
                epoch_of(folder / "best.npz") != len(history):
            self.keep_best(history, parts["model"])

    def note(self, tree: dict[str, Any]) -> str:
        """What may differ from a run that was never stopped, or ""."""
        return other_machine(tree["machine"], self.about["machine"])

    # --- writing ----------------------------------------------------------------------------

    def state(self, parts: dict[str, Any], history: list[dict[str, float]],
              epoch: dict[str, Any]) -> dict[str, Any]:
        """What last.npz has."""
        state = checkpoint.collect(parts, history=history, epoch=epoch, **self.about)
        return state | {"remembered": memories(parts["optimizer"], state["optimizer"])}

    def save(self, parts: dict[str, Any], history: list[dict[str, float]],
             epoch: dict[str, Any]) -> None:
        """The state, and what follows from it."""
        if not self.folder:
            return
        state = self.state(parts, history, epoch)
        with self.writing():
            if not self.lock or not self.lock.held():      # somebody has removed the folder
                self.release()
                self.folder.mkdir(parents=True, exist_ok=True)
                self.lock = Lock(self.folder)
            checkpoint.save(self.folder / "last.npz", state)
            self.write_history(history)

    def keep_best(self, history: list[dict[str, float]], model: Module) -> None:
        """Keep the weights if the last epoch has a new lowest error."""
        if self.folder and is_best(history):
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
                curves = score_curves if SCORES.keys() & history[0] else pictures.learning_curves
                curves(history, self.folder / "learning_curves.png", title=self.title())

    def title(self) -> str:
        """The network and its data, above the pictures."""
        plan = self.about["plan"]
        network = f"{plan.get('network', '')} {plan.get('options', {}).get('variant', '')}".strip()
        data = str(plan.get("data", "")).partition(", from ")[0]
        return ", ".join(filter(None, (network, data)))


def is_best(history: list[dict[str, float]]) -> bool:
    """Is the error of the last epoch lower than any before?"""
    return all(history[-1]["error"] < line["error"] for line in history[:-1])


def epoch_of(path: Path) -> int:
    """After which the weights in the file were kept; 0 if there are none that can be read."""
    try:
        return len(checkpoint.load(path)["history"])
    except (OSError, ValueError, LookupError, TypeError):
        return 0


def line_of(line: dict[str, float], epochs: int) -> str:
    """One epoch as it is printed; seconds of training + of the test."""
    learnt = f"training error {line['train_error']:.2f} %   " if "train_error" in line else ""
    return (f"epoch {line['epoch']:.0f}/{epochs}   lr {line['lr']:.2g}   "
            f"loss {line['loss']:.4f}   {learnt}{said(line)}   {line['seconds']:.1f} + "
            f"{line['test_seconds']:.1f} s")


def said(line: dict[str, float]) -> str:
    """How good the answers to the test pictures are, in the measure of the task."""
    if "miou" in line:
        return f"mean IoU {line['miou']:.2f} % (pixels {line['pixel_accuracy']:.2f} %)"
    if "ap" in line:
        masks = f"; of masks {line['mask_ap']:.2f} %" if "mask_ap" in line else ""
        return (f"AP {line['ap']:.2f} % (AP50 {line['ap50']:.2f} %, AP75 {line['ap75']:.2f} %"
                f"{masks})")
    if "f1" in line:
        return (f"F1 {line['f1']:.2f} % (precision {line['precision']:.2f} %, recall "
                f"{line['recall']:.2f} %)")
    top5 = f" (top-5 {line['top5']:.2f} %)" if "top5" in line else ""
    return f"test error {line['error']:.2f} %{top5}"
