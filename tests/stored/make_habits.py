"""Writes habits.json: PyTorch's names, and its numbers for options that students are used to.

Run by hand, never by the tests:    python tests/stored/make_habits.py
The stored file was made by torch 2.13.0 and torchvision 0.29.1 on a CPU, in float64.
"""

import json
from inspect import isbuiltin, isfunction
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import lr_scheduler
from torch.utils import data
from torchvision import transforms

torch.set_default_dtype(torch.float64)


def public(of, keep=lambda name: True):
    return [name for name in dir(of) if not name.startswith("_") and keep(name)]


def functions(of):
    return public(of, lambda name: name[0].islower() and "torch_function" not in name
                  and (isbuiltin(getattr(of, name)) or isfunction(getattr(of, name))))


def wave(*shape):
    return torch.arange(float(torch.Size(shape).numel())).reshape(shape).sin()


def conv(mode, padding, stride):
    layer = nn.Conv2d(2, 3, 3, stride, padding, padding_mode=mode, bias=False)
    layer.weight.data, x = 2 * wave(3, 2, 3, 3), wave(1, 2, 4, 5).requires_grad_()
    y = layer(x)
    y.backward(3 * wave(*y.shape))
    return {"mode": mode, "padding": padding, "stride": stride, "y": y.tolist(),
            "dx": x.grad.tolist(), "dw": layer.weight.grad.tolist()}


def gelu():
    x = torch.tensor([-50.0, -3, -1, -0.5, 0, 0.5, 1, 3, 50], requires_grad=True)
    y = nn.GELU(approximate="tanh")(x)
    y.sum().backward()
    return {"x": x.tolist(), "y": y.tolist(), "dx": x.grad.tolist()}


def average(*arguments):
    x = wave(1, 2, 5, 6).requires_grad_()
    y = nn.AvgPool2d(*arguments, divisor_override=5)(x)
    y.backward(3 * wave(*y.shape))
    return {"arguments": arguments, "y": y.tolist(), "dx": x.grad.tolist()}


def steps(name, groups, **settings):
    ws = [torch.tensor([1.0, -2, 3], requires_grad=True), torch.tensor([0.5], requires_grad=True)]
    listed = [{"params": [w], **group} for w, group in zip(ws, groups, strict=True)]
    optimizer = getattr(optim, name)(listed, **settings)
    for g in [0.1, -0.2, 0.3], [0.5, 0.5, -1.0], [0.0, 2.0, 0.25]:
        ws[0].grad, ws[1].grad = torch.tensor(g), torch.tensor([g[0] + 1])
        optimizer.step()
    return {"name": name, "groups": groups, "settings": settings,
            "end": [w.tolist() for w in ws]}


def rates(name, **settings):
    ws = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimizer = optim.SGD([{"params": [ws[0]], "lr": 0.5}, {"params": [ws[1]]}], lr=0.1)
    schedule, found = getattr(lr_scheduler, name)(optimizer, **settings), []
    for _ in range(7):
        found.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step(*[1.0] * (name == "ReduceLROnPlateau"))
    return {"name": name, "settings": settings, "lrs": found}


HABITS = {
    "names": {
        "torch.nn": public(nn, lambda name: name[0].isupper()),
        "torch.nn.Module": public(nn.Module),
        "torch.nn.Sequential": public(nn.Sequential),
        "torch.nn.ModuleList": public(nn.ModuleList),
        "torch.nn.ModuleDict": public(nn.ModuleDict),
        "torch.optim": public(optim, lambda name: name[0].isupper()),
        "torch.optim.Optimizer": public(optim.SGD),
        "torch.optim.lr_scheduler": public(lr_scheduler, lambda name: name.endswith(
            ("LR", "Plateau", "Restarts", "Scheduler"))),
        "torch.optim.lr_scheduler.LRScheduler": public(lr_scheduler.StepLR),
        "torch.nn.functional": functions(nn.functional),
        "torch.nn.init": functions(nn.init),
        "torch.utils.data": [name for name in data.__all__ if name[0] != "_"],
        "torchvision.transforms": transforms.transforms.__all__,
    },
    "conv": [conv(mode, padding, stride) for mode in ("reflect", "replicate", "circular")
             for padding, stride in ((1, 1), ((2, 1), 2), ("same", 1), ((3, 3), 1))],
    "gelu": gelu(),
    "average": [average(2), average(3, 2, 1), average(3, 2, 1, True),
                average(3, 2, 1, True, False)],
    "optimisers": [
        steps("Adagrad", [{}, {}], lr=0.1),
        steps("Adagrad", [{"eps": 0.1}, {}], lr=0.1, lr_decay=0.2, weight_decay=0.1,
              initial_accumulator_value=0.3),
        steps("SGD", [{"lr": 0.5}, {"momentum": 0.0}], lr=0.1, momentum=0.9, weight_decay=0.01),
        steps("Adam", [{"betas": (0.5, 0.9)}, {"eps": 0.1}], lr=0.1),
        steps("AdamW", [{"weight_decay": 0.5}, {}], lr=0.1),
        steps("RMSprop", [{"centered": True}, {"momentum": 0.5}], lr=0.1)],
    "schedules": [
        rates("StepLR", step_size=2), rates("MultiStepLR", milestones=[1, 3], gamma=0.5),
        rates("ExponentialLR", gamma=0.9), rates("CosineAnnealingLR", T_max=4, eta_min=0.01),
        rates("PolynomialLR", total_iters=4, power=2.0),
        rates("ReduceLROnPlateau", patience=0, min_lr=0.02)],
}

if __name__ == "__main__":
    text = json.dumps(HABITS, indent=None)
    Path(__file__).with_name("habits.json").write_text(text + "\n")
