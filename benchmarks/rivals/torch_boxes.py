"""The small SSD in PyTorch: boxes read from maps, their matching with the truth, and the loss.

Matching is NumPy's, because for a few boxes a picture its operations start sooner than PyTorch's.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Boxes(nn.Module):
    def __init__(self, in_channels, classes, step, places, sides):
        super().__init__()
        self.classes, count = classes, len(sides)
        self.moves = nn.Conv2d(in_channels, 4 * count, 3, padding=1)
        self.scores = nn.Conv2d(in_channels, classes * count, 3, padding=1)
        centre = (np.arange(places) + 0.5) * step
        y, x, side = np.meshgrid(centre, centre, sides, indexing="ij")
        self.defaults = np.stack([x, y, side, side], axis=-1).reshape(-1, 4)   # centre and size

    def forward(self, x):
        return (self.by_box(self.moves(x), 4), self.by_box(self.scores(x), self.classes))

    @staticmethod
    def by_box(y, columns):
        return y.permute(0, 2, 3, 1).reshape(len(y), -1, columns)


class SSD(nn.Module):
    def __init__(self, parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.defaults = np.concatenate([part.defaults for part in parts if isinstance(part, Boxes)])

    def forward(self, x):
        moves, scores = [], []
        for part in self.parts:
            if isinstance(part, Boxes):
                move, score = part(x)
                moves.append(move)
                scores.append(score)
            else:
                x = part(x)
        return torch.cat(moves, 1), torch.cat(scores, 1)


def overlap(a, b):
    """IoU of boxes given by their corners."""
    sides = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    inter = np.maximum(sides, 0).prod(axis=2)
    area_a, area_b = ((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (a, b))
    return inter / (area_a[:, None] + area_b - inter)


def matched(iou):
    """The truth of each default box, -1 for none: the best pair of all first, then from 0.5 on."""
    found = np.where(iou.max(axis=0) >= 0.5, iou.argmax(axis=0), -1)
    left = iou.copy()
    for _ in range(len(iou)):
        truth, box = np.unravel_index(left.argmax(), left.shape)
        if left[truth, box] <= 0:
            break
        found[box] = truth
        left[truth], left[:, box] = -1, -1
    return found


def wanted(defaults, targets):
    """What the network is to say: labels (N, A), and moves (N, A, 4)."""
    corners = np.concatenate([defaults[:, :2] - defaults[:, 2:] / 2,
                              defaults[:, :2] + defaults[:, 2:] / 2], axis=1)
    labels = np.zeros((len(targets), len(defaults)), np.int64)
    moves = np.zeros((*labels.shape, 4), np.float32)
    for number, (boxes, names) in enumerate(targets):
        found = matched(overlap(boxes, corners))
        own = found >= 0
        box, default = boxes[found[own]], defaults[own]
        sides = box[:, 2:] - box[:, :2]
        labels[number, own] = names[found[own]]
        moves[number, own, :2] = (box[:, :2] + sides / 2 - default[:, :2]) / default[:, 2:] / 0.1
        moves[number, own, 2:] = np.log(sides / default[:, 2:]) / 0.2
    return labels, moves


def ssd_loss(model, targets, device):
    """A function of the network's answers: matching, hard negatives and loss of every step."""
    targets = [(np.array(each["boxes"]), np.array(each["labels"])) for each in targets]

    def loss_of(answers):
        moves, scores = answers
        labels, goals = (torch.from_numpy(array).to(device)
                         for array in wanted(model.defaults, targets))
        positive = labels > 0
        cost = F.cross_entropy(scores.flatten(0, 1), labels.flatten(), reduction="none")
        cost = cost.view(labels.shape)
        with torch.no_grad():
            background = cost.masked_fill(positive, -torch.inf)
            rank = background.argsort(1, descending=True).argsort(1)
            count = (3 * positive.sum(1, keepdim=True)).clamp(min=3)
            chosen = positive | (rank < count)
        distance = F.smooth_l1_loss(moves[positive], goals[positive], reduction="sum")
        return (distance + cost[chosen].sum()) / positive.sum().clamp(min=1)
    return loss_of
