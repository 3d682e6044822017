"""What holds of every network that has a name: its figures, its training, wrong images.

Small networks are trained and differentiated; the large ones are counted.
"""

import re
import subprocess
import sys

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.models import FAMILIES, MODELS, build
from tests.models.network_checks import (
    gradient_along_a_random_direction,
    nothing_was_drawn,
    one_step_lowers_the_loss,
    pictures,
    ready,
    shape_agrees_with_forward,
)
from tests.models.small import ALSO_COUNTED, NAMES, NETWORKS, NOT_COUNTED, SMALL, WITH_MACS

CLASSIFIERS = [name for name in MODELS if not name.endswith("_example")]
BY_RULE = ["densenet_small", "resnext29_small"]            # their figures are the paper's rule


# --- small networks -------------------------------------------------------------------------------

@pytest.mark.parametrize("make", NETWORKS)
def test_shape_agrees_with_forward(make, device):
    shape_agrees_with_forward(make().eval(), device)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("make", NETWORKS)
def test_gradient_of_the_whole(make, training, device):
    gradient_along_a_random_direction(ready(make(), training), device)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("make", NETWORKS)
def test_one_step_lowers_the_loss(make, training, device):
    one_step_lowers_the_loss(ready(make(), training), device)


@pytest.mark.parametrize("make", NETWORKS)
def test_saved_loaded_and_run_twice(make):
    """In test mode, and to the last bit."""
    model, other = ready(make(), False), make().eval()
    x = Tensor(pictures(model, 2)[0].astype("float32"))
    y = model(x).numpy()
    assert np.array_equal(model(x).numpy(), y) and not np.array_equal(other(x).numpy(), y)
    other.load_state_dict(model.state_dict())
    assert np.array_equal(other(x).numpy(), y)


@pytest.mark.parametrize("name", SMALL)
def test_parameters_of_the_small_ones(name):
    assert build(name).num_parameters() == SMALL[name]


@pytest.mark.parametrize("name", [name for name in SMALL if name not in ("lenet5",
                                                                         "capsnet_small")])
def test_other_classes_and_channels(name):
    model = build(name, classes=7, channels=1).eval()
    assert model.input_shape == (1, 32, 32) and model.shape((1, 32, 32)) == (7,)
    assert model(Tensor(np.zeros((2, 1, 32, 32), "float32"))).shape == (2, 7)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_other_classes(name):
    model = build(name, classes=37)
    assert model.shape(model.input_shape) == (37,)


# --- figures --------------------------------------------------------------------------------------

def test_names():
    assert list(MODELS) == NAMES.split()
    for name in "alexnet", "zfnet":
        assert build(name).variant == "paper"


@pytest.mark.parametrize("family", [family.__name__.split(".")[-1] for family in FAMILIES])
def test_the_docstring_has_the_totals(family):
    module = next(one for one in FAMILIES if one.__name__.endswith(f".{family}"))
    wanted = [(name, {}) for name in module.NETWORKS if name not in NOT_COUNTED]
    for name, options in wanted + ALSO_COUNTED.get(family, []):
        table = summary(build(name, **options))
        assert f"{table.parameters:,}" in module.__doc__, (name, options)
        assert family not in WITH_MACS or f"{table.macs:,}" in module.__doc__, (name, options)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("lenet5", "googlenet")])
def test_the_figures_beside_the_rows_agree(name):
    assert [line.remark for line in summary(build(name)).lines if line.remark] == []


@pytest.mark.parametrize("name", MODELS)
def test_counting_draws_nothing(name):
    model = build(name)
    assert f"{model.num_parameters():,} parameters" in summary(model).text()
    assert nothing_was_drawn(model)


@pytest.mark.parametrize("name", MODELS)
def test_it_can_be_printed(name):
    """A part may have any name: one called `head` once hid a method that repr needed."""
    assert repr(build(name)).startswith(type(build(name)).__name__)


MEASURED = """\
import sys
from minicnn.__main__ import main
from minicnn.training.outcome import peak_memory
status = main(["summary", sys.argv[1]])
print(peak_memory() or 0, file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.parametrize("name", ["vgg19", "resnet1202", "senet154", "nasnet_a_large"])
def test_counting_the_largest(name):
    """In less than 200 MB, interpreter and all: vgg19's parameters alone would be 575."""
    done = subprocess.run([sys.executable, "-c", MEASURED, name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stderr) < 200e6


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_one_class_is_too_few(name):
    with pytest.raises(ValueError, match=r"^\w+: a classifier needs at least 2 classes, got 1$"):
        build(name, classes=1)


@pytest.mark.parametrize("name", MODELS)
def test_an_image_with_another_number_of_channels(name):
    model = build(name)
    C, H, W = model.input_shape
    with pytest.raises(ValueError, match=rf"^\S+ \(\w+ {C} .*{C + 1} channels, .*built for {C}"):
        model.shape((C + 1, H, W))


@pytest.mark.parametrize("name", [name for name in MODELS if not name.startswith("capsnet")])
def test_too_small_an_image(name):
    """The error names the smallest size: it fits, and a pixel less on either side does not."""
    model = build(name)
    C, H, W = model.input_shape
    try:
        model.shape((C, 1, 1))
        return                                             # nothing is too small for this one
    except ValueError as problem:
        said = re.search(r" (\d+)x\1$", str(problem))
    assert said, "no smallest size"
    size = int(said[1])
    model.shape((C, size, size))
    for shape in [(size - 1, size - 1), (size - 1, size), (size, size - 1), (size - 1, W)]:
        with pytest.raises(ValueError, match=rf"^\S+ \(.*smallest image that fits \w+ is {size}x"):
            model.shape((C, *shape))


@pytest.mark.parametrize("name, read, got", [("capsnet", "28x28", 27), ("capsnet", "28x28", 32),
                                             ("capsnet_small", "32x32", 1)])
def test_a_network_of_one_size(name, read, got):
    model = build(name)
    for shape in [(got, got), (got, model.input_shape[2])]:
        with pytest.raises(ValueError, match=f"an image of {got}x.*, this one reads {read} only"):
            model.shape((model.input_shape[0], *shape))
        with pytest.raises(ValueError, match=f"this one reads {read} only"):
            model(Tensor(np.zeros((1, model.input_shape[0], *shape), "float32")))


@pytest.mark.parametrize("name", [name for name in MODELS if "small" in name and
                                  name not in BY_RULE])
def test_the_small_ones_stand_on_no_slide(name):
    assert not any(row.slide for row in summary(build(name)).rows)
