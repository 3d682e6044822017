"""JEPA on digits, one step at a time: foresee what is hidden, and watch for the collapse.

    python examples/jepa.py [steps] [itself]      about 20 seconds for 300 steps on a quiet laptop

With `itself` the targets learn, too: the loss falls faster, and the spread falls to nothing.
A gain over the random encoder does not show in so few steps (docs/imagine.md has the numbers).
"""

import sys

import numpy as np

from minicnn import Tensor, manual_seed
from minicnn.data.mnist import find_digits
from minicnn.models.imagine.jepa import JEPA, momentum_at, split
from minicnn.optim import AdamW
from minicnn.training.probe import fit_probe

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
FOLLOWS = "itself" if "itself" in sys.argv else "average"
BATCH, LABELLED = 64, 1000

manual_seed(0)
train, test = find_digits()
print(train.source)


def floats(images):
    return (np.asarray(images, np.float32) / 255 - 0.13) / 0.31    # mean 0, deviation 1


x, test_x = floats(train.images[:5000]), floats(test.images[:1000])
model = JEPA(follows=FOLLOWS)


def error():
    """Of a linear classifier on the encoder's features, in percent."""
    probe = fit_probe(model.features(Tensor(x[:LABELLED])), train.labels[:LABELLED], 10)
    return probe.error(model.features(Tensor(test_x)), test.labels[:1000])


print(f"{sum(each.numel() for each in model.learnt()):,} parameters learn; a linear classifier on "
      f"the random encoder: {error():.1f} % wrong")
optimiser = AdamW(model.learnt(), lr=1e-3, weight_decay=0.05)
rng = np.random.default_rng(0)
for step in range(STEPS):
    where = split(model.grid, rng)                         # which patches are seen, which hidden
    loss = model(Tensor(x[rng.integers(0, len(x), BATCH)]), where)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    model.age(momentum_at(step, STEPS))                    # the target follows
    if step % 50 == 0 or step == STEPS - 1:
        print(f"step {step}: loss {loss.item():.3f}, spread {model.spread(Tensor(x[:BATCH])):.2f}",
              flush=True)
print(f"a linear classifier on what it has learnt: {error():.1f} % wrong")
