"""Writes models_googlenet.json: a digest of each layer's output in GoogLeNet as the paper has it.

Run by hand, never by the tests:    python tests/stored/make_models_googlenet.py
The stored file was made by torch 2.13.0 on a CPU, in float64, without dropout.  "googlenet_paper"
has the layers that always run, "googlenet_paper_aux" the scores of training.

The network is put together here from PyTorch's layers after table 1 and section 5 of Szegedy et al.
2015, its layers named as minicnn names them.  Weights and image come from the rule in filled.py.
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch
from filled import digest, filled, image, short
from torch import nn

MODULES = {                                                # rows (3a) to (5b) of table 1
    "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128), "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128)}
IMAGE = (1, 3, 224, 224)


def chain(**parts):
    return nn.Sequential(OrderedDict(parts))


def unit(below, maps, size, stride=1):
    return chain(conv=nn.Conv2d(below, maps, size, stride, size // 2), activation=nn.ReLU())


class Inception(nn.Module):
    def __init__(self, below, one, reduce3, three, reduce5, five, proj):
        super().__init__()
        self.branch1 = unit(below, one, 1)
        self.branch2 = nn.Sequential(unit(below, reduce3, 1), unit(reduce3, three, 3))
        self.branch3 = nn.Sequential(unit(below, reduce5, 1), unit(reduce5, five, 5))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(below, proj, 1))

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], 1)


def pool():
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def head(maps):
    return chain(pool=nn.AvgPool2d(5, 3), conv=unit(maps, 128, 1), flatten=nn.Flatten(),
                 fc1=nn.Linear(2048, 1024), relu=nn.ReLU(), fc2=nn.Linear(1024, 1000))


class GoogLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        modules = {f"inception ({name})": Inception(*maps) for name, maps in MODULES.items()}
        parts = {
            "conv1": unit(3, 64, 7, 2), "pool1": pool(), "lrn1": nn.LocalResponseNorm(5),
            "conv2": chain(reduce=unit(64, 64, 1), conv=unit(64, 192, 3)),
            "lrn2": nn.LocalResponseNorm(5), "pool2": pool(), **modules,
            "avg pool": nn.AvgPool2d(7), "flatten": nn.Flatten(), "linear": nn.Linear(1024, 1000),
            "aux1": head(512), "aux2": head(528)}
        for name, part in parts.items():
            self.add_module(name, part)
        self.pool3, self.pool4 = pool(), pool()

    def forward(self, x):
        parts = dict(self.named_children())
        before = {"inception (4a)": "pool3", "inception (5a)": "pool4"}
        heads = {"inception (4a)": "aux1", "inception (4d)": "aux2"}
        for name, part in parts.items():
            if name in ("aux1", "aux2", "pool3", "pool4"):
                continue
            if name in before:
                x = parts[before[name]](x)
            x = part(x)
            if name in heads:
                parts[heads[name]](x)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    model, outputs = GoogLeNet(), {}
    for number, (name, value) in enumerate(model.state_dict().items()):
        value.copy_(torch.from_numpy(filled(number, name, tuple(value.shape))))
    for name, part in model.named_modules():
        if name:
            part.register_forward_hook(
                lambda part, _, y, name=name: outputs.update({name: digest(y.numpy())}))
    with torch.no_grad():
        model(torch.from_numpy(image(IMAGE)))
    always = {name: y for name, y in outputs.items() if not name.startswith("aux")}
    scores = {name: outputs[name] for name in ("linear", "aux1", "aux2")}
    stored = {"googlenet_paper": {"image": IMAGE, "outputs": always},
              "googlenet_paper_aux": {"image": IMAGE, "outputs": scores}}
    text = json.dumps(short(stored)).replace('"shape"', '\n"shape"')
    Path(__file__).with_name("models_googlenet.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
