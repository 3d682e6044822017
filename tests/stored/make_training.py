"""Make training.json: losses, optimisers, schedules as PyTorch 2.13 (CPU, float64) has them.

Run by hand where PyTorch is installed:  python tests/stored/make_training.py
The package and its tests do not need PyTorch; they read the numbers.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn, optim

rng = np.random.default_rng(7)


def losses():
    logits, labels = 3 * rng.standard_normal((5, 4)), [0, 3, 1, -100, 3]
    weight = [0.5, 2.0, 0.0, 1.25]
    cases = []
    for w, smoothing, reduction in itertools.product((None, weight), (0.0, 0.1, 1.0),
                                                     ("mean", "sum", "none")):
        z = torch.tensor(logits, requires_grad=True)
        loss = nn.functional.cross_entropy(
            z, torch.tensor(labels), None if w is None else torch.tensor(w, dtype=torch.float64),
            reduction=reduction, label_smoothing=smoothing)
        dy = torch.tensor(rng.standard_normal(loss.shape))
        loss.backward(dy)
        cases.append({"weight": w, "label_smoothing": smoothing, "reduction": reduction,
                      "loss": loss.tolist(), "dy": dy.tolist(), "dlogits": z.grad.tolist()})
    prediction, target = rng.standard_normal((2, 3, 4))
    squared = []
    for reduction in ("mean", "sum", "none"):
        a = torch.tensor(prediction, requires_grad=True)
        loss = nn.functional.mse_loss(a, torch.tensor(target), reduction=reduction)
        dy = torch.tensor(rng.standard_normal(loss.shape))
        loss.backward(dy)
        squared.append({"reduction": reduction, "loss": loss.tolist(), "dy": dy.tolist(),
                        "dprediction": a.grad.tolist()})
    return {"cross_entropy": {"logits": logits.tolist(), "labels": labels, "cases": cases},
            "mse_loss": {"prediction": prediction.tolist(), "target": target.tolist(),
                         "cases": squared}}


def optimisers():
    grid = [("SGD", {"lr": 0.1, "momentum": m, "dampening": d, "weight_decay": wd, "nesterov": n})
            for m, d, wd, n in itertools.product((0.0, 0.9), (0.0, 0.3), (0.0, 0.05), (False, True))
            if not n or (m > 0 and d == 0)]
    grid += [("RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-6, "weight_decay": wd, "momentum": m,
                          "centered": c})
             for wd, m, c in itertools.product((0.0, 0.05), (0.0, 0.8), (False, True))]
    grid += [(name, {"lr": 0.03, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": wd})
             for name in ("Adam", "AdamW") for wd in (0.0, 0.05)]
    grid += [(name, {"lr": 0.01}) for name in ("SGD", "RMSprop", "Adam", "AdamW")]
    starts = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
    gradients = [[rng.standard_normal(w.shape) for w in starts] for _ in range(5)]
    cases = []
    for name, options in grid:
        ws = [nn.Parameter(torch.tensor(w)) for w in starts]
        optimiser = getattr(optim, name)(ws, **options)
        for number, gs in enumerate(gradients):
            for w, g in zip(ws, gs, strict=True):
                w.grad = torch.tensor(g)
            if number == 2:
                ws[1].grad = None                      # one parameter misses the third step
            optimiser.step()
        cases.append({"name": name, "options": options, "end": [w.tolist() for w in ws]})
    return {"starts": [w.tolist() for w in starts],
            "gradients": [[g.tolist() for g in gs] for gs in gradients], "cases": cases}


def clipping():
    cases = []
    gradients = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
    for max_norm in (0.5, 100.0):
        ws = [nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
        for w, g in zip(ws, gradients, strict=True):
            w.grad = torch.tensor(g)
        norm = nn.utils.clip_grad_norm_(ws, max_norm)
        cases.append({"max_norm": max_norm, "norm": norm.item(),
                      "gradients": [w.grad.tolist() for w in ws]})
    return {"gradients": [g.tolist() for g in gradients], "cases": cases}


def schedules():
    s = optim.lr_scheduler
    chained = [("StepLR", {"step_size": 7}), ("StepLR", {"step_size": 4, "gamma": 0.5}),
               ("MultiStepLR", {"milestones": [5, 12, 20]}),
               ("MultiStepLR", {"milestones": [3, 9], "gamma": 0.3}),
               ("CosineAnnealingLR", {"T_max": 30}),
               ("CosineAnnealingLR", {"T_max": 12, "eta_min": 0.01}),
               ("PolynomialLR", {"total_iters": 20}),
               ("PolynomialLR", {"total_iters": 30, "power": 0.9})]
    new = lambda: optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.4)  # noqa: E731
    cases = []
    for name, options in chained:
        for warmup in (None, {"steps": 5, "start_factor": 0.2}):
            optimiser = new()
            schedule = getattr(s, name)(optimiser, **options)
            if warmup:
                optimiser = new()
                rise = s.LinearLR(optimiser, warmup["start_factor"], 1.0, warmup["steps"])
                schedule = s.SequentialLR(
                    optimiser, [rise, getattr(s, name)(optimiser, **options)], [warmup["steps"]])
            cases.append({"name": name, "options": options, "warmup": warmup,
                          "lr": follow(optimiser, schedule.step, [()] * 30)})
    measured = [1.0, 0.9, 0.8, 0.81, 0.8, 0.7999, 0.82, 0.8, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.4,
                float("nan"), 0.4, 0.4, 0.4, 0.4, 0.39, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]
    plateaus = []
    for options in ({"patience": 2}, {"patience": 1, "cooldown": 2, "factor": 0.5},
                    {"patience": 0, "min_lr": 0.003}, {"mode": "max", "patience": 1},
                    {"patience": 1, "threshold": 0.05, "threshold_mode": "abs"},
                    {"mode": "max", "patience": 3, "threshold": 0.2}):
        optimiser = new()
        schedule = s.ReduceLROnPlateau(optimiser, **options)
        plateaus.append({"options": options,
                         "lr": follow(optimiser, schedule.step, [(m,) for m in measured])})
    return {"lr": 0.4, "cases": cases,
            "plateau": {"measured": [repr(m) for m in measured], "cases": plateaus}}


def follow(optimiser, step, arguments):
    """The learning rate at the start and after each step."""
    lrs = [optimiser.param_groups[0]["lr"]]
    for argument in arguments:
        optimiser.step()
        step(*argument)
        lrs.append(optimiser.param_groups[0]["lr"])
    return lrs


if __name__ == "__main__":
    numbers = {"losses": losses(), "optimisers": optimisers(), "clipping": clipping(),
               "schedules": schedules()}
    Path(__file__).with_name("training.json").write_text(json.dumps(numbers, indent=None) + "\n")
