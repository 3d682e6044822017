"""ENAS: all networks of the space share one set of weights, so that none is trained by itself.

    conv1    a filter bank for each kernel size, of as many filters as the largest network has
    conv2    the same
    scores   one matrix

    a design takes the bank of its kernel, and of that its first filters:  w[kernel][:F, :C]

Two phases take turns:

    weights      w <- w - step d loss(w; a) / dw             for each batch another design a
    controller   REINFORCE, its reward the accuracy on a batch of other pictures with w as it is

A reward now costs one forward pass instead of a training.  What it costs in truth: a design is
judged by weights that had to serve all the others, too.

Source: Pham, Guan, Zoph, Le and Dean 2018, "Efficient neural architecture search via parameter
sharing", section 2.2.  Slide: stanford, "Learning to search for network
architectures" (ENAS is named beside AmoebaNet).

Departures from the paper
-------------------------
1. The space is ours (space.py); the paper's choices of operations and skips have a bank each, where
   here numbers of filters are nested in one.
2. The entropy's weight and the rates are those of our controller; the phases take turns after every
   batch, not after every pass through the pictures.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.backend.windows import whole
from minicnn.layers.containers import ModuleList
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.models.search.controller import Controller, MovingAverage, policy_loss
from minicnn.models.search.space import SIDE, SPACE, Design, options_of
from minicnn.nn.functional import avg_pool2d, conv2d, linear, max_pool2d
from minicnn.optim.adam import Adam
from minicnn.optim.clipping import clip_grad_norm_
from minicnn.optim.sgd import SGD

KERNELS = {choice.name: choice.options for choice in SPACE if choice.name.startswith("kernel")}
DOUBT, SLOW, CLIP = 0.02, 0.003, 5.0
MOST = {choice.name: max(choice.options) for choice in SPACE if choice.name.startswith("filters")}


class SharedNet(Module):
    """Every network of the space:  (N, channels, 16, 16) and a design -> (N, classes).

    >>> SharedNet().num_parameters()                       # 486 networks
    12186
    """

    def __init__(self, classes: int = 10, channels: int = 1) -> None:
        F1, F2 = MOST["filters1"], MOST["filters2"]
        self.conv1 = ModuleList(Conv2d(channels, F1, k, padding=k // 2) for k in KERNELS["kernel1"])
        self.conv2 = ModuleList(Conv2d(F1, F2, k, padding=k // 2) for k in KERNELS["kernel2"])
        self.scores = Linear(F2 * (SIDE // 4) ** 2, classes)

    def forward(self, x: Tensor, design: Sequence[int]) -> Tensor:
        q = options_of(design)
        for stage in (1, 2):
            k, F, C = q[f"kernel{stage}"], q[f"filters{stage}"], x.shape[1]
            bank = getattr(self, f"conv{stage}")[KERNELS[f"kernel{stage}"].index(k)]
            stride = 2 if q["pooling"] == "stride" else 1
            x = conv2d(x, bank.weight[:F, :C], bank.bias[:F], stride, k // 2)
            x = x.relu() if q["activation"] == "relu" else x.tanh()
            if q["pooling"] != "stride":
                x = max_pool2d(x, 2) if q["pooling"] == "max" else avg_pool2d(x, 2)
        features = x.flatten(1)                            # (N, F 4 4)
        return linear(features, self.scores.weight[:, :features.shape[1]], self.scores.bias)

    @no_grad()
    def accuracy(self, x: np.ndarray, labels: np.ndarray, design: Sequence[int]) -> float:
        """From 0 to 1, of images (N, channels, 16, 16)."""
        return float((self(Tensor(x), design).numpy().argmax(1) == labels).mean())


class Found(NamedTuple):
    """rewards : of the controller's steps, in order"""

    shared: SharedNet
    controller: Controller
    rewards: list[float]

    def best_of(self, drawn: int, x: np.ndarray, labels: np.ndarray, seed: int = 0) -> Design:
        """Of some designs that the controller draws now, the one with the largest accuracy."""
        rng = np.random.default_rng([seed, 5])
        with no_grad():
            designs = [self.controller(rng).design for _ in range(drawn)]
        return max(designs, key=lambda design: self.shared.accuracy(x, labels, design))


def enas(x: np.ndarray, labels: np.ndarray, other_x: np.ndarray, other_labels: np.ndarray,
         epochs: int, batch: int = 32, seed: int = 0, lr: float = 0.01, controller_lr: float = SLOW,
         doubt: float = DOUBT, classes: int = 10) -> Found:
    """Weights on x (N, C, 16, 16) float32 with labels (N,), the controller on the other pictures.

    epochs : through x;  lr : of the weights, SGD with momentum;  controller_lr : Adam's
    doubt  : weight of the entropy; without it the controller settles on the first design that the
             weights happen to serve, which are then trained for that design alone
    """
    epochs, batch = whole(epochs, "enas: epochs"), whole(batch, "enas: batch")
    rng = np.random.default_rng(seed)
    manual_seed(seed)
    shared, controller = SharedNet(classes, x.shape[1]), Controller()
    baseline, rewards = MovingAverage(), []
    of_weights = SGD(shared.parameters(), lr=lr, momentum=0.9)
    of_controller = Adam(controller.parameters(), lr=controller_lr)
    for _ in range(epochs):
        for chosen in batches(len(x), batch, rng):
            with no_grad():
                design = controller(rng).design
            loss = cross_entropy(shared(Tensor(x[chosen]), design), labels[chosen])
            of_weights.zero_grad()
            loss.backward()                                # banks that were not used get nothing
            clip_grad_norm_(shared.parameters(), CLIP)
            of_weights.step()

            sampled = controller(rng)
            seen = rng.integers(0, len(other_x), 4 * batch)
            rewards.append(shared.accuracy(other_x[seen], other_labels[seen], sampled.design))
            of_controller.zero_grad()
            policy_loss(sampled, baseline.advantage(rewards[-1]), doubt).backward()
            of_controller.step()
    return Found(shared, controller, rewards)


def batches(N: int, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Numbers of pictures, each once, in a random order; what is left over waits."""
    order = rng.permutation(N)
    for start in range(0, N - batch + 1, batch):
        yield order[start:start + batch]
