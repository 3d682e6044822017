"""One value of the pocket LeNet, worked by hand; gradients; what cannot be explained."""

import numpy as np
import pytest

from minicnn import Tensor, layers, manual_seed
from minicnn.autograd.hooks import record
from minicnn.backend.versions import plain
from minicnn.explain.answer import explain, one_use, uses, value
from minicnn.explain.explanation import Grids, Rows, Terms
from minicnn.explain.record import Recorder
from minicnn.explain.subject import Subject, in_training, network_subject, pocket_subject
from minicnn.explain.text import as_text
from minicnn.models import build
from tests.gradcheck.drawn import Doubled

POCKET = pocket_subject(7)


def part(explanation, kind):
    return next(part for part in explanation.working.parts if isinstance(part, kind))


def small_network(*parts):
    """A network of few layers, and a batch of one."""
    manual_seed(0)
    model = layers.Sequential(*parts).to(dtype=np.float64).eval()
    x = np.random.default_rng(0).standard_normal((1, 2, 6, 6))
    return Subject(model, x, "a small network", "small", lambda k: x[0])


def test_a_convolution_is_the_sum_that_its_parts_show():
    found = explain(POCKET, "CONV1", (3, 13, 16))
    patch, weights, products, sums = (np.array(grid) for grid in part(found, Grids).grids)
    w, b = POCKET.model.CONV1.weight.data, POCKET.model.CONV1.bias.data
    np.testing.assert_array_equal(patch, POCKET.x[0, 0, 13:18, 16:21])
    np.testing.assert_array_equal(weights, w[3, 0])
    np.testing.assert_array_equal(products, patch * weights)
    np.testing.assert_allclose(sums[:, 0], products.sum(axis=1), rtol=1e-14)
    assert abs(found.value - (sums.sum() + b[3])) < 1e-12 and found.right
    assert found.title == "CONV1[3,13,16]" and found.slide.startswith("virginia")
    assert "minicnn/layers/conv.py:" in found.source and "Conv2dFn.forward" in found.source


def test_all_channels_are_added():
    found = explain(POCKET, "conv2", (9, 4, 5))                      # in any case of letters
    channels, sums = part(found, Rows).rows
    assert channels == [0, 1, 2, 3, 4, 5] and "6 x 25 = 150 products" in found.working.result
    x = value_of("POOL1")[0, :, 4:9, 5:10]
    np.testing.assert_allclose(sums, (x * POCKET.model.CONV2.weight.data[9]).sum(axis=(1, 2)),
                               rtol=1e-12)


def value_of(layer, subject=POCKET):
    return np.asarray(subject.run().visits[layer].output.data)


def test_without_a_place_the_largest_value():
    y = value_of("CONV2")
    found = explain(POCKET, "CONV2")
    assert found.layer == y.max()
    assert explain(POCKET, "CONV2", backward=True).layer != 0


def test_units_are_named_by_the_map_that_they_come_from():
    found = explain(POCKET, "FC1", (17,), most=400)
    names = {term.what for term in part(found, Terms).terms}
    assert names <= {f"POOL2[{c},{i},{j}]" for c in range(16) for i in range(5) for j in range(5)}
    products = value_of("POOL2").reshape(-1) * POCKET.model.FC1.weight.data[17]
    assert len(names) == (products != 0).sum()
    assert part(explain(POCKET, "FC1", (17,), most=3), Terms).others == len(names) - 3


def test_gradients_are_those_of_backward():
    label = POCKET.label()
    recorder = POCKET.run(label)
    for of, at in [("weight", (3, 0, 1, 1)), ("bias", (3,))]:
        grad = getattr(recorder.visits["CONV1"].layer, of).grad
        found = explain(POCKET, "CONV1", at, backward=True, of=of)
        assert found.right and found.layer == grad[at]
    assert f"label {label}, what it answers second; it answers 7" in found.notes[1]


def test_a_gradient_with_respect_to_a_pixel():
    found = explain(POCKET, "CONV2", (2, 6, 7), backward=True, of="input")
    assert found.title == "d loss / d POOL1[2,6,7], the input of CONV2,"
    assert "it lay in 25 windows of 16 filters = 400" in as_text(found)
    assert explain(POCKET, "POOL1", backward=True).right
    assert explain(POCKET, "CONV1", (0, 15, 15), backward=True, of="input").title \
        == "d loss / d image[0,15,15], the input of CONV1,"


