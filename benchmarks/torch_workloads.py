"""The same workloads in PyTorch, for an environment of its own: minicnn never imports it.

    PYTHON benchmarks/torch_workloads.py     (started by `python -m benchmarks --against PYTHON`)

Reads "NAME STEPS" lines from standard input and answers each with the seconds of every step.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def lenet():
    torch.manual_seed(0)
    images, labels = torch.randn(64, 1, 32, 32), torch.randint(10, (64,))
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Tanh(),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Tanh(),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
        nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def conv3x3():
    torch.manual_seed(0)
    x = torch.randn(8, 64, 56, 56, requires_grad=True)
    dy = torch.randn(8, 64, 56, 56)
    layer = nn.Conv2d(64, 64, 3, padding=1)

    def step():
        x.grad = None
        layer.zero_grad()
        layer(x).backward(dy)
    return step


if __name__ == "__main__":
    workloads = {"lenet": lenet, "conv3x3": conv3x3}
    steps = {}
    print(json.dumps(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"), flush=True)
    for line in sys.stdin:
        name, count = line.split()
        step = steps.setdefault(name, workloads[name]())
        times = []
        for _ in range(int(count)):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps(times), flush=True)
