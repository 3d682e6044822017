"""The workloads in PyTorch, for an environment of its own: minicnn never imports this file."""

import sys

import torch
import torch.nn.functional as F
from serve import serve
from torch import nn
from torch_boxes import SSD, Boxes, ssd_loss
from torch_published import published


class Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride, option):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.stride, self.new, self.projection = stride, out_channels - in_channels, None
        if option == "B" and (stride != 1 or self.new):
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.projection is not None:
            x = self.projection(x)
        elif self.new:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.new))
        return self.relu(y + x)


class Bottleneck(nn.Module):
    def __init__(self, in_channels, width, stride):
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width))
        self.relu = nn.ReLU(inplace=True)
        self.projection = nn.Identity()
        if stride != 1 or in_channels != 4 * width:
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, 4 * width, 1, stride, bias=False),
                nn.BatchNorm2d(4 * width))

    def forward(self, x):
        return self.relu(self.convs(x) + self.projection(x))


class Skip(nn.Module):
    def __init__(self, rows):
        super().__init__()
        self.inner = sequential(rows)

    def forward(self, x):
        return torch.cat([x, self.inner(x)], 1)


BLOCKS = {"Block": Block, "Bottleneck": Bottleneck, "Skip": Skip, "Boxes": Boxes}


def make(what, options):
    if what in BLOCKS:
        return BLOCKS[what](**options)
    if what == "GlobalAvgPool2d":
        return nn.AdaptiveAvgPool2d(1)
    if what == "ReLU":
        return nn.ReLU(inplace=True)           # as torchvision writes its networks
    return getattr(nn, what)(**options)


def sequential(rows):
    return nn.Sequential(*(make(what, options) for what, options in rows))


def number_of_parameters(part):
    return sum(parameter.numel() for parameter in part.parameters())


def prepare(workload):
    torch.manual_seed(0)
    if workload["kind"] == "chain":
        return additions(workload["shape"][0]), 0
    device = workload["device"]
    x = torch.randn(*workload["shape"]).to(device)
    if workload["kind"] == "layer":
        return layer(workload, x)
    model = sequential(workload["rows"]) if workload["rows"] else \
        published(workload["published"][1], *workload["published"][2])
    model = (SSD(list(model)) if workload["kind"] == "detect" else model).to(device)
    if workload["kind"] in ("forward", "folded"):
        model.eval()

        def forward():
            with torch.no_grad():
                model(x)
        return forward, number_of_parameters(model)

    loss_of = ssd_loss(model, workload["targets"], device) if workload["kind"] == "detect" \
        else cross_entropy_of(model, x)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)

    def train():
        loss = loss_of(model(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return train, number_of_parameters(model)


def cross_entropy_of(model, x):
    """Against labels that are drawn, one for each image or for each pixel."""
    last = model[-1] if isinstance(model, nn.Sequential) else None
    if last is None or isinstance(last, nn.Linear):
        labels = torch.randint(last.out_features if last else 1000, (len(x),))
    else:
        labels = torch.randint(last.out_channels, (len(x), *x.shape[2:]))
    labels = labels.to(x.device)
    return lambda scores: F.cross_entropy(scores, labels)


def layer(workload, x):
    x.requires_grad_(not workload["first"])
    part = make(workload["what"], workload["options"]).to(x.device)
    with torch.no_grad():
        dy = torch.randn_like(part(x))

    def step():
        x.grad = None
        part.zero_grad()
        part(x).backward(dy)
    return step, number_of_parameters(part)


def additions(count):
    x, one = torch.ones(16, requires_grad=True), torch.ones(16)

    def step():
        y = x
        for _ in range(count):
            y = y + one
        x.grad = None
        y.backward(one)
    return step


if __name__ == "__main__":
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    gpu = (torch.cuda.synchronize, torch.cuda.max_memory_reserved) \
        if torch.cuda.is_available() else None
    serve({"who": f"PyTorch {torch.__version__}", "python": sys.version.split()[0],
           "threads": torch.get_num_threads()}, prepare,
          ("train", "segment", "detect", "forward", "folded", "layer", "chain"), gpu)
