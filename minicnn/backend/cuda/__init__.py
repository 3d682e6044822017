"""CUDA kernels for arrays on a GPU: one launch where plain CuPy would need dozens.

    common.cu, windows.cu, channels.cu, ...     the kernels, in CUDA C
    launch.py                                   how a kernel is compiled and started
    windows.py, channels.py, ...                functions on arrays that start them
    nccl.py                                     sums over several GPUs

An operation names its kernel by `@faster(...)` (minicnn/backend/versions.py), and keeps its body:
that is the definition, which CuPy runs too with the kernels switched off.
NVRTC, which comes with CuPy, compiles a source at its first use; CuPy keeps the result on disk.
"""
