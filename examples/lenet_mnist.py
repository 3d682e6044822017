"""LeNet-5 learns handwritten digits, one step at a time.          python examples/lenet_mnist.py

Read it from top to bottom with the slide "LeNet-5" of the virginia deck beside it, or step through
it with a debugger.  `--help` lists the settings.  Pictures and checkpoint go to out/lenet/.
"""

import math
import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from tqdm import tqdm

from minicnn import Tensor, manual_seed, no_grad, set_threads
from minicnn.analysis import summary
from minicnn.cli.arguments import above_zero, seed, whole
from minicnn.data import Loader, augment, channel_statistics, find_digits, pad, standardise
from minicnn.gradcheck.checker import gradcheck
from minicnn.layers import Conv2d
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.models import LeNet5
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR
from minicnn.training import checkpoint
from minicnn.training.interrupt import finish_step
from minicnn.training.report import report

# 1. Settings ------------------------------------------------------------------------------------
LRS = {"slide": 0.03, "paper": 0.001, "visualiser": 0.03}       # learning rate, for each variant
settings = ArgumentParser(description="Train LeNet-5 on handwritten digits.",
                          epilog="example: python examples/lenet_mnist.py --epochs 3 --augment")
option = settings.add_argument
option("--variant", default="slide", choices=LRS, help="the lecture's table, LeNet-5 as "
       "published in 1998, or the visualiser network of the unicamp deck")
option("--data", metavar="DIR", help="folder of MNIST's files (or $MINICNN_DATA, cache, download)")
option("--epochs", type=whole, help="times through the training digits (12; with --augment 30)")
option("--batch", type=whole, default=64, help="digits in one step (64)")
option("--lr", type=above_zero, help="learning rate at the start (0.03; paper: 0.001)")
option("--images", type=whole, help="train on the first so many digits only")
option("--augment", action="store_true", help="distort the digits anew in every epoch")
option("--seed", type=seed, default=0, help="of the weights, shuffling and distortions (0)")
option("--device", default="cpu", choices=("cpu", "cuda"), help="where to compute (cpu)")
option("--out", type=Path, default=Path("out/lenet"), metavar="DIR", help="for results (out/lenet)")
option("--resume", action="store_true", help="go on from the checkpoint in --out")
args = settings.parse_args()
manual_seed(args.seed)
set_threads(1)                   # LeNet's matrices are small: two threads wait more than they work
args.lr = args.lr or LRS[args.variant]
args.epochs = args.epochs or (30 if args.augment else 12)
paper, saved = args.variant == "paper", args.out / "checkpoint.npz"

# 2. Data, network, checkpoint: whatever is wrong with them is said before any work is done ------
try:
    train, test = find_digits(args.data)
    train = train.subset(args.images) if args.images else train
    model = LeNet5(args.variant).to(args.device)
    plan = {"variant": args.variant, "epochs": args.epochs, "batch": args.batch, "lr": args.lr,
            "data": train.source, "augment": args.augment, "seed": args.seed}
    state = checkpoint.load(saved, plan) if args.resume else None
    args.out.mkdir(parents=True, exist_ok=True)
    TemporaryFile(dir=args.out).close()                                # or it cannot be written
except (OSError, ValueError, RuntimeError) as problem:
    settings.error(str(problem))
print(f"data: {train.source}\n\n{summary(model).text()}\n")       # the slide's table, row for row

# 28 x 28 pixels become 32 x 32, with mean 0 and variance 1 over all training digits (1998, II.B)
mean, std = channel_statistics(pad(train.images, 2))
x_train = standardise(pad(train.images, 2), mean, std)                              # (N, 1, 32, 32)
x_test = standardise(pad(test.images, 2), mean, std)


def loss_of(y, labels):
    """The paper's network answers with distances to ten pictures, the others with ten scores."""
    return rbf_loss(y, labels) if paper else cross_entropy(y, labels)


@no_grad()
def predict(network, images):
    """Class numbers (N,), in test mode, 500 digits at a time."""
    network.eval()
    y = np.concatenate([network(Tensor(images[i:i + 500]).to(args.device)).numpy()
                        for i in range(0, len(images), 500)])                             # (N, 10)
    network.train()
    return y.argmin(axis=1) if paper else y.argmax(axis=1)


