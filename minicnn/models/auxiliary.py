"""Auxiliary classifiers: small heads halfway up a deep network, for training only.

    L = L(scores) + 0.3 L(aux1) + 0.3 L(aux2)

The gradient of a head's loss reaches the layers below it directly.  That of the network's own loss
has to pass through all layers above, and each of them may make it smaller.

Source: Szegedy et al. 2015, "Going deeper with convolutions", section 5.  Slides: iitk
"Intermediate Supervision", stanford "GoogLeNet" ("auxiliary classification outputs to inject
additional gradient at lower layers").
"""

from typing import Any

from minicnn.layers.module import Module
from minicnn.models.table import TableNet


class Supervised(TableNet):
    """Rows with auxiliary classifiers: in training forward returns (scores, aux1, ...).

    In eval mode the heads do not run.  A network inherits from (Network, Supervised), in this
    order.
    """

    def add_heads(self, heads: dict[str, tuple[str, Module]]) -> None:
        """{"aux1": ("inception (4a)", head)}: that row's output feeds this head."""
        self.head_behind = {self.row_ends[label]: name for name, (label, _) in heads.items()}
        for name, (_, part) in heads.items():
            setattr(self, name, part)

    def forward(self, x: Any) -> Any:
        """x through all rows and, in training, all heads."""
        parts, scores = dict(self.named_parts()), []
        heads = {name: parts.pop(head) for name, head in self.head_behind.items()}
        for name, part in parts.items():
            x = part(x)
            if self.training and name in heads:
                scores.append(heads[name](x))
        return (x, *scores) if scores else x
