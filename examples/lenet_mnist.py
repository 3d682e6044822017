"""LeNet-5 learns handwritten digits, one step at a time.          python examples/lenet_mnist.py

Read it from top to bottom with the slide "LeNet-5" of the virginia deck beside it, or step through
it with a debugger.  `--help` lists the settings.  Pictures and weights go to out/lenet/, a folder
like those of `python -m minicnn train`: the same command goes on from there after Ctrl-C, and
`python -m minicnn test out/lenet` tests what was learnt.

`mpiexec -n 4 python examples/lenet_mnist.py` learns the same with four processes, each with a
quarter of every batch: see the two lines that are marked "parallel".
"""

import math
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from minicnn import Tensor, manual_seed, no_grad, set_threads
from minicnn.analysis import summary
from minicnn.cli.arguments import above_zero, seed, whole
from minicnn.cli.parser import Parser
from minicnn.data import Loader, augment, channel_statistics, find_digits, pad
from minicnn.gradcheck.checker import gradcheck
from minicnn.layers import Conv2d
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.models import LeNet5
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR
from minicnn.training import Transforms
from minicnn.training.interrupt import end_quietly, told_in_one_line
from minicnn.training.outcome import sum_up
from minicnn.training.parallel import Team, finish_same_step, processes
from minicnn.training.plan import about
from minicnn.training.records import Records
from minicnn.training.report import report

# 1. Settings ------------------------------------------------------------------------------------
LRS = {"slide": 0.03, "paper": 0.001, "visualiser": 0.03}       # learning rate, for each variant
settings = Parser(description="Train LeNet-5 on handwritten digits.",
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
option("--out", type=Path, metavar="DIR", help="for results; a run that is there already goes on "
       "(out/lenet, out/lenet-VARIANT)")
option("--fresh", action="store_true", help="begin anew, and forget what was learnt in --out")
args = settings.parse_args()
world = processes()                                     # those that mpiexec started, or one alone
world.first_prints()                                    # it also saves and draws
end_quietly()                                                    # Ctrl-C: a line, no traceback
manual_seed(args.seed)
set_threads(1)                   # LeNet's matrices are small: two threads wait more than they work
args.lr = args.lr or LRS[args.variant]
args.epochs = args.epochs or (30 if args.augment else 12)
paper = args.variant == "paper"
args.out = args.out or Path("out/lenet" + f"-{args.variant}" * (args.variant != "slide")
                            + "-augment" * args.augment)

# 2. Data, network, optimiser, folder: what is wrong with them is said before any work is done ----
with told_in_one_line(settings), world:
    train, test = (part.replace(images=pad(part.images, 2))
                   for part in world.after_first(lambda: find_digits(args.data)))
    train = train.subset(args.images) if args.images else train             # (N, 1, 32, 32) uint8
    model = LeNet5(args.variant).to(args.device)

    # What the network reads has mean 0 and variance 1 over all training digits (1998, II.B)
    transforms = Transforms((1, 32, 32), *channel_statistics(train.images))
    x_train, x_test = transforms.test(train.images), transforms.test(test.images)      # float32

    bend = partial(augment.warp, shift=1.5, degrees=8, stretch=0.15, elastic_alpha=20,
                   fill=float(x_train.min()))
    loader = Loader(x_train, train.labels, args.batch, seed=args.seed,
                    transform=bend if args.augment else None)
    optimizer = SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
    schedule = CosineAnnealingLR(optimizer, T_max=args.epochs * len(loader))
    team = Team(world, model, loader)           # parallel: each process has its part of every batch

    # A run that is in the folder goes on if all of this is what it was; `state` is None without one
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}
    plan = {"network": "lenet5", "options": {"variant": args.variant}, "input": [1, 32, 32],
            "recipe": "examples/lenet_mnist.py", "epochs": args.epochs, "batch": args.batch,
            "lr": args.lr, "augment": ["warp"] if args.augment else [], "pad": 0,
            "seed": args.seed, "data": train.source, "test": test.source, "stored": 32,
            "skip_unreadable": False, "data_name": str(Path(args.data).resolve()) if args.data
            else "digits" if "built-in" in train.source else "mnist"}
    records = Records(args.out if world.is_first else None,
                      about(plan, train, test, transforms, args.device),
                      columns=("epoch", "loss", "error", "seconds"), counts=("loss", "seconds"))
    state = team.restored(records.resume(parts, args.epochs, args.fresh), parts)
print(f"data: {train.source}\n\n{summary(model).text()}\n")       # the slide's table, row for row


def loss_of(y, labels):
    """The paper's network answers with distances to ten pictures, the others with ten scores."""
    return rbf_loss(y, labels) if paper else cross_entropy(y, labels)


