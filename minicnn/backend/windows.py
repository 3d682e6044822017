"""Where windows lie on an image: what convolution and pooling share.

    out = floor((size + before + after - reach) / stride) + 1,   reach = dilation (kernel - 1) + 1

One idea serves them all: for each cell (u, v) of the window, `shifted(x_pad, u, v, OH, OW)` is the
strided slice of the image that lies under that cell for all output positions at once.  Forward
passes read these KH*KW slices, backward passes add into the same slices, and im2col is all of them
stacked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, NoReturn

from minicnn.backend.arrays import Array, xp_of

Padding = tuple[tuple[int, int], tuple[int, int]]          # ((top, bottom), (left, right))
Corners = list[tuple[int, int]]                            # (row, column) for each cell


def is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole(value: Any, name: str) -> int:
    """A setting such as a number of channels: a TypeError unless whole, a ValueError below 1."""
    if not is_whole(value):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return int(value)


def truth(value: Any, name: str) -> bool:
    """A setting that is True or False: a TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def pair(value: Any, name: str = "kernel_size", least: int = 1) -> tuple[int, int]:
    """(height, width) from one whole number or two; a ValueError below `least`."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or not all(map(is_whole, both)):
        raise TypeError(f"{name} must be a whole number or a pair of them, got {value!r}")
    if min(both) < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")
    return int(both[0]), int(both[1])


def wanted_size(output_size: Any) -> tuple[int, int]:
    """(height, width) from one whole number, from two, or from a shape that ends so."""
    several = isinstance(output_size, (tuple, list))
    return pair(output_size[-2:] if several else output_size, "output_size")


def times(sizes: tuple[int, ...]) -> str:
    """(3, 5) -> "3x5"."""
    return "x".join(str(size) for size in sizes)


def out_size(size: int, kernel: int, stride: int = 1, before: int = 0, after: int | None = None,
             dilation: int = 1, ceil_mode: bool = False) -> int:
    """Number of window positions along one axis; `after` equals `before` if not given.

    What does not divide is floored, as in the papers: out_size(224, 7, 2, 3) == 112.  With
    `ceil_mode` a last window may hang over the far edge by less than a stride, if it starts inside
    the image or its near padding (PyTorch's rule; GoogLeNet's and ZFNet's pooling need it).

    >>> out_size(32, 5), out_size(227, 11, 4), out_size(112, 3, 2, ceil_mode=True)
    (28, 55, 56)
    """
    after = before if after is None else after
    reach = dilation * (kernel - 1) + 1
    room = size + before + after - reach
    count = room // stride + 1                             # below 1 where none fits
    count += bool(ceil_mode and room % stride and count * stride < size + before)
    if count < 1 or size < 1:
        refuse_size(size, before, after, reach)
    return count


def refuse_size(size: int, before: int, after: int, reach: int) -> NoReturn:
    if size < 1:
        raise ValueError(f"the image has {size} rows or columns: there is nothing to look at")
    raise ValueError(f"a window of {reach} pixels does not fit into {size} + {before} + {after} = "
                     f"{size + before + after}; pad more, or use a smaller kernel")


@dataclass(frozen=True)
class Window:
    """Kernel, stride, padding and dilation of a layer, each as (height, width).

    dilation : the distance between neighbouring cells, in pixels; 1 where they touch
    sees     : each position must have a cell on the image, which may fall between two cells
    padding : whole number, pair, "valid" (none) or "same" (as much as keeps ceil(size / stride)
              positions, the odd pixel below and to the right, as TensorFlow does)
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] | str
    dilation: tuple[int, int] = (1, 1)
    ceil_mode: bool = False
    sees: bool = False

    @classmethod
    def of(cls, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
           ceil_mode: bool = False) -> "Window":
        """The same from what a user writes: numbers or pairs, checked."""
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f'padding must be numbers, "same" or "valid", got {padding!r}')
        else:
            padding = pair(padding, "padding", least=0)
        return cls(pair(kernel_size), pair(stride, "stride"), padding, pair(dilation, "dilation"),
                   ceil_mode)

    @classmethod
    def pooling(cls, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                ceil_mode: bool = False) -> "Window":
        """The window of a pooling layer: windows lie side by side unless a stride is given.

        Raises ValueError for a padding of more than half the cells: a window could then lie outside
        the image altogether.
        """
        window = cls.of(kernel_size, kernel_size if stride is None else stride, padding, dilation,
                        ceil_mode)
        if not isinstance(window.padding, str):
            for pixels, cells in zip(window.padding, window.kernel, strict=True):
                if pixels > cells // 2:
                    raise ValueError(f"padding of {pixels} is more than half of a pooling window "
                                     f"of {cells} cells; pad at most {cells // 2}")
        return replace(window, sees=window.dilation != (1, 1))       # else each does

    def __str__(self) -> str:
        """For tables and messages: "kernel 3x3, stride 2x2, padding 1x1"."""
        parts = [f"kernel {times(self.kernel)}"]
        parts += [f"stride {times(self.stride)}"] if self.stride != (1, 1) else []
        if isinstance(self.padding, str):
            parts += [f"padding {self.padding}"]
        elif self.padding != (0, 0):
            parts += [f"padding {times(self.padding)}"]
        parts += [f"dilation {times(self.dilation)}"] if self.dilation != (1, 1) else []
        return ", ".join(parts) + (", ceil mode" if self.ceil_mode else "")

    @property
    def reach(self) -> tuple[int, int]:
        """Pixels from the first to the last cell of the window."""
        (KH, KW), (DH, DW) = self.kernel, self.dilation
        return DH * (KH - 1) + 1, DW * (KW - 1) + 1

    def borders(self, H: int, W: int) -> Padding:
        """Rows and columns to add around an image of H x W: ((top, bottom), (left, right))."""
        if self.padding == "same":
            return self.same_borders(H, W)
        PH, PW = (0, 0) if isinstance(self.padding, str) else self.padding     # "valid" is none
        return (PH, PH), (PW, PW)

    def same_borders(self, H: int, W: int) -> Padding:
        sides = []
        for size, reach, stride in zip((H, W), self.reach, self.stride, strict=True):
            missing = max((-(-size // stride) - 1) * stride + reach - size, 0)
            sides.append((missing // 2, missing - missing // 2))
        return sides[0], sides[1]

    def out(self, H: int, W: int) -> tuple[int, int]:
        """(OH, OW): how many positions the window has on an image of H x W."""
        if self.sees:
            self.refuse_blind(H, W)
        rows, columns = self.borders(H, W)
        (KH, KW), (SH, SW), (DH, DW) = self.kernel, self.stride, self.dilation
        return (out_size(H, KH, SH, *rows, DH, self.ceil_mode),
                out_size(W, KW, SW, *columns, DW, self.ceil_mode))

    def refuse_blind(self, H: int, W: int) -> None:
        """Raise ValueError if a window has no cell on the image: it would have no largest value."""
        windows = replace(self, sees=False).out(H, W)
        for size, count, (before, _), stride, dilation in zip(
                (H, W), windows, self.borders(H, W), self.stride, self.dilation, strict=True):
            for start in range(-before, 0, stride)[:count]:          # from the image's first pixel
                if start % dilation >= size:               # its first cell that is not before it
                    raise ValueError(f"a window that starts {-start} before an image of {H}x{W} "
                                     f"has no cell on it: they are {dilation} pixels apart; pad "
                                     "less, or dilate less")

    def cells(self) -> Iterator[tuple[int, int]]:
        """(u, v) of every cell of the window, row by row."""
        KH, KW = self.kernel
        return ((u, v) for u in range(KH) for v in range(KW))

    def corners(self) -> Corners:
        """(row, column) of every cell in the first window, in the padded image."""
        DH, DW = self.dilation
        return [(u * DH, v * DW) for u, v in self.cells()]

    def shifted(self, x_pad: Array, u: int, v: int, OH: int, OW: int) -> Array:
        """What lies under cell (u, v) at every position: a view (..., OH, OW) of (..., H', W')."""
        (SH, SW), (DH, DW) = self.stride, self.dilation
        h, w = u * DH, v * DW                              # of position (0, 0)
        return x_pad[..., h:h + SH * (OH - 1) + 1:SH, w:w + SW * (OW - 1) + 1:SW]

    def padded_size(self, H: int, W: int) -> tuple[int, int]:
        """(H', W'): the image with its borders, but no farther than the last window reaches."""
        (OH, OW), ((top, _), (left, _)) = self.out(H, W), self.borders(H, W)
        (KH, KW), (SH, SW), (DH, DW) = self.kernel, self.stride, self.dilation
        return (max(H + top, (OH - 1) * SH + DH * (KH - 1) + 1),
                max(W + left, (OW - 1) * SW + DW * (KW - 1) + 1))

    def pad(self, x: Array, value: float = 0.0) -> Array:
        """x with `value` around it; x itself where there is nothing to add.

        (..., H, W) -> (..., *padded_size)
        """
        H, W = x.shape[-2:]
        padded = self.padded_size(H, W)
        if padded == (H, W):
            return x
        (top, _), (left, _) = self.borders(H, W)
        x_pad = xp_of(x).full_like(x, value, shape=(*x.shape[:-2], *padded))
        x_pad[..., top:top + H, left:left + W] = x
        return x_pad

    def crop(self, dx_pad: Array, H: int, W: int) -> Array:
        """The gradient of `pad`: the part of dx_pad that belongs to the image."""
        (top, _), (left, _) = self.borders(H, W)
        return dx_pad[..., top:top + H, left:left + W]
