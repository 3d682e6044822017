"""The second tab: LeNet-5 learns before one's eyes, from random weights, a step at a time or many.

Nothing is queued: while it runs, what happened since the last event becomes one event, and the page
gets at most RATE of them in a second.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits
from minicnn.data.loader import Loader
from minicnn.data.mnist import CLASSES, mnist
from minicnn.data.normalise import normalise, pad
from minicnn.demo.packing import packed, strongest
from minicnn.explain.pocket import HIGH, LOW
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.models.lenet import LeNet5
from minicnn.optim.sgd import SGD

TRAINED, TESTED = 4_000, 500           # digits
BATCH = 32
MOMENTUM = 0.9
RATE = 12                              # events in a second, at most
EVERY = 50                             # steps from one test to the next
LOWEST, HIGHEST = 1e-4, 3.0            # learning rates


def drawn_digits() -> tuple[Dataset, Dataset]:
    """To learn from and to test on: they need no file and no network."""
    train, test = (Dataset(one.images, one.labels, CLASSES,
                           f"{len(one.labels):,} digits drawn by minicnn")
                   for one in (digits(TRAINED, 0), digits(TESTED, 1)))
    return train, test


def mnist_digits(folder: str) -> tuple[Dataset, Dataset]:
    """The same from a folder with MNIST's files: all to learn from, the first 500 to test on."""
    return mnist("train", folder), mnist("test", folder).subset(TESTED)


class Lesson:
    """A network, its data, and where it stands; `find` gives the data, in a thread of its own."""

    def __init__(self, find: Callable[[], tuple[Dataset, Dataset]] = drawn_digits) -> None:
        self.lock = threading.Lock()
        self.running = 0                           # the number of the run that goes on; 0: none
        self.runs = 0
        self.lr = 0.02
        self.problem = ""
        self.ready = threading.Event()
        threading.Thread(target=self.prepare, args=(find,), daemon=True).start()

    def prepare(self, find: Callable[[], tuple[Dataset, Dataset]]) -> None:
        try:
            train, test = find()
            self.source = f"learns from {train.source}; tested on {len(test.labels)} others"
            self.x, self.labels = scaled(train.images), train.labels
            self.x_test, self.labels_test = scaled(test.images), test.labels
            self.reset()
        except Exception as problem:               # said where somebody waits for the data
            self.problem = f"{problem}"
        self.ready.set()

    def wait(self) -> None:
        """Until the data are there."""
        self.ready.wait()
        if self.problem:
            raise ValueError(self.problem)

    def reset(self) -> None:
        """Random weights again, the same ones."""
        self.running = 0
        with self.lock:
            manual_seed(0)
            self.model = LeNet5("visualiser").train()
            self.optimizer = SGD(self.model.parameters(), lr=self.lr, momentum=MOMENTUM)
            self.loader = Loader(self.x, self.labels, BATCH, seed=0)
            self.batches = iter(self.loader)
            self.steps, self.error = 0, self.tested()
            self.unsaid: list[float] = []          # losses that no event has told yet

    # --- what the page asks for ---------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Where it stands."""
        self.wait()
        with self.lock:
            return {"source": self.source, **self.event()}

    def restart(self) -> dict[str, Any]:
        self.wait()
        self.reset()
        return self.state()

    def one_step(self) -> dict[str, Any]:
        """A single batch, and the error after it."""
        self.wait()
        self.running = 0
        with self.lock:
            self.step()
            self.error = self.tested()
            return self.event()

    def pause(self) -> dict[str, Any]:
        """The run ends after the step at work."""
        self.running = 0
        return self.state()

    def rate(self, lr: float) -> dict[str, Any]:
        """For the steps from now on."""
        if not LOWEST <= lr <= HIGHEST:
            raise ValueError(f"lr is {lr:g}, expected {LOWEST:g} to {HIGHEST:g}")
        self.lr = lr
        return {"lr": lr}

    def events(self) -> Iterator[dict[str, Any]]:
        """Steps until somebody pauses it, or another run begins; now and then an event."""
        self.wait()
        self.runs += 1
        own = self.running = self.runs
        begun, told, first = time.perf_counter(), 0.0, self.steps
        try:
            while self.running == own:
                with self.lock:
                    self.step()
                    if self.steps % EVERY == 0:
                        self.error = self.tested()
                    now = time.perf_counter()
                    if now - told < 1 / RATE:
                        continue
                    speed = (self.steps - first) * BATCH / (now - begun)
                    event = {**self.event(), "speed": speed}
                    begun, told, first = now, now, self.steps
                yield event
        finally:
            if self.running == own:
                self.running = 0

    # --- inside the lock ------------------------------------------------------------------------

    def step(self) -> None:
        """Forward, loss, zero, backward, step: the training loop of examples/lenet_mnist.py."""
        x, labels = self.batch()
        self.optimizer.param_groups[0]["lr"] = self.lr
        loss = cross_entropy(self.model(Tensor(x)), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.steps += 1
        self.unsaid.append(loss.item())

    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        found = next(self.batches, None)
        if found is None:
            self.batches = iter(self.loader)
            found = next(self.batches)
        return found

    @no_grad()
    def tested(self) -> int:
        """How many of the test digits it reads wrongly."""
        self.model.eval()
        answers = self.model(Tensor(self.x_test)).numpy().argmax(axis=1)
        self.model.train()
        return int((answers != self.labels_test).sum())

    def event(self) -> dict[str, Any]:
        """With the losses since the last event; what is no number any more becomes None."""
        losses, self.unsaid = self.unsaid, []
        filters = self.model.state_dict()["CONV1.weight"][:, 0]               # (6, 5, 5)
        return {"steps": self.steps, "losses": [q if np.isfinite(q) else None for q in losses],
                "seen": self.steps * BATCH, "error": self.error, "tested": len(self.labels_test),
                "lr": self.lr, "filters": packed(filters), "most": strongest(filters)}


def scaled(images: np.ndarray) -> np.ndarray:
    """(N, 1, 28, 28) uint8 -> (N, 1, 32, 32) float32, as the pocket LeNet reads them."""
    return normalise(pad(images, 2), LOW, HIGH)
