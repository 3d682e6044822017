import threading

import numpy as np
import pytest

from minicnn import Sequential, Tensor, manual_seed
from minicnn.autograd.hooks import record
from minicnn.layers import Linear, ReLU
from minicnn.training.parallel.gradients import Gradients, average_gradients
from minicnn.training.parallel.world import ALONE
from tests.thread_world import together

BUILDING = threading.Lock()        # manual_seed's stream is the threads' common one


def network():
    with BUILDING:
        manual_seed(0)
        model = Sequential(Linear(3, 4), ReLU(), Linear(4, 4), ReLU(), Linear(4, 2))
        model.num_parameters()
        for parameter in model.parameters():
            parameter.data[...] += 0                       # drawn now, under the lock
        return model.to(dtype="float64")


def loss_of(model, x):
    return (model(Tensor(x)) ** 2).sum() / len(x)


def one(x):
    model = network()
    loss_of(model, x).backward()
    return [parameter.grad for parameter in model.parameters()]


def many(x, parts, steps=1, **options):
    def work(world):
        model = network()
        gradients = Gradients(model.parameters(), world, **options)
        start, stop = parts[world.rank]
        for _ in range(steps):
            for parameter in model.parameters():
                parameter.grad = None
            gradients.begin((stop - start) / len(x))
            with record(gradients):
                loss_of(model, x[start:stop]).backward()
            gradients.finish()
        return [parameter.grad.copy() for parameter in model.parameters()], gradients

    return together(len(parts), work)


@pytest.mark.parametrize("options", [{}, {"overlap": True}, {"bucket": 1},
                                     {"overlap": True, "bucket": 100}])
@pytest.mark.parametrize("parts", [[(0, 3), (3, 6)], [(0, 1), (1, 6)], [(0, 2), (2, 3), (3, 6)]])
def test_the_sum_is_the_gradient_of_the_batch(options, parts, rng):
    x = rng.normal(size=(6, 3))
    for found, _ in many(x, parts, steps=3, **options):
        for grad, right in zip(found, one(x), strict=True):
            np.testing.assert_allclose(grad, right, rtol=1e-12, atol=1e-14)


def test_all_processes_have_the_same_bits(rng):
    first, *others = many(rng.normal(size=(6, 3)), [(0, 2), (2, 4), (4, 6)])
    assert all(np.array_equal(a, b) for other, _ in others
               for a, b in zip(first[0], other, strict=True))


def test_buckets_are_in_the_order_in_which_backward_finishes(rng):
    (_, gradients), _ = many(rng.normal(size=(6, 3)), [(0, 3), (3, 6)], bucket=1)
    numbers = {id(parameter): i for i, parameter in enumerate(gradients.parameters)}
    assert sorted(numbers[id(one)] // 2 for bucket in gradients.buckets
                  for one in bucket.parameters) == [0, 0, 1, 1, 2, 2]
    layers = [numbers[id(bucket.parameters[0])] // 2 for bucket in gradients.buckets]
    assert layers == [2, 2, 1, 1, 0, 0]


def test_a_bucket_is_sent_while_backward_goes_on(rng):
    sent = []

    class Watched(Gradients):
        def gradient_begins(self, function, dy):
            super().gradient_begins(function, dy)
            sent.append(self.sent)

    def work(world):
        model = network()
        gradients = (Watched if world.rank == 0 else Gradients)(
            model.parameters(), world, overlap=True, bucket=1)
        for _ in range(2):
            for parameter in model.parameters():
                parameter.grad = None
            gradients.begin(0.5)
            with record(gradients):
                loss_of(model, rng.normal(size=(2, 3))).backward()
            if world.rank == 0 and len(sent) > gradients.sent:
                last = list(sent)
                sent.clear()
            gradients.finish()
        return last if world.rank == 0 else None

    assert max(together(2, work)[0]) >= 4                  # before the first layer is reached


def test_a_parameter_used_twice_is_complete_after_both(rng):
    def work(world):
        layer = Linear(3, 3).to(dtype="float64")
        with BUILDING:
            layer.weight.data[...] = np.eye(3)
            layer.bias.data[...] = 0.5
        gradients = Gradients(layer.parameters(), world, overlap=True, bucket=1)
        for _ in range(2):
            layer.weight.grad = layer.bias.grad = None
            gradients.begin(0.5)
            with record(gradients):
                layer(layer(Tensor(np.ones((1, 3)) * (world.rank + 1)))).sum().backward()
            gradients.finish()
        return layer.weight.grad.copy()

    # d/dW of sum(W(Wx + b) + b) with W = 1: 1 x^T + 1 (x + b)^T = 2 x + b; mean over x = 1 and 2
    assert together(2, work)[0].tolist() == [[3.5] * 3] * 3


def test_a_layer_that_nobody_used_keeps_no_gradient(rng):
    def work(world):
        used, unused, by_one = (Linear(2, 2) for _ in range(3))
        parameters = [layer.weight for layer in (used, unused, by_one)]
        gradients = Gradients(parameters, world)
        gradients.begin(0.5)
        with record(gradients):
            y = used(Tensor(np.ones((1, 2), np.float32)))
            (by_one(y) if world.rank else y).sum().backward()
        gradients.finish()
        return [parameter.grad is not None for parameter in parameters]

    assert together(2, work) == [[True, False, True]] * 2


def test_a_weight_of_zero_leaves_out_even_nan():
    def work(world):
        p = Tensor(np.zeros(2, np.float32), requires_grad=True)
        p.grad = np.array([1, np.nan if world.rank else 2], np.float32)
        average_gradients([p], world, float(world.rank == 0))
        return p.grad.tolist()

    assert together(2, work) == [[1, 2]] * 2


def test_float16_is_summed_in_float32():
    def work(world):
        p = Tensor(np.zeros(1, np.float16), requires_grad=True)
        p.grad = np.array([40_000], np.float16)
        average_gradients([p], world)
        return p.grad.dtype, p.grad.item()

    assert together(2, work) == [(np.float16, 40_000)] * 2


def test_alone_nothing_happens():
    p = Tensor(np.zeros(1), requires_grad=True)
    p.grad = own = np.ones(1)
    average_gradients([p], ALONE)
    assert p.grad is own
