"""Groups of parameters with settings of their own, and how each setting is checked."""

import copy
import json
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from minicnn import optim, schedule
from minicnn.autograd.tensor import Tensor
from minicnn.layers.linear import Linear
from minicnn.optim import SGD, Adam
from tests.optim.test_optimizer import KINDS, every_kind, give, parameters

STORED = json.loads((Path(__file__).parents[1] / "stored/habits.json").read_text())


def two_groups(**settings):
    a, b = parameters(np, [1.0], [2.0])
    return SGD([{"params": [a], "lr": 0.5}, {"params": b}], **{"lr": 0.1} | settings)


@pytest.mark.parametrize("case", STORED["optimisers"],
                         ids=lambda case: f"{case['name']} {case['groups']}")
def test_groups_equal_stored_numbers(xp, case):
    ws = parameters(xp, [1.0, -2.0, 3.0], [0.5])
    optimizer = getattr(optim, case["name"])(
        [{"params": [w], **group} for w, group in zip(ws, case["groups"], strict=True)],
        **case["settings"])
    for g in [0.1, -0.2, 0.3], [0.5, 0.5, -1.0], [0.0, 2.0, 0.25]:
        ws[0].grad, ws[1].grad = xp.asarray(np.array(g)), xp.asarray(np.array([g[0] + 1]))
        optimizer.step()
    for w, end in zip(ws, case["end"], strict=True):
        np.testing.assert_allclose(w.numpy(), end, rtol=1e-10)


@pytest.mark.parametrize("case", STORED["schedules"], ids=lambda case: case["name"])
def test_schedules_act_on_each_group(case):
    optimizer = two_groups()
    acting = getattr(schedule, case["name"])(optimizer, **case["settings"])
    for lrs in case["lrs"]:
        assert acting.get_last_lr() == pytest.approx(lrs, rel=1e-9, abs=1e-15)
        acting.step(*[1.0] * (case["name"] == "ReduceLROnPlateau"))


def test_settings_are_changed_between_steps():
    optimizer = two_groups()
    for w in optimizer.parameters:
        give(w, 1.0)
    optimizer.param_groups[1]["lr"] = np.float32(1.0)
    optimizer.param_groups[0]["weight_decay"] += 1
    optimizer.param_groups[1].update(momentum=0.5)
    optimizer.step()
    optimizer.step()
    assert [w.item() for w in optimizer.parameters] == [-0.5, -0.5]
    assert dict(optimizer.param_groups[0])["lr"] == 0.5 and "lr" in optimizer.param_groups[0]


def test_parameters_that_come_later():
    optimizer, late = two_groups(momentum=0.5), Linear(2, 2)
    optimizer.add_param_group({"params": late.parameters(), "lr": 1})
    assert len(optimizer.parameters) == 4
    assert optimizer.param_groups[2]["lr"] == 1 and optimizer.param_groups[2]["momentum"] == 0.5
    optimizer.param_groups[0]["params"].append(frozen := Tensor([1.0], requires_grad=True))
    give(frozen, 1.0)
    optimizer.step()                                       # a list, as PyTorch's
    assert frozen.item() == 0.5


@every_kind
def test_a_group_for_each_is_what_one_group_is(kind, options):
    ends = []
    for grouped in (False, True):
        ws = parameters(np, [1.0, 2.0], [3.0])
        optimizer = kind([{"params": w} for w in ws] if grouped else ws, **options)
        for _ in range(3):
            for w in ws:
                give(w, 0.5)
            optimizer.step()
        ends.append([w.tolist() for w in ws])
    assert ends[0] == ends[1]


def test_one_learning_rate_for_all_or_an_error():
    optimizer = two_groups()
    for act in (lambda: optimizer.lr, lambda: setattr(optimizer, "lr", 0.1)):
        with pytest.raises(ValueError, match=r'of their own, 0.1, 0.5; .*param_groups\[number\]'):
            act()
    optimizer.param_groups[0]["lr"] = 0.1
    optimizer.lr = 0.3
    assert [group["lr"] for group in optimizer.param_groups] == [0.3, 0.3]


def test_saving_groups():
    optimizer = two_groups(momentum=0.9)
    for w in optimizer.parameters:
        give(w, 1.0)
    optimizer.step()
    saved = optimizer.state_dict()
    assert list(saved) == ["lr.0", "lr.1", "v.0", "v.1"]
    other = two_groups(momentum=0.9, lr=9.0)
    other.load_state_dict(saved)
    assert [group["lr"] for group in other.param_groups] == [0.5, 0.1]
    assert other.state[other.parameters[1]]["v"].tolist() == [1]
    with pytest.raises(ValueError, match="missing: lr; unexpected: lr.0"):
        SGD(other.parameters, momentum=0.9).load_state_dict(saved)


def test_what_they_say_of_themselves():
    w, b = parameters(np, [1.0], [2.0])
    assert repr(SGD([w], 0.1)) == (
        "SGD(1 parameter, lr=0.1, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False)")
    assert repr(Adam([{"params": w}, {"params": b, "lr": 1}])) == (
        "Adam(\n  0: 1 parameter, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0\n"
        "  1: 1 parameter, lr=1.0, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0\n)")
    step = schedule.StepLR(two_groups(), 3)
    assert repr(step) == "StepLR(step_size=3, gamma=0.1): lr 0.5, 0.1 after 0 steps"
    assert repr(copy.deepcopy(step)) == repr(step)


