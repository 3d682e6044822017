"""What the doctor says of the machine: kernels, libraries, threads."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from minicnn.analysis import doctor
from minicnn.analysis.doctor import Finding, better_kernel, examine, report
from minicnn.backend import precision
from tests.locale_c import LC_ALL

ROOT = Path(__file__).parents[2]
AVX2 = {"SSE42", "AVX", "AVX2", "FMA3"}
AVX512 = AVX2 | {"AVX512F", "AVX512_SKX"}


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "gigaflops", lambda: 123.4)
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MINICNN_DATA", raising=False)


def found(subject):
    return [finding for finding in examine() if finding.subject == subject]


def test_subjects_in_order():
    subjects = [finding.subject for finding in examine()]
    assert subjects[:2] == ["python", "minicnn"] and subjects[-1] == "data cache"
    assert {"numpy", "matplotlib", "tqdm", "pooch", "BLAS", "threads", "GPU"} <= set(subjects)
    assert found("numpy")[0].text == np.__version__


def test_nothing_is_created(tmp_path):
    list(examine())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("library, kernel, features, better", [
    ("openblas", "SkylakeX", AVX512, ""),
    ("openblas", "Cooperlake", AVX512, ""),
    ("openblas", "SapphireRapids", AVX512, ""),
    ("openblas", "Haswell", AVX512, "SkylakeX"),       # a new processor that OpenBLAS does not know
    ("openblas", "Zen", AVX512, "SkylakeX"),
    ("openblas", "Prescott", AVX512, "SkylakeX"),
    ("openblas", "Haswell", AVX2, ""),
    ("openblas", "Zen", AVX2, ""),
    ("openblas", "Prescott", AVX2, "Haswell"),
    ("openblas", "Sandybridge", AVX2, "Haswell"),
    ("openblas", "Nehalem", {"SSE42"}, ""),
    ("openblas", "Prescott", {"AVX2"}, ""),            # OpenBLAS's Haswell needs FMA as well
    ("openblas", "armv8", {"NEON", "ASIMD"}, ""),
    ("openblas", "neoversen1", {"NEON", "ASIMD"}, ""),
    ("openblas", "", AVX512, ""),
    ("openblas", "a kernel of the future", AVX512, ""),
    ("mkl", "Haswell", AVX512, ""),
    ("blis", "haswell", AVX512, ""),
])
def test_better_kernel(library, kernel, features, better):
    assert better_kernel(library, kernel, features) == better


def pretend_blas(monkeypatch, **part):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    known = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.30",
             "architecture": "Haswell", "num_threads": 2}
    library = SimpleNamespace(threadpool_info=lambda: [{"user_api": "openmp"}, {**known, **part}])
    monkeypatch.setitem(sys.modules, "threadpoolctl", library)
    monkeypatch.setattr(doctor, "processor_features", lambda: AVX512)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def test_a_slower_kernel_than_the_processor_could_run(monkeypatch):
    pretend_blas(monkeypatch)
    assert found("BLAS")[0].text == ("openblas 0.3.30, kernel Haswell, 2 threads on 2 cores, "
                                     "123 GFLOP/s in a float32 matrix product")
    kernel, = found("BLAS kernel")
    assert "uses Haswell" in kernel.text and "OPENBLAS_CORETYPE=SkylakeX" in kernel.hint
    text, well = report()
    assert well and "\n? BLAS kernel" in text and "? marks what might be faster" in text


def test_a_kernel_that_the_environment_asks_for(monkeypatch):
    pretend_blas(monkeypatch)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert not found("BLAS kernel")


def test_more_threads_than_cores(monkeypatch):
    pretend_blas(monkeypatch, num_threads=64, architecture="SkylakeX")
    assert found("BLAS threads") == [Finding("BLAS threads", "64 threads share 2 cores",
                                             hint="try OPENBLAS_NUM_THREADS=2 in the environment")]
    assert not found("BLAS kernel")


@pytest.mark.parametrize("part", [{"architecture": None}, {"version": None}])
def test_a_library_that_does_not_say_everything(part, monkeypatch):
    pretend_blas(monkeypatch, **part)
    assert found("BLAS")[0].text.startswith("openblas ")


def test_a_library_unknown_to_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", SimpleNamespace(threadpool_info=list))
    assert found("BLAS") == [Finding("BLAS", "unknown to threadpoolctl; 123 GFLOP/s")]


def pretend_threads(monkeypatch, cores, **environment):
    monkeypatch.setattr(doctor, "threads_at_work", lambda: "1 Python thread, 2 BLAS threads")
    monkeypatch.setattr(doctor, "physical_cores", lambda: cores)
    for name in doctor.SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def test_threads_of_a_machine_with_several_cores(monkeypatch):
    pretend_threads(monkeypatch, 8)
    assert found("threads") == [Finding(
        "threads", "1 Python thread, 2 BLAS threads (nothing is set)\nlarge networks: try "
        "MINICNN_THREADS=8, or set_threads(8); as small as LeNet: 1\nspeeds vary with what else "
        "is running; timings jump? set_threads(1)")]
    lines = [line for line in report()[0].split("\n") if "set_threads" in line]
    assert len(lines) == 2 and all(line.startswith(" " * 17) for line in lines)
    assert max(map(len, lines)) <= 100


def test_threads_of_a_machine_with_one_core(monkeypatch):
    pretend_threads(monkeypatch, 1)
    assert found("threads") == [Finding("threads", "1 Python thread, 2 BLAS threads (nothing is "
                                                   "set)")]


def test_settings_of_threads(monkeypatch):
    pretend_threads(monkeypatch, 1, OPENBLAS_NUM_THREADS="2", MINICNN_THREADS="",
                    OPENBLAS_CORETYPE="Haswell")
    assert found("threads")[0].text == ("1 Python thread, 2 BLAS threads (OPENBLAS_NUM_THREADS=2, "
                                        "OPENBLAS_CORETYPE=Haswell)")


def test_processor_features():
    """In the spelling that better_kernel asks for."""
    known = np.show_config(mode="dicts").get("SIMD Extensions", {})
    assert set(known.get("found", [])) <= doctor.processor_features()


@pytest.mark.parametrize("package", ["matplotlib", "tqdm", "pooch", "threadpoolctl"])
def test_a_missing_package(package, monkeypatch):
    """What is broken is what the report is for: it goes on to its end."""
    installed = importlib.metadata.version

    def version(name):
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(sys.modules, package, None)            # import raises ImportError
    monkeypatch.delenv("MINICNN_CACHE")
    finding, = found(package)
    assert finding.text.startswith("not installed; needed for ")
    assert finding.cure == f"pip install {package}"


def test_minicnn_is_not_installed(monkeypatch):
    monkeypatch.setattr(doctor, "version", lambda name: None if name == "minicnn" else "1")
    assert found("minicnn")[0].cure == "pip install -e . in the folder that has setup.cfg"


def test_two_builds_of_cupy(monkeypatch):
    """They share one folder and overwrite each other's files."""
    def pretend(*names):
        monkeypatch.setattr(importlib.metadata, "distributions", lambda: [
            SimpleNamespace(metadata={"Name": name}) for name in (*names, "numpy", None)])

    pretend("cupy-cuda12x", "cupy-cuda13x")
    finding, = found("cupy")
    assert finding.text == ("cupy-cuda12x and cupy-cuda13x are both installed and overwrite each "
                            "other")
    assert finding.cure.startswith("pip uninstall cupy-cuda12x cupy-cuda13x, then install one")
    pretend("cupy-cuda12x", "cupy-cuda12x")                    # one that is on sys.path twice
    assert not found("cupy")


