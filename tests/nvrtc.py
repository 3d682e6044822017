"""NVRTC, NVIDIA's compiler for kernels, which needs neither a GPU nor a driver: source to PTX.

It is looked for where pip puts it (pip install nvidia-cuda-nvrtc), in MINICNN_NVRTC (the path of
the library), and where the system's loader looks.
"""

import ctypes
import os
import sys
from pathlib import Path


def find():
    """The library, or None."""
    chosen = os.environ.get("MINICNN_NVRTC")
    installed = (library for folder in sys.path for library in sorted(
        Path(folder or ".").glob("nvidia/*/lib/libnvrtc.so.*")))
    names = [chosen] if chosen else [*map(str, installed), "libnvrtc.so", "libnvrtc.so.13",
                                     "libnvrtc.so.12"]
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def compile_to_ptx(library, code, options):
    """(PTX, or "" if it does not compile; what the compiler said)."""
    program, size, texts = ctypes.c_void_p(), ctypes.c_size_t(), {"PTX": "", "ProgramLog": ""}
    flags = (ctypes.c_char_p * len(options))(*map(str.encode, options))
    library.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"kernels.cu", 0, None, None)
    failed = library.nvrtcCompileProgram(program, len(options), flags)
    for what in ["ProgramLog"] if failed else texts:
        getattr(library, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        getattr(library, f"nvrtcGet{what}")(program, text)
        texts[what] = text.value.decode()
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return texts["PTX"], texts["ProgramLog"]
