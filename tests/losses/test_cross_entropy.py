"""Cross-entropy against loops and stored numbers; huge scores, weights, NaN."""

import json
import re
from math import exp, log
from pathlib import Path

import numpy as np
import pytest

import minicnn.losses
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.gradcheck.cases.losses import CASES
from minicnn.gradcheck.checker import gradcheck
from minicnn.losses import cross_entropy, l2_penalty, mse_loss, rbf_loss
from tests.reference import losses as loops

STORED = json.loads((Path(__file__).parents[1] / "stored/training.json").read_text())["losses"]


def tensor(xp, values, dtype="float64"):
    return Tensor(xp.asarray(np.asarray(values, dtype)), requires_grad=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}, {case.option}")
def test_gradients(case, device):
    report = gradcheck(case.make(), *case.inputs, device=device)
    assert report, str(report)


# --- cross-entropy ---------------------------------------------------------------------------

def test_cross_entropy_by_hand(xp):
    """Logits log 1, log 3: the probabilities are 1/4 and 3/4."""
    z = tensor(xp, [[0, log(3)], [0, log(3)]])
    loss = cross_entropy(z, [0, 1])
    loss.backward()
    assert loss.item() == pytest.approx((log(4) + log(4 / 3)) / 2)
    np.testing.assert_allclose(to_cpu(z.grad), [[-0.375, 0.375], [0.125, -0.125]])


