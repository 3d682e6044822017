"""PyTorch's names that are missing here, and what to write instead.

Asking for such a name raises an AttributeError with its line of these tables, which
docs/from_pytorch.md shows; a test holds both to each other.  (A Tensor.__getattr__ would do it in
fewer lines, and make every x.data slower: Python then looks every attribute up the long way.)
"""

from collections.abc import Iterable
from typing import Any

from minicnn.backend.messages import did_you_mean

PAGE = "docs/from_pytorch.md has the whole list"

# Methods of torch.Tensor; what is written in place stands inside no_grad() where x is learnt.
METHODS = {
    "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "neg": "-x",
    "mm": "x @ y", "bmm": "x @ y", "mv": "x @ y", "dot": "x @ y", "outer": "x.unsqueeze(1) * y",
    "eq": "x == y", "ne": "x != y", "lt": "x < y", "le": "x <= y", "gt": "x > y", "ge": "x >= y",
    "allclose": "np.allclose(x.data, y.data)", "isclose": "np.isclose(x.data, y.data)",
    "equal": "np.array_equal(x.data, y.data)", "quantile": "np.quantile(x.data, q)",
    "roll": "np.roll(x.data, shift)",
    "reciprocal": "1 / x", "rsqrt": "1 / x.sqrt()", "log1p": "(1 + x).log()",
    "expm1": "x.exp() - 1", "log2": "x.log() / np.log(2)", "log10": "x.log() / np.log(10)",
    "norm": "(x ** 2).sum().sqrt()", "logsumexp": "x.exp().sum(dim).log()",
    "softmax": "minicnn.layers.softmax(x, dim)",
    "log_softmax": "minicnn.layers.log_softmax(x, dim)",
    "masked_fill": "functions.where(mask, value, x)", "where": "functions.where(condition, x, y)",
    "masked_select": "x[mask]", "index_select": "x[index]", "take": "x.flatten()[index]",
    "select": "x[:, index]", "narrow": "x[:, start:start + length]", "unbind": "list(x)",
    "flip": "x[::-1]", "unflatten": "x.reshape(shape)", "view_as": "x.reshape(y.shape)",
    "reshape_as": "x.reshape(y.shape)", "expand_as": "x.expand(y.shape)",
    "broadcast_to": "x.expand(shape)", "type_as": "x.astype(y.dtype)",
    "swapaxes": "x.transpose(0, 1)", "swapdims": "x.transpose(0, 1)", "H": "x.mT", "mH": "x.mT",
    "movedim": "x.permute(dims)", "moveaxis": "x.permute(dims)", "ravel": "x.flatten()",
    "tile": "x.repeat(times)", "copy": "x.clone()", "repeat_interleave": "np.repeat(x.data, n)",
    "topk": "np.argsort(-x.data)[..., :k]", "argwhere": "np.argwhere(x.data)",
    "nonzero": "np.argwhere(x.data)", "scatter": "np.put_along_axis(x.data, index, values, axis)",
    "scatter_add": "np.add.at(x.data, index, values)",
    "ndimension": "x.ndim", "nelement": "x.numel()", "nbytes": "x.data.nbytes",
    "element_size": "x.data.itemsize", "itemsize": "x.data.itemsize", "stride": "x.data.strides",
    "is_contiguous": "x.data.flags.c_contiguous", "storage": "x.data", "data_ptr": "x.data",
    "type": "x.astype(dtype)", "byte": "x.astype('uint8')", "short": "x.astype('int16')",
    "bfloat16": "x.half()", "is_cuda": "x.device == 'cuda'", "get_device": "x.device",
    "is_floating_point": "x.dtype.kind == 'f'",
    "register_hook": "minicnn.autograd.hooks.record(hook)", "zero_grad": "x.grad = None",
    "new_zeros": "Tensor(np.zeros(shape, x.dtype))", "new_ones": "Tensor(np.ones(shape, x.dtype))",
    "new_full": "Tensor(np.full(shape, value, x.dtype))", "new_tensor": "Tensor(values)",
    "add_": "x += y", "sub_": "x -= y", "mul_": "x *= y", "div_": "x /= y", "pow_": "x **= y",
    "zero_": "x[...] = 0", "fill_": "x[...] = value", "copy_": "x[...] = y",
    "clamp_": "x[...] = x.clamp(min, max)", "relu_": "x[...] = x.relu()",
    "normal_": "x[...] = rng.normal(mean, std, x.shape)", "detach_": "x.detach()",
    "uniform_": "x[...] = rng.uniform(low, high, x.shape)",
} | {name: f"np.{name}(x.data)" for name in (
    "argsort", "bincount", "ceil", "cos", "count_nonzero", "cumprod", "cumsum", "diag", "diff",
    "floor", "histogram", "median", "prod", "round", "sign", "sin", "sort", "tan", "trace", "tril",
    "triu", "unique")}

