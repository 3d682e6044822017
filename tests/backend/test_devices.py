"""PyTorch's questions about the GPU, where there is none and where one is played."""

import pytest

import minicnn
from minicnn import Tensor
from minicnn.backend import devices


def test_without_a_gpu(monkeypatch):
    monkeypatch.setattr(devices, "gpu_problem", lambda: "CuPy is not installed")
    assert minicnn.cuda is devices and not minicnn.cuda.is_available()
    assert minicnn.cuda.device_count() == 0
    minicnn.cuda.synchronize()                             # nothing to wait for
    with pytest.raises(RuntimeError, match="device 'cuda': CuPy is not installed"):
        minicnn.cuda.get_device_name()


def test_with_one(monkeypatch):
    monkeypatch.setattr(devices, "gpu_problem", lambda: None)
    monkeypatch.setattr(devices, "gpu_name", lambda: "a card")
    assert minicnn.cuda.is_available() and minicnn.cuda.device_count() == 1
    assert minicnn.cuda.get_device_name(0) == "a card"


def test_a_device_is_a_word():
    assert [minicnn.device(name) for name in ("cpu", "cuda", "cuda:0")] == ["cpu", "cuda", "cuda"]
    assert Tensor([1.0]).to(minicnn.device("cpu")).device == "cpu"
    assert minicnn.device("cuda", 0) == "cuda"
    with pytest.raises(ValueError, match="got 'cuda:1'"):
        minicnn.device("cuda", 1)
    for name in ("cuda:1", "tpu", 0, None):
        with pytest.raises(ValueError, match='device must be "cpu" or "cuda", the first GPU'):
            minicnn.device(name)


@pytest.mark.parametrize("name", devices.ELSEWHERE)
def test_what_torch_cuda_has_beside_them(name):
    with pytest.raises(AttributeError, match=f"minicnn.cuda has no {name}; "):
        getattr(minicnn.cuda, name)
    assert not hasattr(minicnn.cuda, "xyz")