@pytest.mark.parametrize("weight", [None, [0.5, 2.0, 1.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("ignore_index", [-100, 2])
def test_cross_entropy_equals_the_loops(xp, rng, weight, smoothing, ignore_index):
    z, labels = rng.standard_normal((6, 3)), rng.integers(0, 3, 6)
    losses, divisor = loops.cross_entropy(z.tolist(), labels.tolist(), weight, ignore_index,
                                          smoothing)
    for reduction, expected in (("none", losses), ("sum", sum(losses)),
                                ("mean", sum(losses) / divisor)):
        y = cross_entropy(Tensor(xp.asarray(z)), labels, weight, ignore_index, reduction, smoothing)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("case", STORED["cross_entropy"]["cases"])
def test_cross_entropy_equals_stored_numbers(xp, case):
    z = tensor(xp, STORED["cross_entropy"]["logits"])
    loss = cross_entropy(z, STORED["cross_entropy"]["labels"], case["weight"],
                         reduction=case["reduction"], label_smoothing=case["label_smoothing"])
    loss.backward(xp.asarray(np.array(case["dy"])))
    np.testing.assert_allclose(loss.numpy(), case["loss"], rtol=1e-10)
    np.testing.assert_allclose(to_cpu(z.grad), case["dlogits"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype, big", [("float32", 1e4), ("float16", 6e4), ("float64", 1e300)])
def test_huge_logits_are_exact(xp, dtype, big):
    z = tensor(xp, [[big, 0, 0], [0, big, 0], [big, -big, 0], [-big, -big, -big]], dtype)
    loss = cross_entropy(z, [1, 1, 0, 2], reduction="none")
    loss.backward(xp.ones(4, dtype))
    assert loss.numpy()[:3].tolist() == [big, 0, 0]
    assert loss.numpy()[3] == pytest.approx(log(3), 1e-3 if dtype == "float16" else 1e-6)
    assert np.isfinite(to_cpu(z.grad)).all()
    np.testing.assert_allclose(to_cpu(z.grad).sum(axis=1, dtype="float64"), 0, atol=2e-3
                               if dtype == "float16" else 1e-6)
    assert to_cpu(z.grad)[0].tolist() == [1, -1, 0]


def test_mean_of_float16_is_taken_in_float32(xp):
    z = tensor(xp, np.tile([60000.0, 0], (100, 1)), "float16")
    assert cross_entropy(z, [1] * 100).item() == 60000


def test_no_logarithm_of_a_probability_in_the_package():
    taken = re.compile(r"\blog\((self\.)?(p|probs?|probabilities|softmax)\b")
    for path in Path(minicnn.losses.__file__).parent.rglob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert not taken.search(line), f"{path.name}:{number}: log of a probability: {line}"


def test_a_class_ruled_out_by_minus_infinity_costs_nothing(xp):
    z = tensor(xp, [[0, -np.inf, 0]])
    loss = cross_entropy(z, [0])
    loss.backward()
    assert loss.item() == pytest.approx(log(2))
    assert to_cpu(z.grad).tolist() == [[-0.5, 0, 0.5]]


def test_nan_comes_out_unless_its_sample_is_ignored(xp):
    values = [[np.nan, 0.0], [0.0, 0.0]]
    assert np.isnan(cross_entropy(tensor(xp, values), [1, 1]).item())
    z = tensor(xp, values)
    loss = cross_entropy(z, [-100, 1])
    loss.backward()
    assert loss.item() == pytest.approx(log(2))
    assert to_cpu(z.grad).tolist() == [[0, 0], [0.5, -0.5]]


LOGITS = np.zeros((3, 4))

WRONG_LABELS = [
    ([0, 4, 1], ValueError, r"sample 1 has label 4, the 4 scores are for classes 0 to 3; 1 of 3"),
    ([0, 1, -1], ValueError, r"sample 2 has label -1"),
    (np.array([2**63, 0, 0], "uint64"), ValueError, r"sample 0 has label 9223372036854775808"),
    ([0.0, 1.0, 2.0], TypeError, r"float64: sample 0 has 0.0; convert: .*labels.*\.astype"),
    ([True, False, True], TypeError, r"bool: sample 0 has True; convert: .*labels.*astype"),
    (np.eye(4)[:3], ValueError, r"got \(3, 4\); one-hot rows become indices by labels.argmax"),
    ([[0], [1], [2]], ValueError, r"got \(3, 1\); take the column: .*labels.*\[:, 0\]"),
    ([0, 1], ValueError, r"labels must be \(3,\), one class index for each of the 3 .*got \(2,"),
    (1, ValueError, r"got \(\)"),
    (["a", "b", "c"], TypeError, "whole numbers"),
]


@pytest.mark.parametrize("labels, error, message", WRONG_LABELS)
@pytest.mark.parametrize("loss", [cross_entropy, rbf_loss])
def test_wrong_labels_are_refused(xp, loss, labels, error, message):
    with pytest.raises(error, match=f"{loss.__name__}: .*{message}"):
        loss(Tensor(xp.asarray(LOGITS)), labels)
    if not isinstance(labels, list) or isinstance(labels[0], (int, float, list)):
        with pytest.raises(error, match=message):
            loss(Tensor(xp.asarray(LOGITS)), xp.asarray(labels))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "uint64"])
def test_labels_of_any_whole_number_dtype(xp, dtype):
    labels = np.array([3, 0, 1], dtype)
    for given in (labels, xp.asarray(labels), labels.tolist()):
        assert cross_entropy(Tensor(xp.asarray(LOGITS)), given).item() == pytest.approx(log(4))


def test_ignore_index_may_be_a_class_or_minus_one(xp):
    logits = Tensor(xp.asarray(LOGITS))
    assert cross_entropy(logits, [0, -1, -1], ignore_index=-1).item() == pytest.approx(log(4))
    assert cross_entropy(logits, [0, 1, 1], ignore_index=1, reduction="none").numpy()[1:].sum() == 0


@pytest.mark.parametrize("arguments, message", [
    ({"labels": []}, "the batch is empty"),
    ({"labels": [-100, -100]}, "all 2 labels are ignored"),
    ({"labels": [0, 0], "weight": [0, 1]}, "weight 0"),
    ({"labels": [0, 0], "weight": [1, 1, 1]}, r"weight must be \(2,\).*got \(3,\)"),
    ({"labels": [0, 0], "weight": [1, -1]}, "not negative"),
    ({"labels": [0, 0], "weight": [1, np.nan]}, "finite"),
    ({"labels": [0, 0], "reduction": "average"}, "reduction must be"),
    ({"labels": [0, 0], "label_smoothing": 1.5}, r"must lie in \[0, 1\], got 1.5"),
])
def test_cross_entropy_errors(xp, arguments, message):
    with pytest.raises(ValueError, match=f"cross_entropy: .*{message}"):
        cross_entropy(Tensor(xp.zeros((len(arguments["labels"]), 2))), **arguments)


def test_scores_of_a_wrong_kind_or_shape(xp):
    with pytest.raises(TypeError, match="logits must be a Tensor, got numpy.ndarray"):
        cross_entropy(np.zeros((2, 3)), [0, 0])
    with pytest.raises(ValueError, match=r"labels must be \(2, 4, 4\), .* got \(2,\); does the n"):
        cross_entropy(Tensor(xp.zeros((2, 3, 4, 4))), [0, 0])
    with pytest.raises(ValueError, match=r"got \(2, 0\)"):
        cross_entropy(Tensor(xp.zeros((2, 0))), [0, 0])
    with pytest.raises(ValueError, match=r"distances must be \(N, C\)"):
        rbf_loss(Tensor(xp.zeros(2)), [0, 0])


def test_an_empty_batch_has_the_sum_0(xp):
    assert cross_entropy(Tensor(xp.zeros((0, 3))), [], reduction="sum").item() == 0
    assert cross_entropy(Tensor(xp.zeros((0, 3))), [], reduction="none").shape == (0,)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes_are_kept_and_inputs_left_alone(xp, rng, dtype):
    values, labels = rng.standard_normal((4, 6)).astype(dtype), np.array([0, 1, 2, 0])
    for view in (lambda a: a[:, ::2], lambda a: a[:, 2::-1], lambda a: a[:, :3].T[:, :3]):
        z = Tensor(view(xp.asarray(values)), requires_grad=True)
        n = len(z)
        for loss in (cross_entropy(z, labels[:n], [1, 2, 3], label_smoothing=0.1),
                     mse_loss(z, view(xp.asarray(values)) * 2), rbf_loss(z, labels[:n]),
                     l2_penalty([z], 0.1)):
            z.grad = None
            loss.backward()
            assert (loss.dtype, loss.shape, z.grad.dtype) == (dtype, (), dtype)
        same = Tensor(xp.asarray(np.ascontiguousarray(to_cpu(z.data))))
        assert cross_entropy(z, labels[:n]).item() == cross_entropy(same, labels[:n]).item()
    read_only = np.frombuffer(values.tobytes(), dtype).reshape(4, 6)
    cross_entropy(Tensor(read_only, requires_grad=True), labels).backward()
    assert labels.tolist() == [0, 1, 2, 0]


# --- the other losses ------------------------------------------------------------------------

def test_mse_loss_by_hand(xp):
    a, b = tensor(xp, [[1, 2], [3, 4]]), tensor(xp, [[1, 0], [3, 1]])
    loss = mse_loss(a, b)
    loss.backward()
    assert loss.item() == (4 + 9) / 4
    assert to_cpu(a.grad).tolist() == [[0, 1], [0, 1.5]]
    assert to_cpu(b.grad).tolist() == [[0, -1], [0, -1.5]]


@pytest.mark.parametrize("case", STORED["mse_loss"]["cases"])
def test_mse_loss_equals_stored_numbers(xp, case):
    a = tensor(xp, STORED["mse_loss"]["prediction"])
    loss = mse_loss(a, tensor(xp, STORED["mse_loss"]["target"]), case["reduction"])
    loss.backward(xp.asarray(np.array(case["dy"])))
    np.testing.assert_allclose(loss.numpy(), case["loss"], rtol=1e-10)
    np.testing.assert_allclose(to_cpu(a.grad), case["dprediction"], rtol=1e-10)


@pytest.mark.parametrize("a, b", [((4, 1), (4,)), ((4,), (4, 1)), ((3, 3), (3,)), ((3, 3), ())])
def test_mse_loss_never_broadcasts(xp, a, b):
    with pytest.raises(ValueError, match=r"mse_loss: prediction is \(.*, target \(.*must be equal"):
        mse_loss(Tensor(xp.zeros(a)), Tensor(xp.zeros(b)))


def test_mse_loss_squares_float16_in_float32(xp):
    a = tensor(xp, [[300.0, 0]] * 4, "float16")
    loss = mse_loss(a, xp.zeros((4, 2), "float16"))
    assert loss.item() == 44992                        # 45,000 rounded to float16
    loss.backward()
    assert to_cpu(a.grad).tolist() == [[75, 0]] * 4


def test_mse_loss_errors(xp):
    with pytest.raises(TypeError, match="prediction must be a Tensor"):
        mse_loss([1.0], Tensor([1.0]))
    with pytest.raises(ValueError, match="the batch is empty"):
        mse_loss(Tensor(xp.zeros((0, 2))), Tensor(xp.zeros((0, 2))))
    with pytest.raises(ValueError, match="reduction"):
        mse_loss(Tensor(xp.zeros(2)), Tensor(xp.zeros(2)), "median")
    assert np.isnan(mse_loss(Tensor(xp.asarray([np.nan])), Tensor(xp.zeros(1))).item())


def test_rbf_loss_by_hand(xp):
    """Distances 0 and log 2 with j = log 4: log(1/4 + 1 + 1/2)."""
    loss = rbf_loss(Tensor(xp.asarray([[0.0, log(2)]])), [0], j=log(4))
    assert loss.item() == pytest.approx(log(1.75))


@pytest.mark.parametrize("j", [0.1, 1.0, 30.0])
def test_rbf_loss_equals_the_loops(xp, rng, j):
    distances, labels = rng.uniform(0, 40, (5, 4)), [0, 3, 1, 1, 2]
    loss = rbf_loss(Tensor(xp.asarray(distances)), labels, j)
    assert loss.item() == pytest.approx(loops.rbf_loss(distances.tolist(), labels, j), 1e-12)


def test_rbf_loss_far_from_every_code(xp):
    """e^-900 is 0 in float32: the logarithm must not see it."""
    y = tensor(xp, [[900.0, 1000.0]], "float32")
    loss = rbf_loss(y, [0], j=0.5)
    loss.backward()
    assert loss.item() == 899.5
    assert to_cpu(y.grad).tolist() == [[1, 0]]


def test_rbf_loss_pushes_only_what_is_nearer_than_j(xp):
    y = tensor(xp, [[0.0, 5.0, 50.0]])
    rbf_loss(y, [0], j=20.0).backward()
    dy = to_cpu(y.grad)[0]
    assert dy[1] == pytest.approx(-exp(-5) / (1 + exp(-5)), 1e-6)
    assert abs(dy[2]) < 1e-20


@pytest.mark.parametrize("j", [0, -1.0, np.inf, np.nan])
def test_rbf_loss_needs_a_positive_j(xp, j):
    with pytest.raises(ValueError, match="rbf_loss: j must be a number above 0"):
        rbf_loss(Tensor(xp.zeros((1, 2))), [0], j)


def test_rbf_loss_does_not_accept_the_rubbish_class_as_a_label(xp):
    with pytest.raises(ValueError, match="sample 0 has label 2"):
        rbf_loss(Tensor(xp.zeros((1, 2))), [2])


def test_l2_penalty_by_hand(xp):
    v, w = tensor(xp, [1, 2]), tensor(xp, [[3]])
    loss = l2_penalty(iter([v, w]), 0.5)
    loss.backward()
    assert loss.item() == 0.25 * (1 + 4 + 9)
    assert to_cpu(v.grad).tolist() == [0.5, 1.0]
    assert to_cpu(w.grad).tolist() == [[1.5]]


def test_l2_penalty_errors():
    with pytest.raises(ValueError, match="no parameters"):
        l2_penalty([], 0.1)
    with pytest.raises(ValueError, match="strength must be a number >= 0, got -1"):
        l2_penalty([Tensor([1.0])], -1)


def test_l2_penalty_sums_float16_in_float32(xp):
    assert l2_penalty([Tensor(xp.ones(70000, "float16"))], 0.5).item() == 17504    # 17,500 rounded
