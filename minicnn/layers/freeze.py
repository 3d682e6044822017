"""Freezing: layers that have learnt elsewhere stay as they are, and the others learn on them.

    freeze(model, "conv1", "stage1")      these learn no more, whatever model.train() says
    unfreeze(model, "stage1")             and this one does again

A frozen layer gets no gradient, and stays in test mode: its batch norms use the averages that they
have and do not move them, its dropout drops nothing.  Where everything up to a layer is frozen, no
gradient is computed there at all, which makes a step much cheaper.

Lecture: stanford, "Transfer learning with CNNs" ("freeze these").
"""

from minicnn.layers.module import M


def freeze(model: M, *layers: str) -> M:
    """The parts at these paths learn no more; without a path the whole network.

    >>> from minicnn.models import build
    >>> model = freeze(build("lenet5"), "C1", "C3").train()
    >>> model.C1.training, model.C3.weight.requires_grad, model.C5.weight.requires_grad
    (False, False, True)
    """
    return marked(model, layers, frozen=True)


def unfreeze(model: M, *layers: str) -> M:
    """The parts at these paths learn again; without a path the whole network."""
    return marked(model, layers, frozen=False)


def marked(model: M, layers: tuple[str, ...], frozen: bool) -> M:
    for part in [model.get_submodule(layer) for layer in layers] or [model]:
        part.requires_grad_(not frozen)
        for inside in part.modules():
            object.__setattr__(inside, "_frozen", frozen)
        part.train(model.training)
    return model
