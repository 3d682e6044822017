"""Writes models_efficient.json: digests of outputs of efficient networks, ConvNeXt and ViT.

Run by hand, never by the tests:    python tests/stored/make_models_efficient.py
The stored file was made by torch 2.13.0 and torchvision 0.28.0 on a CPU, in float64, in eval mode.

The networks are torchvision's.  Weights and images come from the rule in filled.py.  "outputs" are
those of blocks and stages, each under the name that minicnn has for it, and "layers" those of every
layer, in the order in which they compute.
"""

import json
from pathlib import Path

import torch
from filled import digest, filled, image, short
from make_models_residual import EveryLayer
from torchvision import models

IMAGES = {"mobilenet_v2": (2, 3, 64, 48), "shufflenet_v2_x1_0": (2, 3, 64, 48),
          "efficientnet_b0": (2, 3, 64, 48),
          "convnext_tiny": (1, 3, 64, 64), "vit_b_16": (1, 3, 64, 64)}


def build(network):
    options = {"image_size": 64} if network == "vit_b_16" else {}
    return getattr(models, network)(weights=None, **options)


def own_name(network, name):
    """minicnn's name of a part of torchvision's network, or None where it is not compared."""
    first, *rest = name.split(".")
    number = int(rest[0]) if rest and rest[0].isdigit() else -1
    if network == "vit_b_16":
        if name.startswith("encoder.layers.encoder_layer_") and len(rest) == 2:
            return f"block{int(rest[1].removeprefix('encoder_layer_')) + 1}"
        return {"conv_proj": "patches", "encoder.ln": "norm", "heads": "head"}.get(name)
    if network == "shufflenet_v2_x1_0":
        compared = not rest or first.startswith("stage") and len(rest) == 1
        return name.replace("maxpool", "pool1") if compared else None
    if first == "classifier" and not rest:
        return "fc"
    if network == "mobilenet_v2" and len(rest) == 1 and first == "features":
        return "conv1" if number == 0 else "conv2" if number == 18 else f"block{number}"
    if network == "efficientnet_b0" and first == "features":
        if len(rest) == 1:
            return "conv1" if number == 0 else "head" if number == 8 else f"stage{number}"
        return f"stage{number}.{rest[1]}" if len(rest) == 2 and 0 < number < 8 else None
    if network == "convnext_tiny" and first == "features" and number >= 0:
        stage = number // 2 + 1
        place = f"stage{stage}" if number % 2 else f"down{stage}" if number else "stem"
        if len(rest) == 1:
            return place
        return f"{place}.{rest[1]}" if len(rest) == 2 and number % 2 else None
    return "pool" if name == "avgpool" else None


def own_order(network, names):
    """ConvNeXt's scale stands behind its block, ViT's class token behind the first convolution."""
    if network == "vit_b_16":
        return ["conv_proj.weight", "conv_proj.bias", "class_token",
                *[name for name in names if not name.startswith(("conv_proj", "class_token"))]]
    order = []
    for name in names:
        if not name.endswith("layer_scale"):
            order.append(name)
        if name.endswith("block.5.bias"):
            order.append(name.replace("block.5.bias", "layer_scale"))
    return order


def own_shape(name, shape):
    """Scales, tokens and positions lie in fewer axes in minicnn."""
    squeezed = name.endswith(("layer_scale", "class_token", "pos_embedding"))
    return tuple(size for size in shape if size > 1) if squeezed else tuple(shape)


def run(network):
    model, outputs = build(network).eval(), {}
    state = model.state_dict()
    for number, name in enumerate(own_order(network, list(state))):
        value = state[name]
        kind = "weight" if name.endswith(("layer_scale", "class_token")) else name
        values = filled(number, kind, own_shape(name, value.shape))
        value.copy_(torch.from_numpy(values).reshape(value.shape))
    for name, part in model.named_modules():
        own = own_name(network, name) if name else None
        if own:
            part.register_forward_hook(
                lambda part, _, y, own=own: outputs.update({own: digest(y.numpy())}))
    with torch.no_grad(), EveryLayer() as every:
        model(torch.from_numpy(image(IMAGES[network])))
    layers = {} if network == "shufflenet_v2_x1_0" else {"layers": every.digests}
    return {"image": IMAGES[network], "outputs": outputs, **layers}


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    stored = {network: run(network) for network in IMAGES}
    text = json.dumps(short(stored)).replace('"shape"', '\n"shape"')
    Path(__file__).with_name("models_efficient.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
