"""What the training loop asks of a task."""

from abc import ABC, abstractmethod
from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.layers.module import Module, Shape
from minicnn.training.parallel.world import ALONE, World
from minicnn.training.recipes import Recipe


class Task(ABC):
    """One network, the data that it learns from, and the data that it is tested on.

    model, train, val, recipe, in_shape : as in `fit`
    transforms : what turns stored pictures into what the network reads
    columns    : names of a line of the history, in this order: see COLUMNS in agreement.py
    world      : the processes that share the test pictures

    ValueError if the network does not fit the data.
    """

    columns: tuple[str, ...]
    transforms: Any
    world: World = ALONE

    def __init__(self, model: Module, train: Any, val: Any, recipe: Recipe, in_shape: Shape
                 ) -> None:
        self.model, self.train, self.val, self.recipe = model, train, val, recipe
        self.in_shape = in_shape

    @abstractmethod
    def loader(self, seed: int) -> Any:
        """Batches of training pictures, each with what is to be learnt from it."""

    @abstractmethod
    def loss(self, batch: Any) -> tuple[Tensor, int, Any]:
        """Of a batch of the loader: (mean loss, pictures, how many of them were answered wrong).

        0 wrong where "train_error" is no column.
        """

    @abstractmethod
    def evaluate(self, stop: Any = False) -> dict[str, float]:
        """Columns of the history; {} if `stop` has become true on the way.

        "error" is one of them, what is missing to 100 percent: the lower, the better.
        """

    def device(self) -> str:
        return next(self.model.parameters()).device

    def drop_last(self, N: int) -> bool:
        """A batch norm learns nothing from a single picture: leave that last batch out."""
        return N % self.recipe.batch == 1 < N
