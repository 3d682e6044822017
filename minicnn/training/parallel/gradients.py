"""The gradient of the whole batch, from those of its parts.

    g = sum over processes r of (n_r / N) g_r            n_r of the N pictures are process r's

It is summed in buckets: many small sums would each pay for the way there and back.  A bucket is
filled in the order in which backward finishes, the last layers first, and may be sent while the
layers below are still at work: then the sum is there when they are.

    bucket      values of several parameters, one after the other, and for each of them whether it
                has a gradient at all: a layer that no process has used must not be changed

Buckets are in main memory, and MPI adds; where each process has a GPU of its own in one machine,
they stay there, and NCCL adds (minicnn/backend/cuda/nccl.py).

The order is learnt from the first step, by the engine's hook, and is process 0's.  A gradient is
complete once backward has passed every operation that used its parameter in forward.

Source: Li et al. 2020, "PyTorch distributed: experiences on accelerating data parallel training",
section 3.2.
"""

import warnings
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from minicnn.autograd.hooks import Hook
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, device_of, sum_dtype, to_cpu, to_device, xp_of
from minicnn.backend.cuda.nccl import connect
from minicnn.training.parallel.world import Request, World

BUCKET = 4 << 20            # bytes


class Adder(Protocol):
    """Who adds over the processes: MPI, or NCCL."""

    def start_sum(self, array: Array) -> Request:
        """Replace `array` by its sum over all of them, in a while."""


class Bucket:
    """Some parameters, and their gradients in one array, in the memory of `device`."""

    def __init__(self, parameters: list[Tensor], device: str) -> None:
        self.parameters, self.device = parameters, device
        self.dtype = sum_dtype(parameters[0].dtype)
        self.ends = np.cumsum([parameter.data.size for parameter in parameters])
        size = int(self.ends[-1]) + len(parameters)
        self.values = to_device(np.zeros(size, self.dtype), device)
        self.open = 0                  # of them not complete yet
        self.request: Request | None = None

    def fill(self, weight: float) -> None:
        """Gradients times weight; a weight of 0 leaves out even NaN."""
        for number, parameter in enumerate(self.parameters):
            place = self.place(number)
            if parameter.grad is None or weight == 0:
                place[...] = 0
            else:
                grad = to_device(parameter.grad, self.device)
                xp_of(grad).multiply(grad, weight, out=place)
        there = np.array([parameter.grad is not None for parameter in self.parameters], self.dtype)
        self.values[self.ends[-1]:] = to_device(there, self.device)

    def place(self, number: int) -> Array:
        parameter, end = self.parameters[number], self.ends[number]
        return self.values[end - parameter.data.size:end].reshape(parameter.shape)

    def hand_out(self) -> None:
        """The sums become the parameters' gradients."""
        there = to_cpu(self.values[self.ends[-1]:])
        for number, parameter in enumerate(self.parameters):
            if not there[number]:
                parameter.grad = None
                continue
            total = to_device(self.place(number), device_of(parameter.data))
            parameter.grad = total.astype(parameter.dtype, copy=False)


