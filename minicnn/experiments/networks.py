"""Networks that an experiment trains, each once: what one has trained, the others take.

    model, history = trained(settings, "plain20", plan, seed, build, train, test)

is kept in FOLDER/plain20-KEY.npz, where KEY stands for everything that makes the network: its name,
the plan, the seed, the pictures and minicnn's version.  A file that is damaged is trained again.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from minicnn import __version__
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.augment import random_crop
from minicnn.data.augment.crop import flip
from minicnn.data.dataset import Dataset
from minicnn.data.fingerprint import fingerprint
from minicnn.data.loader import Loader
from minicnn.data.normalise import channel_statistics, standardise
from minicnn.experiments.experiment import Settings
from minicnn.layers.module import Module
from minicnn.losses import cross_entropy
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR, Schedule, Warmup
from minicnn.training.checkpoint import CheckpointError, load, save
from minicnn.training.metrics.classification import top_k_errors
from minicnn.training.transforms import resize

BATCH = 200                            # pictures at once where nothing is learnt


@dataclass(frozen=True)
class Plan:
    """How a network learns: SGD with momentum; the rate falls to 0 along a cosine.

    epochs  : through the training pictures
    warmup  : steps of a small rate at the start
    cosine  : False leaves the rate as it is
    shift   : pixels that pictures are shifted by at most, at random
    flip    : also mirror images
    sides   : from and to how many pixels a side, drawn anew for each batch; their own, if left out
    decay   : of the weights
    last    : False: test errors after every epoch; True: only in the end
    """

    epochs: int
    lr: float = 0.1
    batch: int = 64
    momentum: float = 0.9
    decay: float = 1e-4
    warmup: int = 0
    cosine: bool = True
    shift: int = 0
    flip: bool = False
    sides: tuple[int, int] | None = None
    last: bool = True


class Trained(NamedTuple):
    """history : one dict an epoch, {"epoch", "loss"} in training, and "error", "test_loss" where it
    was tested; errors in percent
    """

    model: Module
    history: list[dict[str, float]]

    @property
    def loss(self) -> float:
        """In training, of the last epoch."""
        return self.history[-1]["loss"]

    @property
    def error(self) -> float:
        """On the test pictures, in the end, in percent."""
        return self.history[-1]["error"]


def trained(settings: Settings, name: str, plan: Plan, seed: int, build: Callable[[], Module],
            train: Dataset, test: Dataset) -> Trained:
    """From the cache, or trained now and kept.

    name  : of the file; also of what `build` builds, which nothing else tells apart
    build : build() -> the network, called with the seed set
    """
    key = fingerprint(name, repr(asdict(plan)), str(seed), __version__, train.fingerprint,
                      test.fingerprint)
    path = settings.cache and settings.cache / f"{name.replace(' ', '-')}-{key}.npz"
    manual_seed(seed)
    model = build()
    if path and path.exists():
        try:
            tree = load(path)
            model.load_state_dict(tree["model"])
            return Trained(model.eval(), tree["history"])
        except (CheckpointError, KeyError, ValueError, TypeError, OSError) as problem:
            settings.tell(f"{path.name} is damaged ({problem}); {name} is trained again")
            manual_seed(seed)
            model = build()
    history = learn(settings, model, plan, seed, train, test, name)
    if path:
        save(path, {"model": model.state_dict(), "history": history})
    return Trained(model, history)


def learn(settings: Settings, model: Module, plan: Plan, seed: int, train: Dataset, test: Dataset,
          name: str = "training") -> list[dict[str, float]]:
    """The history; a loss that grows beyond all bounds ends it, and the error counts as it is.

    What is frozen (layers/freeze.py) stays as it is.
    """
    mean, std = channel_statistics(train.images)
    std = [max(value, 1e-3) for value in std]

    def distorted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if plan.shift:
            images = random_crop(images, rng, images.shape[2:], plan.shift)
        if plan.flip:
            images = flip(images, rng)
        if plan.sides:
            side = int(rng.integers(plan.sides[0], plan.sides[1] + 1))
            images = resize(images, (side, side))
        return standardise(images, mean, std)                          # (N, C, H, W) float32

    loader = Loader(train.images, train.labels, min(plan.batch, len(train)), seed=seed,
                    drop_last=True, transform=distorted)
    optimizer = SGD([p for p in model.parameters() if p.requires_grad], lr=plan.lr,
                    momentum=plan.momentum, weight_decay=plan.decay)
    schedule = schedule_of(plan, optimizer, len(loader))
    history: list[dict[str, float]] = []
    for epoch in settings.watched(range(1, plan.epochs + 1), name):
        model.train()
        total = 0.0
        with np.errstate(all="ignore"):                    # a rate that is too high may overflow
            for x, y in loader:
                loss = cross_entropy(model(Tensor(x)), y)              # forward, loss
                optimizer.zero_grad()                                  # zero
                loss.backward()                                        # backward
                optimizer.step()                                       # step
                if schedule:
                    schedule.step()
                total += loss.item()
        line = {"epoch": epoch, "loss": total / len(loader)}
        lost = not np.isfinite(total)
        if lost or epoch == plan.epochs or not plan.last:
            line |= tested(model, test, mean, std)
        history.append(line)
        if lost:
            break
    model.eval()
    return history


def schedule_of(plan: Plan, optimizer: SGD, steps: int) -> Schedule | None:
    """steps : of an epoch."""
    falls = CosineAnnealingLR(optimizer, T_max=plan.epochs * steps) if plan.cosine else None
    return Warmup(falls or optimizer, plan.warmup) if plan.warmup else falls


def tested(model: Module, test: Dataset, mean: list[float], std: list[float]) -> dict[str, float]:
    """{"error", "test_loss"} in test mode."""
    y = scores(model, standardise(test.images, mean, std))             # (N, classes)
    with np.errstate(all="ignore"):
        loss = cross_entropy(Tensor(y), test.labels).item()
    return {"error": error(y, test.labels), "test_loss": loss}


@no_grad()
def scores(model: Module, x: np.ndarray) -> np.ndarray:
    """(N, classes) of prepared pictures, in test mode."""
    training = model.training
    model.eval()
    with np.errstate(all="ignore"):
        y = [model(Tensor(x[start:start + BATCH])).numpy() for start in range(0, len(x), BATCH)]
    model.train(training)
    return np.concatenate(y)


def error(y: np.ndarray, labels: np.ndarray) -> float:
    """In percent, of scores (N, classes); what is no number is wrong."""
    right = np.isfinite(y).all(axis=1)
    wrong = top_k_errors(y[right], labels[right], 1) if right.any() else 0
    return 100 * (int(wrong) + int((~right).sum())) / len(labels)


def prepared(train: Dataset, images: np.ndarray) -> np.ndarray:
    """Pictures as networks that learnt from `train` read them: (N, C, H, W) float32."""
    mean, std = channel_statistics(train.images)
    return standardise(images, mean, [max(value, 1e-3) for value in std])
