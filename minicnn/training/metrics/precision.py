"""Average precision: one number for a list of answers, the surest first.

Go down the list.  After n answers, tp of them right, of T truths:

    precision = tp / n          how many of the answers are right
    recall    = tp / T          how many of the truths are found

A longer list finds more and is wrong more often; average precision is the area under precision
against recall.  Precision goes up and down on the way, so first each is raised to the best one at
this recall or a higher one: a detector may choose how far down it reads.

    right, wrong, right, duplicate, T = 2:   recall .5 .5 1 1    precision 1 .5 .67 .5
    raised:  1 .67 .67 .5    area = .5 1 + .5 .67 = .8333    11 points: (6 1 + 5 .67) / 11 = .8485

Source: Everingham et al. 2010, section 4.2 (11 points), VOC 2010's devkit (the area), Lin et al.
2014 (101 points).
"""

import numpy as np

VOC_LEVELS = np.arange(11) / 10 - 1e-9     # 3/10 is reached by 3 of 10, however it is rounded
# pycocotools' own numbers, to the last digit: seven of ten do not reach its 0.7000000000000001.
COCO_LEVELS = np.linspace(0, 1, 101)


def curve(right: np.ndarray, truths: int) -> tuple[np.ndarray, np.ndarray]:
    """(recall, raised precision), each (n,).

    right  : of the answers, (n,) bool, the surest first
    truths : how many there are to be found, at least 1
    """
    tp = np.cumsum(right)
    precision = tp / np.arange(1, len(right) + 1)
    return tp / truths, np.maximum.accumulate(precision[::-1])[::-1]


def area(right: np.ndarray, truths: int) -> float:
    """The area under the raised precision: VOC's average precision since 2010.

    >>> round(area(np.array([True, False, True, False]), 2), 4)
    0.8333
    """
    recall, precision = curve(right, truths)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def mean_at(levels: np.ndarray, right: np.ndarray, truths: int) -> float:
    """The mean of the raised precision at these recalls; 0 at those that are never reached.

    >>> round(mean_at(VOC_LEVELS, np.array([True, False, True, False]), 2), 4)
    0.8485
    """
    recall, precision = curve(right, truths)
    place = np.searchsorted(recall, levels)                # the first that reaches the level
    return float(np.append(precision, 0.0)[place].mean())
