"""What all detectors share: what they accept, what they return, what is said when it does not fit.

    model.train(); model(images, targets)   {"classification": loss, "bbox_regression": loss, ...}
    model.eval();  model(images)            [{"boxes": (n, 4), "labels": (n,), "scores": (n,)}, ...]

Pictures are a list of (C, H, W), whose sizes may differ, or one Tensor (N, C, H, W); targets a list
of dicts with `boxes` (n, 4) and `labels` (n,).  Boxes are (x1, y1, x2, y2) in pixels, half open: a
box is x2 - x1 pixels wide.  Labels count from 1, for 0 is the background.
"""

import warnings
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array, to_cpu, to_device
from minicnn.backend.messages import plural, type_name
from minicnn.data.boxes import check_boxes
from minicnn.data.preparation import Preparation
from minicnn.layers.module import Module, Shape
from minicnn.weights.names import Names

Target = dict[str, np.ndarray]
Detections = list[dict[str, np.ndarray]]


class Detector(Module):
    """A network that answers with boxes.  A family writes three methods:

    outputs(x)                    what the network computes of a batch (N, C, H, W); for tables, too
    losses(images, targets)       {name: Tensor (N,)}, each picture's share of that term; or ()
    detections(images)            a dict of arrays for each picture

    classes : how many, the background counted;  input_shape : (C, H, W) it was made for
    """

    reads_lists = True
    marks_points = False               # it answers with "points" (n, 2), and its boxes mean little
    classes: int
    input_shape: Shape
    published: dict[str, Names] = {}
    preparation: Preparation | None = None

    def forward(self, images: Any, targets: Any = None) -> Any:
        if isinstance(images, Tensor) and images.is_shape:
            return self.outputs(images)
        pictures = self.check_images(images)
        if not self.training:
            return self.detections(pictures)
        checked = self.check_targets(targets, [x.shape[1:] for x in pictures])
        return self.total(self.losses(pictures, checked), pictures)

    def outputs(self, x: Tensor) -> Any:
        raise TypeError(f"{type(self).__name__} writes no outputs")

    def losses(self, images: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        raise TypeError(f"{type(self).__name__} writes no losses")

    def detections(self, images: list[Tensor]) -> Detections:
        raise TypeError(f"{type(self).__name__} writes no detections")

    def made_up_targets(self, images: Tensor, seed: int = 0) -> list[Target]:
        """An object in the middle of each picture (N, C, H, W): enough to time or explain a step.
        """
        N, _, H, W = images.shape
        labels = np.random.default_rng(seed).integers(1, self.classes, N)
        box = np.array([[W // 4, H // 4, W - W // 4, H - H // 4]], np.float32)
        mask = np.zeros((1, H, W), bool)
        mask[:, H // 4:H - H // 4, W // 4:W - W // 4] = True
        return [{"boxes": box, "labels": labels[n:n + 1], "masks": mask} for n in range(N)]

    # --- what comes in ------------------------------------------------------------------------

    def check_images(self, images: Any) -> list[Tensor]:
        """The pictures as Tensors (C, H, W) of the network's dtype and on its device."""
        name, C = type(self).__name__, self.input_shape[0]
        if isinstance(images, Tensor) or is_array(images):
            if images.ndim != 4:
                cure = "; one picture is a list of one: [x]" if images.ndim == 3 else ""
                raise ValueError(f"{name}: pictures are a list of (C, H, W), or one Tensor "
                                 f"(N, C, H, W); got {tuple(images.shape)}{cure}")
        elif not isinstance(images, (list, tuple)):
            raise TypeError(f"{name}: pictures are a list of (C, H, W), or one Tensor "
                            f"(N, C, H, W); got {type_name(images)}")
        if not len(images):
            raise ValueError(f"{name}: there is no picture in this batch; leave it out")
        weight = next(iter(self.parameters()))
        pictures = []
        for number, x in enumerate(images):
            if not isinstance(x, Tensor):
                if not is_array(x):
                    raise TypeError(f"{name}: picture {number} is a {type_name(x)}; expected an "
                                    "array or a Tensor (C, H, W)")
                x = Tensor(to_device(x.astype(weight.dtype) if x.dtype.kind == "f" else x,
                                     weight.device))
            if x.ndim != 3 or x.shape[0] != C or 0 in x.shape:
                cure = "; the channels come first: x.transpose(2, 0, 1)" * (
                    x.ndim == 3 and x.shape[-1] == C)
                raise ValueError(f"{name}: picture {number} is {x.shape}; expected ({C}, H, W)"
                                 f"{cure}")
            if x.dtype.kind != "f":
                raise TypeError(f"{name}: picture {number} holds {x.dtype}; expected float values, "
                                "prepared as for training: x.astype('float32') / 255, ...")
            pictures.append(x)
        return pictures

    def check_targets(self, targets: Any, sizes: Sequence[Any]) -> list[Target]:
        """The targets with boxes (n, 4) and labels (n,) int64, on the host.

        sizes : (H, W) of each picture;  what else a target has, `masks` for example, stays
        """
        name = type(self).__name__
        if targets is None:
            raise ValueError(f"{name}: training needs targets: model(images, targets); for boxes "
                             "call model.eval() first")
        if not isinstance(targets, (list, tuple)) or len(targets) != len(sizes):
            held = f" of {len(targets)}" if isinstance(targets, (list, tuple)) else ""
            raise ValueError(f"{name}: there are {plural(len(sizes), 'picture')}; expected a list "
                             f"of as many targets, got a {type_name(targets)}{held}")
        checked = []
        for number, (target, size) in enumerate(zip(targets, sizes, strict=True)):
            where = f"{name}: picture {number}"
            if not isinstance(target, dict) or not {"boxes", "labels"} <= target.keys():
                held = f"the keys {', '.join(map(str, target))}" if isinstance(target, dict) \
                    else f"a {type_name(target)}"
                raise TypeError(f"{where}: a target is a dict with boxes (n, 4) and labels (n,), "
                                f"got {held}")
            boxes = check_boxes(where, on_the_host(target["boxes"]), size)
            labels = check_labels(where, target["labels"], len(boxes), self.classes)
            checked.append({**target, "boxes": boxes, "labels": labels})
        if any(not len(target["labels"]) for target in checked):
            warnings.warn(f"{name}: a picture without objects trains the background alone",
                          stacklevel=4)
        return checked

    # --- what goes out ------------------------------------------------------------------------

    def total(self, terms: dict[str, Tensor], images: list[Tensor]) -> dict[str, Tensor]:
        """Each term summed over the pictures; ValueError if one of them is not a number.

        Not on a GPU, which would have to stop at each step: there `fit` says so, after the epoch.
        """
        summed = {term: share.sum() if share.ndim else share for term, share in terms.items()}
        for term, loss in summed.items():
            if loss.device == "cpu" and not np.isfinite(loss.item()):
                bad = np.flatnonzero(~np.isfinite(to_cpu(terms[term].data))) if terms[term].ndim \
                    else ()
                raise ValueError(f"{type(self).__name__}: the loss {term!r} is {loss.item()}"
                                 f"{self.cause(images, bad)}")
        return summed

    def cause(self, images: list[Tensor], bad: Any = ()) -> str:
        """What is known of the reason for a NaN, where it showed in the pictures `bad`."""
        for number, x in enumerate(images):
            if not np.isfinite(to_cpu(x.data)).all():
                return f"; the pixels of picture {number} hold NaN or infinity"
        for name, value in self.named_state():             # after such a picture, a batch norm too
            if not np.isfinite(to_cpu(value.data)).all():
                return (f"; {name} holds NaN or infinity: begin anew with a smaller learning rate, "
                        "or cut gradients with minicnn.optim.clip_grad_norm_")
        return f"; it comes from picture {', '.join(map(str, bad[:8]))} of {len(images)}" \
            if len(bad) else ""


def total_loss(terms: dict[str, Tensor]) -> Tensor:
    """The sum of a detector's losses: what training makes small."""
    return reduce(add, terms.values())


def on_the_host(values: Any) -> np.ndarray:
    values = values.data if isinstance(values, Tensor) else values
    return to_cpu(values) if is_array(values) else np.asarray(values)


def check_labels(where: str, labels: Any, n: int, classes: int) -> np.ndarray:
    """Labels (n,) int64 of n boxes, each from 1 to classes - 1."""
    found = on_the_host(labels)
    found = found.astype(np.int64) if not found.size else found
    if found.shape != (n,):
        raise ValueError(f"{where}: {plural(n, 'box').replace('boxs', 'boxes')} and labels of "
                         f"shape {found.shape}; each box needs one")
    if found.dtype.kind not in "iu":
        raise TypeError(f"{where}: labels must be whole numbers, got {found.dtype}")
    wrong = (found < 1) | (found >= classes)
    if wrong.any():
        number = int(np.argmax(wrong))
        said = "0 is the background, classes count from 1" if not found[number] else (
            f"this network has the classes 1 to {classes - 1}")
        raise ValueError(f"{where}, box {number}: label {found[number]}; {said}")
    return found.astype(np.int64)
