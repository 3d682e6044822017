"""nn/functional.py by a shorter name:  from minicnn import functions as F."""

from minicnn.nn.functional import *  # noqa: F403
from minicnn.nn.functional import METHODS, __all__, __getattr__  # noqa: F401
