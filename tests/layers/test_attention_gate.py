"""The gate on a skip connection."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.attention_gate import AttentionGate
from tests.layers.checks import check_agreement
from tests.reference import maps as reference


def test_by_hand(xp):
    """In test mode a new BN does nothing: q = relu(g + 2 x), a = sigmoid(q - 1)."""
    gate = AttentionGate(1, 1, 1).eval()
    state = {name: np.zeros_like(values) + ("var" in name or name.endswith("norm.weight"))
             for name, values in gate.state_dict().items()}
    state |= {"gate.conv.weight": np.ones((1, 1, 1, 1)), "share.conv.bias": [-1.0],
              "skip.conv.weight": np.full((1, 1, 1, 1), 2.0),
              "share.conv.weight": np.ones((1, 1, 1, 1))}
    gate.load_state_dict(state)
    g, x = np.array([[[[1.0, -9, 5]]]]), np.array([[[[0.0, 2, -2]]]])
    y = gate.to("cpu" if xp is np else "cuda", "float64")(Tensor(xp.asarray(g)),
                                                          Tensor(xp.asarray(x))).numpy()
    share = 1 / (1 + np.exp(1))                            # of q = 0
    np.testing.assert_allclose(y, [[[[0, 2 * share, -2 / (1 + np.exp(0))]]]], rtol=1e-4)


def test_agrees_with_loops(rng):
    gate = AttentionGate(2, 3, 4).to(dtype="float64")
    g, x = rng.standard_normal((2, 2, 3, 4)), rng.standard_normal((2, 3, 3, 4))
    weights = [value.data for part in (gate.gate, gate.skip, gate.share)
               for value in (part.conv.weight, part.conv.bias)]
    check_agreement(gate(Tensor(g), Tensor(x)).numpy(), reference.attention_gate(g, x, *weights))


def test_it_only_weakens(rng):
    x = rng.standard_normal((2, 3, 4, 4))
    y = AttentionGate(2, 3, 2).to(dtype="float64")(Tensor(rng.standard_normal((2, 2, 4, 4))),
                                                   Tensor(x)).numpy()
    share = y / x
    assert (share > 0).all() and (share < 1).all()
    np.testing.assert_allclose(share, np.broadcast_to(share[:, :1], share.shape), rtol=1e-12)


def test_costs_and_says_what_is_wrong():
    gate = AttentionGate(512, 256, 128)
    assert gate.num_parameters() == 512 * 128 + 256 * 128 + 2 * 3 * 128 + 128 + 1 + 2
    assert gate.shape((512, 64, 48), (256, 64, 48)) == (256, 64, 48)
    with pytest.raises(ValueError, match="^AttentionGate 512 -> 128 <- 256: the gate's images are "
                                         "32x24, those that it gates 64x48; enlarge the first"):
        gate.shape((512, 32, 24), (256, 64, 48))
    with pytest.raises(ValueError, match="has 256 channels, the layer was built for 512"):
        gate.shape((256, 64, 48), (512, 64, 48))
