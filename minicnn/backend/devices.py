"""PyTorch's questions about the GPU, minicnn.cuda.is_available() and others, and `device`.

A device is a word here, "cpu" or "cuda": the first GPU.
"""

import sys
from typing import Any, NoReturn

from minicnn.backend.arrays import gpu_name, gpu_problem

__all__ = ["device", "device_count", "get_device_name", "is_available", "synchronize"]

ERRORS = {"CUDARuntimeError", "CUDADriverError", "CUBLASError"}        # CuPy's, all RuntimeErrors
CURES = {                              # by a word of the error
    "MemoryAllocation": "its memory is full: take a smaller batch, or end what else runs on it "
                        "(nvidia-smi lists that)",
    "ALLOC_FAILED": "its memory is full: take a smaller batch, or end what else runs on it "
                    "(nvidia-smi lists that)",
    "InsufficientDriver": "the NVIDIA driver is too old for this CuPy: update it, or install "
                          "minicnn with '.[cuda12]'",
    "NoKernelImage": "the card is too old for this CUDA: install minicnn with '.[cuda12]', or "
                     "compute with --device cpu",
    "": "it is lost to this program: start the same command again, a training run goes on from "
        "what it saved last; if it happens again, ask nvidia-smi whether the card answers, whether "
        "it is too hot and whether others use it",
}


# What torch.cuda has beside these.
ELSEWHERE = {
    **dict.fromkeys(("manual_seed", "manual_seed_all"), "write minicnn.manual_seed(seed)"),
    **dict.fromkeys(("amp", "is_bf16_supported"), 'half precision is model.to(dtype="float16")'),
    **dict.fromkeys(("current_device", "set_device"), "there is one device, the first GPU"),
    **dict.fromkeys(("Event", "Stream"), "to measure: synchronize() before the clock is read"),
    **dict.fromkeys(("empty_cache", "memory_allocated", "max_memory_allocated", "memory_reserved"),
                    "CuPy keeps the memory: cupy.get_default_memory_pool()"),
}


def device(name: Any, index: int = 0) -> str:
    """"cpu" or "cuda", also where PyTorch writes "cuda:0"."""
    name = f"{name}:{index}" if index else name
    word = {"cpu": "cpu", "cuda": "cuda", "cuda:0": "cuda"}.get(str(name))
    if word is None:
        raise ValueError(f'device must be "cpu" or "cuda", the first GPU, got {name!r}')
    return word


def is_available() -> bool:
    """Whether a GPU can be used; why not is what x.to("cuda") says."""
    return gpu_problem() is None


def device_count() -> int:
    return int(is_available())


def get_device_name(number: int = 0) -> str:
    if (problem := gpu_problem()) is not None:
        raise RuntimeError(f"device 'cuda': {problem}")
    return gpu_name()


def synchronize() -> None:
    """Wait until the GPU, if there is one, has done what it was given: before the clock is read."""
    if is_available():
        sys.modules["cupy"].cuda.get_current_stream().synchronize()


def gpu_error(problem: BaseException) -> str | None:
    """What an error of the GPU itself means and what to do; None for every other error."""
    if not ERRORS & {kind.__name__ for kind in type(problem).__mro__}:
        return None
    cure = next(text for word, text in CURES.items() if word in str(problem))
    return f"the GPU reports {' '.join(str(problem).split())}; {cure}"


def __getattr__(name: str) -> NoReturn:
    hint = f"; {ELSEWHERE[name]}" if name in ELSEWHERE else ""
    raise AttributeError(f"minicnn.cuda has no {name}{hint}")