# What torch and torch.nn.functional have beside methods and layers; rng is a NumPy Generator,
# np.random.default_rng(seed).
FUNCTIONS = {
    "empty_like": "minicnn.zeros_like(x)",
    "full_like": "minicnn.full(x.shape, value)", "is_tensor": "isinstance(x, Tensor)",
    "normal": "mean + std * minicnn.randn(shape)",
    "bernoulli": "minicnn.rand(shape) < p", "multinomial": "rng.choice(len(p), n, p=p)",
    "hstack": "functions.cat([x, y], 1)", "vstack": "functions.cat([x, y])",
    "logical_and": "mask & condition", "logical_or": "mask | condition", "logical_not": "~mask",
    "meshgrid": "np.meshgrid(array, array, indexing='ij')", "one_hot": "np.eye(classes)[labels]",
    "normalize": "x / (x ** 2).sum(dim, keepdim=True).sqrt()",
    "cosine_similarity": "(x * y).sum(dim) / ((x ** 2).sum(dim) * (y ** 2).sum(dim)).sqrt()",
    "scaled_dot_product_attention": "functions.softmax(x @ y.mT / n ** 0.5, -1) @ y",
    "gumbel_softmax": "functions.softmax((x - (-minicnn.rand_like(x).log()).log()) / tau, -1)",
    "grid_sample": "minicnn.data.augment.sample(images, rows, columns), without a gradient",
    "affine_grid": "minicnn.data.augment.warp(images, rng), without a gradient",
    "einsum": "(x * y).sum(dim), x @ y", "inference_mode": "minicnn.no_grad()",
    "set_grad_enabled": "minicnn.no_grad()", "enable_grad": "minicnn.no_grad() around the rest",
    "is_grad_enabled": "minicnn.autograd.switches.state.recording",
    "set_num_threads": "minicnn.set_threads(2)", "seed": "minicnn.manual_seed(0)",
    "Generator": "np.random.default_rng(seed)", "bfloat16": "np.float16",
    "set_default_dtype": "model.to(dtype=np.float64)", "get_default_dtype": "np.float32",
    "set_printoptions": "np.set_printoptions(precision=4)", "random": "minicnn.manual_seed(0)",
    "use_deterministic_algorithms": "nothing: one seed gives one result",
    "backends": "nothing: leave it out", "jit": "nothing: leave it out",
    "distributed": "nothing: one process trains one network",
    "linalg": "np.linalg.norm(x.data)", "fft": "np.fft.fft(x.data)",
    "Size": "tuple(shape)", "dtype": "np.dtype('float32')", "version": "minicnn.__version__",
    "hub": "minicnn.models.build('resnet18')",
    "FloatTensor": "Tensor(values)", "DoubleTensor": "minicnn.tensor(values, dtype=np.float64)",
    "LongTensor": "minicnn.tensor(labels)", "BoolTensor": "minicnn.tensor(mask)",
    "accelerator": "minicnn.cuda.is_available()", "compile": "nothing: faster versions run anyway",
    "utils": "minicnn.data.Loader, in the place of DataLoader",
    "DataLoader": "minicnn.data.Loader",
}


class StandIn:
    """In the place of a method that is missing: asking for it raises an AttributeError."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Any, kind: type) -> Any:
        raise AttributeError(f"Tensor has no {self.name}; write {METHODS[self.name]}")


# A class with all of them, from which Tensor inherits.
StandIns: Any = type("StandIns", (), {name: StandIn(name) for name in METHODS})


def missing_function(place: str, name: str, known: Iterable[str], kind: type,
                     home: str | None = None, advice: str = "") -> AttributeError:
    """What a module's __getattr__ raises.

    place : the module;  name : what was asked of it
    known : the names it has;  kind : Tensor;  home : the module that has this one
    advice : what else there is to say
    """
    if name.startswith("__"):
        return AttributeError(f"module {place!r} has no attribute {name!r}")
    if name in FUNCTIONS:
        advice = f"write {FUNCTIONS[name]}"
    elif home:
        advice = f"it is {home}.{name}"
    elif name in METHODS:
        advice = f"write {METHODS[name]}"
    elif advice:
        pass
    elif hasattr(kind, name):
        method = callable(getattr(kind, name))
        advice = f"it is a method: x.{name}()" if method else f"it is x.{name}"
    else:
        advice = did_you_mean(name, [one for one in known if not one.startswith("_")]) or PAGE
    return AttributeError(f"module {place!r} has no attribute {name!r}; {advice}")
