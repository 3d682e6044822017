"""What a network is trained for: to name a picture, to colour its pixels, to box what is on it.

Each task says what a batch is, what it costs, and how the answers to the test pictures are counted;
the loop around it is one: minicnn/training/loop.py.
"""

from minicnn.data.dataset import Dataset
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Module
from minicnn.models.detection.detector import Detector
from minicnn.training.tasks.classification import Classification
from minicnn.training.tasks.detection import Detection
from minicnn.training.tasks.segmentation import Segmentation
from minicnn.training.tasks.task import Task

__all__ = ["Classification", "Detection", "Segmentation", "Task", "task_for"]


def task_for(model: Module, train: Dataset | Scenes) -> type[Task]:
    """By what the network answers and what the data set holds; TypeError if they do not fit."""
    detects = isinstance(model, Detector)
    if isinstance(train, Scenes):
        return Detection if detects else Segmentation
    if detects:
        raise TypeError(f"fit: {type(model).__name__} finds objects, but the pictures have one "
                        "label each and no boxes; give Scenes (minicnn.data.shapes draws some)")
    return Classification
