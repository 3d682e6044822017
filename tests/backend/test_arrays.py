"""Whose array it is, where it lives, sums in float16, and one seed for everything."""

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from minicnn.backend import arrays, seeds
from minicnn.backend.arrays import average, matmul, to_cpu, total
from minicnn.backend.seeds import generator, manual_seed, new_seed
from tests import standin, standin_gpu


def test_xp_of(xp, device):
    x = xp.ones(3)
    assert arrays.xp_of(x) is xp and arrays.is_array(x) and arrays.device_of(x) == device
    assert arrays.xp_of(np.float64(1)) is np and not arrays.is_array(np.float64(1))
    for other in ([1.0], 1.0, None, "x"):
        assert not arrays.is_array(other)
        with pytest.raises(TypeError, match="expected a NumPy or CuPy array, got "):
            arrays.xp_of(other)


def test_moving(xp, device):
    a = np.arange(3.0)
    x = arrays.to_device(a, device)
    assert arrays.xp_of(x) is xp
    assert arrays.to_device(x, device) is x
    back = to_cpu(x)
    assert isinstance(back, np.ndarray) and back.tolist() == [0, 1, 2]
    assert arrays.to_device(a, "cpu") is a
    for name in ("gpu", "cuda:0", ""):
        with pytest.raises(ValueError, match='device must be "cpu" or "cuda", got '):
            arrays.to_device(a, name)


def cupy_like(monkeypatch, version, available):
    found = ModuleType("cupy")
    vars(found).update(__version__=version, ndarray=int, RawKernel=standin_gpu.RawKernel,
                       cuda=SimpleNamespace(is_available=lambda: available,
                                            device=standin_gpu.cuda.device))
    monkeypatch.setitem(sys.modules, "cupy", found)


def test_what_keeps_the_gpu_away(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)               # import cupy raises ImportError
    assert "CuPy is not installed; in minicnn's folder: pip install -e" in arrays.gpu_problem()
    cupy_like(monkeypatch, "13.4.1", True)
    assert arrays.gpu_problem() == "CuPy 13.4.1 is too old; minicnn needs 14 or newer"
    cupy_like(monkeypatch, "14.2.0", False)
    assert "finds no CUDA GPU" in arrays.gpu_problem()
    with pytest.raises(RuntimeError, match="device 'cuda': CuPy is installed but finds no CUDA"):
        arrays.to_device(np.ones(1), "cuda")
    cupy_like(monkeypatch, "14.0.0rc1", True)
    assert arrays.gpu_problem() is None


@pytest.mark.parametrize("library, said", [("cublas", "libcublas.so.13"),
                                           ("nvrtc", "libnvrtc.so.13")])
def test_a_cupy_without_its_toolkit(library, said, monkeypatch):
    monkeypatch.setattr(standin_gpu, "missing", {library})
    cupy_like(monkeypatch, "14.2.0", True)
    problem = arrays.gpu_problem()
    assert problem.startswith("CuPy lacks a part of the CUDA toolkit; in minicnn's folder: pip "
                              "install -e '.[cuda13]'") and said in problem
    monkeypatch.setattr(standin_gpu, "missing", set())               # it asks once
    assert arrays.gpu_problem() == problem


def test_an_array_of_another_card_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", standin)
    monkeypatch.setattr(standin.ndarray, "device", standin.cuda.Device(1))
    with pytest.raises(ValueError, match="the array lies on GPU 1; minicnn works on GPU 0"):
        arrays.to_device(standin.ones(2), "cuda")


@pytest.mark.parametrize("shape, order", [((2, 3, 4, 5), (1, 2, 3, 0)), ((2, 3), (1, 0)),
                                          ((2, 3, 4), (1, 0, 2))], ids=str)
def test_an_array_lies_on_the_gpu_as_it_lay(shape, order, monkeypatch, rng):
    """cupy.asarray alone would put it into the order of its axes, and so would asnumpy."""
    monkeypatch.setitem(sys.modules, "cupy", standin)
    rows = rng.standard_normal([shape[axis] for axis in order])
    x = rows.transpose(np.argsort(order))                  # as batch_first: an axis lies innermost
    there = arrays.to_device(x, "cuda")
    assert there.transpose(order).flags.c_contiguous and there.shape == x.shape
    back = arrays.to_cpu(there)
    assert back.strides == x.strides and np.array_equal(back, x)
    part = arrays.to_device(x[:, ::2], "cuda")             # with gaps: packed, in the same order
    assert part.transpose(order).flags.c_contiguous
    assert np.array_equal(arrays.to_cpu(part), x[:, ::2])
    if len(shape) > 2:
        assert standin.asarray(x).flags.c_contiguous


def test_a_cupy_that_does_not_start(monkeypatch, tmp_path):
    (tmp_path / "cupy.py").write_text("raise RuntimeError('CUDA driver is broken')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    assert arrays.gpu_problem() == "CuPy does not start: CUDA driver is broken"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_sums_keep_the_dtype(xp, dtype):
    a = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(dtype)
    x, close = xp.asarray(a), {"rtol": 1e-2 if dtype == np.float16 else 1e-5, "atol": 1e-2}
    for axis in (None, 0, (0, 2), -1):
        for keepdims in (False, True):
            for ours, theirs in [(total, np.sum), (average, np.mean)]:
                y = ours(x, axis, keepdims)
                expected = theirs(a.astype(np.float64), axis, keepdims=keepdims)
                assert y.dtype == dtype and y.shape == np.shape(expected)
                assert np.allclose(to_cpu(y), expected, **close)
    y = matmul(x, x.swapaxes(1, 2))
    assert y.dtype == dtype and np.allclose(to_cpu(y), a @ a.swapaxes(1, 2), **close)


def test_float16_accumulates_in_float32(xp):
    ones = xp.ones(70_000, dtype=np.float16)
    assert float(average(ones)) == 1.0
    assert float(total(ones[:60_000])) == 60_000
    alternating = xp.asarray(np.tile(np.array([100, -100], np.float16), 5000))
    assert float(total(alternating * 10)) == 0
    row = xp.full((1, 4000), 4.0, dtype=np.float16)
    assert float(matmul(row, row.T * 0.25)[0, 0]) == 16_000


def test_one_seed_one_sequence():
    def numbers():
        child = np.random.default_rng(new_seed())
        return [child.random(), np.random.default_rng(new_seed()).random(), generator().random()]

    manual_seed(3)
    first = numbers()
    assert len(set(first)) == 3
    assert numbers() != first
    manual_seed(3)
    assert numbers() == first
    manual_seed(np.int64(4))
    assert numbers() != first


@pytest.mark.parametrize("seed", [-1, 1.0, "1", None])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(ValueError, match="manual_seed: the seed must be a whole number >= 0, got"):
        manual_seed(seed)


def test_the_random_state_can_be_put_back():
    manual_seed(5)
    new_seed()
    generator().random(7)
    saved = seeds.random_state()
    following = [np.random.default_rng(new_seed()).random(), generator().random()]
    manual_seed(9)
    seeds.set_random_state(saved)
    assert [np.random.default_rng(new_seed()).random(), generator().random()] == following


def test_a_script_without_a_seed_repeats_itself():
    script = "from minicnn.backend.seeds import generator; print(generator().random())"
    runs = {subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                           check=True).stdout for _ in range(2)}
    assert len(runs) == 1


