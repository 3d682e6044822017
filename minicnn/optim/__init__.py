"""Optimisers: how a gradient changes a weight.  Each update is written once, as its formula.

    w  weight      g  gradient, dL/dw      lr  learning rate      wd  weight decay

Weight decay adds the gradient of the L2 penalty wd / 2 w^2:  g <- g + wd w  (AdamW does otherwise).

One file each; here they are handed on: minicnn.optim.SGD.
"""

from typing import NoReturn

from minicnn.backend.messages import did_you_mean
from minicnn.optim.adagrad import Adagrad
from minicnn.optim.adam import Adam, AdamW
from minicnn.optim.clipping import clip_grad_norm_, clip_grad_value_
from minicnn.optim.optimizer import Optimizer
from minicnn.optim.rmsprop import RMSprop
from minicnn.optim.sgd import SGD

RMSProp = RMSprop                      # the lecture's spelling; PyTorch's is RMSprop

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSProp", "RMSprop", "clip_grad_norm_",
           "clip_grad_value_"]

# PyTorch's optimisers that are not here.
ELSEWHERE = {
    **dict.fromkeys(("Adamax", "Adafactor", "NAdam", "RAdam", "SparseAdam"),
                    "its nearest relative here is Adam"),
    **dict.fromkeys(("Adadelta", "Rprop"), "its nearest relative here is RMSprop"),
    **dict.fromkeys(("ASGD", "LBFGS", "Muon"), "its nearest relative here is SGD with momentum"),
    "lr_scheduler": "schedules are minicnn.schedule: from minicnn.schedule import StepLR",
}


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with the one to use."""
    hint = ELSEWHERE.get(name) or did_you_mean(name, __all__) or f"there are {', '.join(__all__)}"
    raise AttributeError(f"minicnn.optim has no {name}" + f"; {hint}" * (name[0] != "_"))
