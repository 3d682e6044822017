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
