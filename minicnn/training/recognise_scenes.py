"""What a trained detector or segmenter sees in a picture of one's own: boxes, or a map of classes.

    see = SceneRecogniser.published(build("maskrcnn_resnet50_fpn", weights="maskrcnn.pth"))
    see = SceneRecogniser.of_run("out/ssd300")
    see("street.jpg").objects        [{"class": "car", "score": 0.98, "box": [12, 30, 200, 380]}]

Boxes come back in the pixels of the file, whatever size the network has looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.sights import Sight
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.pictures import LARGEST_PICTURE, colours, open_picture
from minicnn.data.preparation import Preparation
from minicnn.data.scene_classes import numbered_classes
from minicnn.data.scene_targets import IGNORED
from minicnn.layers.module import Module
from minicnn.models.detection.detector import Detector
from minicnn.models.segmentation.segmenter import Segmenter
from minicnn.training.evaluate import own_input, tested_shape
from minicnn.training.recognise import Recogniser, described, pixels
from minicnn.training.testtime import Run, load_run

SHORTER = 520                  # pixels of the shorter side: torchvision's segmenters
LONGEST = 2666                 # of a picture that a detector gets: twice what it looks at
SHOWN = 1024                   # of a drawing
LEAST = 0.5                    # score of what is seen


def sees_scenes(model: Module) -> bool:
    """Does it answer with boxes or with maps, and not with one class?"""
    return isinstance(model, (Detector, Segmenter))


@dataclass
class SceneRecogniser:
    """A network, its classes, and how a picture becomes its input.

    model   : the network;  classes : names, the background first
    look    : look(Pillow image in RGB) -> (3, H, W) uint8
    prepare : prepare(those pixels) -> (C, h, w) float32, what the network gets
    """

    model: Module
    classes: Sequence[str]
    look: Callable[[Any], np.ndarray]
    prepare: Callable[[np.ndarray], np.ndarray]

    @staticmethod
    def published(model: Module, classes: Sequence[str] | None = None) -> "SceneRecogniser":
        """For a network filled with torchvision's weights.

        classes : names, the background first, if not those of COCO or VOC
        """
        if "torchvision" not in getattr(model, "published", {}):
            raise ValueError(f"no published weights of {described(model)} are known here, so "
                             "nobody says how their pictures are prepared; take a network of "
                             "torchvision, such as deeplabv3_resnet50 or ssd300_vgg16, or a run "
                             "of your own")
        count = answered_classes(model)
        names = numbered_classes(count) if classes is None else list(classes)
        if len(names) != count:
            raise ValueError(f"{described(model)} tells {count} classes apart, background "
                             f"included, and there are {len(names)} names")
        if isinstance(model, Detector):                    # which normalises and resizes itself
            return SceneRecogniser(model, names, at_most, lambda seen: seen.astype("f4") / 255)
        return SceneRecogniser(model, names, shorter_side, Preparation().normalised)

    @staticmethod
    def of_run(folder: str | Path, weights: str = "last") -> "SceneRecogniser":
        """For the network that the train command left in a folder."""
        found = recogniser_of(folder, weights)
        if not isinstance(found, SceneRecogniser):
            raise ValueError(f"{folder} is the run of a classifier; Recogniser.of_run is for it")
        return found

    @staticmethod
    def of_loaded(run: Run) -> "SceneRecogniser":
        return SceneRecogniser(run.model, run.classes, at_most, partial(only, run))

    @no_grad()
    def __call__(self, picture: str | Path, least: float = LEAST) -> Sight:
        """What is seen in a picture file; of a detector's boxes those with a score from `least` on.

        DamagedFile for what is no picture.
        """
        whole, seen, shown = open_picture(Path(picture), self.views)
        x = self.prepare(seen)                             # (C, h, w)
        self.model.eval()
        device = next(self.model.parameters()).device
        answer = self.model(Tensor(x[None]).to(device))
        size = shown.shape[1:]
        sight = Sight(str(picture), self.classes, shown, whole / max(size))
        if isinstance(self.model, Detector):
            found = rescaled(surest(answer[0], least), x.shape[1:], size)
            return sight._replace(found=found, least=least)
        return sight._replace(class_map=nearest(class_map(answer, x.shape[1:], sight.picture),
                                                size))

    def views(self, image: Any) -> tuple[int, np.ndarray, np.ndarray]:
        """(pixels of the longer side, what the network looks at, what a person does)."""
        image = colours(image)
        seen = self.look(image)
        small = image.copy()
        small.thumbnail((SHOWN, SHOWN))
        return max(image.size), seen, pixels(small)


def recogniser_of(folder: str | Path, weights: str = "last") -> Recogniser | SceneRecogniser:
    """For the network that the train command left in a folder, whatever it has learnt."""
    run = load_run(folder, weights)
    return SceneRecogniser.of_loaded(run) if sees_scenes(run.model) else \
        Recogniser.of_loaded(run, folder)


def answered_classes(model: Module) -> int:
    """How many classes it tells apart, the background counted."""
    if isinstance(model, Detector):
        return model.classes
    return max(tested_shape(model, own_input(model))[0], 2)    # one map is for or against


def at_most(image: Any) -> np.ndarray:
    """The picture, made smaller if a side has more than LONGEST pixels."""
    small = image.copy()
    small.thumbnail((LONGEST, LONGEST))
    return pixels(small)


def shorter_side(image: Any) -> np.ndarray:
    """The picture with SHORTER pixels at its shorter side."""
    from PIL import Image
    width, height = (int(SHORTER * side / min(image.size)) for side in image.size)
    if width * height > LARGEST_PICTURE:
        raise ValueError(f"{image.width}x{image.height} pixels are too narrow a strip: with "
                         f"{SHORTER} at its shorter side it would have {width * height:,}; cut the "
                         "picture")
    return pixels(image.resize((width, height), Image.Resampling.BILINEAR))


def only(run: Run, seen: np.ndarray) -> np.ndarray:
    """One picture (3, H, W) uint8 as those of the run's test were."""
    images, _ = run.transforms.test([seen], [{}])
    return images[0]


