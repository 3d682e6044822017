"""Three small networks find the faces of a photograph.             python examples/faces_mtcnn.py

A detector that people used, in a hundred lines to read from top to bottom: P-Net slides over the
picture in many sizes and lets through all that could be a face, R-Net looks closer at those, O-Net
closer still.  The networks are in minicnn/models/detection/mtcnn.py, with the paper; this is the
cascade around them.

Needs the trained weights pnet.pt, rnet.pt and onet.pt (of the package facenet-pytorch, MIT) in
$MINICNN_DATA/weights/mtcnn, or in the folder that --weights names, and $MINICNN_DATA/photos for the
two photographs, or others on the command line.  Pictures with boxes go to out/faces/.
"""

import os
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from minicnn import Tensor, no_grad
from minicnn.data.boxes import clip_boxes_to_image, nms
from minicnn.layers import AdaptiveAvgPool2d
from minicnn.models.detection.mtcnn import ONet, PNet, RNet
from minicnn.weights import load

# 1. Settings ------------------------------------------------------------------------------------
data = Path(os.environ.get("MINICNN_DATA", "."))
settings = ArgumentParser(description="Find faces with MTCNN.")
option = settings.add_argument
option("photos", nargs="*", type=Path, metavar="PHOTO", help="picture files (astronaut, cat)",
       default=[data / "photos" / "astronaut.png", data / "photos" / "chelsea.png"])
option("--weights", type=Path, metavar="DIR", default=data / "weights" / "mtcnn",
       help="folder with pnet.pt, rnet.pt, onet.pt ($MINICNN_DATA/weights/mtcnn)")
option("--out", type=Path, metavar="DIR", default=Path("out/faces"), help="for the pictures")
args = settings.parse_args()
SMALLEST, FACTOR = 20, 0.709            # pixels of the smallest face; each size is half the area
SURE = 0.6, 0.7, 0.7                    # how sure P-, R- and O-Net must be
missing = [path for path in [args.weights / "pnet.pt", *args.photos] if not path.is_file()]
if missing:
    settings.error(f"{missing[0]} is not there; set MINICNN_DATA, or see --help")

# 2. The networks with their weights -------------------------------------------------------------
pnet, rnet, onet = (load(net, args.weights / f"{type(net).__name__.lower()}.pt").eval()
                    for net in (PNet(), RNet(), ONet()))
args.out.mkdir(parents=True, exist_ok=True)


# 3. What the stages share.  Boxes are (x1, y1, x2, y2), one per row -----------------------------
def resized(pixels, height, width):
    """(3, H, W) in another size, each new pixel the mean of those under it."""
    return AdaptiveAvgPool2d((height, width))(Tensor(pixels[None])).numpy()[0]


def shifted(boxes, shifts):
    """The corners moved, by parts of the width and the height."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes + shifts * np.tile(sides, 2)


def squares(boxes):
    """With the same centre and the longer of the two sides."""
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1) / 2
    return np.concatenate([centre - half[:, None], centre + half[:, None]], axis=1)


def judged(net, pixels, boxes, size, sure):
    """The boxes that the network takes for faces, as it moves them, with its scores."""
    inside = clip_boxes_to_image(squares(boxes).round(), pixels.shape[1:]).astype(int)
    inside = inside[(inside[:, 2:] > inside[:, :2]).all(axis=1)]
    if not len(inside):
        return np.zeros((0, 4)), np.zeros(0), np.zeros((0, 10))
    crops = [resized(pixels[:, y1:y2, x1:x2], size, size) for x1, y1, x2, y2 in inside]
    chance, shifts, *more = (y.numpy() for y in net(Tensor(np.stack(crops))))
    face = chance[:, 1] > sure
    marks = more[0] if more else np.zeros((len(face), 10))
    x, y = marks[:, :5], marks[:, 5:]
    corner, sides = inside[:, :2, None], (inside[:, 2:] - inside[:, :2])[:, :, None]
    marks = corner + np.stack([x, y], axis=1) * sides      # (n, 2, 5) pixels
    return shifted(inside, shifts)[face], chance[face, 1], marks[face]


for path in args.photos:
    photo = Image.open(path).convert("RGB")
    pixels = (np.asarray(photo, np.float32).transpose(2, 0, 1) - 127.5) / 128      # (3, H, W)
    _, H, W = pixels.shape

    # 4. P-Net: squares of 12 pixels, in smaller and smaller versions of the picture -------------
    found = [np.zeros((0, 5))]
    scale = 12 / SMALLEST
    while min(H, W) * scale >= 12:
        with no_grad():
            chance, shifts = pnet(Tensor(resized(pixels, int(H * scale + 1), int(W * scale + 1)
                                                 )[None]))
        chance, shifts = chance.numpy()[0, 1], shifts.numpy()[0]         # (h, w), (4, h, w)
        i, j = np.nonzero(chance > SURE[0])
        corner = 2 * np.stack([j, i], axis=1)
        boxes = np.concatenate([corner, corner + 12], axis=1) / scale
        kept = nms(boxes, chance[i, j], 0.5)
        moved = shifted(boxes, shifts[:, i, j].T)
        found.append(np.column_stack([moved, chance[i, j]])[kept])
        scale *= FACTOR
    together = np.concatenate(found)
    boxes = together[nms(squares(together[:, :4]), together[:, 4], 0.7), :4]
    said = [len(boxes)]

    # 5. R-Net and O-Net: the same squares, seen in 24 and in 48 pixels --------------------------
    with no_grad():
        boxes, chance, _ = judged(rnet, pixels, boxes, 24, SURE[1])
        boxes = boxes[nms(squares(boxes), chance, 0.7)]
        said.append(len(boxes))
        boxes, chance, marks = judged(onet, pixels, boxes, 48, SURE[2])
    kept = nms(boxes, chance, 0.4)
    print(f"{path.name}: P-Net lets through {said[0]} squares, R-Net {said[1]}, O-Net finds "
          f"{len(kept)} face{'s' * (len(kept) != 1)}")

    # 6. Draw ------------------------------------------------------------------------------------
    draw = ImageDraw.Draw(photo)
    for box, sure, (x, y) in zip(boxes[kept], chance[kept], marks[kept], strict=True):
        print(f"    box {[round(float(side)) for side in box]}, sure {sure:.4f}")
        draw.rectangle([float(side) for side in box], outline="yellow", width=3)
        for centre in zip(x, y, strict=True):
            draw.circle([float(place) for place in centre], 3, fill="yellow")
    photo.save(args.out / f"{path.stem}.png")
