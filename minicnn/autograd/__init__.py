"""The engine, Tensors and their elementary operations."""

from typing import NoReturn

from minicnn.autograd.engine import Function

__all__ = ["Function"]

# What torch.autograd has beside it.
ELSEWHERE = {
    "grad": "call y.backward(); then x.grad is the gradient",
    "backward": "call y.backward()",
    "gradcheck": "from minicnn.gradcheck.checker import gradcheck",
    "Variable": "write Tensor(values, requires_grad=True)",
    "detect_anomaly": "write minicnn.detect_anomaly()",
    "set_detect_anomaly": "write with minicnn.detect_anomaly():",
    "profiler": "write minicnn.analysis.profile(net, in_shape)",
}


def __getattr__(name: str) -> NoReturn:
    hint = f"; {ELSEWHERE[name]}" if name in ELSEWHERE else ""
    raise AttributeError(f"module 'minicnn.autograd' has no attribute {name!r}{hint}")