def test_a_closure_computes_the_loss():
    w, = parameters(np, [2.0])
    optimizer = SGD([w], 0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4 and w.item() == 1 and optimizer.step() is None


@every_kind
def test_defaults_are_those_of_pytorch(kind, options):
    defaults = {"SGD": 1e-3, "RMSprop": 1e-2, "Adagrad": 1e-2, "Adam": 1e-3, "AdamW": 1e-3}
    assert kind([Tensor([1.0])]).lr == defaults[kind.__name__] and len(KINDS) == 10


@pytest.mark.parametrize("act, error, message", [
    (lambda o: o.param_groups[0].update(LR=1), TypeError, "SGD: no setting 'LR'; did you mean lr"),
    (lambda o: o.param_groups[0].update(lr=-1), ValueError, "lr must be a number >= 0, got -1"),
    (lambda o: o.param_groups[0].update(lr=nan), ValueError, "got nan"),
    (lambda o: o.param_groups[0].update(lr="0.1"), TypeError, "a number >= 0, got '0.1'"),
    (lambda o: o.param_groups[0].update(lr=None), TypeError, "got None"),
    (lambda o: o.param_groups[0].update(momentum=inf - inf), ValueError, "momentum must be at"),
    (lambda o: o.param_groups[0].update(params=[]), TypeError, '"params" of a group stay'),
    (lambda o: o.param_groups[0].pop("lr"), TypeError, "settings of a group stay; .*set it to 0"),
    (lambda o: o.param_groups[0].clear(), TypeError, "settings of a group stay"),
    (lambda o: o.add_param_group({"params": o.parameters}), ValueError, "in two groups"),
    (lambda o: o.add_param_group({"param": []}), TypeError, 'a dict with "params" in it'),
    (lambda o: o.add_param_group([Tensor([1.0])]), TypeError, "a group is a dict"),
    (lambda o: o.add_param_group({"params": Tensor([1.0]), "Lr": 1}), TypeError, "'Lr'; did"),
    (lambda o: o.add_param_group({"params": []}), ValueError, "no parameters"),
    (lambda o: o.add_param_group({"params": Linear(1, 1)}), TypeError, "got one Linear; pass mod"),
    (lambda o: SGD({"params": []}), TypeError, "groups stand in a list"),
    (lambda o: SGD([{"params": o.parameters, "nesterov": True}]), ValueError, "needs momentum >"),
    (lambda o: SGD([Tensor([1.0], requires_grad=True) * 2]), ValueError, "never be learnt; pass"),
    (lambda o: SGD(o.parameters, foreach=True), TypeError, "'foreach'; .*PyTorch's implem"),
    (lambda o: SGD(o.parameters, maximize=True), TypeError, "make its negative small"),
    (lambda o: Adam(o.parameters, amsgrad=True), TypeError, "'amsgrad'; it is not here"),
    (lambda o: Adam(o.parameters, momentum=0.9), TypeError, "Adam: no setting 'momentum'; there"),
    (lambda o: optim.Adamax, AttributeError, "no Adamax; its nearest relative here is Adam"),
    (lambda o: optim.lr_scheduler, AttributeError, "schedules are minicnn.schedule"),
    (lambda o: schedule.OneCycleLR, AttributeError, r"it is Warmup\(CosineAnnealingLR"),
    (lambda o: schedule.StepLr, AttributeError, "no StepLr; did you mean StepLR"),
    (lambda o: schedule.LambdaLR(o, 3), ValueError, "a list of one for each of the 2"),
    (lambda o: schedule.LambdaLR(o, [abs]), ValueError, "each of the 2 groups"),
    (lambda o: len(o), TypeError, "no len"), (lambda o: iter(o), TypeError, "not iterable"),
    (lambda o: int(o), TypeError, "not 'SGD'"), (lambda o: o + o, TypeError, "unsupported oper")])
def test_refused(act, error, message):
    with pytest.raises(error, match=message):
        act(two_groups())


def test_a_group_that_comes_after_the_schedule_is_not_left_out():
    optimizer = two_groups()
    step = schedule.StepLR(optimizer, 1)
    optimizer.add_param_group({"params": Tensor([1.0], requires_grad=True)})
    with pytest.raises(ValueError, match="2 learning rates for 3 groups .*after the last add_pa"):
        step.step()


def test_lambdas():
    optimizer = two_groups()
    acting = schedule.LambdaLR(optimizer, [lambda t: 1 / (t + 1), lambda t: 0.5 ** t])
    acting.step()
    assert acting.get_last_lr() == [0.25, 0.05]
    warm = schedule.LambdaLR(SGD(optimizer.parameters, 0.4), lambda t: (t + 1) / 4)
    assert warm.lr == 0.1                                  # from the start
    assert schedule.ExponentialLR(SGD(optimizer.parameters, 0.4), 0.5).at(3, 0.4) == 0.05
