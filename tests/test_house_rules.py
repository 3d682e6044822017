"""The rules of the house, read off the source.  Each rule is a function from a file to complaints,
and each has a planted offence below: a rule that cannot fail holds nothing.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "minicnn").rglob("*.py"))
TAUGHT = sorted(path for folder in ("minicnn", "tests", "examples")
                for path in (ROOT / folder).rglob("*.py"))
EVERYTHING = TAUGHT + sorted((ROOT / "benchmarks").rglob("*.py"))

# A file imports from lower floors, and on its own floor only from a room that stands further left.
# Nothing but these rooms stands directly in minicnn/.
FLOORS = [
    "backend > data",
    "autograd",
    "init > layers > losses optim > schedule weights > nn > functions",
    "gradcheck models",
    "analysis",
    "training > explain slides > experiments demo",
    "cli > __main__",
]
SIZES = {"N", "C", "H", "W", "F", "KH", "KW", "SH", "SW", "PH", "PW", "OH", "OW", "G", "D", "M",
         "K", "DH", "DW"}
LAZY = {"matplotlib", "pooch", "tqdm", "cupy", "PIL", "safetensors", "requests", "threadpoolctl",
        "mpi4py", "resource", "scipy"}
STRANGERS = {"torch", "torchvision", "tensorflow", "chainer", "jax", "keras", "mxnet", "theano"}
PROBABILITY = re.compile(r"^(p|q|prob|probs|probability|probabilities|softmax|sigmoid|likelihood)$")

FLOOR_OF = {name: number for number, line in enumerate(FLOORS)
            for name in line.replace(">", "").split()}
ORDER_OF = {name: place for line in FLOORS for place, step in enumerate(line.split(">"))
            for name in step.split()}


class Source:
    """One file: where it is, its text, its syntax tree."""

    def __init__(self, path, text):
        self.path, self.text, self.tree = path, text, ast.parse(text)
        relative = path.relative_to(ROOT) if path.is_absolute() else path
        parts = relative.with_suffix("").parts
        self.module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.room = parts[1] if parts[0] == "minicnn" and len(parts) > 1 else ""
        self.name = str(relative)

    def nodes(self, *kinds):
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def imports(self):
        """(line, dotted module, name or None) of every import."""
        for node in self.nodes(ast.Import, ast.ImportFrom):
            for alias in node.names:
                if isinstance(node, ast.Import):
                    yield node.lineno, alias.name, None
                else:
                    yield node.lineno, node.module or "", alias.name

    def at(self, line, complaint):
        return f"{self.name}:{line}: {complaint}"


# --- the rules ------------------------------------------------------------------------------------

def lower_floors_only(source):
    if source.room == "__init__":                  # minicnn/__init__.py hands names on
        return
    if source.room not in FLOOR_OF:
        yield source.at(1, f"{source.room} has no floor; only FLOORS' rooms stand in minicnn/")
        return
    own = FLOOR_OF[source.room]
    for line, module, name in source.imports():
        if module.split(".")[0] != "minicnn":
            continue
        room = module.split(".")[1] if "." in module else name
        if room == source.room or room in (None, "__version__"):
            continue
        floor = FLOOR_OF.get(room)
        if floor is None or floor > own or (floor == own
                                            and ORDER_OF[room] >= ORDER_OF[source.room]):
            yield source.at(line, f"floor {own} ({source.room}) imports {room} from floor {floor}")


def no_house_imports_inside_functions(source):
    for function in source.nodes(ast.FunctionDef):
        for node in ast.walk(function):
            modules = ([node.module or ""] if isinstance(node, ast.ImportFrom) else
                       [alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            for module in modules:
                if module.split(".")[0] not in LAZY:
                    yield source.at(node.lineno, f"{module} imported inside {function.name}()")


def cupy_in_backend_only(source):
    for line, module, _ in source.imports():
        if module.split(".")[0] in ("cupy", "cupyx") and source.room != "backend":
            yield source.at(line, "cupy is imported in minicnn/backend/arrays.py only")


def no_assert(source):
    for node in source.nodes(ast.Assert):
        yield source.at(node.lineno, "assert in the package; raise ValueError or TypeError")


def own_nodes(function):
    """The nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.SetComp,
                                  ast.DictComp, ast.GeneratorExp)):
            yield child
            yield from own_nodes(child)


