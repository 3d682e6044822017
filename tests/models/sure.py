"""Networks without chance: dropout and stochastic depth off, so that two runs agree."""


def sure(model):
    for part in model.modules():
        if hasattr(part, "p"):
            part.p = 0.0
    return model
