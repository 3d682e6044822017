"""The GPU's benchmark refuses without one, and its tables come out right."""

import sys

import pytest

from benchmarks import gpu
from benchmarks.workloads import WORKLOADS
from minicnn.backend.arrays import gpu_problem
from tests import standin


@pytest.mark.skipif(gpu_problem() is None, reason="there is a GPU")
def test_it_refuses_without_a_gpu(capsys):
    assert gpu.main([]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err == f"benchmarks.gpu: {gpu_problem()}\n"


def test_a_row_of_the_networks():
    workload = WORKLOADS["gpu_lenet_train"]            # 416,520 multiply-adds for one digit
    found = {"minicnn": {"seconds": [[0.004, 0.002], [0.002]], "peak_bytes": 5_000_000},
             "torch": {"seconds": [[0.001]], "peak_bytes": 9_000_000}}
    row = gpu.network_row(workload, found, peak=1000.0)
    assert row == f"| {workload.title()} | 2.00 | 1.00 | 2.00 | 5 | 9 | 8 % |"
    found["torch"] = {"seconds": [], "impossible": "no GPU"}
    assert gpu.network_row(workload, found, 1000.0).endswith("| 2.00 | no GPU | - | 5 | - | 8 % |")


def test_every_contestant_is_told_about_tf32():
    for tf32 in (False, True):
        ours, torch = gpu.contestants(tf32, "python-with-torch")
        assert f"allow_tf32({tf32})" in ours.command[-1] and ours.ours
        assert f"cudnn.allow_tf32 = {tf32}" in torch.command[-1]
        compile(ours.command[-1], "ours", "exec")
        compile(torch.command[-1], "torch", "exec")
    assert len(gpu.contestants(False, None)) == 1


def test_the_kernels_table(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "cupy", standin)
    monkeypatch.setattr(gpu, "gigabytes", lambda device: 1.0)
    gpu.kernels(1, (2, 64, 12, 12))
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 4 + len(gpu.LAYERS) + 1
    assert lines[4].startswith("| ReLU() | ") and lines[-1].startswith("| SGD, momentum 0.9, ")
    assert {line.count("|") for line in lines[2:]} == {6}
