"""Layer normalisation: every sample gets mean 0 and variance 1 over its own features.

    mu    = mean of x                            over the D features: one for each sample n
    var   = mean of (x - mu)^2
    x_hat = (x - mu) / s,                        s = sqrt(var + eps)
    y     = gamma_d x_hat + beta_d               weight and bias, one of each for a feature d

    dgamma_d = sum of dy x_hat,   dbeta_d = sum of dy            over n
    dx         as in standardise.py, from gamma_d dy

Batch norm's formula along the other axis: no sample looks at another, so training and test are the
same, any batch size will do, and nothing has to be averaged over batches.

Source: Ba, Kiros and Hinton 2016, section 3.  Lecture: stanford, "Layer Normalization".
"""

from minicnn.autograd.tensor import Tensor
from minicnn.layers.channelnorm import affine_words
from minicnn.layers.module import Module, Parameter, Shape, ones
from minicnn.layers.standardise import StandardiseFn


class LayerNorm(Module):
    """Normalisation of each sample over its last axes; the shape stays as it is.

    Parameters
    ----------
    normalized_shape : int or tuple               the last axes, D or (C, H, W): they share a mean
    eps : float, default 1e-5                     added to the variance, above 0
    elementwise_affine : bool, default True       learn `weight` (gamma, from 1) of that shape
    bias : bool, default True                     and `bias` (beta, from 0)

    >>> import numpy as np
    >>> x = np.array([[0, 2], [10, 30]], np.float32)
    >>> LayerNorm(2)(Tensor(x)).numpy().round(3).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5,
                 elementwise_affine: bool = True, bias: bool = True) -> None:
        given = normalized_shape
        shape = (given,) if isinstance(given, int) else tuple(given)
        if not shape or min(shape) < 1:
            raise ValueError(f"LayerNorm: normalized_shape must be sizes above 0, got {given}")
        if not eps > 0:
            raise ValueError(f"LayerNorm: eps must be above 0, got {eps}; a sample whose values "
                             "are all equal has variance 0 and would be divided by 0")
        self.normalized_shape, self.eps = shape, float(eps)
        self.weight = Parameter(shape, ones) if elementwise_affine else None
        self.bias = Parameter(shape) if elementwise_affine and bias else None

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        last = tuple(range(x.ndim - len(self.normalized_shape), x.ndim))
        y = StandardiseFn(last, self.eps)(x)
        if self.weight is not None:
            y = y * self.weight
        return y if self.bias is None else y + self.bias

    def out_shape(self, in_shape: Shape) -> Shape:
        shape = self.normalized_shape
        if tuple(in_shape[-len(shape):]) != shape:
            came = ", ".join(map(str, in_shape))
            raise ValueError(f"{self.located()}: the input (N, {came}) does not end in {shape}, as "
                             f"the layer was built for; use {self.instead(in_shape)}")
        return in_shape

    def instead(self, in_shape: Shape) -> str:
        if len(in_shape) == 3 and self.normalized_shape == tuple(in_shape[:1]):
            return f"LayerNorm2d({in_shape[0]}) for the channels of each pixel"
        return f"LayerNorm({tuple(in_shape)})"

    def extra_repr(self) -> str:
        return f"{'x'.join(map(str, self.normalized_shape))}{affine_words(self)}"
