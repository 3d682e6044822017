"""Where the time of a training step goes, layer by layer, and why.

    share      (forward + backward of a layer) / the whole step
    GFLOP/s    2 MACs N / time                               at best: a matrix product
    GB/s       bytes that must be read or written / time     at best: a plain copy

Which layer works when is noted by minicnn/analysis/watch.py.  Rounds with and without its clocks
take turns, so that the report can say what reading the clocks has cost: 1 to 2 percent of a step of
LeNet-5 with 64 images.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import median
from typing import Any

import numpy as np

from minicnn.analysis.profile_table import Line, Profile, at_best, together
from minicnn.analysis.speed import OtherPrograms, gigabytes, gigaflops, spare_cores, threads_at_work
from minicnn.analysis.summary import size_of_image, summary
from minicnn.analysis.watch import Visit, Watch
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_device
from minicnn.backend.memory import check_memory
from minicnn.backend.messages import type_name
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.backend.windows import is_whole, times
from minicnn.layers.module import Module, Shape
from minicnn.losses import cross_entropy
from minicnn.models.detection.detector import Detector, total_loss
from minicnn.optim.sgd import SGD

Step = Callable[[], list[float]]       # runs a step; seconds of forward, loss, backward, update


def profile(model: Module, in_shape: Shape | None = None, batch: int = 32,
            rounds: int | None = None, forward_only: bool = False,
            loss: Callable[[Any], Tensor] | None = None, seed: int = 0,
            progress: bool = False) -> Profile:
    """Time a training step of a model, layer by layer, on the device where the model is.

    Parameters
    ----------
    in_shape : (C, H, W)            of one image; if left out, the one that it was made for
    batch : int, default 32         images in a step; they are random numbers
    seed : int                      of these numbers
    rounds : int, optional          watched steps; if left out, 3 to 50, in some four seconds
    forward_only : bool             forward in test mode under no_grad() in place of a training step
    loss : loss(y) -> Tensor        if left out, cross_entropy with random labels for scores (N, K),
                                    a detector's own losses with an object in each picture, and
                                    the mean square for other answers
    progress : bool                 a progress bar where it takes longer than two seconds

    The step is forward, loss, backward and an update by SGD with momentum.  Afterwards weights,
    running averages, modes and random numbers are as they were; gradients are dropped.

    >>> from minicnn.models import LeNet5
    >>> table = profile(LeNet5(), batch=2, rounds=1)
    >>> [line.layer for line in table.lines][:3], table.lines[0].macs
    (['C1', 'C1_tanh', 'S2'], 117600)
    """
    in_shape = checked(model, in_shape, batch, rounds)
    first = next(model.parameters(), None)
    device, dtype = (first.device, first.dtype) if first is not None else ("cpu", np.float32)
    check_step(model, in_shape, batch, forward_only, device)
    images = np.random.default_rng(seed).standard_normal((batch, *in_shape)).astype(dtype)
    x = Tensor(to_device(images, device), requires_grad=first is None and not forward_only)
    watch = Watch(model, device)
    step = (forward_step(model, x, watch) if forward_only
            else training_step(model, x, loss, seed, watch))
    plain, watched, others = [], [], OtherPrograms()
    with left_alone(model):
        model.train(not forward_only)
        with watch.clocks(count=True):
            step()                                     # warms up, too
        rounds = rounds or min(max(round(2 / sum(step())), 3), 50)
        for _ in counted(rounds, progress):
            plain.append(sum(step()))
            with watch.clocks():
                watched.append(step())
    lines = [line(visit) for visit in watch.visits.values()
             if visit.functions and visit.forward]
    whole = totals(lines, watched, watch.outside, forward_only)
    what = "forward pass" if forward_only else "training step"
    by = threads_at_work() if device == "cpu" else "GPU"
    name = f"{type(model).__name__} {getattr(model, 'variant', '')}".strip()
    peak, copy = gigaflops(device=device, dtype=dtype), gigabytes(device=device)
    # Others may have the cores that this network leaves free; a GPU does not share in them.
    taken = max(0.0, others.cores() - spare_cores()) if device == "cpu" else 0.0
    return Profile(
        title=f"{name}, input {times(in_shape)}, batch {batch}: a {what} ({by}, {rounds} rounds)",
        lines=lines, totals=whole, kinds=by_kind(lines), unwatched=1e3 * median(plain),
        peak=peak, copy=copy, at_best=at_best(lines, whole[-1].time, peak, copy), others=taken)


def checked(model: Module, in_shape: Shape | None, batch: int, rounds: int | None) -> Shape:
    """The size of one image, or an error that says which argument is wrong."""
    in_shape = size_of_image("profile", model, in_shape)
    if len(in_shape) == 4:
        raise ValueError(f"profile: {tuple(in_shape)} has a batch axis; give one image's size and "
                         f"the batch apart: profile(model, {tuple(in_shape[1:])}, "
                         f"batch={in_shape[0]})")
    for name, value in (("batch", batch), ("rounds", rounds)):
        if value is not None and (not is_whole(value) or value < 1):
            raise ValueError(f"profile: {name} must be a whole number from 1 on, got {value!r}")
    return tuple(in_shape)


def check_step(model: Module, in_shape: Shape, batch: int, forward_only: bool = False,
               device: str = "cpu") -> None:
    """MemoryError if the outputs of the layers, which backward needs, cannot be kept.

    Forward alone keeps the largest and what it is made of.  Where shapes cannot be followed, it is
    not known beforehand.
    """
    with suppress(ValueError, TypeError):
        sizes = sorted(line.memory for line in summary(model, in_shape).lines)
        check_memory(batch * sum(sizes[-2:] if forward_only else sizes),
                     f"a step with batch {batch:,}", device, batch)


@contextmanager
def left_alone(model: Module) -> Iterator[None]:
    """Puts weights, running averages, modes and random numbers back in the end."""
    modes = [(part, part.training) for part in model.modules()]
    before, numbers = model.state_dict(), random_state()
    try:
        yield
    finally:
        model.load_state_dict(before)
        model.zero_grad()
        set_random_state(numbers)
        for part, training in modes:
            part.training = training


# --- what is timed ----------------------------------------------------------------------------

def training_step(model: Module, x: Tensor, loss: Callable[[Any], Tensor] | None, seed: int,
                  watch: Watch) -> Step:
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # At a rate of 0 the update does its whole work, and every round finds the same weights.
    optimizer = SGD(learnt, lr=0.0, momentum=0.9) if learnt else None
    targets = model.made_up_targets(x, seed) if isinstance(model, Detector) else None

    def step() -> list[float]:
        nonlocal loss
        clock = [watch.now()]
        y = model(x, targets) if targets else model(x)
        clock.append(watch.now())
        loss = loss or usual_loss(y, seed)
        cost = loss(y)
        clock.append(watch.now())
        cost.backward()
        clock.append(watch.now())
        if optimizer:
            optimizer.step()
            optimizer.zero_grad()
        clock.append(watch.now())
        x.grad = None
        return np.diff(clock).tolist()
    return step


def forward_step(model: Module, x: Tensor, watch: Watch) -> Step:
    def step() -> list[float]:
        start = watch.now()
        with no_grad():
            model(x)
        return [watch.now() - start, 0.0, 0.0, 0.0]
    return step


def usual_loss(y: Any, seed: int) -> Callable[[Any], Tensor]:
    if isinstance(y, dict):
        return total_loss
    if not isinstance(y, Tensor):
        raise TypeError(f"profile: the network answers with a {type_name(y)}, not one Tensor; "
                        "say what is to become small, profile(..., loss=lambda y: ...), or time "
                        "forward alone, forward_only=True")
    if y.ndim != 2:
        return lambda y: (y * y).mean()
    labels = np.random.default_rng(seed).integers(0, y.shape[1], len(y))
    return lambda y: cross_entropy(y, labels)


def counted(rounds: int, progress: bool) -> Iterator[int]:
    if not progress:
        return iter(range(rounds))
    from tqdm import tqdm
    return iter(tqdm(range(rounds), "profile", unit="round", delay=2, leave=False, disable=None))


# --- what is made of it -----------------------------------------------------------------------

def line(visit: Visit) -> Line:
    forward, backward = median(visit.forward), median(visit.backward)
    flops = 2 * visit.macs * visit.rows
    return Line(
        layer=visit.path, kind=type(visit.layer).__name__, output=times(visit.shape),
        forward=1e3 * forward, backward=1e3 * backward, macs=visit.macs,
        forward_gflops=speed(flops, forward),
        backward_gflops=speed(visit.products * flops, backward),
        forward_gbytes=speed(visit.moved_forward, forward),
        backward_gbytes=speed(visit.moved_backward, backward),
        output_bytes=visit.output, kept_bytes=visit.kept)


def speed(amount: int, seconds: float) -> float:
    return amount / seconds / 1e9 if seconds else 0.0


def totals(lines: list[Line], watched: list[list[float]], outside: Visit,
           forward_only: bool) -> list[Line]:
    """The layers together, what lies between them, loss and update; fills in everybody's share."""
    forward, loss, backward, update = (1e3 * median(part) for part in
                                       zip(*watched, strict=True))
    loss_backward = 1e3 * median(outside.backward)
    layers = together("all layers", lines)
    parts = [Line("between the layers", forward=max(forward - layers.forward, 0.0),
                  backward=max(backward - loss_backward - layers.backward, 0.0))]
    if not forward_only:
        parts += [Line("loss", forward=loss, backward=loss_backward),
                  Line("update (SGD)", backward=update)]
    step = Line("one forward pass" if forward_only else "one training step",
                forward=forward + loss, backward=backward + update)
    for part in (*lines, layers, *parts, step):
        part.share = part.time / step.time
    return [layers, *parts, step]


def by_kind(lines: list[Line]) -> dict[str, float]:
    """The share of each class of layers, the largest first."""
    shares = {line.kind: sum(other.share for other in lines if other.kind == line.kind)
              for line in lines}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
