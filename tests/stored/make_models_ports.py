"""Writes models_ports.json: what ports of published networks to PyTorch are made of, and put out.

Run by hand, never by the tests:    python tests/stored/make_models_ports.py
The stored file was made by torch 2.14.1, torchvision 0.29.1, timm 1.0.31 and pretrainedmodels 0.7.4
(the ports of the authors' Caffe, Torch and TensorFlow programs) on a CPU, in float64, in eval mode.

"settings" has the port's layers by kind and setting, and how many there are of each; "scores" is a
digest of what small images give with weights by the rule in filled.py.  Networks that differ from
the published ones in size only (the tiny NASNets) are built from the ports' own classes.
"""

import json
import re
from collections import Counter
from pathlib import Path

import timm
import torch
from filled import digest, filled, image, short
from pretrainedmodels import models as ports
from pretrainedmodels.models.nasnet import NASNetALarge
from pretrainedmodels.models.nasnet_mobile import NASNetAMobile
from torch import nn
from torchvision import models


def port(name, **options):
    return lambda: getattr(ports, name)(num_classes=1000, pretrained=None, **options)


def torchvision(name, **options):
    return lambda: getattr(models, name)(weights=None, **options)


def timm_s(name, **options):
    return lambda: timm.create_model(name, **options)


RELEASED = {"pad_type": "same", "bn_eps": 1e-3}            # timm's words for TensorFlow's padding

# minicnn's name and variant -> the port
SETTINGS = {
    "alexnet torchvision": torchvision("alexnet"),
    "vgg16 torchvision": torchvision("vgg16"), "vgg16_bn": torchvision("vgg16_bn"),
    "inception_v2": port("bninception"),
    "inception_v4": port("inceptionv4"), "inception_resnet_v2": port("inceptionresnetv2"),
    "xception timm": port("xception"), "polynet": port("polynet"), "senet154": port("senet154"),
    "preact_resnet50 timm": timm_s("resnetv2_50"),
    **{f"resnet{depth} torchvision": torchvision(f"resnet{depth}") for depth in (18, 34, 50, 101)},
    **{name: torchvision(name) for name in (
        "wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d",
        "resnext101_64x4d", "densenet121", "densenet161", "densenet169", "densenet201",
        "mobilenet_v2", "convnext_tiny", "convnext_base", "vit_b_16", "vit_h_14")},
    "resnext101_32x4d": port("resnext101_32x4d"),
    **{name: port(name) for name in (
        "se_resnet50", "se_resnet101", "se_resnet152", "se_resnext50_32x4d",
        "se_resnext101_32x4d")},
    "se_resnet50 timm": timm_s("seresnet50"),
    **{f"se_resnext{depth}_32x4d timm": timm_s(f"seresnext{depth}_32x4d") for depth in (50, 101)},
    "mobilenet_v1 timm": timm_s("mobilenetv1_100"),
    "mobilenet_v1_125 timm": timm_s("mobilenetv1_125"),
    "mobilenet_v1 released": timm_s("mobilenetv1_100", **RELEASED),
    "mobilenet_v2 released": timm_s("mobilenetv2_100", **RELEASED),
    "shufflenet_v2": torchvision("shufflenet_v2_x1_0"),
    **{f"efficientnet_{size} torchvision": torchvision(f"efficientnet_{size}")
       for size in ("b0", "b4", "b5", "b7")},
    "nasnet_a_mobile": port("nasnetamobile"), "nasnet_a_large": port("nasnetalarge"),
    "res2net50": timm_s("res2net50_26w_4s"), "res2net101": timm_s("res2net101_26w_4s"),
}


def alexnet_bn():
    """Torch's example for ImageNet, alexnetowtbn."""
    def block(channels, maps, *window):
        return [nn.Conv2d(channels, maps, *window), nn.BatchNorm2d(maps, 1e-3), nn.ReLU()]

    def hidden(features):
        return [nn.Dropout(0.5), nn.Linear(features, 4096), nn.BatchNorm1d(4096, 1e-3), nn.ReLU()]

    return nn.Sequential(
        *block(3, 64, 11, 4, 2), nn.MaxPool2d(3, 2), *block(64, 192, 5, 1, 2), nn.MaxPool2d(3, 2),
        *block(192, 384, 3, 1, 1), *block(384, 256, 3, 1, 1), *block(256, 256, 3, 1, 1),
        nn.MaxPool2d(3, 2), nn.Flatten(), *hidden(9216), *hidden(4096), nn.Linear(4096, 1000))


