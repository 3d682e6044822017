"""One contestant's side of the measurement, the same for minicnn and for every rival.

A contestant is a process that reads requests from standard input, one JSON object a line, and
answers each with one on standard output.  It opens with a greeting that says who it is.

    {"workload": {...}}    prepare it       -> {"parameters": 61706}  or  {"impossible": "why"}
    {"steps": 20}          take 21 steps    -> {"seconds": [0.0051, ...]}, of all but the first
    {"memory": true}       so far           -> {"peak_bytes": 57671680}

This file is imported by minicnn's own contestant, and by scripts that run in a rival's environment:
it needs Python's standard library alone.
"""

import json
import os
import sys
import time


class Impossible(Exception):
    """The library cannot do this workload, with the reason."""


def serve(greeting, prepare, kinds=("train", "forward", "layer"), gpu=None):
    """Answer requests until standard input ends; prepare(workload) -> (step, parameters).

    kinds : of workloads that prepare() knows; see benchmarks/workloads.py
    gpu   : (wait until the GPU has done everything, the most bytes taken there), if it can use one
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                              # what a library prints must not look like an answer

    def answer(values):
        print(json.dumps(values), file=answers, flush=True)

    answer(greeting)
    def step():
        raise Impossible("no workload was given")

    on_gpu = False
    for line in sys.stdin:
        request = json.loads(line)
        if "workload" in request:
            try:
                on_gpu = request["workload"]["device"] == "cuda"
                if request["workload"]["kind"] not in kinds:
                    raise Impossible("not written for it")
                if on_gpu and gpu is None:
                    raise Impossible("finds no GPU, or is not written for one")
                step, parameters = prepare(request["workload"])
                answer({"parameters": parameters})
            except Impossible as reason:
                answer({"impossible": str(reason)})
        elif "steps" in request:
            step()                     # finds the caches full of what the one before worked on
            count = request["steps"]
            answer({"seconds": [timed_on_gpu(step, count, gpu[0])] if on_gpu else
                               [timed(step) for _ in range(count)]})
        else:
            answer({"peak_bytes": gpu[1]() if on_gpu else peak_bytes()})


def timed(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def timed_on_gpu(step, count, wait):
    """Seconds a step, of several: the GPU works while the next steps are handed to it."""
    wait()
    start = time.perf_counter()
    for _ in range(count):
        step()
    wait()
    return (time.perf_counter() - start) / count


def blas():
    """The library behind NumPy's matrix products, the kernels it has chosen, and its threads."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown"
    found = [f"{part['internal_api']} {part['version']}, {part.get('architecture', 'unknown')} "
             f"kernels, {part['num_threads']} thread{'s' * (part['num_threads'] != 1)}"
             for part in threadpool_info() if part["user_api"] == "blas"]
    return "; ".join(found) or "unknown"


def peak_bytes():
    """The most memory that this process has held at once."""
    try:
        with open("/proc/self/status") as status:          # Linux
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:                                    # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