def surest(found: dict[str, np.ndarray], least: float) -> dict[str, np.ndarray]:
    """The boxes with such a score, the surest first; what else a network knows is left out."""
    order = np.argsort(-found["scores"], kind="stable")
    chosen = order[found["scores"][order] >= least]
    return {name: found[name][chosen] for name in ("boxes", "labels", "scores", "masks")
            if name in found}


def rescaled(found: dict[str, np.ndarray], old: Sequence[int], new: Sequence[int]
             ) -> dict[str, np.ndarray]:
    """Boxes and masks of a picture of size (H, W) in the same picture of another size."""
    down, right = (after / before for before, after in zip(old, new, strict=True))
    boxes = found["boxes"] * np.array([right, down, right, down])
    masks = {"masks": nearest(found["masks"], new)} if "masks" in found else {}
    return {**found, "boxes": boxes, **masks}


def nearest(maps: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """(..., H, W) in another size; each pixel is one of the old ones, for between classes 1 and 3
    there is no 2."""
    rows, columns = (np.arange(after) * before // after
                     for before, after in zip(maps.shape[-2:], size, strict=True))
    return maps[..., rows[:, None], columns]


def class_map(answer: Any, size: Sequence[int], picture: str) -> np.ndarray:
    """(H, W) the class of each pixel; IGNORED at the border of which the network says nothing."""
    scores = (answer[0] if isinstance(answer, tuple) else answer).numpy()[0]     # (classes, h, w)
    if not np.isfinite(scores).all():
        raise ValueError(f"{picture}: the network answers with what is no number; are its weights "
                         "damaged?")
    inner = (scores[0] > 0) if len(scores) == 1 else scores.argmax(axis=0)
    found = np.full(size, IGNORED)
    top, left = ((whole - part) // 2 for whole, part in zip(size, inner.shape, strict=True))
    found[top:top + inner.shape[0], left:left + inner.shape[1]] = inner
    return found