def sizes_bound_once(source):
    for function in source.nodes(ast.FunctionDef):
        bound = {argument.arg for argument in function.args.args + function.args.kwonlyargs}
        for node in own_nodes(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in SIZES:
                if node.id in bound:
                    yield source.at(node.lineno, f"{node.id} is bound twice in {function.name}()")
                bound.add(node.id)


def backward_under_forward(source):
    for node in source.nodes(ast.ClassDef):
        methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
        if "backward" not in methods or node.name in ("Function", "Variable"):
            continue
        place = methods.index("backward")
        if place != len(methods) - 1:
            yield source.at(node.lineno, f"{node.name}.{methods[place + 1]} stands under backward")
        if "forward" in methods and methods[place - 1] != "forward":
            yield source.at(node.lineno, f"{node.name}.{methods[place - 1]} stands between forward "
                                         "and backward")


def short_files(source):
    lines = source.text.splitlines()
    if len(lines) > 300:
        yield source.at(300, f"{len(lines)} lines; a file has at most 300")
    for number, line in enumerate(lines, 1):
        if len(line) > 100:
            yield source.at(number, f"{len(line)} columns; a line has at most 100")


def no_strangers(source):
    if re.match(r"tests/stored/(make|check)_\w+\.py$", source.name):
        return
    for line, module, _ in source.imports():
        if module.split(".")[0] in STRANGERS:
            yield source.at(line, f"imports {module}")


def no_logarithm_of_a_probability(source):
    """log(softmax(x)) is -inf where log_softmax(x) is -1e4: fuse the two."""
    for call in source.nodes(ast.Call):
        function = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if function in ("log", "log2", "log10") and call.args:
            inside = ast.walk(call.args[0])
            names = [getattr(node, "id", getattr(node, "attr", "")) for node in inside]
            if any(map(PROBABILITY.match, names)):
                yield source.at(call.lineno, "logarithm of a probability; use log_softmax")


def no_timed_tests(source):
    """The next machine is slower: speed lives in benchmarks/."""
    for node in source.nodes(ast.Assert):
        if re.search(r"(perf_counter|process_time|monotonic|time\.time)\(\) -", ast.unparse(node)):
            yield source.at(node.lineno, "a test that takes the time")


RULES = {
    lower_floors_only: PACKAGE, no_house_imports_inside_functions: PACKAGE,
    cupy_in_backend_only: PACKAGE, no_assert: PACKAGE, sizes_bound_once: PACKAGE,
    backward_under_forward: PACKAGE, short_files: EVERYTHING,
    no_strangers: TAUGHT, no_logarithm_of_a_probability: PACKAGE,
    no_timed_tests: TAUGHT,
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule):
    complaints = [complaint for path in RULES[rule]
                  for complaint in rule(Source(path, path.read_text(encoding="utf-8")))]
    assert not complaints, "\n" + "\n".join(complaints)


PLANTED = [
    (lower_floors_only, "autograd/engine.py", "from minicnn.layers.module import Module"),
    (lower_floors_only, "autograd/engine.py", "import minicnn.layers.conv"),
    (lower_floors_only, "autograd/engine.py", "from minicnn import models"),
    (lower_floors_only, "autograd/engine.py", "from minicnn import Tensor"),
    (lower_floors_only, "backend/arrays.py", "from minicnn.data.idx import read_idx"),
    (lower_floors_only, "init.py", "from minicnn.layers.conv import Conv2d"),
    (lower_floors_only, "models/vgg.py", "from minicnn.gradcheck import gradcheck"),
    (lower_floors_only, "training/loop.py", "from minicnn.slides.claim import Claim"),
    (lower_floors_only, "slides/vgg.py", "from minicnn.cli import networks"),
    (lower_floors_only, "data/idx.py", "from minicnn.autograd.tensor import Tensor"),
    (lower_floors_only, "unheard_of.py", "import numpy"),
    (lower_floors_only, "unheard_of/a.py", "import numpy"),
    (no_house_imports_inside_functions, "a.py", "def f():\n    from minicnn.data import idx"),
    (no_house_imports_inside_functions, "a.py", "def f():\n    if 1:\n        import json"),
    (cupy_in_backend_only, "layers/conv.py", "def f():\n    import cupy"),
    (cupy_in_backend_only, "layers/conv.py", "from cupyx.scipy import signal"),
    (no_assert, "a.py", "def f(x):\n    assert x"),
    (sizes_bound_once, "a.py", "def f(x):\n    N, C = x\n    if N:\n        N = 1"),
    (sizes_bound_once, "a.py", "def f(x):\n    N = 1\n    for N in x: pass"),
    (sizes_bound_once, "a.py", "def f(x):\n    OW = 1\n    OW += 1"),
    (sizes_bound_once, "a.py", "def f(x, N):\n    N = len(x)"),
    (backward_under_forward, "a.py", "class A(Function):\n def forward(self): pass\n"
                                     " def helper(self): pass\n def backward(self): pass"),
    (backward_under_forward, "a.py", "class A(Function):\n def backward(self): pass\n"
                                     " def forward(self): pass"),
    (backward_under_forward, "a.py", "class A(Conv2dFn):\n def backward(self): pass\n"
                                     " def helper(self): pass"),
    (short_files, "a.py", "x = 1\n" * 301),
    (short_files, "a.py", "#" * 101),
    (no_strangers, "a.py", "import torch.nn as nn"),
    (no_strangers, "a.py", "def f():\n    from jax import numpy"),
    (no_logarithm_of_a_probability, "a.py", "loss = -np.log(softmax(x))"),
    (no_logarithm_of_a_probability, "a.py", "loss = xp.log(p + 1e-9)"),
    (no_timed_tests, "a.py", "assert time.perf_counter() - begun < 5"),
]


@pytest.mark.parametrize("rule, path, text", PLANTED)
def test_rules_can_fail(rule, path, text):
    assert len(list(rule(Source(Path("minicnn") / path, text)))) == 1


def test_rules_leave_good_files_alone():
    good = ('"""A layer."""\nfrom minicnn.backend.arrays import xp_of\nfrom minicnn import init\n'
            "class A(Function):\n def __init__(self): self.x = 1\n"
            " def forward(self, x):\n  N, C = x.shape\n  return [N for N in x]\n"
            " def backward(self, dy):\n  N = 1\n  return np.log(dy)\n"
            "def picture():\n    import matplotlib\n")
    source = Source(Path("minicnn/layers/a.py"), good)
    assert [complaint for rule in RULES for complaint in rule(source)] == []


# --- imports --------------------------------------------------------------------------------------

def circles(graph):
    """Modules that reach themselves through imports."""
    def reached(start):
        seen, waiting = set(), list(graph[start])
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += graph.get(module, ())
        return seen

    return sorted(module for module in graph if module in reached(module))


def import_graph(sources):
    modules = {source.module for source in sources}
    graph = {}
    for source in sources:
        targets = {f"{module}.{name}" if f"{module}.{name}" in modules else module
                   for _, module, name in source.imports()}
        graph[source.module] = (targets & modules) - {"minicnn"}
    return graph


def test_no_circles():
    sources = [Source(path, path.read_text(encoding="utf-8")) for path in PACKAGE]
    assert circles(import_graph(sources)) == []
    a = Source(Path("minicnn/a.py"), "from minicnn import b")
    b = Source(Path("minicnn/b.py"), "def f():\n    from minicnn.a import g")
    assert circles(import_graph([a, b])) == ["minicnn.a", "minicnn.b"]


def loaded_by(statement):
    script = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=ROOT, check=True,
                              capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("statement", [
    "import minicnn", "import minicnn.layers, minicnn.models, minicnn.data, minicnn.losses, "
    "minicnn.analysis, minicnn.gradcheck.cases.table, minicnn.training.checkpoint, minicnn.optim, "
    "minicnn.training, minicnn.__main__"])
def test_imports_need_numpy_alone(statement):
    assert loaded_by(statement) & (LAZY | STRANGERS) == set()


def test_that_too_can_fail():
    assert "json" in loaded_by("import json") and "json" not in loaded_by("import math")