@no_grad()
def predict(network, images):
    """Class numbers (N,), in test mode, 200 digits at a time."""
    network.eval()
    y = np.concatenate([network(Tensor(images[i:i + 200]).to(args.device)).numpy()
                        for i in range(0, len(images), 200)])                             # (N, 10)
    network.train()
    return y.argmin(axis=1) if paper else y.argmax(axis=1)


# 3. Before training, all classes look alike: the loss is about ln 10 -----------------------------
if not state:
    with no_grad():
        untrained = loss_of(model(Tensor(x_test[:500]).to(args.device)), test.labels[:500]).item()
    print(f"untrained loss: {untrained:.3f}", "" if paper else f"(ln 10 = {math.log(10):.3f})")

# 4. Is the gradient right?  C1 on a corner of the first digit, held against the slope of its output
if not state:
    print("gradient of C1:", gradcheck(Conv2d(1, 6, 5), x_train[:1, :, 8:16, 8:17].astype(float)))

# 5. Can it learn twenty digits by heart?  If it cannot, something is broken ---------------------
if not state:
    small = LeNet5(args.variant).to(args.device)
    quick = SGD(small.parameters(), lr=args.lr, momentum=0.9)
    for step in range(1, 301):                                                 # noqa: B007
        loss = loss_of(small(Tensor(x_train[:20]).to(args.device)), train.labels[:20])
        quick.zero_grad()
        loss.backward()
        quick.step()
        known = (predict(small, x_train[:20]) == train.labels[:20]).sum()
        if known == 20:
            break
    hint = "" if known == 20 else " (20 expected: is --lr too high, or a gradient wrong?)"
    print(f"twenty digits: {known} known by heart after {step} steps{hint}\n")

# 6. Train: forward, loss, zero, backward, step --------------------------------------------------
history, total, seconds = [], 0.0, 0.0            # of this epoch so far: sum of the losses, seconds
if state:
    history, total, seconds = state["history"], state["epoch"]["loss"], state["epoch"]["seconds"]
    print(*filter(None, (
        f"going on from {args.out}, epoch {loader.epoch + 1}" if loader.epoch < args.epochs else
        f"{args.out}: all {args.epochs} epochs were over already; --fresh begins anew",
        records.note(state))), sep="\n")


def save():
    with told_in_one_line(settings), stop.saving():
        records.save(parts, history, {"loss": float(total), "seconds": seconds})
        if loader.position == 0:                                          # an epoch is over
            records.keep_best(history, model)


with world, records, finish_same_step(world) as stop:                         # Ctrl-C sets stop
    while loader.epoch < args.epochs:
        start = time.perf_counter()
        bar = tqdm(loader, f"epoch {loader.epoch + 1}/{args.epochs}", initial=loader.position,
                   unit_scale=args.batch, unit=" images", leave=False, disable=None)
        for images, labels in bar:
            with team.step():                   # parallel: gradients become the whole batch's
                loss = loss_of(model(Tensor(images).to(args.device)), labels)     # forward, loss
                optimizer.zero_grad()                                             # zero
                loss.backward()                                                   # backward
            optimizer.step()                                                      # step
            schedule.step()
            mean, seen, _ = team.counted(loss.detach(), len(labels), 0, stop)
            total = total + mean * seen
            if loader.position % 50 == 1:                # seldom: to read a number, a GPU must stop
                bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
            if stop:
                seconds += time.perf_counter() - start
                save()
                stop.leave()                                  # the same command goes on from there
        wrong = (predict(model, x_test) != test.labels).sum()
        history.append({"epoch": loader.epoch, "loss": float(total) / len(x_train),
                        "error": 100 * wrong / len(x_test),
                        "seconds": seconds + time.perf_counter() - start})
        total, seconds = 0.0, 0.0
        save()
        print("epoch {epoch:2}   loss {loss:.4f}   test error {error:.2f} %   {seconds:.1f} s"
              .format(**history[-1]))


# 7. Test, beside the figures of LeCun 1998, section III ------------------------------------------
data = train.source.split(" of ")[-1].split(":")[0].split(" (")[0]       # "MNIST"
predicted = predict(model, x_test)
wrong = (predicted != test.labels).sum()
print(f"\ntest error {100 * wrong / len(predicted):.2f} %: {wrong} of {len(predicted):,} wrong; "
      f"{train.source}\nLeNet-5 in 1998, on MNIST: 0.95 %; trained on distorted digits too, 0.8 %")

# 8. Pictures: filters, the maps of the unicamp visualiser, iitk's slide "Misclassifications" -----
if not world.is_first:
    sys.exit()
with told_in_one_line(settings):
    sum_up(records, history, model)                                # for `python -m minicnn compare`
    drawn = report(args.out, model.eval(), f"LeNet-5 ({args.variant}), {data}", history, x_test,
                   test, predicted, marks={"LeNet-5 in 1998": 0.95, "with distortions": 0.8}
                   if data == "MNIST" else {})
print(f"pictures in {args.out}:", ", ".join(picture.path.name for picture in drawn))
