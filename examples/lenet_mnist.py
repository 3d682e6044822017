"""LeNet-5 learns handwritten digits, one step at a time.     python examples/lenet_mnist.py

Read it from top to bottom with the slide "LeNet-5" of the virginia deck beside it, or step through
it with a debugger.  `--help` lists the settings.  Pictures and the checkpoint go to out/lenet/.
"""

import argparse
import math
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from minicnn import Tensor, checkpoint, manual_seed, no_grad
from minicnn.backend import random_state, set_random_state
from minicnn.data import Loader, augment, find_digits, normalise, pad
from minicnn.gradcheck import gradcheck
from minicnn.inspect import pictures, row_outputs, summary
from minicnn.interrupt import finish_step
from minicnn.layers import Conv2d
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.metrics import confusion_matrix
from minicnn.models import LeNet5
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR

# 1. Settings --------------------------------------------------------------------------------------
RATES = {"slide": 0.05, "paper": 0.002, "visualiser": 0.05}      # step size at the start of training
settings = argparse.ArgumentParser(description="Train LeNet-5 on handwritten digits.")
settings.add_argument("--variant", default="slide", choices=RATES, help="which LeNet-5: the slide's "
                      "table, the 1998 paper's, or the visualiser of the unicamp deck")
settings.add_argument("--data", metavar="DIR", help="folder with MNIST's four files; without it "
                      "$MINICNN_DATA, the cache, a download, or digits drawn by minicnn")
settings.add_argument("--epochs", type=int, default=12, help="times through the training digits (12)")
settings.add_argument("--batch", type=int, default=64, help="digits in one step (64)")
settings.add_argument("--rate", type=float, help="step size at the start (by variant)")
settings.add_argument("--images", type=int, help="train on the first so many digits only")
settings.add_argument("--augment", action="store_true", help="shift, rotate, shear, scale and bend "
                      "the digits anew in every epoch")
settings.add_argument("--seed", type=int, default=0, help="of the weights and the shuffling (0)")
settings.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
settings.add_argument("--out", type=Path, default=Path("out/lenet"), help="folder of the results")
settings.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
args = settings.parse_args()
manual_seed(args.seed)
saved = args.out / "checkpoint.npz"

# 2. Data: 28 x 28 pixels in 0..255 become 32 x 32 in [-0.1, 1.175] (LeCun 1998, section II.B) ------
train, test = find_digits(args.data)
print(f"data: {train.source}")
train = train.subset(args.images or len(train.labels))
x_train, x_test = (normalise(pad(digits.images, 2)) for digits in (train, test))

# 3. The network, row by row as on the slide --------------------------------------------------------
model = LeNet5(args.variant).to(args.device)
print(summary(model).text(), "\n")

# 4. Before training all ten classes look alike: the loss is about ln 10 ----------------------------
def loss_of(y, labels):
    """The paper's network answers with distances to ten pictures, the others with ten scores."""
    return rbf_loss(y, labels) if args.variant == "paper" else cross_entropy(y, labels)


def predict(network, images):
    """Class numbers (N,), in test mode, 500 digits at a time."""
    network.eval()
    with no_grad():
        parts = [network(Tensor(images[i:i + 500]).to(args.device)).numpy()
                 for i in range(0, len(images), 500)]
    network.train()
    answers = np.concatenate(parts)                                                    # (N, 10)
    return answers.argmin(axis=1) if args.variant == "paper" else answers.argmax(axis=1)


with no_grad():
    untrained = loss_of(model(Tensor(x_test[:500]).to(args.device)), test.labels[:500]).item()
print(f"untrained loss {untrained:.3f}", "" if args.variant == "paper"
      else f"(ln 10 = {math.log(10):.3f}: ten classes, all equally likely)")

# 5. Is the gradient right?  C1 on a corner of the first digit, against the slope of its output -----
print("gradient of C1:", gradcheck(Conv2d(1, 6, 5), x_train[:1, :, 8:16, 8:17].astype(float)))

