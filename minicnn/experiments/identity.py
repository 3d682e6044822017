"""Is the deep network at least as good as the shallow one?

    "A solution by construction: the layers are copied from the learned shallower model, additional
    layers are set to identity."

With shortcuts an identity is easily had: a unit is relu(x + F(x)) with x >= 0, and F(x) = 0 if the
last batch norm of F has weight 0.  So 20 layers are made of 8 that compute the same, in every bit;
then both go on learning from there, on the same batches: does depth help from that start?

Slides: virginia, "More layers equals better?"; stanford and iitk, the argument by construction.
Source: He et al. 2016, section 1; Goyal et al. 2017, section 5.1 (a weight of 0 at the start).
"""

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments.arms import Arm, Nets, error_bars, learnt, rows_of, said_of, usual
from minicnn.experiments.experiment import Effect, Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, panels
from minicnn.experiments.networks import BATCH
from minicnn.models.resnet_cifar import CifarResNet

SHALLOW, DEEP = 8, 20                  # layers


def shallow() -> CifarResNet:
    return CifarResNet(SHALLOW)


def deepened() -> CifarResNet:
    """20 layers that compute what `shallow()` does: new units have F(x) = 0."""
    first, deep = shallow(), CifarResNet(DEEP)
    copied = first.state_dict()
    deep.load_state_dict(copied, strict=False)
    for path, part in deep.named_modules():
        if path.endswith("body.bn2") and f"{path}.weight" not in copied:
            part.weight.data = 0 * part.weight.data        # (C,)
    return deep


ARMS = {f"{SHALLOW} layers": Arm(shallow), f"{DEEP} layers (new units 0)": Arm(deepened)}


@no_grad()
def difference(seed: int, training: bool) -> float:
    """The largest one between the scores of both, at the start."""
    x = Tensor(np.random.default_rng(seed).standard_normal((BATCH, 3, 16, 16)).astype(np.float32))
    scores = []
    for arm in ARMS.values():
        manual_seed(seed)
        scores.append(arm.build().train(training)(x).numpy())
    return float(np.abs(scores[0] - scores[1]).max())


def run(settings: Settings) -> Result:
    off = max(difference(seed, training) for seed in settings.seeds for training in (True, False))
    nets = learnt(settings, "identity", ARMS, usual(settings))
    short, long = ARMS
    gaps = [each[long].loss - each[short].loss for each in nets]
    return Result(rows_of(settings, nets, ARMS), draw(settings, nets), (
        f"at the start {DEEP} layers give what {SHALLOW} give, largest difference {off:g}.  After "
        f"{len(nets[0][long].history)} epochs the training loss of the deeper is "
        f"{np.mean(gaps):+.2f} away; test error: {said_of(nets)}."), [
        Exact("scores at the start, in training and in test mode: largest difference", off, 0.0),
        Effect("and having learnt, the deeper one has the lower training loss", gaps, -1, "nats")])


@drawing()
def draw(settings: Settings, nets: Nets) -> Figure:
    drawn, (left, right) = panels("from the same function on: 8 layers, and 20 of which 12 begin "
                                  "as the identity", 2)
    epochs = [line["epoch"] for line in next(iter(nets[0].values())).history]
    curves(left, epochs, {name: [[line["loss"] for line in each[name].history] for each in nets]
                          for name in ARMS}, "epoch", "training loss")
    left.set_xticks(epochs[::max(len(epochs) // 5, 1)])
    error_bars(right, settings, nets)
    return Figure(drawn, "Left: the training losses of both, which begin as the same function; "
                  "right: their test errors.")


EXPERIMENT = Experiment(
    "identity", ("d4",), "Is the deep network at least as good as the shallow one?",
    'virginia "More layers equals better?"; stanford "Fact: Deep models"; iitk "Deeper nets"',
    "20 layers built from 8 and units that do nothing, compared bit for bit, then trained.", 50,
    1500, run, "Equal at the start; deeper is then a little better in training.")
