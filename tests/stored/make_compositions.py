"""Writes compositions.json: layers that PyTorch has not as one operation, composed from several.

Run by hand, never by the tests:    python tests/stored/make_compositions.py
The stored file was made by torch 2.13.0 on a CPU, in float64, with a random upstream gradient.

Each composition follows the formulas of the paper or of the layer's docstring and nothing else; the
gradients are PyTorch's.  A composition is called with the parameters by name, the inputs, the
factors of dropout and the layer's arguments.  `kept` in the file says where those factors are not
0: a test lets the layer draw this very mask.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional

# LeCun et al. 1998, table I: 6 maps of S2, read around the circle 0 1 2 3 4 5 0 1 ...
LENET = [sorted((first + step) % 6 for step in steps)
         for steps, firsts in [((0, 1, 2), range(6)), ((0, 1, 2, 3), range(6)),
                               ((0, 1, 3, 4), range(2)), ((0, 2, 3, 5), [0]), (range(6), [0])]
         for first in firsts]


def response_norm_within(p, x, size, alpha=1e-4, beta=0.75, k=1.0):
    before, after = size // 2, (size - 1) // 2
    squares = functional.pad(x ** 2, (before, after, before, after))
    return x * (k + alpha * functional.avg_pool2d(squares, size, stride=1)) ** -beta


def contrast_norm(p, x, size=9, std=None, eps=1e-4):
    C, steps = x.shape[1], torch.arange(size) - size // 2
    std = size / 4 if std is None else std
    w = torch.exp(-(steps[:, None] ** 2 + steps ** 2) / (2 * std ** 2))
    w = (w / w.sum()).expand(1, C, size, size) / C

    def mean(q):                                           # (N, C, H, W) -> (N, 1, H, W)
        inside = functional.conv2d(torch.ones_like(q), w, padding=size // 2)
        return functional.conv2d(q, w, padding=size // 2) / inside

    v = x - mean(x)
    sigma = mean(v ** 2).sqrt()
    typical = sigma.mean((1, 2, 3), keepdim=True)
    return v / torch.maximum(sigma, typical.clamp(min=eps))


def subsample(p, x, channels, kernel_size=2):
    one_each = (1, channels, 1, 1)
    return (functional.avg_pool2d(x, kernel_size) * p["weight"].view(one_each)
            + p["bias"].view(one_each))


def partial_conv(p, x, in_channels, out_channels, kernel_size, table):
    dense = torch.zeros(out_channels, in_channels, *p["weight"].shape[1:])
    links = [(f, c) for f, seen in enumerate(table) for c in seen]
    for weight, (f, c) in zip(p["weight"], links, strict=True):
        dense[f, c] = weight
    return functional.conv2d(x, dense, p["bias"])


def rbf(p, x, in_features, classes, learnt=False):
    return torch.cdist(x, p["codes"], compute_mode="donot_use_mm_for_euclid_dist") ** 2


def shortcut(p, x, in_channels, out_channels, stride=1, option="B"):
    if p:
        return functional.conv2d(x, p["projection.0.weight"], stride=stride)
    thin = functional.avg_pool2d(x, 1, stride)             # the mean of 1 pixel
    return functional.pad(thin, (0, 0, 0, 0, 0, out_channels - in_channels))


def squeeze_excite(p, x, channels, reduction=16):
    z = x.mean((2, 3))                                     # (N, C)
    middle = functional.linear(z, p["weights.reduce.weight"], p["weights.reduce.bias"])
    s = functional.linear(middle.relu(), p["weights.expand.weight"], p["weights.expand.bias"])
    return torch.einsum("nc,nchw->nchw", s.sigmoid(), x)


def dropout(state, x, factor=1.0, p=0.5):
    return x * factor


def drop_connect(state, x, *factors, in_features, out_features, p=0.5, bias=True):
    factors = factors or [1.0] * len(state)                # eval mode
    return functional.linear(x, *[w * factor for w, factor in
                                  zip(state.values(), factors, strict=True)])


def rbf_loss(p, distances, labels, j=1.0):
    own = distances[torch.arange(len(labels)), labels]
    others = torch.exp(torch.tensor(-j)) + torch.exp(-distances).sum(1)
    return (own + others.log()).mean()


def l2_penalty(p, *ws, strength):
    return strength / 2 * torch.linalg.vector_norm(torch.cat([w.flatten() for w in ws])) ** 2


COMPOSITIONS = {
    "LocalResponseNormWithin": response_norm_within, "ContrastNorm": contrast_norm,
    "Subsample2d": subsample, "PartialConv2d": partial_conv, "RBF": rbf, "Shortcut": shortcut,
    "SqueezeExcite": squeeze_excite, "Dropout": dropout, "Dropout2d": dropout,
    "DropConnectLinear": drop_connect, "rbf_loss": rbf_loss,
    "ScaledTanh": lambda p, x: 1.7159 * torch.tanh(2 * x / 3),
    "Add": lambda p, x, shortcut: x + shortcut,
    "Concat": lambda p, *branches: torch.cat(branches, dim=1),
    "GlobalAvgPool2d": lambda p, x: functional.avg_pool2d(x, x.shape[2:]),
    "Flatten": lambda p, x: torch.flatten(x, 1),
    "l2_penalty": l2_penalty,
}


def draw(shape):
    """Few digits, for a small file."""
    return torch.randn(shape).round(decimals=3)


def case(name, *shapes, parameters=None, codes=None, masks=(), mode="train", positive=False,
         **arguments):
    """One record.

    shapes: of the inputs; parameters: {name: shape}; codes: the shape of RBF's; masks: shapes, in
    the order in which the layer draws them; positive: no input below 0.
    """
    state = {key: draw(shape) for key, shape in (parameters or {}).items()}
    if codes:
        state["codes"] = 2.0 * torch.randint(2, codes) - 1
    learnt = [key for key in state if key != "codes" or arguments.get("learnt")]
    inputs = [2 * draw(shape) for shape in shapes]
    if positive:
        inputs = [x.abs() for x in inputs]
    for tensor in inputs + [state[key] for key in learnt]:
        tensor.requires_grad_()
    factors = [functional.dropout(torch.ones(shape), arguments["p"]) for shape in masks]
    y = COMPOSITIONS[name](state, *inputs, *factors, **arguments)
    dy = draw(y.shape)
    y.backward(dy)
    return {"name": name, "arguments": arguments, "mode": mode,
            "kept": [(factor != 0).int().tolist() for factor in factors],
            "state": {key: value.tolist() for key, value in state.items()},
            "inputs": [x.tolist() for x in inputs], "y": y.tolist(), "dy": dy.tolist(),
            "dinputs": [x.grad.tolist() for x in inputs],
            "gradients": {key: state[key].grad.tolist() for key in learnt}}


def normalisations():
    return [
        case("LocalResponseNormWithin", (2, 2, 5, 4), size=3, alpha=2.0),
        case("LocalResponseNormWithin", (2, 2, 4, 6), size=4, alpha=3.0, beta=0.6, k=0.5),
        case("LocalResponseNormWithin", (2, 2, 3, 2), size=2),
        case("LocalResponseNormWithin", (1, 2, 3, 4), size=5, alpha=9.0, k=2.0),
        case("ContrastNorm", (2, 3, 5, 6)),                # the window is larger than the image
        case("ContrastNorm", (2, 2, 7, 6), size=5, std=0.8),
        case("ContrastNorm", (2, 1, 4, 5), size=3),
        case("ContrastNorm", (3, 2, 4, 3), size=3, eps=1.9),         # above and below sigma
        case("ContrastNorm", (2, 2, 3, 3), size=3, eps=50.0)]


def lenet():
    return [
        case("Subsample2d", (2, 3, 4, 6), parameters={"weight": 3, "bias": 3}, channels=3),
        case("Subsample2d", (2, 2, 5, 8), parameters={"weight": 2, "bias": 2}, channels=2,
             kernel_size=[2, 3]),
        case("PartialConv2d", (1, 6, 6, 7), parameters={"weight": (60, 5, 5), "bias": 16},
             in_channels=6, out_channels=16, kernel_size=5, table=LENET),
        case("PartialConv2d", (2, 3, 4, 5), parameters={"weight": (6, 2, 3), "bias": 4},
             in_channels=3, out_channels=4, kernel_size=[2, 3],
             table=[[2, 0], [1], [0, 1], [2]]),
        case("RBF", (3, 6), codes=(4, 6), in_features=6, classes=4),
        case("RBF", (3, 5), codes=(2, 5), in_features=5, classes=2, learnt=True),
        case("ScaledTanh", (2, 3, 2, 4)),
        case("rbf_loss", (4, 3), positive=True, labels=[2, 0, 1, 2]),
        case("rbf_loss", (3, 5), positive=True, labels=[4, 0, 4], j=0.3)]


def structures():
    ways = [("A", 3, 3, 1), ("A", 2, 5, 1), ("A", 2, 2, 2), ("A", 2, 5, 2), ("A", 2, 3, 3),
            ("B", 3, 3, 1), ("C", 3, 3, 1), ("B", 2, 3, 1), ("B", 2, 2, 2), ("B", 2, 4, 2),
            ("C", 2, 4, 1), ("C", 2, 3, 2)]
    shortcuts = []
    for option, C, F, stride in ways:
        projected = option == "C" or (option == "B" and (C, stride) != (F, 1))
        shortcuts.append(case(
            "Shortcut", (2, C, 5, 4), in_channels=C, out_channels=F, stride=stride, option=option,
            parameters={"projection.0.weight": (F, C, 1, 1)} if projected else {}))
    excites = [case("SqueezeExcite", (3, C, 2, 3), channels=C, **reduction,
                    parameters={"weights.reduce.weight": (M, C), "weights.reduce.bias": M,
                                "weights.expand.weight": (C, M), "weights.expand.bias": C})
               for C, M, reduction in [(4, 2, {"reduction": 2}), (3, 1, {})]]
    return shortcuts + excites + [
        case("Add", (2, 3, 2, 4), (2, 3, 2, 4)),
        case("Concat", (2, 1, 3, 2), (2, 3, 3, 2), (2, 2, 3, 2)),
        case("Concat", (3, 2), (3, 4)),
        case("GlobalAvgPool2d", (2, 3, 4, 5)),
        case("Flatten", (2, 3, 2, 4)),
        case("Flatten", (3, 4)),
        case("l2_penalty", (2, 3), (4,), (1, 2, 2, 2), strength=0.3)]


def dropouts():
    image, whole_maps = (2, 4, 3, 2), (2, 4, 1, 1)
    linear = {"in_features": 5, "out_features": 4, "parameters": {"weight": (4, 5), "bias": 4}}
    without = {"in_features": 5, "out_features": 4, "parameters": {"weight": (4, 5)}, "bias": False}
    return [
        case("Dropout", image, masks=[image], p=0.5),
        case("Dropout", (4, 6), masks=[(4, 6)], p=0.3),
        case("Dropout", image, mode="eval", p=0.3),
        case("Dropout2d", image, masks=[whole_maps], p=0.5),
        case("Dropout2d", image, masks=[whole_maps], p=0.4),
        case("Dropout2d", image, mode="eval", p=0.4),
        case("DropConnectLinear", (3, 5), masks=[(4, 5), 4], p=0.5, **linear),
        case("DropConnectLinear", (3, 5), masks=[(4, 5)], p=0.3, **without),
        case("DropConnectLinear", (3, 5), mode="eval", p=0.3, **linear)]


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    cases = normalisations() + lenet() + structures() + dropouts()
    lines = [json.dumps(record) for record in cases]
    Path(__file__).with_name("compositions.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} cases by torch {torch.__version__}")
