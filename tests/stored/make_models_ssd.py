"""Writes models_ssd.json: torchvision's SSD300, piece by piece.

Run by hand, never by the tests:    python tests/stored/make_models_ssd.py
The stored file was made by torch 2.13.0 and torchvision 0.28.0 on a CPU, in float64.

"names"        a word for the names and shapes of the network's arrays, by number of classes
"head"         what the network says of each default box of one picture of 300 x 300, in eval mode
"prepared"     two pictures after torchvision's own normalising and scaling
"boxes"        the default boxes
"losses"       of stored outputs and targets; "matched" the truth of each default box
"detections"   what is kept of stored outputs, scaled back to the pictures' sizes
Weights, pictures and outputs come from the rules in filled.py.
"""

import json
from pathlib import Path
from zlib import crc32

import torch
import torchvision
from filled import digest, drawn, filled, image, names_digest, products, short
from torchvision.models.detection.image_list import ImageList

CLASSES = 6
SIZES = [(40, 60), (75, 50)]                               # of the pictures, (H, W)
BOXES = [[[30, 40, 120, 200], [31, 41, 121, 199], [200.5, 10, 290, 80], [5, 250, 30, 280]],
         [[0, 0, 300, 300], [140, 145, 152, 160]]]         # in pixels of 300 x 300
LABELS = [[1, 2, 5, 3], [4, 1]]


def build(classes):
    return torchvision.models.detection.ssd300_vgg16(
        weights=None, weights_backbone=None, num_classes=classes).double().eval()


def head_outputs(A, classes, spread):
    """Outputs for two pictures, as if the network had said them."""
    return {"bbox_regression": torch.from_numpy(drawn(1, (2, A, 4))),
            "cls_logits": torch.from_numpy(spread * drawn(2, (2, A, classes)))}


def main():
    torch.set_num_threads(1)
    stored = {"names": {str(classes): names_digest(
        {name: value.shape for name, value in build(classes).state_dict().items()})
        for classes in (CLASSES, 21, 91)}}
    network = build(CLASSES)
    for path, value in network.state_dict().items():
        value.copy_(torch.from_numpy(filled(crc32(path.encode()), path, tuple(value.shape))))
    with torch.no_grad():
        x = torch.from_numpy(image((1, 3, 300, 300)))
        said = network.head(list(network.backbone(x).values()))
        stored["head"] = {name: digest(y.numpy()) for name, y in said.items()}
        pictures = [torch.from_numpy(drawn(3 + number, (3, *size))).double()
                    for number, size in enumerate(SIZES)]
        prepared, _ = network.transform(pictures)
        stored["prepared"] = digest(prepared.tensors.numpy())
        levels = [torch.zeros(2, 1, side, side).double() for side in (38, 19, 10, 5, 3, 1)]
        boxes = network.anchor_generator(ImageList(torch.zeros(2, 3, 300, 300),
                                                   [(300, 300)] * 2), levels)
        A = len(boxes[0])
        stored["boxes"] = digest(boxes[0].numpy())

        targets = [{"boxes": torch.tensor(own).double(), "labels": torch.tensor(labels)}
                   for own, labels in zip(BOXES, LABELS, strict=True)]
        iou = torchvision.ops.box_iou
        matched = [network.proposal_matcher(iou(target["boxes"], own))
                   for target, own in zip(targets, boxes, strict=True)]
        stored["matched"] = [[[int(box), int(each[box])] for box in torch.where(each >= 0)[0]]
                             for each in matched]
        losses = network.compute_loss(targets, head_outputs(A, CLASSES, 1), boxes, matched)
        stored["losses"] = {name: float(loss) for name, loss in losses.items()}

        found = network.postprocess_detections(head_outputs(A, CLASSES, 3), boxes,
                                               [(300, 300)] * 2)
        found = network.transform.postprocess(found, [(300, 300)] * 2, SIZES)
        stored["detections"] = [
            {"labels": one["labels"].tolist(), "scores": products(one["scores"].numpy()),
             "boxes": products(one["boxes"].numpy()), "first": one["boxes"][0].tolist()}
            for one in found]
    path = Path(__file__).with_name("models_ssd.json")
    path.write_text(json.dumps(short(stored), indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