# 3. Before training, all classes look alike: the loss is about ln 10 -----------------------------
with no_grad():
    untrained = loss_of(model(Tensor(x_test[:500]).to(args.device)), test.labels[:500]).item()
print(f"untrained loss: {untrained:.3f}", "" if paper else f"(ln 10 = {math.log(10):.3f})")

# 4. Is the gradient right?  C1 on a corner of the first digit, held against the slope of its output
print("gradient of C1:", gradcheck(Conv2d(1, 6, 5), x_train[:1, :, 8:16, 8:17].astype(float)))

# 5. Can it learn twenty digits by heart?  If it cannot, something is broken ---------------------
small = LeNet5(args.variant).to(args.device)
optimizer = SGD(small.parameters(), lr=args.lr, momentum=0.9)
for step in range(1, 301):                                                     # noqa: B007
    loss = loss_of(small(Tensor(x_train[:20]).to(args.device)), train.labels[:20])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    known = (predict(small, x_train[:20]) == train.labels[:20]).sum()
    if known == 20:
        break
hint = "" if known == 20 else " (20 expected: is --lr too high, or a gradient wrong?)"
print(f"twenty digits: {known} known by heart after {step} steps{hint}\n")

# 6. Train: forward, loss, zero, backward, step --------------------------------------------------
bend = partial(augment.warp, shift=1.5, degrees=8, stretch=0.15, elastic_alpha=20,
               fill=float(x_train.min()))
loader = Loader(x_train, train.labels, args.batch, seed=args.seed,
                transform=bend if args.augment else None)
optimizer = SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
schedule = CosineAnnealingLR(optimizer, T_max=args.epochs * len(loader))
parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}
history, total, seconds = [], 0.0, 0.0            # of this epoch so far: sum of the losses, seconds
if state:
    checkpoint.restore(state, parts)
    history, total, seconds = state["history"], state["total"], state["seconds"]


def save():
    checkpoint.save(saved, checkpoint.collect(parts, plan=plan, history=history, total=float(total),
                                              seconds=seconds))


with finish_step() as stop:                                                   # Ctrl-C sets stop
    while loader.epoch < args.epochs:
        start = time.perf_counter()
        bar = tqdm(loader, f"epoch {loader.epoch + 1}/{args.epochs}", initial=loader.position,
                   unit_scale=args.batch, unit=" images", leave=False, disable=None)
        for images, labels in bar:
            loss = loss_of(model(Tensor(images).to(args.device)), labels)     # forward, loss
            optimizer.zero_grad()                                             # zero
            loss.backward()                                                   # backward
            optimizer.step()                                                  # step
            schedule.step()
            total = total + loss.detach() * len(labels)
            if loader.position % 50 == 1:                # seldom: to read a number, a GPU must stop
                bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
            if stop:
                seconds += time.perf_counter() - start
                save()
                stop.leave()                                 # with the command that resumes
        wrong = (predict(model, x_test) != test.labels).sum()
        history.append({"epoch": loader.epoch, "loss": float(total) / len(x_train),
                        "error": 100 * wrong / len(x_test),
                        "seconds": seconds + time.perf_counter() - start})
        print("epoch {epoch:2}   loss {loss:.4f}   test error {error:.2f} %   {seconds:.1f} s"
              .format(**history[-1]))
        total, seconds = 0.0, 0.0
        save()

# 7. Test, beside the figures of LeCun 1998, section III ------------------------------------------
data = train.source.split(" of ")[-1].split(":")[0].split(" (")[0]       # "MNIST"
predicted = predict(model, x_test)
wrong = (predicted != test.labels).sum()
print(f"\ntest error {100 * wrong / len(predicted):.2f} %: {wrong} of {len(predicted):,} wrong; "
      f"{train.source}\nLeNet-5 in 1998, on MNIST: 0.95 %; trained on distorted digits too, 0.8 %")

# 8. Pictures: filters, the maps of the unicamp visualiser, iitk's slide "Misclassifications" -----
drawn = report(args.out, model.eval(), f"LeNet-5 ({args.variant}), {data}", history, x_test, test,
               predicted, marks={"LeNet-5 in 1998": 0.95, "with distortions": 0.8}
               if data == "MNIST" else {})
print(f"pictures in {args.out}:", ", ".join(path.name for path in drawn))
