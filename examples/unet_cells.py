"""A small U-Net learns where cells end, pixel by pixel.             python examples/unet_cells.py

Read it from top to bottom, or step through it with a debugger; `--help` lists the settings.  The
pictures are the membranes of the ISBI challenge of 2012, on which U-Net was trained, where --data
or $MINICNN_DATA has them, or else cells drawn by minicnn.  Pictures and weights go to out/cells/;
Ctrl-C stops after the step at work and shows what has been learnt until then.
"""

import os
import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from tqdm import tqdm

import minicnn
from minicnn import Tensor, manual_seed, no_grad, set_threads
from minicnn.analysis import summary
from minicnn.analysis.curves_picture import score_curves
from minicnn.analysis.maps_picture import draw_map_errors
from minicnn.cli.arguments import above_zero, seed, whole
from minicnn.data import SceneLoader, find_scenes
from minicnn.data.augment import scenes as augment
from minicnn.data.drawn_cells import blurred, cells
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.optim import Adam
from minicnn.schedule import CosineAnnealingLR
from minicnn.training.interrupt import end_quietly, finish_step, told_in_one_line
from minicnn.training.metrics.segmentation import SegmentationMetric

# 1. Settings ------------------------------------------------------------------------------------
settings = ArgumentParser(description="Train a small U-Net to find cells.",
                          epilog="example: python examples/unet_cells.py --steps 300")
option = settings.add_argument
option("--data", metavar="DIR", help="folder with the folders image and label (or isbi_membrane in "
       "$MINICNN_DATA, or drawn cells)")
option("--steps", type=whole, default=600, help="steps to learn (600)")
option("--batch", type=whole, default=4, help="pieces of pictures in one step (4)")
option("--side", type=whole, default=128, help="pixels of a piece, a multiple of 8 (128)")
option("--lr", type=above_zero, default=2e-3, help="learning rate at the start (0.002)")
option("--threads", type=whole, help="that share the work")
option("--seed", type=seed, default=0, help="of weights, order and distortions (0)")
option("--out", type=Path, default=Path("out/cells"), metavar="DIR", help="results (out/cells)")
args = settings.parse_args()
end_quietly()                                                    # Ctrl-C: a line, no traceback
manual_seed(args.seed)
if args.threads:
    set_threads(args.threads)

# 2. Data: 25 pictures to learn from, 5 to test on; never a piece of one picture in both ---------
with told_in_one_line(settings):
    given = os.environ.get("MINICNN_DATA")
    membranes = Path(args.data or Path(given or "") / "isbi_membrane")
    if args.data or (given and membranes.is_dir()):
        train, test = find_scenes(membranes, held_out=1 / 6, seed=args.seed)
        name = f"small U-Net, {membranes.name}"
    else:
        name = "small U-Net, drawn cells"
        train, test = cells(25, seed=0, size=256), cells(5, seed=1, size=256)
    args.out.mkdir(parents=True, exist_ok=True)
print(f"to learn from: {train}\nto test on: {test}\n")
mean, std = (float(f(train.images)) for f in (np.mean, np.std))


def scaled(images):
    """(N, 1, H, W) uint8 -> float32 of mean 0 and variance 1."""
    return ((np.asarray(images) - mean) / std).astype(np.float32)


def piece(images, targets, rng):
    """A square of each picture, mirrored and turned: a cell has no up and no down."""
    images, targets = augment.random_crop(images, targets, rng, size=args.side)
    images, targets = augment.flip(images, targets, rng)
    turns = rng.integers(4, size=len(images))
    turned = [np.rot90(image, k, (1, 2)) for image, k in zip(images, turns, strict=True)]
    maps = [np.rot90(target["class_map"], k) for target, k in zip(targets, turns, strict=True)]
    return turned, [{"class_map": one} for one in maps]


loader = SceneLoader(train, args.batch, seed=args.seed, transform=piece)

