"""A small SSD learns where shapes are and which.                    python examples/ssd_shapes.py

Read it from top to bottom, or step through it with a debugger; `--help` lists the settings.  The
scenes are drawn by minicnn: circles, squares and triangles on textured grounds.  Pictures and
weights go to out/ssd/; Ctrl-C stops after the step at work and shows what has been learnt until
then.
"""

import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from tqdm import tqdm

import minicnn
from minicnn import Tensor, manual_seed, no_grad, set_threads
from minicnn.analysis import summary
from minicnn.analysis.boxes_picture import draw_anchors, draw_box_errors
from minicnn.cli.arguments import above_zero, seed, whole
from minicnn.data import SceneLoader, shapes
from minicnn.data.augment import scenes as augment
from minicnn.data.boxes import box_iou, match_bipartite
from minicnn.models import build
from minicnn.optim import Adam
from minicnn.schedule import CosineAnnealingLR
from minicnn.training.interrupt import end_quietly, finish_step, told_in_one_line
from minicnn.training.metrics.detection import DetectionMetric

# 1. Settings ------------------------------------------------------------------------------------
settings = ArgumentParser(description="Train a small SSD to find shapes.",
                          epilog="example: python examples/ssd_shapes.py --steps 300")
option = settings.add_argument
option("--steps", type=whole, default=1000, help="steps to learn (1000)")
option("--batch", type=whole, default=16, help="scenes in one step (16)")
option("--scenes", type=whole, default=4000, help="scenes to learn from (4000)")
option("--hard", action="store_true", help="more and smaller shapes, which cover one another")
option("--lr", type=above_zero, default=2e-3, help="learning rate at the start (0.002)")
option("--threads", type=whole, help="that share the work")
option("--seed", type=seed, default=0, help="of weights, order and distortions (0)")
option("--out", type=Path, default=Path("out/ssd"), metavar="DIR", help="results (out/ssd)")
args = settings.parse_args()
end_quietly()                                                    # Ctrl-C: a line, no traceback
manual_seed(args.seed)
if args.threads:
    set_threads(args.threads)

# 2. Data: pictures, and of each the boxes (x1, y1, x2, y2) of its shapes, and their classes -------
with told_in_one_line(settings):
    train, test = shapes(args.scenes, 0, hard=args.hard), shapes(300, 1, hard=args.hard)
    args.out.mkdir(parents=True, exist_ok=True)
print(f"to learn from: {train}\nto test on: {test}\n")
mean, std = (f(train.images[:500], axis=(0, 2, 3))[:, None, None] for f in (np.mean, np.std))


def scaled(images):
    """Pictures (3, 64, 64) uint8 -> (N, 3, 64, 64) float32, each channel of mean 0, variance 1."""
    return ((np.stack(images) - mean) / std).astype(np.float32)


loader = SceneLoader(train, args.batch, seed=args.seed, transform=augment.flip)

# 3. Network: at every place of three maps, boxes of set sizes: which of them hold a shape? --------
model = build("ssd300", variant="small", classes=len(train.classes))
print(summary(model).text(), "\n")
optimizer = Adam(model.parameters(), lr=args.lr)
schedule = CosineAnnealingLR(optimizer, T_max=args.steps)


@no_grad()
def answers(scenes):
    """A dict of boxes, labels and scores for each picture, in test mode, 50 at a time."""
    model.eval()
    found = [one for start in range(0, len(scenes), 50)
             for one in model(Tensor(scaled(scenes.images[start:start + 50])))]
    model.train()
    return found


def counted(found, scenes):
    """AP, AP50 and AP75 in percent: COCO's average precision, its ease and its strictness."""
    metric = DetectionMetric(scenes.classes)
    for one, target in zip(found, scenes.targets, strict=True):
        metric.add(one, target)
    result = metric.result()
    return [100 * result[name] for name in ("ap", "ap50", "ap75")]


# 4. Train: forward, losses, zero, backward, step --------------------------------------------------
step, losses, start = 0, [], time.perf_counter()
every = max(args.steps // 4, 1)
bar = tqdm(total=args.steps, desc="learning", unit=" steps", leave=False, disable=None)
with finish_step() as stop:                                                   # Ctrl-C sets stop
    while step < args.steps and not stop:
        for images, targets in loader:
            terms = model(Tensor(scaled(images)), targets)     # forward: {name of the loss: Tensor}
            loss = terms["classification"] + terms["bbox_regression"]                   # losses
            optimizer.zero_grad()                                                       # zero
            loss.backward()                                                             # backward
            optimizer.step()                                                            # step
            schedule.step()
            losses.append([term.item() for term in terms.values()])
            step += 1
            bar.update()
            if step % every == 0 or step == args.steps or stop:
                which, where = np.mean(losses, axis=0)
                ap, ap50, ap75 = counted(answers(test), test)
                tqdm.write(f"step {step:4}   loss of classes {which:.3f}, of boxes {where:.3f}   "
                           f"AP {ap:.2f} %   AP50 {ap50:.2f} %   AP75 {ap75:.2f} %   "
                           f"{time.perf_counter() - start:.0f} s")
                losses = []
            if step == args.steps or stop:
                break
bar.close()

# 5. Look: what was found, what was missed, and the boxes that were made responsible ---------------
found = answers(test)
with told_in_one_line(settings):
    minicnn.save(model, args.out / "ssd.safetensors")
    errors = draw_box_errors(test.images[:8], found[:8], test.targets[:8], test.classes,
                             args.out / "errors.png", title="small SSD on drawn shapes")
    truth = test.targets[0]["boxes"]
    anchors = draw_anchors(test.images[0], model.boxes, truth,
                           match_bipartite(box_iou(truth, model.boxes)), args.out / "anchors.png")
print(f"\nresults in {args.out}: ssd.safetensors, {errors.path.name}, {anchors.path.name}")
