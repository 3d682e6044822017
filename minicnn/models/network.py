"""What the architectures are put together from: a network of rows, branches, residual blocks.

A network's own file says which layers stand in which order.  Here are the rules that all share:
what a constructor accepts, what is said of an image that is too small, how blocks join their paths.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minicnn.autograd.shapes import BATCH, FollowedShape
from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import did_you_mean
from minicnn.backend.windows import is_whole
from minicnn.data.preparation import Preparation
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential, in_order
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module, Shape
from minicnn.layers.residual import Add
from minicnn.models.table import Row, TableNet
from minicnn.weights.names import Names

ImageShape = tuple[int, int, int]      # (C, H, W)


class Network(TableNet):
    """A classifier as rows of its table.

    input_shape : of the image that it was published for
    published   : how others call its arrays, {"torchvision": Names}: see minicnn/weights/names.py
    preparation : of the pictures that such published weights were trained on; None where there are
                  no such weights
    """

    published: dict[str, Names] = {}
    preparation: Preparation | None = None

    def __init__(self, *rows: Row, input_shape: Shape) -> None:
        super().__init__(*rows)
        self.input_shape = input_shape

    def keep_published(self, variant: str) -> None:
        """Of the names under which weights are published, keep those that fit this variant."""
        self.published = {library: names for library, names in type(self).published.items()
                          if names.variant in ("", variant)}

    def compute(self, x: Tensor) -> Any:
        """x through the rows, one after the other; where paths cross rows, a network's own."""
        return super().forward(x)

    @in_order
    def forward(self, x: Tensor) -> Any:
        try:
            return self.compute(x)
        except ValueError as problem:
            smallest = self.smallest_size(x.shape[1:])
            if smallest is None:
                raise
            raise ValueError(f"{problem}; the smallest image that fits {type(self).__name__} is "
                             f"{smallest}x{smallest}") from None

    def smallest_size(self, in_shape: Shape) -> int | None:
        """Pixels of the smallest square image that fits, if in_shape has too few, else None."""
        if len(in_shape) != 3 or in_shape[0] != self.input_shape[0]:
            return None
        sizes = range(min(in_shape[1:]) + 1, max(self.input_shape[1:]) + 1)
        return next((size for size in sizes if self.fits((in_shape[0], size, size))), None)

    def fits(self, in_shape: Shape) -> bool:
        try:
            self.compute(FollowedShape((BATCH, *in_shape)))
        except ValueError:
            return False
        return True


class Residual(Module):
    """y = after(body(x) + shortcut(x));  without a shortcut, x itself;  without `after`, the sum.

    body, shortcut, after : Modules     He et al. 2016, "Deep residual learning", section 3.2
    """

    def __init__(self, body: Module, shortcut: Module | None = None,
                 after: Module | None = None) -> None:
        self.body, self.shortcut, self.add, self.after = body, shortcut, Add(), after

    def forward(self, x: Tensor) -> Tensor:
        y = self.add(self.body(x), x if self.shortcut is None else self.shortcut(x))
        return y if self.after is None else self.after(y)


class Branches(Module):
    """Several paths from the same input, their outputs stacked: an Inception module.

    Names are numbers, or keywords: Branches(pool=..., conv=...); not "concat", which joins them.
    """

    def __init__(self, *branches: Module, **named: Module) -> None:
        if "concat" in named:
            raise ValueError('Branches: "concat" is the part that joins the others; call the '
                             "branch otherwise")
        for name, path in [*enumerate(branches), *named.items()]:
            setattr(self, str(name), path)
        self.concat = Concat()

    def paths(self) -> list[Module]:
        return [part for _, part in self.named_parts() if part is not self.concat]

    def forward(self, x: Tensor) -> Tensor:
        return self.concat(*[path(x) for path in self.paths()])


def conv_unit(in_channels: int, out_channels: int, kernel_size: Any = 1, stride: Any = 1,
              padding: Any = None, groups: int = 1,
              norm: Callable[[int], Module] | None = BatchNorm2d,
              activation: Callable[[], Module] | None = ReLU) -> Sequential:
    """Convolution, normalisation, activation: parts `conv`, `norm` and `activation`.

    padding    : None keeps the size at stride 1 (kernel // 2)
    norm       : norm(channels) -> Module, or None.  The convolution has a bias only where there is
                 none, for batch norm would subtract it again
    activation : activation() -> Module, or None
    """
    if padding is None:
        sides = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        padding = tuple(side // 2 for side in sides)
    conv = Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups,
                  bias=norm is None)
    parts: dict[str, Module] = {"conv": conv}
    if norm is not None:
        parts["norm"] = norm(out_channels)
    if activation is not None:
        parts["activation"] = activation()
    return Sequential(**parts)


def check_classes(name: str, classes: int, fewest: int = 2) -> int:
    """`classes` if it is a whole number from `fewest` on, else an error; `name` is the network's.

    fewest : 1 where a map of its own says yes or no
    """
    if not is_whole(classes):
        raise TypeError(f"{name}: classes must be a whole number, got {classes!r}")
    if classes < fewest:
        many = "2 classes" if fewest == 2 else "1 class"
        raise ValueError(f"{name}: a classifier needs at least {many}, got {classes!r}")
    return int(classes)


def check_lengths(name: str, **lists: Sequence[Any]) -> None:
    """A ValueError unless there are as many of each: blocks=(2, 2, 2), maps=(64, 128, 256)."""
    if len(set(map(len, lists.values()))) > 1:
        counted = " and ".join(f"{len(values)} {option}" for option, values in lists.items())
        raise ValueError(f"{name}: {counted} do not go together; each stage needs one of each")


def check_choice(name: str, what: str, value: Any, choices: Iterable[Any]) -> Any:
    """`value` if it is one of `choices`, else a ValueError that names the nearest of them."""
    listed = list(choices)
    if value not in listed:
        # 0.5: of a number such as 51 that is one of two digits
        hint = did_you_mean(value, listed, 0.5) or f"there are {', '.join(map(str, listed))}"
        raise ValueError(f"{name}: no {what} {value!r}; {hint}")
    return value
