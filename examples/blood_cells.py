"""A small Faster R-CNN finds blood cells under the microscope.     python examples/blood_cells.py

The pictures are those of Shenggan's BCCD_Dataset, 640 x 480, with boxes in VOC's XML: put the
folder bccd into $MINICNN_DATA, or give --data.  They are read at a quarter of their size.  Results
go to out/blood/: the same command goes on from there after Ctrl-C.
"""

import os
from argparse import ArgumentParser
from pathlib import Path

from minicnn import manual_seed, set_threads
from minicnn.analysis.boxes_picture import draw_box_errors
from minicnn.cli.arguments import seed, whole
from minicnn.data import find_scenes
from minicnn.models import build
from minicnn.training import fit
from minicnn.training.by_class import class_table
from minicnn.training.interrupt import end_quietly, told_in_one_line
from minicnn.training.recipes import recipe_named

settings = ArgumentParser(description="Train a small Faster R-CNN to find blood cells.",
                          epilog="example: python examples/blood_cells.py --epochs 5")
option = settings.add_argument
option("--data", metavar="DIR", help="folder of BCCD (or bccd in $MINICNN_DATA)")
option("--epochs", type=whole, default=25, help="times through the pictures (25)")
option("--threads", type=whole, help="that share the work")
option("--seed", type=seed, default=0, help="of weights, order and distortions (0)")
option("--out", type=Path, default=Path("out/blood"), metavar="DIR", help="results (out/blood)")
option("--fresh", action="store_true", help="begin anew, and forget what is in --out")
args = settings.parse_args()
end_quietly()
manual_seed(args.seed)
if args.threads:
    set_threads(args.threads)

with told_in_one_line(settings):
    folder = args.data or Path(os.environ.get("MINICNN_DATA", "")) / "bccd"
    train, test = find_scenes(folder, size=(120, 160), skip_unreadable=True)
print(f"to learn from: {train}\nto test on: {test}\n")

# Platelets are 10 pixels wide here, red cells 25, white cells 50; a picture has up to thirty cells
model = build("faster_rcnn", variant="small", classes=len(train.classes),
              anchors=(10, 18, 27, 50), regions=48)
recipe = recipe_named("boxes-small")._replace(batch=4, epochs=args.epochs, lr=2e-3)
with told_in_one_line(settings):
    result = fit(model, train, test, recipe, seed=args.seed, out=args.out, fresh=args.fresh,
                 in_shape=(3, 120, 160), plan={"network": "faster_rcnn", "options": {
                     "variant": "small", "classes": len(train.classes),
                     "anchors": [10, 18, 27, 50], "regions": 48}})
    if not result.finished:
        raise SystemExit("saved; the same command goes on from there")
    table = class_table(model, test, result.transforms)
    print(f"\n{table}")
    (args.out / "by_class.txt").write_text(f"{table}\n")
    few = test[:4]
    x, truths = result.transforms.test(few.images, few.targets)        # (4, 3, 120, 160)
    draw_box_errors(few.images, model.eval()(x), truths, test.classes, args.out / "errors.png",
                    title="small Faster R-CNN on BCCD")
