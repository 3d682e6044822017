"""Recurrent cells: one step through a sequence, from the state before and the next input.

    RNN      h' = tanh(W x + b + U h + d)                  or relu

    LSTM     i, f, o = sigmoid(W x + b + U h + d)          each by its own rows of W, b, U and d
             g       = tanh(W x + b + U h + d)
             c'      = f c + i g                           what is kept, what is new
             h'      = o tanh(c')

    GRU      r, z = sigmoid(W x + b + U h + d)             each by its own rows
             n    = tanh(W x + b + r (U h + d))            r closes the way from h, its bias and all
             h'   = (1 - z) n + z h

W is weight_ih, b bias_ih, U weight_hh and d bias_hh; the gates lie one under the other, in the
order i f g o, or r z n.  Two biases that are only ever added do the work of one; PyTorch has both.

The gradients follow from those of the parts.  Where a cell is called once for each word, its
weights get the sum of the gradients of all steps: that is all of backpropagation through time.  In
the LSTM dc = f dc' along the state c, with no weight between, so an open gate lets a gradient pass
through many steps; in the RNN it meets U in every one.

Source: Elman 1990; Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; Cho
et al. 2014, whose GRU has U (r h) in place of r (U h + d).  Lecture: stanford, "Transfer learning
... pervasive" (captions) and "Neural Architecture Search" (the controller).
"""

from typing import Any

from minicnn.autograd.creation import zeros
from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import did_you_mean, type_name
from minicnn.backend.windows import whole
from minicnn.init import uniform
from minicnn.layers.linear import LinearFn
from minicnn.layers.module import Module, Parameter, Shape

State = tuple[Tensor, Tensor]


class Cell(Module):
    """What the three share: the weights of `gates` gates, and the checks."""

    gates = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        name = type(self).__name__
        self.input_size = whole(input_size, f"{name}: input_size")
        self.hidden_size = whole(hidden_size, f"{name}: hidden_size")
        rows, draw = self.gates * hidden_size, uniform(hidden_size ** -0.5)
        self.weight_ih = Parameter((rows, input_size), draw)
        self.weight_hh = Parameter((rows, hidden_size), draw)
        self.bias_ih = Parameter((rows,), draw) if bias else None
        self.bias_hh = Parameter((rows,), draw) if bias else None

    def sums(self, x: Tensor, h: Tensor) -> State:
        """W x + b and U h + d, both (N, gates H)."""
        self.out_shape(x.shape[1:])                        # checks x
        b, d = ([] if q is None else [q] for q in (self.bias_ih, self.bias_hh))
        return LinearFn()(x, self.weight_ih, *b), LinearFn()(h, self.weight_hh, *d)

    def state(self, x: Tensor, h: Any, name: str = "h") -> Tensor:
        """The state before: h, or zeros."""
        expected = (len(x), self.hidden_size)
        if h is None:
            return zeros(expected, dtype=x.dtype, device=x.device)
        if not isinstance(h, Tensor):
            raise TypeError(f"{self.located()}: the state {name} must be a Tensor {expected}, got "
                            f"a {type_name(h)}; {self.usage}")
        if h.shape != expected:
            raise ValueError(f"{self.located()}: the state {name} has shape {h.shape}, expected "
                             f"{expected}, a row for each input; {self.usage}")
        return h

    usage = "h = cell(x, h)"

    def out_shape(self, in_shape: Shape, state: Any = None) -> Any:
        if in_shape != (self.input_size,):
            cure = {0: "one vector still needs the batch axis, x[None]",
                    2: "a sequence goes in step by step: for t in range(T): h = cell(x[:, t], h)"}
            raise ValueError(f"{self.located()}: expected (N, {self.input_size}), got "
                             f"(N, {', '.join(map(str, in_shape))}); "
                             + cure.get(len(in_shape), "build it with input_size="
                                        f"{in_shape[-1] if in_shape else 1}"))
        return (self.hidden_size,)

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight_ih.numel() + self.weight_hh.numel()

    def extra_repr(self) -> str:
        bias = ", no bias" if self.bias_ih is None else ""
        return f"{self.input_size} -> {self.hidden_size}{bias}"


class RNNCell(Cell):
    """One step of a plain recurrent network:  x (N, I), h (N, H) -> (N, H).

    Parameters
    ----------
    input_size, hidden_size : int              I and H
    bias : bool, default True                  False leaves b and d out
    nonlinearity : "tanh" (default) or "relu"  the function around the sum

    h is zeros where it is not given.  weight_ih is (H, I), weight_hh (H, H), the biases (H,), all
    uniform within 1 / sqrt(H) at the start, as in PyTorch.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True,
                 nonlinearity: str = "tanh") -> None:
        super().__init__(input_size, hidden_size, bias)
        if nonlinearity not in ("tanh", "relu"):
            hint = did_you_mean(str(nonlinearity), ("tanh", "relu"))
            raise ValueError(f'RNNCell: nonlinearity must be "tanh" or "relu", got '
                             f"{nonlinearity!r}{'; ' + hint if hint else ''}")
        self.nonlinearity = nonlinearity

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        from_x, from_h = self.sums(x, self.state(x, h))    # (N, H) each
        y = from_x + from_h
        return y.tanh() if self.nonlinearity == "tanh" else y.relu()

    def extra_repr(self) -> str:
        return super().extra_repr() + (", relu" if self.nonlinearity == "relu" else "")


class LSTMCell(Cell):
    """One step of an LSTM:  x (N, I), (h, c) (N, H) each -> (h', c').

    input_size, hidden_size : int    I and H
    bias : bool, default True        False leaves b and d out

    h and c are zeros where the pair is not given.  weight_ih is (4H, I), weight_hh (4H, H), the
    biases (4H,), in the order i f g o, all uniform within 1 / sqrt(H) at the start, as in PyTorch.
    A forget gate that starts open (Jozefowicz et al. 2015): cell.bias_ih.data[H:2 * H] = 1.

    >>> LSTMCell(3, 5).num_parameters()                    # 4 (3 5 + 5 5 + 5 + 5)
    200
    """

    gates, usage = 4, "h, c = cell(x, (h, c))"

    def forward(self, x: Tensor, state: State | None = None) -> State:
        if state is not None and (not isinstance(state, (tuple, list)) or len(state) != 2):
            raise TypeError(f"{self.located()}: the state must be the pair (h, c), got a "
                            f"{type_name(state)}; {self.usage}")
        h, c = state or (None, None)
        h, c = self.state(x, h), self.state(x, c, "c")
        from_x, from_h = self.sums(x, h)                   # (N, 4H) each
        i, f, g, o = (from_x + from_h).chunk(4, 1)         # (N, H) each
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def out_shape(self, in_shape: Shape, state: Any = None) -> list[Shape]:
        return [super().out_shape(in_shape)] * 2


class GRUCell(Cell):
    """One step of a gated recurrent unit:  x (N, I), h (N, H) -> (N, H).

    input_size, hidden_size : int    I and H
    bias : bool, default True        False leaves b and d out

    h is zeros where it is not given.  weight_ih is (3H, I), weight_hh (3H, H), the biases (3H,), in
    the order r z n, all uniform within 1 / sqrt(H) at the start, as in PyTorch.
    """

    gates = 3

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        h = self.state(x, h)
        from_x, from_h = self.sums(x, h)                   # (N, 3H) each
        (r_x, z_x, n_x), (r_h, z_h, n_h) = from_x.chunk(3, 1), from_h.chunk(3, 1)
        r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()
        n = (n_x + r * n_h).tanh()
        return n + z * (h - n)                             # (1 - z) n + z h
