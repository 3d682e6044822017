"""Captions of drawn scenes: a small convolutional network and an LSTM, trained together.

    python examples/captions.py [steps] [once]      three and a half minutes for 2,500 steps

With `once` it looks once, at one vector of the whole picture, and not anew for each word.
"""

import sys

import numpy as np

from minicnn import Tensor, manual_seed
from minicnn.data.shapes import shapes
from minicnn.models.imagine.captions import Captioner, Vocabulary, accuracy, beam, greedy, looked
from minicnn.optim import Adam, clip_grad_norm_

STEPS, BATCH = int(sys.argv[1]) if len(sys.argv) > 1 else 2500, 32

manual_seed(0)
train, test = shapes(3000, seed=0), shapes(300, seed=1)
captions = [target["caption"] for target in train.targets]
truth = [target["caption"] for target in test.targets]
vocabulary = Vocabulary(captions)
rows = vocabulary.rows(captions)                           # (3000, T)


def floats(images):
    return np.asarray(images, np.float32) / 127.5 - 1      # -1 to 1


model = Captioner(len(vocabulary), attention="once" not in sys.argv)
print(f"{model.num_parameters():,} parameters, {len(vocabulary)} words")
optimiser = Adam(model.parameters(), lr=2e-3)
rng = np.random.default_rng(0)
for step in range(1, STEPS + 1):
    chosen = rng.integers(0, len(rows), BATCH)
    optimiser.zero_grad()
    loss = model.train().loss(Tensor(floats(train.images[chosen])), rows[chosen])
    loss.backward()
    clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    if step % 100 == 0 or step == STEPS:
        print(f"step {step}: loss {loss.item():.3f}", flush=True)

images = floats(test.images)
said = greedy(model, images, vocabulary)
print("greedy:", {name: round(share, 3) for name, share in accuracy(said, truth).items()})
best = [beam(model, image, vocabulary)[0][0] for image in images[:100]]
print("beam of 3, 100 images:", {name: round(share, 3)
                                 for name, share in accuracy(best, truth[:100]).items()})
for ours, theirs in list(zip(said, truth, strict=True))[:4]:
    print(f"  said  {ours}\n  true  {theirs}")
if model.gaze:
    print("where it looks in the first, of 8 x 8 places, as it names a form:")
    for word, share in looked(model, images[0], said[0], vocabulary):
        if word in train.classes:
            row, column = np.unravel_index(share.argmax(), share.shape)
            print(f"  {word}: row {row + 1}, column {column + 1}, {100 * share.max():.0f} %")
