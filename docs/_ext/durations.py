"""How long the commands of the index take.  `python docs/_ext/durations.py` measures them again.

docs/stored/durations.json has seconds of one processor core, with Python's start, for what needs
nothing but the package.  What reads pictures, runs or data of somebody's is said by hand below.
"""

import json
import resource
import subprocess
import sys
import time

from experiments import duration
from outputs import ROOT, output_of

from minicnn.experiments import EXPERIMENTS
from minicnn.slides.index import INDEX
from minicnn.slides.index.words import shown_by

EXPERIMENT = "python -m minicnn experiment "           # they say it themselves
STORED = ROOT / "docs" / "stored" / "durations.json"
BY_HAND = {
    "make lenet": "half a minute; 2 minutes with MNIST",
    "python examples/unet_cells.py": "some minutes",
    "python examples/ssd_shapes.py": "some minutes",
    "python examples/captions.py": "4 minutes",
    "python examples/transfer_learning.py": "some minutes",
    "python examples/nearest_neighbours.py --data mnist": "a minute, with MNIST",
    "python -m minicnn experiment nas": "half a minute, with MNIST",
    "python -m minicnn demo": "2 seconds, then as long as you like",
    "python -m minicnn train resnet20 --data cifar10": "hours, with CIFAR-10",
    "python -m minicnn compare out/resnet20-cifar10 out/vgg_small-cifar10":
        "some seconds, with two trained networks",
    "python -m minicnn style photo.jpg --painting mosaic.jpg --weights vgg19-dcbb9e9d.pth":
        "minutes, with pictures and weights",
    "python -m minicnn dream photo.jpg --weights lite0.pth --row stage5":
        "minutes, with a picture and weights",
    "python -m minicnn weights inspect resnet18-f37072fd.pth": "a second, with a file of weights",
}


def commands() -> list[str]:
    """All that the slides show, each once."""
    return sorted({shown for slides in INDEX.values() for slide in slides
                   if (shown := shown_by(slide)).startswith(("python", "make"))})


def seconds(command: str) -> str:
    """In words; "" for what is no command."""
    if command in BY_HAND:
        return BY_HAND[command]
    if command.startswith(EXPERIMENT):
        return duration(EXPERIMENTS[command.removeprefix(EXPERIMENT)].quick_seconds)
    measured = json.loads(STORED.read_text(encoding="utf-8"))
    return duration(measured[command]) if command in measured else ""


def measure(command: str) -> float:
    """Of the processor, in this process, where everything has been imported."""
    begun = time.process_time()
    status, said = output_of(command.removeprefix("python -m minicnn "))
    if status:
        sys.exit(f"{command}: status {status}\n{said}")
    return time.process_time() - begun


def start() -> float:
    """Python's, with the imports of minicnn."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "minicnn", "--version"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    found, first = {}, start()
    measure("python -m minicnn augment")                   # it imports the libraries for pictures
    for command in commands():
        if command not in BY_HAND and not command.startswith(EXPERIMENT):
            found[command] = round(first + measure(command), 1)
            print(f"{found[command]:6.1f} s  {command}", flush=True)
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
