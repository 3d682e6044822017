"""PyTorch's side of benchmarks/scale.py: DistributedDataParallel with gloo.

    python torch_scale.py ROWS_AS_JSON SHAPE_AS_JSON BATCH STEPS THREADS

With RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in the environment it is one of several.
"""

import json
import os
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel
from torch_workloads import sequential

WARM = 3


def measured(rows, shape, batch, steps):
    size = int(os.environ.get("WORLD_SIZE", 1))
    torch.manual_seed(0)
    model = sequential(rows)
    if size > 1:
        torch.distributed.init_process_group("gloo")
        model = DistributedDataParallel(model)
    x = torch.randn(batch // size, *shape)
    labels = torch.randint(10, (batch // size,))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    times = []
    for _ in range(WARM + steps):
        start = time.perf_counter()
        loss = F.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return {"seconds": statistics.median(times[WARM:]), "best": min(times[WARM:])}


if __name__ == "__main__":
    given, of, *numbers = sys.argv[1:]
    batch_size, count, threads = map(int, numbers)
    torch.set_num_threads(threads)
    found = measured(json.loads(given), json.loads(of), batch_size, count)
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps(found), flush=True)
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        sys.stdout.flush()
        os._exit(0)                    # gloo's threads abort now and then a process that cleans up
