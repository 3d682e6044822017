"""Writes modern.json: what PyTorch computes for layers of mobile networks, transformers, capsules.

Run by hand, never by the tests:    python tests/stored/make_modern.py
The stored file was made by torch 2.13.0 on a CPU, in float64, with a random upstream gradient.

Where PyTorch has the layer, it is that layer; the others are put together here from the formulas of
the papers, and their gradients are PyTorch's.  The form of a record is that of compositions.json.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional


def self_attention(p, x, embed_dim, num_heads):
    layer = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
    theirs = {"in_proj_weight": p["in_proj.weight"], "in_proj_bias": p["in_proj.bias"],
              "out_proj.weight": p["out_proj.weight"], "out_proj.bias": p["out_proj.bias"]}
    return torch.func.functional_call(layer, theirs, (x, x, x), {"need_weights": False})[0]


def attention(p, x, embed_dim, num_heads):
    q, k, v = (part.unflatten(2, (num_heads, -1)).transpose(1, 2) for part in x.chunk(3, dim=2))
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def layer_norm_2d(p, x, num_channels, eps=1e-6):
    y = functional.layer_norm(x.permute(0, 2, 3, 1), (num_channels,), p["weight"], p["bias"], eps)
    return y.permute(0, 3, 1, 2)


def recurrent_conv(p, x, in_channels, out_channels, kernel_size=3, steps=2):
    u = functional.conv2d(x, p["feed.weight"], p["feed.bias"], padding="same")
    h = u.relu()
    for _ in range(steps):
        h = (u + functional.conv2d(h, p["recurrent.weight"], padding="same")).relu()
    return h


def squash(s):
    norm = s.norm(dim=-1, keepdim=True)
    return norm / (1 + norm ** 2) * s


def primary_capsules(p, x, capsule_dim=8):
    return squash(x.unflatten(1, (-1, capsule_dim)).flatten(3).transpose(2, 3).flatten(1, 2))


def routed_capsules(p, u, in_capsules, in_dim, out_capsules, out_dim, routing=3):
    votes = torch.einsum("ijed,nid->nije", p["weight"], u)
    b = torch.zeros(votes.shape[:3])
    for _ in range(routing):
        v = squash(torch.einsum("nij,nije->nje", b.softmax(dim=2), votes))
        b = b + torch.einsum("nije,nje->nij", votes, v)
    return v


LAYERS = {
    "ChannelShuffle": lambda p, x, groups: nn.ChannelShuffle(groups)(x),
    "ChannelSlice": lambda p, x, start, stop: x.narrow(1, start, stop - start),
    "Hardtanh": lambda p, x, **limits: nn.Hardtanh(**limits)(x),
    "ReLU6": lambda p, x: nn.ReLU6()(x),
    "SiLU": lambda p, x: nn.SiLU()(x),
    "GELU": lambda p, x: nn.GELU()(x),
    "LayerNorm2d": layer_norm_2d,
    "LayerScale": lambda p, x, channels, init=0: torch.einsum("nc...,c->nc...", x, p["weight"]),
    "StochasticDepth": lambda state, x, /, **settings: x,  # in eval mode
    "ImageToTokens": lambda p, x: x.flatten(2).transpose(1, 2),
    "ClassToken": lambda p, x, embed_dim: torch.cat(
        [p["weight"].expand(len(x), 1, embed_dim), x], dim=1),
    "Positions": lambda p, x, tokens, embed_dim: x + p["weight"],
    "FirstToken": lambda p, x: x.select(1, 0),
    "TokenLinear": lambda p, x, in_features, out_features, bias=True: functional.linear(
        x, p["weight"], p.get("bias")),
    "Attention": attention,
    "SelfAttention": self_attention,
    "RecurrentConv2d": recurrent_conv,
    "CapsuleLength": lambda p, x: x.norm(dim=-1),
    "PrimaryCapsules": primary_capsules,
    "RoutedCapsules": routed_capsules,
}


def draw(shape):
    """Few digits, for a small file."""
    return torch.randn(shape).round(decimals=3)


def case(name, shape, parameters=None, mode="train", **arguments):
    """One record; parameters: {name: shape}."""
    state = {key: draw(size).requires_grad_() for key, size in (parameters or {}).items()}
    x = (2 * draw(shape)).requires_grad_()
    y = LAYERS[name](state, x, **arguments)
    dy = draw(y.shape)
    y.backward(dy)
    return {"name": name, "arguments": arguments, "mode": mode,
            "state": {key: value.tolist() for key, value in state.items()},
            "inputs": [x.tolist()], "y": y.tolist(), "dy": dy.tolist(),
            "dinputs": [x.grad.tolist()],
            "gradients": {key: value.grad.tolist() for key, value in state.items()}}


def cases():
    def attending(D):
        return {"in_proj.weight": (3 * D, D), "in_proj.bias": 3 * D, "out_proj.weight": (D, D),
                "out_proj.bias": D}

    def feeding(C, F, *kernel):
        return {"feed.weight": (F, C, *kernel), "feed.bias": F, "recurrent.weight": (F, F, *kernel)}

    return [
        case("ChannelShuffle", (2, 6, 2, 3), groups=3),
        case("ChannelShuffle", (2, 6, 2, 3), groups=2),
        case("ChannelSlice", (2, 5, 2, 3), start=1, stop=4),
        case("Hardtanh", (2, 3, 2, 4)), case("Hardtanh", (3, 4), min_val=-0.5, max_val=2.0),
        case("ReLU6", (2, 3, 4, 4)),
        case("SiLU", (2, 3, 2, 4)), case("GELU", (2, 3, 4, 4)),
        case("LayerNorm2d", (2, 4, 2, 3), {"weight": 4, "bias": 4}, num_channels=4),
        case("LayerNorm2d", (2, 3, 3, 1), {"weight": 3, "bias": 3}, num_channels=3, eps=0.5),
        case("LayerScale", (2, 3, 2, 2), {"weight": 3}, channels=3),
        case("LayerScale", (3, 4), {"weight": 4}, channels=4, init=0.1),
        case("StochasticDepth", (3, 2, 2), mode="eval", p=0.4),
        case("ImageToTokens", (2, 3, 2, 4)),
        case("ClassToken", (2, 3, 4), {"weight": 4}, embed_dim=4),
        case("Positions", (2, 3, 4), {"weight": (3, 4)}, tokens=3, embed_dim=4),
        case("FirstToken", (2, 3, 4)),
        case("TokenLinear", (2, 3, 4), {"weight": (5, 4), "bias": 5}, in_features=4,
             out_features=5),
        case("TokenLinear", (2, 3, 4), {"weight": (2, 4)}, in_features=4, out_features=2,
             bias=False),
        case("Attention", (2, 3, 12), embed_dim=4, num_heads=2),
        case("SelfAttention", (2, 3, 4), attending(4), embed_dim=4, num_heads=2),
        case("SelfAttention", (2, 5, 6), attending(6), embed_dim=6, num_heads=3),
        case("RecurrentConv2d", (2, 2, 4, 3), feeding(2, 3, 3, 3), in_channels=2, out_channels=3),
        case("RecurrentConv2d", (1, 2, 3, 4), feeding(2, 2, 1, 5), in_channels=2, out_channels=2,
             kernel_size=[1, 5], steps=1),
        case("CapsuleLength", (2, 3, 4)),
        case("PrimaryCapsules", (2, 6, 2, 3), capsule_dim=3),
        case("PrimaryCapsules", (1, 8, 2, 2)),
        case("RoutedCapsules", (2, 5, 3), {"weight": (5, 2, 4, 3)}, in_capsules=5, in_dim=3,
             out_capsules=2, out_dim=4),
        case("RoutedCapsules", (2, 4, 2), {"weight": (4, 3, 2, 2)}, in_capsules=4, in_dim=2,
             out_capsules=3, out_dim=2, routing=1)]


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    lines = [json.dumps(record) for record in cases()]
    path = Path(__file__).with_name("modern.json")
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} cases by torch {torch.__version__}")