class Gradients(Hook):
    """The gradients of these parameters, summed over the processes of `world`.

    overlap : send a bucket as soon as it is full, while backward goes on; else after it
    bucket : bytes at most, but for a single parameter that is larger

    with record(gradients):                     # in the first step, and to overlap
        gradients.begin(weight)
        loss = ...
        loss.backward()
    gradients.finish()                          # .grad is that of the whole batch
    """

    def __init__(self, parameters: Iterable[Tensor], world: World, overlap: bool = False,
                 bucket: int = BUCKET) -> None:
        self.parameters, self.world = list(parameters), world
        self.adder: Adder = world
        self.overlap, self.size = overlap, bucket
        self.buckets: list[Bucket] = []            # in the order in which backward finishes
        self.owner: dict[int, Bucket] = {}
        self.order: list[int] = []
        self.number = {id(parameter): i for i, parameter in enumerate(self.parameters)}
        self.weight, self.sent, self.bytes = 1.0, 0, 0

    @property
    def listens(self) -> bool:
        """Whether the engine has to tell of its steps."""
        return self.overlap or not self.buckets

    def begin(self, weight: float) -> None:
        """Before the forward of a step."""
        self.weight, self.sent, self.order = weight, 0, []
        self.uses: dict[int, int] = {}             # operations that backward has still to pass
        self.passed: list[int] = []                # parameters of the operation it is passing
        for bucket in self.buckets:
            bucket.open = len(bucket.parameters)

    # --- what the engine tells ----------------------------------------------------------------

    def operation(self, path: str, function: Any, inputs: tuple, y: Any) -> None:
        for source in function.sources:
            if id(source) in self.number:
                self.uses[id(source)] = self.uses.get(id(source), 0) + 1

    def gradient_begins(self, function: Any, dy: Any) -> None:
        self.settle()

    def gradient_ends(self, function: Any, dy: Any, dxs: list) -> None:
        # The gradients are added up after this call: they are complete at the next one.
        self.passed = [id(source) for source in function.sources if id(source) in self.number]

    def settle(self) -> None:
        """What backward has passed is complete, if nothing else used it."""
        passed, self.passed = self.passed, []
        for key in passed:
            self.uses[key] = self.uses.get(key, 0) - 1
            if self.uses[key] == 0:
                self.order.append(self.number[key])
                if self.overlap and key in self.owner:
                    self.owner[key].open -= 1
        if self.overlap:
            self.send(lambda bucket: bucket.open == 0)

    # --- buckets ------------------------------------------------------------------------------

    def send(self, ready: Any) -> None:
        """The next buckets, in their order, which is the same on all processes."""
        while self.sent < len(self.buckets) and ready(self.buckets[self.sent]):
            bucket = self.buckets[self.sent]
            bucket.fill(self.weight)
            bucket.request = self.adder.start_sum(bucket.values)
            self.bytes += bucket.values.nbytes
            self.sent += 1
        for bucket in self.buckets[:self.sent]:
            if bucket.request and bucket.request.test():
                bucket.request = None

    def finish(self) -> None:
        """After backward: send what is left, wait for all, hand out."""
        self.settle()
        if not self.buckets:
            self.make_buckets()
        self.send(lambda bucket: True)
        for bucket in self.buckets:
            if bucket.request:
                bucket.request.wait()
            bucket.request = None
            bucket.hand_out()

    def make_buckets(self) -> None:
        """In the order that the first step has shown; what it did not use comes last."""
        device = self.connected()
        order: list[int] = self.world.from_first(self.order)
        order += [i for i in reversed(range(len(self.parameters))) if i not in {*order}]
        group: list[Tensor] = []
        for parameter in [self.parameters[i] for i in order]:
            kind = sum_dtype(parameter.dtype)
            held = sum(one.data.size for one in group) * kind.itemsize
            if group and (sum_dtype(group[0].dtype) != kind
                          or held + parameter.data.size * kind.itemsize > self.size):
                self.buckets.append(Bucket(group, device))
                group = []
            group.append(parameter)
        if group:
            self.buckets.append(Bucket(group, device))
        self.owner = {id(parameter): bucket for bucket in self.buckets
                      for parameter in bucket.parameters}

    def connected(self) -> str:
        """Where buckets are: on the GPUs, if NCCL can add over them."""
        if {device_of(parameter.data) for parameter in self.parameters} != {"cuda"}:
            return "cpu"
        world = self.world
        if world.cards is None:
            world.cards = connect(world.rank, world.gather, world.wait)
            if world.is_first and world.cards.problem:
                warnings.warn("gradients are added in main memory, by MPI: "
                              f"{world.cards.problem}", stacklevel=2)
        self.adder = world.cards.adder or world
        return "cuda" if world.cards.adder else "cpu"


def average_gradients(parameters: Iterable[Tensor], world: World, weight: float | None = None
                      ) -> None:
    """After backward: .grad becomes the sum over all processes of weight * .grad, by one bucket.

    weight : n_r / N; an equal share if left out.  Between backward and step this line is all that
             training in parallel needs; `Team` overlaps, and counts
    """
    if world.size == 1:
        return
    gradients = Gradients(parameters, world)
    gradients.begin(1 / world.size if weight is None else weight)
    gradients.finish()
