"""How good a network is, for each task; NumPy arrays in, numbers out."""

from minicnn.training.metrics.classification import confusion_matrix, top_k_errors

__all__ = ["confusion_matrix", "top_k_errors"]
