"""Writes models_inception.json: a digest of what GoogLeNet's and its successors' layers put out.

Run by hand, never by the tests:    python tests/stored/make_models_inception.py
The stored file was made by torch 2.13.0, torchvision 0.28.0 and timm 1.0.31 on a CPU, in float64.

The networks are torchvision's and timm's, those that end in "_aux" in training mode and with their
auxiliary classifiers; dropout is off.  Weights and images come from the rule in filled.py, and each
output is stored under the name that minicnn has for it.
"""

import json
from pathlib import Path

import timm
import torch
from filled import digest, filled, image, short
from torchvision import models

IMAGES = {"googlenet": 64, "googlenet_aux": 64, "inception_v3": 107, "inception_v3_aux": 299,
          "inception_v4": 107, "inception_resnet_v2": 107, "xception": 71}
STEM = {"conv2d_1a", "conv2d_2a", "conv2d_2b", "maxpool_3a", "conv2d_3b", "conv2d_4a",
        "maxpool_5a", "mixed_5b"}
RESNET = {"repeat": "Inception-resnet-A", "mixed_6a": "Reduction-A",
          "repeat_1": "Inception-resnet-B", "mixed_7a": "Reduction-B",
          "repeat_2": "Inception-resnet-C", "block8": "Inception-resnet-C.last",
          "conv2d_7b": "conv2d_7b", "classif": "Softmax"}
V4 = [*[f"Stem.{i}" for i in range(6)], *[f"Inception-A.{i}" for i in range(4)], "Reduction-A",
      *[f"Inception-B.{i}" for i in range(7)], "Reduction-B",
      *[f"Inception-C.{i}" for i in range(3)]]


def build(network):
    kind, aux = network.removesuffix("_aux"), network.endswith("_aux")
    if kind in ("googlenet", "inception_v3"):
        return getattr(models, kind)(weights=None, aux_logits=aux, init_weights=False)
    model = timm.create_model("legacy_xception" if kind == "xception" else kind)
    for part in model.modules():
        if kind == "xception" and isinstance(part, torch.nn.BatchNorm2d):
            part.eps = 1e-3                                # the paper's program has this one
    return model


def own_name(network, name):
    """minicnn's name of a part of the other network, or None where it is not compared."""
    first, *rest = name.split(".")
    if network.startswith("googlenet") and not name.startswith(("aux1.", "aux2.")):
        if not rest or (first.startswith("inception") and rest[-1][:4] not in ("conv", "bn")):
            return name
    elif network.startswith("inception_v3"):
        return None if rest else first
    elif network == "inception_v4":
        if first == "last_linear":
            return "Softmax"
        return V4[int(rest[0])] if first == "features" and len(rest) == 1 else None
    elif network == "inception_resnet_v2":
        if first in STEM and not rest:
            return f"Stem.{first}"
        if first in RESNET and len(rest) == int(first.startswith("repeat")):
            return ".".join([RESNET[first], *rest])
    elif not rest and first.startswith(("act", "block", "fc")):
        return first.replace("act", "conv")
    return None


def order(network, names):
    """The names as minicnn orders them: auxiliary heads and a block's shortcut come last."""
    if network == "xception":
        blocks = list(dict.fromkeys(name.split(".")[0] for name in names))
        return sorted(names, key=lambda name: (blocks.index(name.split(".")[0]), ".skip" in name))
    return sorted(names, key=lambda name: name.startswith(("aux", "Aux")))


def run(network):
    training = network.endswith("_aux")
    model, outputs = build(network).train(training), {}
    state = model.state_dict()
    for number, name in enumerate(order(network, state)):
        state[name].copy_(torch.from_numpy(filled(number, name, tuple(state[name].shape))))
    for name, part in model.named_modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
        own = own_name(network, name) if name else None
        if own and not (training and "." in own):
            part.register_forward_hook(
                lambda part, _, y, own=own: outputs.update({own: digest(y.numpy())}))
    shape = (2, 3, IMAGES[network], IMAGES[network])
    with torch.no_grad():
        model(torch.from_numpy(image(shape)))
    return {"image": shape, "outputs": outputs}


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    stored = {network: run(network) for network in IMAGES}
    text = json.dumps(short(stored)).replace('"shape"', '\n"shape"')
    Path(__file__).with_name("models_inception.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