def test_no_gpu(monkeypatch):
    monkeypatch.setattr(doctor, "gpu_problem", lambda: "CuPy is not installed; pip install ...")
    finding, = found("GPU")
    assert finding.text.startswith("none: CuPy is not installed; pip install ... (")
    assert not finding.cure


def test_a_gpu(monkeypatch):
    runtime = SimpleNamespace(getDeviceProperties=lambda number: {"name": b"NVIDIA A100"})
    monkeypatch.setattr(doctor, "gpu_problem", lambda: None)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(
        __version__="14.2.0", ndarray=type(None), cuda=SimpleNamespace(runtime=runtime)))
    for tf32, exact in ((False, "all 24 bits; --tf32 or MINICNN_TF32=1: 10"),
                        (True, "TF32, 10 bits")):
        monkeypatch.setattr(precision._Precision, "tf32", tf32)
        assert doctor.gpu() == Finding("GPU", "NVIDIA A100, CuPy 14.2.0; train with --device cuda\n"
                                       f"float32 products: {exact}")


def test_cache(tmp_path):
    folder = tmp_path / "cache"
    assert found("data cache") == [Finding("data cache", f"{folder}: 0 files, 0.0 MB")]
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "digits").write_bytes(bytes(1_500_000))
    assert found("data cache")[0].text == f"{folder}: 1 files, 1.5 MB"


