"""LeNet-5's criterion: near the code of the right class, far from all others.

    L = 1/N sum_n ( y[n, label_n] + log(e^-j + sum_c e^-y[n, c]) )

Source: LeCun et al. 1998, section II.C, equation 9.  Lecture: virginia "LeNet-5" (RBF output).
"""

from math import isfinite
from typing import Any

from minicnn.autograd.functions import concatenate
from minicnn.autograd.tensor import Tensor
from minicnn.losses.checks import check_labels, check_scores
from minicnn.losses.cross_entropy import cross_entropy


def rbf_loss(distances: Tensor, labels: Any, j: float = 1.0) -> Tensor:
    """LeNet-5's criterion for the RBF output: near its own class's code, away from the others.

    distances : Tensor (N, C)       y[n, c], squared distance of sample n to the code of class c
    labels : whole numbers (N,)     as for cross_entropy
    j : float > 0                   distance beyond which another class is pushed no further

        L = 1/N sum_n ( y[n, label_n] + log(e^-j + sum_c e^-y[n, c]) )

    The paper calls this the maximum a posteriori criterion: the image belongs to its class, not to
    another and not to a "rubbish" class at distance j.  So it is the cross-entropy of the logits
    -y with one class more, whose logit is -j.  The paper gives no value for j.

    Source: LeCun et al. 1998, section II.C, equation 9.
    """
    N, C = check_scores("rbf_loss", "distances", distances)
    labels = check_labels("rbf_loss", labels, (N,), C)
    if not (isfinite(j) and j > 0):
        raise ValueError(f"rbf_loss: j must be a number above 0, got {j}")
    rubbish = distances.lift([[-float(j)]] * N).reshape(N, 1)
    return cross_entropy(concatenate([-distances, rubbish], axis=1), labels, ignore_index=-1)
