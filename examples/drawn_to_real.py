"""Can a network that has only seen digits drawn by code read handwriting?

    python examples/drawn_to_real.py --data DIR          DIR holds MNIST's four files

It trains LeNet-5 on minicnn's built-in digits, bent anew in every epoch, and tests it on the real
test digits of MNIST, none of which it has seen.  This is how the built-in digits were judged.
"""

from argparse import ArgumentParser
from functools import partial

import numpy as np
from tqdm import tqdm

from minicnn import Tensor, manual_seed, no_grad, set_threads
from minicnn.cli.arguments import seed, whole
from minicnn.data import Loader, augment, channel_statistics, digits, mnist, pad, standardise
from minicnn.losses import cross_entropy
from minicnn.models import LeNet5
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR
from minicnn.training.metrics.classification import confusion_matrix

settings = ArgumentParser(description="Train on drawn digits, test on handwritten ones.")
settings.add_argument("--data", metavar="DIR", help="folder of MNIST's four files")
settings.add_argument("--count", type=whole, default=10_000, help="digits to draw (10,000)")
settings.add_argument("--epochs", type=whole, default=12, help="times through them (12)")
settings.add_argument("--seed", type=seed, default=0, help="of drawing, weights and shuffling (0)")
args = settings.parse_args()
manual_seed(args.seed)
set_threads(1)

try:
    real = mnist("test", args.data)
except OSError as problem:
    settings.error(str(problem))
drawn = digits(args.count, args.seed)
mean, std = channel_statistics(pad(drawn.images, 2))
x_drawn, x_real = (standardise(pad(part.images, 2), mean, std) for part in (drawn, real))

model = LeNet5()
bend = partial(augment.warp, shift=1.5, degrees=8, scale=0.1, stretch=0.15, shear=10,
               elastic_alpha=20, elastic_sigma=4, fill=float(x_drawn.min()))
loader = Loader(x_drawn, drawn.labels, 64, seed=args.seed, transform=bend)
optimizer = SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=5e-4)
schedule = CosineAnnealingLR(optimizer, T_max=args.epochs * len(loader))
print(f"training on {drawn.source}, testing on {real.source}")

for epoch in range(1, args.epochs + 1):
    total = 0.0
    for images, labels in tqdm(loader, f"epoch {epoch}/{args.epochs}", leave=False, disable=None):
        loss = cross_entropy(model(Tensor(images)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item() * len(labels)
    with no_grad():
        predicted = np.concatenate([model(Tensor(x_real[i:i + 500])).numpy().argmax(axis=1)
                               for i in range(0, len(x_real), 500)])
    right = 100 * (predicted == real.labels).mean()
    print(f"epoch {epoch:2}   loss {total / len(drawn.labels):.4f}   "
          f"handwritten digits read {right:.2f} %")

matrix = confusion_matrix(predicted, real.labels, 10)
print("of each class:", ", ".join(f"{name} {100 * row[number] / row.sum():.1f} %" for number,
                                  (name, row) in enumerate(zip(real.classes, matrix, strict=True))))