def nin_bn():
    """Torch's example for ImageNet, ninbn."""
    def block(channels, maps, *window):
        convs = [nn.Conv2d(channels, maps, *window)] + [nn.Conv2d(maps, maps, 1) for _ in range(2)]
        return [part for conv in convs for part in (conv, nn.BatchNorm2d(maps, 1e-3), nn.ReLU())]

    return nn.Sequential(
        *block(3, 96, 11, 4, 5), nn.MaxPool2d(3, 2, 1), *block(96, 256, 5, 1, 2),
        nn.MaxPool2d(3, 2, 1), *block(256, 384, 3, 1, 1), nn.MaxPool2d(3, 2, 1),
        *block(384, 1024, 3, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def any_size(model):
    """The port, with a mean over the whole map at its end."""
    for name in ("avg_pool", "avgpool", "global_pool", "last_avg_pool", "avgpool_1a"):
        if isinstance(getattr(model, name, None), nn.AvgPool2d):
            setattr(model, name, nn.AdaptiveAvgPool2d(1))
    return model


def tiny(network):
    return lambda: network(10, stem_filters=8, penultimate_filters=192)


SCORES = {                                                 # the port, and side of the square images
    "alexnet_bn": (alexnet_bn, 224), "nin_bn": (nin_bn, 64),
    "inception_v2": (port("bninception"), 64), "preact_resnet50 timm": (SETTINGS[
        "preact_resnet50 timm"], 64),
    "se_resnet50": (port("se_resnet50"), 64), "se_resnet50 timm": (timm_s("seresnet50"), 64),
    "se_resnext50_32x4d": (port("se_resnext50_32x4d"), 64),
    "se_resnext50_32x4d timm": (timm_s("seresnext50_32x4d"), 64),
    "se_resnext101_32x4d": (port("se_resnext101_32x4d"), 64), "senet154": (port("senet154"), 64),
    "xception timm": (port("xception"), 74), "polynet": (port("polynet"), 107),
    "res2net50": (timm_s("res2net50_26w_4s"), 64),
    **{f"mobilenet_v1{name}": (SETTINGS[f"mobilenet_v1{name}"], 64)
       for name in (" timm", "_125 timm", " released")},
    "mobilenet_v2 released": (SETTINGS["mobilenet_v2 released"], 64),
    "efficientnet_b0": (timm_s("tf_efficientnet_b0"), 64),
    "nasnet_a_mobile tiny": (tiny(NASNetAMobile), 64),
    "nasnet_a_large tiny": (tiny(NASNetALarge), 75),
}


# --- settings ------------------------------------------------------------------------------------

def pair(size):
    return list(size) if isinstance(size, (tuple, list)) else [size, size]


def setting(part):
    """In words, or None for layers that have no such thing; 1 x 1 convolutions are often matrices
    on the other side, poolings of the whole map have many forms."""
    if isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d):
        return f"batch norm, eps {part.eps:g}, momentum {part.momentum:g}"
    if isinstance(part, nn.LayerNorm):
        return f"layer norm, eps {part.eps:g}"
    if isinstance(part, nn.ReLU6):
        return "ReLU6"
    if isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1:
        bias = "" if part.bias is None else ", bias"
        return f"convolution {pair(part.kernel_size)}, stride {pair(part.stride)}, groups " \
               f"{part.groups}{bias}"
    if isinstance(part, nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride = pair(part.kernel_size), pair(part.stride)
        if max(kernel) > 1 and (stride != [1, 1] or pair(part.padding) != [0, 0]):
            kind = "max" if isinstance(part, nn.MaxPool2d) else "mean"
            hangs = part.ceil_mode and max(stride) > 1
            zeros = kind == "mean" and part.count_include_pad and any(pair(part.padding))
            return f"{kind} {kernel}, stride {stride}, padding {pair(part.padding)}" + \
                hangs * ", ceil" + zeros * ", counts zeros"
    return None


def settings(network):
    with torch.device("meta"):
        model = any_size(SETTINGS[network]())
    return dict(sorted(Counter(filter(None, map(setting, model.modules()))).items()))


# --- scores --------------------------------------------------------------------------------------

UNIT = re.compile(r"(stages\.\d+\.blocks|layer\d+|stage_[bc])\.\d+|(reduction_)?cell_\d+|block\d+")


def rank(network, name):
    """Where minicnn has it within its unit."""
    if network.startswith("preact"):                       # the projection behind the convolutions
        return ("downsample" in name,)
    if network.startswith("xception"):
        return (".skip" in name,)
    if network.startswith("nasnet"):                       # what makes x before what makes p
        return (0 if ".conv_1x1" in name else 1 if ".conv_prev" in name else 2,)
    ladder = re.search(r"\.(convs|bns)\.(\d+)", name)
    if ladder:                                             # of Res2Net: norms at their convolutions
        return 1, int(ladder[2]), ladder[1] == "bns"
    if network == "res2net50":
        return (0 if re.search(r"\.(conv|bn)1\.", name) else 2,)
    powers = re.search(r"(bn|conv2d)_blocks\.(\d+)", name)
    if powers:                                             # of PolyNet: norms power by power
        return (1, int(powers[2])) if powers[1] == "bn" else (2,)
    return (0,)


def own_order(network, names):
    """The names as minicnn orders them: unit by unit."""
    units = {name: (UNIT.match(name) or [name])[0] for name in names}
    first = list(dict.fromkeys(units.values()))
    places = {unit: place for place, unit in enumerate(first)}
    return sorted(names, key=lambda name: (places[units[name]], *rank(network, name)))


def scores(network):
    make, side = SCORES[network]
    model = any_size(make()).eval()
    state = model.state_dict()
    for number, name in enumerate(own_order(network, list(state))):
        shape = tuple(state[name].shape)
        plain = shape[:2] if shape[2:] == (1, 1) and re.search(r"\.se|head\.fc", name) else shape
        state[name].copy_(torch.from_numpy(filled(number, name, plain)).reshape(shape))
    shape = (2, 3, side, side)
    with torch.no_grad():
        return {"image": shape, "scores": digest(model(torch.from_numpy(image(shape))).numpy())}


def main():
    torch.set_num_threads(1)
    found = {"settings": {network: settings(network) for network in SETTINGS}}
    torch.set_default_dtype(torch.float64)
    found["scores"] = {network: scores(network) for network in SCORES}
    text = json.dumps(short(found)).replace('}, "', '},\n"')
    Path(__file__).with_name("models_ports.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
