"""Embedding: each word of a vocabulary has a row of numbers, which are learnt.

    y[n, t] = w[index[n, t]]
    dw[v] = sum of dy[n, t] over all n and t with index[n, t] = v

It is a fully connected layer whose input is 1 at one place and 0 elsewhere, without the
multiplications by 0.  A row that is named twice gets both gradients; one that is not named gets 0.

Source: Bengio et al. 2003, section 2 (the matrix C).  Lecture: stanford, "Transfer learning ...
pervasive" (captions).
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu, xp_of
from minicnn.backend.messages import type_name
from minicnn.backend.windows import is_whole, whole
from minicnn.init import normal
from minicnn.layers.module import Module, Parameter, Shape


class EmbeddingFn(Function):
    def __init__(self, index: Any, padding_idx: int | None = None):
        self.index, self.padding_idx = index, padding_idx

    def forward(self, w):                                  # (V, D)
        self.w_shape = w.shape
        return w[self.index]                               # (N, T, D)

    def backward(self, dy):                                # (N, T, D)
        xp = xp_of(dy)
        dw = xp.zeros(self.w_shape, dy.dtype)              # (V, D)
        xp.add.at(dw, self.index, dy)                      # dw[index] += dy would lose repeats
        if self.padding_idx is not None:
            dw[self.padding_idx] = 0
        return dw


class Embedding(Module):
    """The rows of words:  (N, T) or any other shape of whole numbers -> (N, T, D).

    Parameters
    ----------
    num_embeddings, embedding_dim : int    V, the words, and D
    padding_idx : int, optional            a word that says nothing: its row starts as 0 and gets no
                                           gradient; -1 is the last

    `weight` is (V, D), normal with mean 0 and std 1 at the start, as in PyTorch.  Raises IndexError
    for a number outside 0 ... V - 1.

    >>> words = Embedding(10, 3)
    >>> words([[4, 4, 9]]).shape
    (1, 3, 3)
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None
                 ) -> None:
        V = self.num_embeddings = whole(num_embeddings, "Embedding: num_embeddings")
        self.embedding_dim = whole(embedding_dim, "Embedding: embedding_dim")
        if padding_idx is not None:
            if not is_whole(padding_idx) or not -V <= padding_idx < V:
                raise ValueError(f"Embedding: padding_idx must be one of the {V} words, 0 to "
                                 f"{V - 1}, got {padding_idx!r}")
            padding_idx = int(padding_idx) % V
        self.padding_idx, draw = padding_idx, normal(1.0)

        def start(rng: np.random.Generator, shape: Shape) -> np.ndarray:
            w = draw(rng, shape)
            if padding_idx is not None:
                w[padding_idx] = 0
            return w

        self.weight = Parameter((V, embedding_dim), start)

    def forward(self, words: Any) -> Tensor:
        index = words.data if isinstance(words, Tensor) else np.asarray(words)
        if index.dtype.kind not in "iu":
            raise TypeError(f"{self.located()}: words are whole numbers, got {index.dtype} of a "
                            f"{type_name(words)}; words.astype(\"int64\")")
        here = to_cpu(index)                               # a GPU wraps what is out of range
        if here.size and not 0 <= here.min() <= here.max() < self.num_embeddings:
            raise IndexError(f"{self.located()}: the words must lie in 0..{self.num_embeddings - 1}"
                             f", got {here.min()} to {here.max()}")
        return EmbeddingFn(xp_of(self.weight.data).asarray(index), self.padding_idx)(self.weight)

    def out_shape(self, in_shape: Shape) -> Shape:
        return *in_shape, self.embedding_dim

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding {self.padding_idx}"
        return f"{self.num_embeddings} words -> {self.embedding_dim}{padding}"
