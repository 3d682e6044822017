"""Writes models_residual.json: a digest of what the layers of ResNet-50 and its kin put out.

Run by hand, never by the tests:    python tests/stored/make_models_residual.py
The stored file was made by torch 2.13.0 and torchvision 0.28.0 on a CPU, in float64, in eval mode.

The networks are torchvision's.  Weights and images come from the rule in filled.py.  "outputs" are
those of blocks and stages, each under the name that minicnn has for it, and "layers" those of every
layer, in the order in which they compute.
"""

import json
import re
from pathlib import Path

import torch
from filled import digest, filled, image, short
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torchvision import models

IMAGES = {"resnet50": (2, 3, 64, 48), "densenet121": (2, 3, 64, 48), "resnet18": (1, 3, 40, 64),
          "resnext50_32x4d": (1, 3, 64, 48), "wide_resnet50_2": (1, 3, 33, 33)}
EVERY_LAYER = ("resnet50", "densenet121")                  # of the others stages and scores
LAYERS = {"conv2d", "batch_norm", "layer_norm", "linear", "scaled_dot_product_attention", "relu",
          "hardtanh", "silu", "gelu", "sigmoid", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d"}


def attention_by_parts(x, key, value, width, heads, w, b, *others):
    """The layers of self-attention, one after the other;  x: (L, N, D)."""
    q, k, v = (part.unflatten(2, (heads, -1)).permute(1, 2, 0, 3)         # (N, heads, L, D / heads)
               for part in functional.linear(x, w, b).chunk(3, dim=2))
    y = functional.scaled_dot_product_attention(q, k, v)
    out_w, out_b = others[4:6]
    return functional.linear(y.permute(2, 0, 1, 3).flatten(2), out_w, out_b)


class EveryLayer(TorchFunctionMode):
    """Digests of all that a network computes, be it by a module or by a function."""

    def __init__(self):
        super().__init__()
        self.digests = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = function.__name__
        if name == "multi_head_attention_forward":         # tells nothing of its parts
            with self:
                attention_by_parts(*args)
        y = function(*args, **(kwargs or {}))
        if name == "scaled_dot_product_attention":
            self.keep(y.transpose(1, 2).flatten(2))        # heads side by side
        elif name in ("layer_norm", "linear", "gelu") and y.ndim == 4:
            self.keep(y.permute(0, 3, 1, 2))               # ConvNeXt's channels come last
        elif name in LAYERS:
            self.keep(y)
        return y

    def keep(self, y):
        self.digests.append(digest(y.numpy(), 2))


def own_name(name):
    """minicnn's name of a part of torchvision's networks."""
    name = re.sub(r"^bn1\b", "conv1_batchnorm2d", name)
    name = re.sub(r"^layer(\d)", lambda found: f"conv{int(found[1]) + 1}_x", name)
    name = name.replace(".downsample", ".shortcut.projection")
    name = re.sub(r"(_x\.\d+)\.((?:conv|bn)\d)", r"\1.body.\2", name)
    name = re.sub(r"^features\.", "", name)
    name = {"conv0": "conv1", "norm0": "conv1_batchnorm2d", "norm5": "norm",
            "classifier": "fc"}.get(name, name)
    name = re.sub(r"denselayer(\d+)", lambda found: str(int(found[1]) - 1), name)
    return re.sub(r"^denseblock(\d)\.(\d+)\.", r"dense\1.\2.body.", name).replace("denseblock",
                                                                                  "dense")


def run(network):
    model = getattr(models, network)(weights=None).eval()
    for number, (name, value) in enumerate(model.state_dict().items()):
        value.copy_(torch.from_numpy(filled(number, name, tuple(value.shape))))
    outputs = {}
    for name, part in model.named_modules():
        own = own_name(name)
        dense_layer = re.fullmatch(r"dense\d\.\d+", own)   # its output here has x before it
        if (re.fullmatch(r"(conv\d_x|dense\d|transition\d|fc)", own)
                or network in EVERY_LAYER and not dense_layer and re.fullmatch(r"\w+\.\d+", own)):
            part.register_forward_hook(
                lambda part, _, y, own=own: outputs.update({own: digest(y.numpy())}))
    with torch.no_grad(), EveryLayer() as every:
        model(torch.from_numpy(image(IMAGES[network])))
    layers = {"layers": every.digests} if network in EVERY_LAYER else {}
    return {"image": IMAGES[network], "outputs": outputs, **layers}


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    stored = {network: run(network) for network in IMAGES}
    text = json.dumps(short(stored)).replace('"shape"', '\n"shape"')
    Path(__file__).with_name("models_residual.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