# 3. Network: down to the meaning, up to the place -------------------------------------------------
with told_in_one_line(settings):
    model = build("unet", variant="small", classes=2, channels=1)
    print(summary(model, (1, args.side, args.side)).text(), "\n")
optimizer = Adam(model.parameters(), lr=args.lr)
schedule = CosineAnnealingLR(optimizer, T_max=args.steps)


@no_grad()
def answers(images):
    """The class of every pixel (N, H, W), in test mode, picture by picture."""
    model.eval()
    maps = [model(Tensor(scaled(image[None]))).numpy().argmax(axis=1)[0] for image in images]
    model.train()
    return maps


def counted(maps, scenes):
    """Mean IoU and pixel accuracy, in percent."""
    metric = SegmentationMetric(scenes.classes)
    for found, target in zip(maps, scenes.targets, strict=True):
        metric.add(found, target["class_map"])
    found = metric.result()
    return 100 * found["mean_iou"], 100 * found["pixel_accuracy"]


# 4. What a threshold can do: smooth the grey, and call a pixel cell if it is bright -------------
def thresholded(scenes, level, rounds):
    smooth = [image[0].astype(float) for image in scenes.images]
    for _ in range(rounds):
        smooth = [blurred(picture) for picture in smooth]
    return [(picture > level).astype(int) for picture in smooth]


tried = [(counted(thresholded(train, level, rounds), train)[0], level, rounds)
         for rounds in (0, 2, 8, 32) for level in range(60, 200, 10)]
_, level, rounds = max(tried)                                   # chosen on the training pictures
baseline, right = counted(thresholded(test, level, rounds), test)
print(f"the best threshold: grey above {level} after {rounds} rounds of smoothing: mean IoU "
      f"{baseline:.2f} %, {right:.2f} % of the pixels")

# 5. Train: forward, loss, zero, backward, step ---------------------------------------------------
history, step, losses, start = [], 0, [], time.perf_counter()
every = max(args.steps // 6, 1)
bar = tqdm(total=args.steps, desc="learning", unit=" steps", leave=False, disable=None)
with finish_step() as stop:                                                   # Ctrl-C sets stop
    while step < args.steps and not stop:
        for images, targets in loader:
            labels = np.stack([target["class_map"] for target in targets]).astype(int)  # (N, H, W)
            loss = cross_entropy(model(Tensor(scaled(np.stack(images)))), labels,       # forward
                                 ignore_index=255)                                      # loss
            optimizer.zero_grad()                                                       # zero
            loss.backward()                                                             # backward
            optimizer.step()                                                            # step
            schedule.step()
            losses.append(loss.item())
            step += 1
            bar.update()
            if step % every == 0 or step == args.steps or stop:
                miou, right = counted(answers(test.images), test)
                history.append({"step": step, "loss": float(np.mean(losses)), "miou": miou})
                tqdm.write(f"step {step:4}   loss {history[-1]['loss']:.4f}   mean IoU "
                           f"{miou:.2f} %   {right:.2f} % of the pixels   "
                           f"{time.perf_counter() - start:.0f} s")
                losses = []
            if step == args.steps or stop:
                break
bar.close()

# 6. Look: the answer beside the truth, and where it is wrong --------------------------------------
maps = answers(test.images)
miou, right = counted(maps, test)
print(f"\nmean IoU {miou:.2f} %, {right:.2f} % of the pixels; the threshold had {baseline:.2f} %")
with told_in_one_line(settings):
    minicnn.save(model, args.out / "unet.safetensors")
    picture = draw_map_errors(test.images[:3], maps[:3],
                              [target["class_map"] for target in test.targets[:3]], test.classes,
                              args.out / "errors.png", name)
    curves = score_curves(history, args.out / "curves.png", name)
    (args.out / "history.csv").write_text("step,loss,miou\n" + "".join(
        f"{line['step']},{line['loss']:.6f},{line['miou']:.4f}\n" for line in history))
print(f"results in {args.out}: unet.safetensors, history.csv, {curves.path.name}, "
      f"{picture.path.name}")