def test_cache_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)      # chmod does not stop root
    finding, = found("data cache")
    assert finding.text == f"{tmp_path / 'cache'} cannot be written"
    assert finding.cure == "set MINICNN_CACHE to a folder that you can write"


def test_cache_below_a_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path / "file" / "cache"))
    assert found("data cache")[0].cure


def test_data_folder(tmp_path, monkeypatch):
    assert not found("MINICNN_DATA")
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    assert found("MINICNN_DATA") == [Finding("MINICNN_DATA", str(tmp_path))]
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path / "nowhere"))
    assert found("MINICNN_DATA") == [Finding(
        "MINICNN_DATA", f"{tmp_path / 'nowhere'} is no folder", "correct it, or unset it")]


def test_report(monkeypatch):
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("numpy", "2.0")])
    assert report() == ("  numpy          2.0", True)
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("numpy", "2.0"),
                                                    Finding("tqdm", "gone", "pip install tqdm")])
    text, well = report()
    assert not well
    assert text.split("\n")[1:3] == ["! tqdm           gone", " " * 17 + "-> pip install tqdm"]
    assert text.endswith("\n\n! marks what is to be mended; the arrow is the next step")
    monkeypatch.setattr(doctor, "examine", lambda: [
        Finding("BLAS", "slow", hint="try this and that, " * 20), Finding("tqdm", "gone", "pip")])
    text, well = report()
    assert not well and max(map(len, text.split("\n"))) <= 100
    assert text.endswith("! marks what is to be mended; ? marks what might be faster; the arrow is "
                         "the next step")


def test_every_mark_has_an_arrow_and_no_line_is_long():
    lines = report()[0].split("\n")
    assert max(map(len, lines)) <= 100
    for number, line in enumerate(lines):
        if line[:2] in ("! ", "? ") and "marks" not in line:
            assert any(re.match(r"\s+-> \S", below) for below in lines[number + 1:number + 4])


@pytest.mark.parametrize("home", [None, "", "/nowhere/žluť"])
def test_no_home(home, tmp_path):
    """Hazard 41."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("HOME", "MINICNN_CACHE", "XDG_CACHE_HOME")}
    environment |= {"PYTHONPATH": str(ROOT), "LC_ALL": LC_ALL}
    if home is not None:
        environment["HOME"] = home
    run = subprocess.run([sys.executable, "-W", "error", "-m", "minicnn", "doctor"], text=True,
                         env=environment, cwd=tmp_path, capture_output=True)
    assert run.returncode in (0, 1) and run.stderr == "" and "data cache" in run.stdout
    assert os.listdir(tmp_path) == []
