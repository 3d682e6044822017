"""reshape, permute, transpose, squeeze, expand, repeat, split as PyTorch has them."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu

A = np.arange(24.0).reshape(2, 3, 4)

# What PyTorch 2.13 makes of the same call, in NumPy's words.
SAME = {
    "permute(2, 0, 1)": (lambda x: x.permute(2, 0, 1), A.transpose(2, 0, 1)),
    "permute([0, -1, 1])": (lambda x: x.permute([0, -1, 1]), A.transpose(0, 2, 1)),
    "transpose(0, 1)": (lambda x: x.transpose(0, 1), A.swapaxes(0, 1)),
    "transpose by words": (lambda x: x.transpose(dim0=0, dim1=1), A.swapaxes(0, 1)),
    "transpose(-1, 0)": (lambda x: x.transpose(-1, 0), A.swapaxes(0, 2)),
    "transpose of a matrix": (lambda x: x[0].transpose(0, 1), A[0].T),
    "T": (lambda x: x[0].T, A[0].T), "t()": (lambda x: x[0].t(), A[0].T),
    "T of a row": (lambda x: x[0, 0].T, A[0, 0]), "mT": (lambda x: x.mT, A.swapaxes(1, 2)),
    "reshape(4, -1)": (lambda x: x.reshape(4, -1), A.reshape(4, 6)),
    "view((6, 4))": (lambda x: x.view((6, 4)), A.reshape(6, 4)),
    "permute, then view": (lambda x: x.permute(2, 1, 0).contiguous().view(-1), A.T.reshape(-1)),
    "flatten()": (lambda x: x.flatten(), A.reshape(-1)),
    "flatten(1)": (lambda x: x.flatten(1), A.reshape(2, 12)),
    "flatten(0, 1)": (lambda x: x.flatten(0, 1), A.reshape(6, 4)),
    "flatten(start_dim=-2)": (lambda x: x.flatten(start_dim=-2), A.reshape(2, 12)),
    "flatten of a number": (lambda x: x[0, 0, 1].flatten(), A[0, 0, 1:2]),
    "squeeze()": (lambda x: x[:1, :, :1].squeeze(), A[0, :, 0]),
    "squeeze(0)": (lambda x: x[:1, :, :1].squeeze(0), A[0, :, :1]),
    "squeeze of what is larger": (lambda x: x.squeeze(1), A),
    "squeeze((0, -1))": (lambda x: x[:1, :, :1].squeeze((0, -1)), A[0, :, 0]),
    "unsqueeze(0)": (lambda x: x.unsqueeze(0), A[None]),
    "unsqueeze(-1)": (lambda x: x.unsqueeze(-1), A[..., None]),
    "unsqueeze(axis=1)": (lambda x: x.unsqueeze(axis=1), A[:, None]),
    "expand": (lambda x: x[:, :1].expand(2, 3, -1), np.broadcast_to(A[:, :1], (2, 3, 4))),
    "expand with a new dim": (lambda x: x[0, 0].expand(5, 4), np.broadcast_to(A[0, 0], (5, 4))),
    "repeat(2, 1, 3)": (lambda x: x.repeat(2, 1, 3), np.tile(A, (2, 1, 3))),
    "repeat of a row": (lambda x: x[0, 0].repeat(2, 2), np.tile(A[0, 0], (2, 2))),
    "repeat, 0 times": (lambda x: x.repeat(0, 1, 1), A[:0]),
    "split(2, 1)[1]": (lambda x: x.split(2, 1)[1], A[:, 2:]),
    "split(split_size=3, dim=-1)[1]": (lambda x: x.split(split_size=3, dim=-1)[1], A[..., 3:]),
    "chunk(2, 1)[0]": (lambda x: x.chunk(2, 1)[0], A[:, :2]),
}


@pytest.mark.parametrize("call", SAME)
def test_as_in_pytorch(xp, call):
    """The values; and each gradient lands where its value came from."""
    run, expected = SAME[call]
    x = Tensor(xp.asarray(A), requires_grad=True)
    y = run(x)
    assert y.shape == expected.shape and (y.numpy() == expected).all()
    (y * y).sum().backward()
    counts = np.array([(expected == value).sum() for value in A.ravel()]).reshape(A.shape)
    assert (to_cpu(x.grad) == 2 * A * counts).all()


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_whole_numbers_move_too(xp, dtype):
    """Labels and masks are reshaped and chosen from like everything else."""
    a = A.astype(dtype)
    for call, (run, expected) in SAME.items():
        y = run(Tensor(xp.asarray(a)))
        assert y.dtype == dtype and (y.numpy() == expected.astype(dtype)).all(), call


def test_sizes(xp):
    x = Tensor(xp.asarray(A))
    assert x.size() == x.shape == (2, 3, 4) and x.size(1) == x.size(-2) == 3
    assert x.numel() == 24 and x.dim() == x.ndim == 3
    n, c, _ = x.size()
    assert (n, c) == (2, 3) and Tensor(1.0).size() == () and Tensor(1.0).numel() == 1


REFUSALS = {
    "NumPy's transpose": (lambda x: x.transpose(2, 0, 1), TypeError,
                          r"transpose swaps two dims, x.transpose\(0, 1\); all of them in a new "
                          r"order: x.permute"),
    "transpose of all": (lambda x: x.transpose(), TypeError, "a matrix turned over: x.T"),
    "transpose of a tuple": (lambda x: x.transpose((1, 0)), TypeError, "swaps two dims"),
    "no such dim": (lambda x: x.transpose(0, 3), ValueError, "there is no dim 3 in shape"),
    "T": (lambda x: x.T, ValueError, r"is no matrix; the last two dims: x.mT"),
    "permute": (lambda x: x.permute(0, 1), ValueError, r"\(0, 1\) names 2 dims of shape"),
    "permute twice": (lambda x: x.permute(0, 1, 1), ValueError, "repeat one"),
    "expand": (lambda x: x.expand(2, 3, 5), ValueError, r"does not become \(2, 3, 5\); counted"),
    "expand to less": (lambda x: x.expand(4), ValueError, "does not become"),
    "expand a new dim by -1": (lambda x: x.expand(-1, 2, 3, 4), ValueError, "does not become"),
    "repeat": (lambda x: x.repeat(2), ValueError, r"\(2,\) for shape \(2, 3, 4\); how many"),
    "unsqueeze": (lambda x: x.unsqueeze(4), ValueError, "there is no place 4 in shape"),
    "squeeze": (lambda x: x.squeeze(3), ValueError, "squeeze: there is no dim 3"),
    "flatten": (lambda x: x.flatten(2, 1), ValueError, "flatten: dim 2 comes after 1"),
    "split": (lambda x: x.split([2, 2], 1), ValueError, "do not add up to the 3 places of dim 1"),
    "split what": (lambda x: x.split("a"), TypeError, "split: the size of the parts, or a list"),
    "chunk": (lambda x: x.chunk(2.5), TypeError, "chunk: the number of parts must be a whole"),
    "repeat backwards": (lambda x: x.repeat(-1, 1, 1), ValueError, "repeat: .* how many times"),
    "repeat a half": (lambda x: x.repeat(0.5, 1, 1), ValueError, "repeat: .* how many times"),
    "unsqueeze what": (lambda x: x.unsqueeze("a"), ValueError, "there is no place 'a' in shape"),
    "reshape": (lambda x: x.reshape(5, 5), ValueError, r"\(2, 3, 4\), 24 values, does not become "
                r"\(5, 5\); one size may be -1"),
    "reshape, two left": (lambda x: x.reshape(-1, -1), ValueError, "does not become"),
    "reshape, none fits": (lambda x: x.reshape(7, -1), ValueError, "does not become"),
    "reshape by halves": (lambda x: x.reshape(2.0, 12), TypeError, "sizes are whole numbers, got"),
    "view of a dtype": (lambda x: x.view(np.int64), TypeError, "another dtype: x.astype"),
    "size": (lambda x: x.size(3), ValueError, "size: there is no dim 3"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    ask, kind, message = REFUSALS[name]
    with pytest.raises(kind, match=message):
        ask(Tensor(A))