def test_the_loss():
    p = np.exp(POCKET.scores() - POCKET.scores().max())
    p /= p.sum()
    found = explain(POCKET, "loss", label=2)
    assert abs(found.value + np.log(p[2])) < 1e-12
    back = explain(POCKET, "loss", (2,), backward=True, label=2)
    assert abs(back.value - (p[2] - 1)) < 1e-12 and "as asked" in back.notes[1]


def test_deeper_ends_at_the_pixels():
    found = explain(POCKET, "OUT", deeper=20)
    names = []
    while found.deeper:
        names.append(found.title.partition("[")[0])
        found = found.deeper[0]
    assert [*names, found.title.partition("[")[0]] == [
        "OUT", "FC2_relu", "FC2", "FC1_relu", "FC1", "POOL2", "CONV2_relu", "CONV2", "POOL1",
        "CONV1_relu", "CONV1"]
    assert found.command == ""


def test_the_command_one_layer_down():
    found = explain(POCKET, "POOL2", (3, 1, 2))
    lead = found.command.partition("--at ")[2]
    c, i, j = map(int, lead.split(","))
    assert found.command.startswith("one layer down: python -m minicnn explain lenet5 --digit 7 "
                                    "--layer CONV2_relu --at 3,")
    assert value_of("CONV2_relu")[0, c, i, j] == found.value


def test_what_only_moves_values_is_followed():
    found = explain(POCKET, "FC1_flatten", (26,))
    assert found.title == "POOL2[1,0,1]"
    assert "FC1_flatten[26] is POOL2[1,0,1]: nothing is computed on the way" in found.notes


def test_steps_inside_a_layer_come_along():
    found = explain(small_network(layers.GroupNorm(1, 2)), "0", (1, 2, 3))
    text = as_text(found)
    assert found.all_right and "0 (Mul)" in text and "0 (Standardise)" in text
    weight = explain(with_scores(layers.GroupNorm(1, 2)), "0", backward=True)
    assert weight.all_right and weight.deeper            # a reshape, and behind it the product


def with_scores(*parts):
    return small_network(*parts, layers.Flatten(), layers.Linear(72, 3))


def test_dropout_in_test_mode_hands_on():
    found = explain(small_network(layers.ReLU(), layers.Dropout(0.5)), "1", (0, 1, 1))
    assert found.title == "0[0,1,1]"
    assert "1 hands on what it gets, as dropout does in test mode: 0" in found.notes
    with pytest.raises(ValueError, match="0 hands on the picture as it is"):
        explain(small_network(layers.Dropout(0.5)), "0")


def test_ties_of_a_maximum():
    subject = small_network(layers.MaxPool2d(2))
    subject.x[0, 0, :2, :2] = 0.5
    text = as_text(explain(subject, "0", (0, 0, 0)))
    assert "4 cells are equally large: the first in row order wins, and alone gets" in text
    assert "largest: 0.50 at (0,0)" in text


def test_a_value_that_is_used_twice():
    class Twice(layers.Module):
        def __init__(self):
            self.first, self.last = layers.Conv2d(2, 2, 1), layers.Linear(72, 3)

        def forward(self, x):
            y = self.first(x)
            return self.last((y + y.relu()).flatten(1))

    found = explain(small_network(Twice()), "0.first", (1, 2, 2), backward=True, of="input")
    assert found.all_right
    manual_seed(0)
    subject = small_network(Twice())
    recorder = subject.run(0)
    assert len(uses(recorder, recorder.visits["0.first"].output)) == 2


def test_a_mismatch_is_seen():
    recorder = Recorder()
    a, b = (Tensor(np.array([q]), requires_grad=True) for q in (2.0, 3.0))
    with plain(), record(recorder):
        Doubled()(a, b).backward(np.ones(1))
    call, = recorder.calls
    assert one_use(recorder, "a", call, 0, (0,), 8).right
    wrong = one_use(recorder, "b", call, 1, (0,), 8)
    assert not wrong.right and "MISMATCH: the layer has 4.0, the arithmetic gives 2.0" \
        in as_text(wrong)
    assert value(call, (0,), 8, 0, POCKET, []).right


def test_training_mode():
    manual_seed(0)
    subject = in_training(network_subject(build("resnet20"), "resnet20", "untrained", "resnet20"),
                          3)
    found = explain(subject, "conv1_batchnorm2d", (0, 0, 3, 3))
    assert subject.x.shape == (3, 3, 32, 32) and found.right
    assert "mean of the 3072 values x[*,0,*,*]" in as_text(found)


