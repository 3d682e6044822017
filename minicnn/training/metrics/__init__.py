"""How good a network is, for each task; NumPy arrays in, numbers out."""

from minicnn.training.metrics.classification import confusion_matrix, top_k_errors
from minicnn.training.metrics.detection import DetectionMetric
from minicnn.training.metrics.points import PointMetric
from minicnn.training.metrics.segmentation import SegmentationMetric

__all__ = ["DetectionMetric", "PointMetric", "SegmentationMetric", "confusion_matrix",
           "top_k_errors"]
