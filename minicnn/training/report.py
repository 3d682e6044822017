"""The five pictures of a training run: curves, filters, maps, confusions, mistakes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis import pictures
from minicnn.analysis.activations import row_outputs
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import Picture
from minicnn.training.metrics.classification import confusion_matrix


def report(folder: str | Path, model: Any, title: str, history: Sequence[dict[str, float]],
           images: np.ndarray, test: Any, predicted: np.ndarray,
           marks: dict[str, float]) -> list[Picture]:
    """All five pictures of a training run, written into `folder`.

    model : the trained network, in test mode;  images : (N, C, H, W), the test images as it reads
    them;  test : the Dataset they were made from;  predicted : (N,), the network's answers
    title, history, marks : as for `learning_curves`.  The maps are those of the first image that
    it read.
    """
    folder, wrong = Path(folder), predicted != test.labels
    read = int(np.argmin(wrong))                           # the first right answer
    first = next(model.parameters())
    maps = row_outputs(model, Tensor(images[read:read + 1]).to(first.device))
    return [
        pictures.learning_curves(history, folder / "learning_curves.png", marks, title),
        pictures.filters(first.numpy(), folder / "filters.png",
                         f"{title}: filters of the first layer"),
        pictures.feature_maps(
            images[read, 0], {row: y[0] for row, y in maps.items()}, folder / "feature_maps.png",
            f"{title}: a {test.classes[test.labels[read]]} on its way through it"),
        pictures.confusion(confusion_matrix(predicted, test.labels, len(test.classes)),
                           test.classes, folder / "confusion.png", title),
        pictures.misclassified(test.images[wrong], test.labels[wrong], predicted[wrong],
                               folder / "misclassified.png", test.classes,
                               title=title),
    ]
