"""The activations that are methods of a Tensor, x.relu(), x.sigmoid() and x.tanh().

    ReLU          y = max(x, 0)                     dx = dy where x > 0
    sigmoid       y = 1 / (1 + e^-x)                dx = dy y (1 - y)
    scaled tanh   y = A tanh(S x)                   dx = dy S (A - y^2 / A);  tanh has A = S = 1

Their layers, their relatives and the sources: minicnn/layers/activations.py.
"""

from minicnn.autograd.engine import Function
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu import activations as cpu
from minicnn.backend.cuda import elements
from minicnn.backend.versions import elementwise, faster


@elementwise
@faster(cpu=cpu.relu, cuda=elements.relu)
class ReLUFn(Function):
    def forward(self, x):
        y = xp_of(x).maximum(x, 0)
        self.passed = y != 0                               # x > 0, and NaN, which is not stopped
        return y

    def backward(self, dy):
        return xp_of(dy).where(self.passed, dy, 0)         # infinity * 0 would be NaN


@elementwise
@faster(cpu=cpu.sigmoid, cuda=elements.sigmoid)
class SigmoidFn(Function):
    def forward(self, x):
        xp = xp_of(x)
        small = xp.exp(-abs(x))                            # e^-|x| never overflows, and
        self.y = xp.where(x < 0, small, 1) / (1 + small)   # 1 / (1 + e^-x) = e^x / (1 + e^x)
        return self.y

    def backward(self, dy):
        return dy * self.y * (1 - self.y)


@elementwise
@faster(cpu=cpu.tanh, cuda=elements.tanh)
class TanhFn(Function):
    def __init__(self, A: float = 1.0, S: float = 1.0):
        self.A, self.S = A, S

    def forward(self, x):
        self.y = self.A * xp_of(x).tanh(self.S * x)
        return self.y

    def backward(self, dy):
        return dy * self.S * (self.A - self.y ** 2 / self.A)
