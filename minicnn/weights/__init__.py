"""Weight files: PyTorch's .pth, safetensors and npz, read and written without PyTorch.

    minicnn.load("file.pth")                       names and arrays
    minicnn.weights.load(model, "file.pth")        a network filled
    minicnn.save(model, "file.safetensors")
    minicnn.weights.read("file.pth")               what is in a file, before the arrays are read
"""

from minicnn.weights.error import WeightsError
from minicnn.weights.fill import load
from minicnn.weights.names import Names
from minicnn.weights.read import WeightFile, read
from minicnn.weights.save import save

__all__ = ["Names", "WeightFile", "WeightsError", "load", "read", "save"]
