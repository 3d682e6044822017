"""What may be given for the options of networks: a clear error for everything else, everywhere."""

import inspect
from functools import partial

import pytest

from minicnn.models import FAMILIES, MODELS, build
from minicnn.models.options import check
from minicnn.models.polynet import PolyNet
from minicnn.models.vgg import VGG
from minicnn.weights import WeightsError, save

NAN = float("nan")
WRONG = {
    "bool": [(TypeError, "must be True or False, got", ["yes", 2, None])],
    "str": [(TypeError, "must be a word, got", [3, None, [], True]),
            (ValueError, "'nowhere'", ["nowhere"])],
    "float": [(TypeError, "must be a number, got", ["1", [1], True]),
              (ValueError, "must be a finite number, got", [NAN, float("inf")]),
              (ValueError, " ", [-1, 1e9])],
    "int": [(TypeError, "must be a whole number, got", [1.5, True, "10", [3], NAN]),
            (ValueError, "", [0, -3, 10 ** 30])],
    "several": [(TypeError, "must be a tuple or a list, got", ["abc", 5, {1, 2, 3}]),
                (ValueError, "", [()]), ((TypeError, ValueError), "", [("a", "a", "a", "a", "a")])],
}


def kind(parameter):
    written = str(parameter.annotation)
    if "tuple" in written or "Sequence" in written:
        return "several"
    return next(kind for kind in ("bool", "str", "float", "int") if kind in written)


def distinct(family):
    """One name for each constructor, with the options it fixes."""
    found = {}
    for name, constructor in family.NETWORKS.items():
        inner = constructor.func if isinstance(constructor, partial) else constructor
        found.setdefault((inner, tuple(inspect.signature(constructor).parameters)), name)
    return found.values()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.split(".")[-1])
def test_every_option_of_every_family(family):
    """The kind first, then the size: the error names the network and the option, or the choices."""
    for name in distinct(family):
        for option, parameter in inspect.signature(MODELS[name]).parameters.items():
            for error, words, values in WRONG[kind(parameter)]:
                for value in values:
                    with pytest.raises(error) as caught:
                        build(name, **{option: value})
                    said = str(caught.value)
                    assert words in said, (name, option, value, said)
                    assert said.startswith((f"{name}: {option}", f"{name}: a classifier")) or \
                        ": no " in said, said
                    assert "\n" not in said


@pytest.mark.parametrize("name", MODELS)
def test_unknown_options_and_what_was_meant(name):
    known = inspect.signature(MODELS[name]).parameters
    for written, meant in [("num_classes", "classes"), ("in_channels", "channels"),
                           ("varient", "variant"), ("drop_out", "dropout")]:
        with pytest.raises(TypeError, match=f"^{name} has no option {written}; ") as caught:
            build(name, **{written: 3})
        said = str(caught.value)
        assert (f"did you mean {meant}" in said) == (meant in known) or meant not in known, said
        assert said.endswith(f"has {', '.join(known)}")


def test_messages():
    for options, words in [
            ({"classes": 0}, "vgg16: a classifier needs at least 2 classes, got 0"),
            ({"classes": -3}, "vgg16: a classifier needs at least 2 classes, got -3"),
            ({"classes": 1.5}, "vgg16: classes must be a whole number, got 1.5"),
            ({"classes": True}, "vgg16: classes must be a whole number, got True"),
            ({"classes": "10"}, "vgg16: classes must be a whole number, got '10'"),
            ({"classes": 2_000_000}, "vgg16: classes must be from 1 to 1,000,000, got 2000000"),
            ({"channels": 0}, "vgg16: channels must be from 1 to 1,000,000, got 0"),
            ({"dropout": 2}, "vgg16: dropout is a probability, from 0 to 1, got 2"),
            ({"num_classes": 0}, "vgg16 has no option num_classes; did you mean classes? It has "
                                 "config, variant, batch_norm, classes, channels, dropout")]:
        with pytest.raises((TypeError, ValueError)) as caught:
            build("vgg16", **options)
        assert str(caught.value) == words


@pytest.mark.parametrize("name, options, words", [
    ("convnext_tiny", {"blocks": (1, 1)}, "ConvNeXt: 2 blocks and 4 channels do not go together"),
    ("irrcnn", {"maps": (4, 8)}, "IRRCNN: 3 blocks and 2 maps do not go together"),
    ("irrcnn", {"maps": (64, 126, 256)}, r"IRRCNN: .* not all of \(64, 126, 256\) divide by 4"),
    ("shufflenet_v1", {"repeats": (1, 2)}, r"repeats must have 3 values, got \(1, 2\)"),
    ("mobilenet_v2", {"input_shape": (3, 32)}, r"input_shape must have 3 values, got \(3, 32\)"),
    ("mobilenet_v2", {"stages": [(1, 16, 1)]}, r"stages\[0\] must have 4 values"),
    ("polynet", {"thin": 33}, "PolyNet: thin divides 32 maps and more, so it is from 1 to 32"),
    ("res2net50", {"channels": 30}, "Res2Net: conv1 has a quarter .* 30 does not divide by 4"),
    ("fractalnet20", {"dropout": 0.3}, "FractalNet: .* from 0 to 0.25, got 0.3"),
    ("resnext29_8x64d", {"depth": 29_000}, "depth must be from 1 to 10,000, got 29000"),
    ("nasnet_a_cifar", {"shape": (6, 770, 96, 32)}, "NASNet: 770 channels .* divide by 24"),
    ("nasnet_a_large", {"shape": (6, 4056, 96, 331)}, "NASNet: 4056 channels .* divide by 96"),
])
def test_sizes_that_do_not_go_together(name, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        build(name, **options)


@pytest.mark.parametrize("name", [7, None, [3], "vgg-16"])
def test_no_such_network(name):
    with pytest.raises(ValueError, match="^no network is called "):
        build(name)


def test_constructors_check_their_classes_themselves():
    for classes, error in [(1.5, TypeError), (True, TypeError), ("10", TypeError), (0, ValueError)]:
        with pytest.raises(error, match="^VGG: "):
            VGG(classes=classes)


def test_one_module_is_enough():
    assert PolyNet(10, (1, 1, 1), 16, (3, 32, 32)).shape((3, 32, 32)) == (10,)


def test_check_by_hand():
    check("x", None, int | None)
    check("x", [1, (2, 3)], tuple[int, tuple[int, ...]])
    with pytest.raises(TypeError, match=r"^x\[1\]\[0\] must be a whole number, got 2.5$"):
        check("x", [1, (2.5, 3)], tuple[int, tuple[int, ...]])
    with pytest.raises(ValueError, match="^x must be from 1 to 5, got 6$"):
        check("x", 6, int, 5)


def test_weights_fill_it(tmp_path):
    """build(weights=path) is load(build(), path)."""
    model = build("lenet5")
    path = save(model, tmp_path / "a.npz")
    again = build("lenet5", weights=path)
    assert all((values == model.state_dict()[name]).all()
               for name, values in again.state_dict().items())
    with pytest.raises(WeightsError, match="does not fit LeNet5"):
        build("lenet5", variant="visualiser", weights=path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        build("lenet5", weights=tmp_path / "b.npz")