# 6. Can it learn twenty digits by heart?  If not, something is broken ------------------------------
small = LeNet5(args.variant).to(args.device)
optimizer = SGD(small.parameters(), lr=RATES[args.variant], momentum=0.9)
for step in range(1, 201):
    loss = loss_of(small(Tensor(x_train[:20]).to(args.device)), train.labels[:20])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    known = int((predict(small, x_train[:20]) == train.labels[:20]).sum())
    if known == 20:
        break
print(f"twenty digits: {known} of 20 known by heart after {step} steps\n")

# 7. Train: forward, loss, zero, backward, step -----------------------------------------------------
bend = partial(augment.warp, shift=2, degrees=10, scale=0.1, stretch=0.1, shear=10,
               elastic_alpha=3, elastic_sigma=4, fill=float(x_train.min()))
loader = Loader(x_train, train.labels, args.batch, seed=args.seed,
                transform=bend if args.augment else None)
optimizer = SGD(model.parameters(), lr=args.rate or RATES[args.variant], momentum=0.9)
schedule = CosineAnnealingLR(optimizer, T_max=args.epochs * len(loader))
history, total, seconds = [], 0.0, 0.0               # total: sum of the losses of this epoch so far
parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}

if args.resume:
    state = checkpoint.load(saved)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    set_random_state(state["random"])
    history, total, seconds = state["history"], state["total"], state["seconds"]


def save():
    """Everything that the rest of the run depends on, so that --resume ends with the same weights."""
    checkpoint.save(saved, {name: part.state_dict() for name, part in parts.items()} | {
        "random": random_state(), "history": history, "total": total, "seconds": seconds})


with finish_step() as stop:
    while loader.epoch < args.epochs:
        start = time.perf_counter()
        bar = tqdm(loader, f"epoch {loader.epoch + 1}/{args.epochs}", len(loader), leave=False,
                   initial=loader.position, unit_scale=args.batch, unit=" images", disable=None)
        for images, labels in bar:
            y = model(Tensor(images).to(args.device))
            loss = loss_of(y, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(labels)
            bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
            if stop:
                seconds += time.perf_counter() - start
                save()
                command = " ".join([sys.executable, *sys.argv])
                print(f"saved {saved}; go on with:\n  {command}{'' if args.resume else ' --resume'}")
                sys.exit(130)
        wrong = int((predict(model, x_test) != test.labels).sum())
        history.append({"epoch": loader.epoch, "loss": total / len(train.labels),
                        "error": 100 * wrong / len(test.labels),
                        "seconds": seconds + time.perf_counter() - start})
        total, seconds = 0.0, 0.0
        print("epoch {epoch:2}   loss {loss:.4f}   test error {error:.2f} %   {seconds:.1f} s"
              .format(**history[-1]))
        save()

# 8. Test, beside the figures of LeCun 1998, section III --------------------------------------------
predicted = predict(model, x_test)
wrong = np.flatnonzero(predicted != test.labels)
print(f"\ntest error {100 * len(wrong) / len(predicted):.2f} %: {len(wrong)} of {len(predicted):,} "
      f"wrong, on {train.source}\n"
      "LeNet-5 in 1998, on MNIST: 0.95 %, and 0.8 % with distorted digits added")

# 9. Pictures: what it learnt, and what it got wrong ------------------------------------------------
title = f"LeNet-5 ({args.variant})"
first = next(model.parameters())
digit = int(np.flatnonzero(predicted == test.labels)[0])
maps = {label: y[0] for label, y in row_outputs(model.eval(), Tensor(x_test[digit:digit + 1])
                                                .to(args.device)).items()}
pictures.learning_curves(history, args.out / "learning_curves.png",
                         {"LeNet-5 in 1998": 0.95, "with distortions": 0.8})
pictures.filters(first.numpy(), args.out / "filters.png", f"{title}: the first layer's filters")
pictures.feature_maps(x_test[digit, 0], maps, args.out / "feature_maps.png",
                      f"{title}: one {test.labels[digit]} on its way through the network")
pictures.confusion(confusion_matrix(predicted, test.labels, 10), test.classes,
                   args.out / "confusion.png", title)
pictures.misclassified(test.images[wrong], test.labels[wrong], predicted[wrong],
                       args.out / "misclassified.png")
print(f"pictures: {args.out}/", ", ".join(sorted(path.name for path in args.out.glob("*.png"))))
