"""`import minicnn`: what it loads, and what it finds on first use."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn

ROOT = Path(__file__).parents[1]


def fresh(script):
    """What a script prints in an interpreter of its own."""
    return subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=ROOT, check=True,
                          capture_output=True, text=True).stdout.split()


def test_numpy_alone_is_loaded_and_no_network_asked():
    *packages, asked = fresh("""
import sys, numpy.random
before, asked = {*sys.modules}, []
sys.addaudithook(lambda event, _: asked.append(event) if event.startswith("socket.") else None)
import minicnn
loaded = {name.split(".")[0] for name in {*sys.modules} - before}
print(*loaded - sys.stdlib_module_names - {"numpy"}, len(asked))
""")
    assert packages == ["minicnn"] and asked == "0"


def test_rooms_are_loaded_on_first_use():
    before, layer, after = fresh("""
import sys, minicnn
print("minicnn.models" in sys.modules, type(minicnn.layers.Conv2d(1, 6, 5)).__name__)
minicnn.models.build("lenet5")
print("minicnn.models" in sys.modules)
""")
    assert (before, layer, after) == ("False", "Conv2d", "True")


@pytest.mark.parametrize("room", minicnn.ROOMS)
def test_every_room_is_found_and_listed(room):
    assert getattr(minicnn, room).__name__ == minicnn.ROOMS[room]
    assert room in dir(minicnn) and set(minicnn.__all__) <= set(dir(minicnn))


def test_weights_are_read_and_written(tmp_path):
    """minicnn.load and minicnn.save, found on first use."""
    path = minicnn.save({"w": np.arange(3.0)}, tmp_path / "a.npz")
    assert minicnn.load(path)["w"].tolist() == [0, 1, 2]
    assert {"load", "save"} <= set(dir(minicnn)) and minicnn.save is minicnn.weights.save


def test_functions_are_those_of_nn_and_of_autograd():
    import minicnn.functions as functions
    from minicnn import nn
    from minicnn.autograd import functions as elementary
    assert functions.__all__ == nn.functional.__all__ and functions.max is not None
    assert all(getattr(functions, name) is getattr(nn.functional, name)
               for name in functions.__all__)
    for name in elementary.__all__:
        assert getattr(functions, name) is getattr(elementary, name)
    assert minicnn.relu is functions.relu
    assert minicnn.autograd.Function is minicnn.autograd.engine.Function


@pytest.mark.parametrize("name", ["sum", "max", "tensor", "zeros", "float32", "device", "bool"])
def test_what_torch_has_at_the_top(name):
    assert getattr(minicnn, name) is not None and name not in vars(minicnn)


@pytest.mark.parametrize("name, cure", [
    ("summary", "it is minicnn.analysis.summary"), ("StepLR", "it is minicnn.schedule.StepLR"),
    ("Loader", "it is minicnn.data.Loader"), ("fit", "it is minicnn.training.fit"),
    ("shape", "it is x.shape"), ("item", r"it is a method: x.item\(\)")])
def test_where_a_name_is(name, cure):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; {cure}$"):
        getattr(minicnn, name)


def test_torchvision_models():
    with pytest.raises(AttributeError, match=r'write build\("resnet18"\)'):
        _ = minicnn.models.resnet18
    with pytest.raises(AttributeError, match=r'write build\("alexnet"\)'):
        _ = minicnn.models.AlexNet
    with pytest.raises(AttributeError, match="did you mean .*densenet"):
        _ = minicnn.models.densenet1210


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="module 'minicnn' has no attribute 'layer'"):
        _ = minicnn.layer
    with pytest.raises(ImportError, match="cannot import name 'layer' from 'minicnn'"):
        from minicnn import layer  # noqa: F401


HIDING = {"profile"}                           # of the standard library, which nobody here imports


def test_no_file_hides_a_module_of_the_standard_library():
    """An editor's "Run" puts a file's folder in front, and NumPy would find our random.py there."""
    names = {path.stem for path in Path(minicnn.__file__).parent.rglob("*.py")
             if not path.stem.startswith("__")}
    assert names & set(sys.stdlib_module_names) <= HIDING


@pytest.mark.parametrize("path", ["backend/windows.py", "layers/conv.py", "analysis/summary.py",
                                  "cli/summary.py"])
def test_a_file_can_be_run(path):
    file = Path(minicnn.__file__).parent / path
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
