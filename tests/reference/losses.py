"""The losses as plain loops."""

from math import exp, log


def cross_entropy(logits, labels, weight=None, ignore_index=-100, label_smoothing=0.0):
    """(the losses of the samples, what their mean divides by)."""
    C = len(logits[0])
    weight = [1.0] * C if weight is None else weight
    losses, divisor = [], 0.0
    for z, label in zip(logits, labels, strict=True):
        if label == ignore_index:
            losses.append(0.0)
            continue
        total = 0.0
        for c in range(C):
            total += exp(z[c] - max(z))
        loss = 0.0
        for c in range(C):
            target = (1 - label_smoothing) * (c == label) + label_smoothing / C
            loss -= weight[c] * target * (z[c] - max(z) - log(total))
        losses.append(loss)
        divisor += weight[label]
    return losses, divisor


def rbf_loss(distances, labels, j):
    """LeCun et al. 1998, equation 9, letter by letter."""
    E = 0.0
    for y, label in zip(distances, labels, strict=True):
        total = exp(-j)
        for distance in y:
            total += exp(-distance)
        E += y[label] + log(total)
    return E / len(labels)


def binary_cross_entropy(z, t, weight=1.0, pos_weight=1.0):
    """Of one answer: from the probability itself, as the formula has it."""
    p = 1 / (1 + exp(-z))
    return -weight * (pos_weight * t * log(p) + (1 - t) * log(1 - p))


def focal(z, t, alpha=0.25, gamma=2.0):
    """Of one answer; Lin et al. 2017, equation 5."""
    p = 1 / (1 + exp(-z))
    right, a = (p, alpha) if t == 1 else (1 - p, 1 - alpha)
    return -a * (1 - right) ** gamma * log(right)


def dice(p, t, smooth=1.0):
    """The loss of each class; p and t are [sample][class][pixel]."""
    losses = []
    for c in range(len(p[0])):
        above, below = smooth, smooth
        for n in range(len(p)):
            for own, truth in zip(p[n][c], t[n][c], strict=True):
                above += 2 * own * truth
                below += own + truth
        losses.append(1 - above / below)
    return losses


def smooth_l1(a, b, beta=1.0):
    """Of one number; Girshick 2015, equation 3, where beta is 1."""
    distance = abs(a - b)
    return 0.5 * distance ** 2 / beta if distance < beta else distance - 0.5 * beta
