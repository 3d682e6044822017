"""What is installed, what this machine can do, and what to mend: `python -m minicnn doctor`.

Every problem comes with one next step, and what could only be faster with something to try.
Nothing is changed and nothing is downloaded.
"""

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from textwrap import fill
from typing import NamedTuple

import numpy as np

from minicnn.analysis.speed import gigaflops, physical_cores, threads_at_work, usable_cores
from minicnn.analysis.tables import WIDEST
from minicnn.backend.arrays import gpu_name, gpu_problem
from minicnn.backend.precision import tf32_allowed
from minicnn.data.files import cache_folder

# Kernels that OpenBLAS calls by these names use no AVX-512 / no AVX2 instructions.
WITHOUT_AVX512 = {"haswell", "zen", "excavator"}
WITHOUT_AVX2 = {"prescott", "core2", "nehalem", "sandybridge", "bulldozer", "piledriver",
                "steamroller", "barcelona", "athlon", "generic"}

SETTINGS = ("MINICNN_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS",
            "OPENBLAS_CORETYPE")


INDENT = 17                            # columns of a subject


class Finding(NamedTuple):
    """One entry of the report.

    cure : the next step, if something is wrong;  hint : what to try, if all is well but could be
    better
    """

    subject: str
    text: str
    cure: str = ""
    hint: str = ""


def examine() -> Iterator[Finding]:
    """All findings, in the order in which they are printed."""
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    yield from packages()
    yield from blas()
    yield threads()
    yield gpu()
    yield from cache()


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def packages() -> Iterator[Finding]:
    for name, use in (("minicnn", "this package"), ("numpy", "all arithmetic"),
                      ("matplotlib", "pictures"), ("Pillow", "photographs"),
                      ("tqdm", "progress bars"),
                      ("pooch", "downloads"), ("threadpoolctl", "this report")):
        found = version(name)
        yield Finding(name, found or f"not installed; needed for {use}",
                      "" if found else f"pip install {name}" if name != "minicnn"
                      else "pip install -e . in the folder that has setup.cfg")
    builds = sorted({dist.metadata["Name"] for dist in importlib.metadata.distributions()
                     if (dist.metadata["Name"] or "").lower().startswith("cupy")})
    if len(builds) > 1:
        yield Finding("cupy", f"{' and '.join(builds)} are both installed and overwrite each other",
                      f"pip uninstall {' '.join(builds)}, then install one of them again")


def blas() -> Iterator[Finding]:
    """The library behind matrix products, its threads and speed, and whether it could do better."""
    libraries = []
    with suppress(ImportError):                            # packages() has said that it is missing
        from threadpoolctl import threadpool_info
        libraries = [part for part in threadpool_info() if part["user_api"] == "blas"]
    if not libraries:
        yield Finding("BLAS", f"unknown to threadpoolctl; {gigaflops():,.0f} GFLOP/s")
        return
    part = libraries[0]
    kernel = str(part.get("architecture", ""))
    cores = len(usable_cores())
    yield Finding("BLAS", f"{part['internal_api']} {part['version']}, kernel "
                  f"{kernel or 'unknown'}, {part['num_threads']} threads on {cores} cores, "
                  f"{gigaflops():,.0f} GFLOP/s in a float32 matrix product")
    better = better_kernel(part["internal_api"], kernel, processor_features())
    if better and not os.environ.get("OPENBLAS_CORETYPE"):           # else it was chosen
        yield Finding("BLAS kernel", f"OpenBLAS uses {kernel}, this processor can run {better}",
                      hint=f"try OPENBLAS_CORETYPE={better} in the environment and compare")
    if part["num_threads"] > cores:
        yield Finding("BLAS threads", f"{part['num_threads']} threads share {cores} cores",
                      hint=f"try OPENBLAS_NUM_THREADS={cores} in the environment")


def processor_features() -> set[str]:
    """Instruction sets of the processor, in NumPy's spelling."""
    core = getattr(np, "_core", None) or np.core                     # NumPy 2, NumPy 1
    return {name for name, there in core._multiarray_umath.__cpu_features__.items() if there}


def better_kernel(library: str, kernel: str, features: set[str]) -> str:
    """An OPENBLAS_CORETYPE that uses more of the processor than `kernel` does, or ""."""
    if library != "openblas":
        return ""
    if "AVX512_SKX" in features and kernel.lower() in WITHOUT_AVX512 | WITHOUT_AVX2:
        return "SkylakeX"
    if {"AVX2", "FMA3"} <= features and kernel.lower() in WITHOUT_AVX2:
        return "Haswell"
    return ""


def threads() -> Finding:
    """How many threads are at work, which settings say so, and which settings are worth a try."""
    made = ", ".join(f"{name}={os.environ[name]}" for name in SETTINGS if os.environ.get(name))
    text, cores = f"{threads_at_work()} ({made or 'nothing is set'})", physical_cores()
    if cores > 1:
        text += (f"\nlarge networks: try MINICNN_THREADS={cores}, or set_threads({cores}); as "
                 "small as LeNet: 1\nspeeds vary with what else is running; timings jump? "
                 "set_threads(1)")
    return Finding("threads", text)


def gpu() -> Finding:
    problem = gpu_problem()
    if problem is None:
        exact = "TF32, 10 bits" if tf32_allowed() else "all 24 bits; --tf32 or MINICNN_TF32=1: 10"
        return Finding("GPU", f"{gpu_name()}; train with --device cuda\nfloat32 products: {exact}")
    return Finding("GPU", f"none: {problem} (everything runs on the CPU too)")


def cache() -> Iterator[Finding]:
    """Where downloads are kept, what is there, and where else data are looked for."""
    try:
        folder = cache_folder()
    except ImportError:                                    # pooch; packages() has said so
        return
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        yield Finding("data cache", f"{folder} cannot be written",
                      "set MINICNN_CACHE to a folder that you can write")
    else:
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
        size = sum(path.stat().st_size for path in files) / 1e6
        yield Finding("data cache", f"{folder}: {len(files)} files, {size:.1f} MB")
    chosen = os.environ.get("MINICNN_DATA")
    if chosen and not os.path.isdir(chosen):
        yield Finding("MINICNN_DATA", f"{chosen} is no folder", "correct it, or unset it")
    elif chosen:
        yield Finding("MINICNN_DATA", chosen)


def report() -> tuple[str, bool]:
    """The findings as text, and whether nothing has to be mended."""
    lines, marks = [], set()
    for subject, text, cure, hint in examine():
        mark = "!" if cure else "?" if hint else " "
        first, *more = text.split("\n")
        lines += [folded(first, f"{mark} {subject:14} "), *(folded(line) for line in more)]
        if cure or hint:
            marks.add(mark)
            lines.append(folded(cure or hint, " " * INDENT + "-> "))
    said = {"!": "! marks what is to be mended", "?": "? marks what might be faster"}
    if marks:
        lines += ["", "; ".join(said[mark] for mark in sorted(marks))
                  + "; the arrow is the next step"]
    return "\n".join(lines), "!" not in marks


def folded(text: str, before: str = " " * INDENT) -> str:
    """At most 100 columns; what comes below stands under the first line."""
    return fill(text, WIDEST, initial_indent=before, subsequent_indent=" " * INDENT,
                break_long_words=False, break_on_hyphens=False)