@pytest.mark.parametrize("asked, words", [
    (("CONV3",), "no layer 'CONV3' ran; did you mean CONV2 or CONV1"),
    (("xyz",), "no layer 'xyz' ran; there are CONV1, CONV1_relu, POOL1"),
    (("CONV2", (3, 12, 4)), "CONV2 has 16 maps of 10x10: --at is map, row, column, 0..15, 0..9, "
                            "0..9; you asked 3,12,4"),
    (("CONV2", (3,)), "you asked 3"), (("FC1", (120,)), "FC1 is 120: --at is 0..119"),
    (("loss", (1,)), "loss is a single number: leave --at out"),
    (("POOL1", None, True, "weight"), "POOL1 has no weight; there is input"),
    (("CONV1", None, True, "wait"), "CONV1 has no wait; did you mean"),
    (("CONV1", None, True, None, 10), "--label is 10, but there are the classes 0 to 9"),
    (("loss", None, True, "weight"), "the loss has no weight"),
])
def test_mistakes(asked, words):
    with pytest.raises(ValueError) as problem:
        explain(POCKET, *asked)
    assert words in str(problem.value)


def test_a_network_without_scores():
    with pytest.raises(ValueError, match=r"no score for each class: its output is \(1, 2, 6, 6\)"):
        explain(small_network(layers.ReLU()), "0", backward=True)


def test_nan_and_infinity_are_shown():
    subject = pocket_subject(7)
    subject.model.CONV1.weight.data[3, 0, 2, 2] = np.nan
    subject.model.CONV1.bias.data[1] = np.inf
    for layer, at in (("CONV1", (3, 1, 1)), ("CONV1", (1, 1, 1)), ("POOL1", (3, 1, 1)),
                      ("CONV1_relu", (3, 2, 2)), ("FC1", (0,)), ("OUT", None)):
        found = explain(subject, layer, at)
        assert found.right and not np.isfinite(found.value)
    assert "NaN" in as_text(explain(subject, "loss", label=1))
    assert explain(subject, "CONV2", (0, 0, 0, 0), backward=True, label=1).right


@pytest.mark.parametrize("function, at", [
    (lambda x: x.log(), (0,)), (lambda x: x.sqrt(), (1,)), (lambda x: 1 / x, (0,)),
    (lambda x: x / (x - x), (1,)), (lambda x: (1000 * x).exp(), (2,)), (lambda x: x ** -1.0, (0,)),
    (lambda x: x.log(), (1,))])
def test_edges_of_functions(function, at):
    recorder = Recorder()
    x = Tensor(np.array([0.0, -2.0, 3.0]), requires_grad=True)
    with plain(), record(recorder), np.errstate(all="ignore"):
        function(x).sum().backward()
        for call in recorder.calls[:-1]:
            assert value(call, at, 8, 0, POCKET, []).right
            for k, dx in enumerate(call.dxs):
                if dx is not None and dx.shape == call.y.shape:
                    assert one_use(recorder, "dx", call, k, at, 8).right


def test_a_layer_that_runs_twice():
    relu = layers.ReLU()

    class Twice(layers.Module):
        def __init__(self):
            self.relu, self.conv = relu, layers.Conv2d(2, 2, 1)

        def forward(self, x):
            return self.relu(self.conv(self.relu(x)))

    subject = small_network(Twice())
    first, second = (explain(subject, name, (1, 2, 3)) for name in ("0.relu", "0.relu#2"))
    assert first.right and second.right and "0.conv[1,2,3]" in as_text(second)
    assert "image[1,2,3]" in as_text(first)


def test_a_block_is_explained_by_its_last_step():
    manual_seed(0)
    subject = network_subject(build("resnet20"), "resnet20", "untrained", "resnet20")
    found = explain(subject, "stage1.0", deeper=1)
    assert found.notes[1] == "stage1.0 is what stage1.0.after gives"
    assert "stage1.0.body.bn2[" in as_text(found) and "conv1_relu[" in as_text(found)


def test_digits_that_float32_loses_are_told():
    assert not any("float32" in note for note in explain(POCKET, "loss", label=2).notes)
    sure = pocket_subject(7)
    sure.model.OUT.weight.data *= 2
    found = explain(sure, "loss", label=7)                 # log(1 + 4e-8)
    assert 1e-8 < found.value < 1e-7 and found.right
    assert found.notes[-1].startswith("in float32, as networks run, it is ")
