"""Pages that docs/_ext makes of docstrings and families: arguments, signatures, commands."""

import importlib
import inspect
import re
import shlex
import sys
from pathlib import Path

import pytest

from minicnn.__main__ import parser
from minicnn.cli.train import found_data
from minicnn.models import DETECTORS, SEGMENTERS, build
from minicnn.nn import Module
from minicnn.optim import Optimizer
from minicnn.schedule import Schedule

pytest.importorskip("docutils")
pytest.importorskip("sphinx")
EXT = Path(__file__).parents[1] / "docs" / "_ext"


@pytest.fixture(scope="module")
def prose():
    return extension("prose")


@pytest.fixture(scope="module")
def pages():
    """Of the package's names, in Markdown."""
    return extension("api").api_pages()


def extension(name):
    if str(EXT) not in sys.path:
        sys.path.insert(0, str(EXT))
    return importlib.import_module(name)


def test_arguments_become_a_list_with_types_and_words(prose):
    made = prose.as_markdown("""Pads.

    size, more : int               H and W
    mode : "zeros", "edge" or "wrap", default "zeros"
                                   what stands there; two
                                   lines
    bias : bool
    """)
    assert made.split("\n") == [
        "Pads.", "",
        "- `size`, `more` *int*: H and W",
        '- `mode` *`"zeros"`, `"edge"` or `"wrap"`, default `"zeros"`*: what stands there; two '
        "lines",
        "- `bias` *bool*"]


def test_arguments_of_a_sentence_each_have_no_type(prose):
    made = prose.as_markdown("Reads: see above.\nsource : where it lies;  kind : jpeg, png\n"
                             "limit  : at most so many.  None: all")
    assert made.split("\n") == ["Reads: see above.", "", "- `source`: where it lies",
                                "- `kind`: jpeg, png", "- `limit`: at most so many.  None: all"]
    assert prose.as_markdown("A second, and one that reads : x.") == (
        "A second, and one that reads : x.")


def test_what_can_be_typed_is_code(prose):
    typed = 'See minicnn/layers/conv.py:47 and minicnn.init.he: `a_b`, a_b, --at, k="x".'
    assert prose.as_markdown(typed) == (r'See `minicnn/layers/conv.py:47` and `minicnn.init.he`: '
                                        r'`a_b`, a\_b, `--at`, `k="x"`.')


def test_a_hat_is_one_in_words_too(prose):
    assert prose.as_markdown("along x_hat, not `x_hat` or x_hats") == (
        r"along $\hat{x}$, not `x_hat` or x\_hats")


@pytest.mark.parametrize("tex", [r"\hat{x} _{n , c}", r"\hat x_i", r"\bar{x}_{i}"])
def test_an_index_stands_beside_its_letter_with_a_hat(tex):
    made = "".join(extension("mathml").drawn(tex, as_block=False).split())
    assert "</mover><msub>" in made and "munder" not in made
    assert "<munder>" in extension("mathml").drawn(r"\sum_{i} x", as_block=True)


@pytest.mark.parametrize("tex, gaps", {r"o \tanh(c')": 1, r"p \log p": 2, r"-\log \frac{a}{b}": 1,
                                       r"a \, \log \; x": 2, r"\tanh(x)": 0, r"\log_2": 0}.items())
def test_a_functions_name_stands_apart_from_the_letters_around_it(tex, gaps):
    assert extension("mathml").drawn(tex, as_block=False).count("<mspace") == gaps


def test_an_arrow_in_words_is_one_sign_and_stays_in_code(prose):
    assert prose.as_markdown("(N, C) -> (N,), or `a->b`") == "(N, C) → (N,), or `a->b`"


def test_a_box_has_no_backticks_and_keeps_its_columns(prose):
    assert prose.as_markdown("`a`      one\nb  `c`   two `d`\nlong  e   three") == (
        "```text\na        one\nb  c     two d\nlong  e   three\n```")
    assert prose.fenced("      one\n  x   1\n", "text") == "```text\n    one\nx   1\n```"
    assert prose.as_markdown(">>> print('`a`')\n`a`") == "```python\n>>> print('`a`')\n`a`\n```"


LEFT_OVER = {
    "an argument with a type and no words": r"^- `[^:\n]+\*$",
    "a backtick in a box": r"^```text\n(?:(?!```).*\n)*?.*(?<!`)`(?!`)",
    "a type that is a text": "ForwardRef",
    "a hat that is spelt": r"\\_hat\b|\\text\{ (?!what|that)[a-z]hat\b"}


@pytest.mark.parametrize("left", LEFT_OVER)
def test_no_page_has_left_overs_of_docstrings(pages, left):
    found = [(name, match[0]) for name, page in pages.items()
             for match in re.finditer(LEFT_OVER[left], page, re.MULTILINE)]
    assert len(pages) > 100 and not found


@pytest.mark.parametrize("room", ["nn", "losses", "optim", "schedule", "init", "data", "weights",
                                  "training", "gradcheck", "explain", "analysis", "models"])
def test_what_a_room_offers_has_words_for_each_argument(prose, room):
    """In its docstring, its bases', or that of a neighbour that it names; examples do not count."""
    offered = vars(importlib.import_module(f"minicnn.{room}"))
    missing = {}
    for name in offered:
        one = offered[name]
        if name[0] == "_" or not re.match(r"minicnn\.(?!backend)", getattr(one, "__module__", "")):
            continue
        built = inspect.isclass(one) and issubclass(one, (Module, Optimizer, Schedule))
        if not built and not any(map(prose.ARGUMENT.match, told(one).split("\n"))):
            continue
        words = "\n".join(map(told, one.__mro__ if built else [one]))
        near = vars(sys.modules[one.__module__])
        words += "\n".join(told(near[other]) for other in near
                           if re.search(rf"\b{other}\b", words))
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        silent = [argument for argument, of in inspect.signature(one).parameters.items()
                  if of.kind not in kinds and not re.search(rf"\b{argument}\b", words, re.I)]
        missing |= {name: silent} if silent else {}
    assert not missing


def told(one):
    """The docstring, without its examples."""
    if not getattr(one, "__module__", "").startswith("minicnn"):
        return ""
    own = one.__dict__.get("__doc__") if inspect.isclass(one) else one.__doc__
    return re.sub(r"^>>>.*(\n.+)*", "", inspect.cleandoc(own or ""), flags=re.MULTILINE)


def test_a_docstring_of_one_sentence_and_formulas_keeps_them(prose):
    """Below the first line all is indented: the least of that is no margin."""
    assert prose.as_markdown("Sums.\n\n    y = x + 1\n", margin=0) == "Sums.\n\n$y = x + 1$"


def test_formulas_may_have_a_name_before_them(prose):
    made = prose.block("    relu    y = max(x, 0)\n    seen    z = 3 x 3 i SH    of it")
    assert made == (r"relu &emsp; $y = \max (x , 0)$" "\\\n"
                    r"seen &emsp; $z = 3 \times 3 i \; \mathrm{SH}$ &emsp; of it")
    table = "    name    parameters\n    small   a = 1"
    assert prose.block(table).startswith("```text")


@pytest.mark.parametrize("file, name, method, typed", [
    ("layers/activations.py", "Tanh", None, "Tanh()"),
    ("layers/softmax.py", "LogSoftmax", None, "LogSoftmax(dim: int = 1)"),
    ("layers/linear.py", "Flatten", None, "Flatten(start_dim: int = 1, end_dim: int = -1)"),
    ("layers/parameter.py", "Buffer", None, "Buffer(shape: Any, init: Callable[[np.random.Generator"
     ", tuple[int, ...]], np.ndarray] | None = None, *, requires_grad: bool = True)"),
    ("layers/steps.py", "Step", None, "Step(path: str, layer: Any, in_shapes: tuple[tuple[int, ...]"
     ", ...], shape: tuple[int, ...], sources: tuple[Step, ...], count: int = 1)"),
    ("autograd/creation.py", "rand", None, "rand(*size: Any, dtype: Any = None, device: Any = None"
     ", requires_grad: bool = False) -> Tensor"),
    ("optim/adam.py", "AdamW", None, "AdamW(params: Iterable[Any], lr: float = 0.001, betas: "
     "tuple[float, float] = (0.9, 0.999), eps: float = 1e-08, weight_decay: float = 0.01, "
     "**others: Any)"),
    ("losses/squared_error.py", "MSELoss", None, "MSELoss(*, reduction: str = 'mean')"),
    ("layers/module.py", "Module", "eval", "eval() -> M"),
    ("autograd/tensor.py", "Tensor", "grad_fn", "grad_fn -> Function | None"),
    ("autograd/tensor.py", "Tensor", "clone", "clone() -> Tensor"),
    ("training/parallel/world.py", "Request", None, "Request"),
    ("analysis/drawing/panel.py", "Chain", None,
     "Chain(nodes: list[Node], title: str = '', sources: list[Chain] = ...)"),
    ("data/shapes_places.py", "Kind", None,
     "Kind(most: int, low: float, high: float, apart: float)")])
def test_signatures_are_what_a_reader_types(file, name, method, typed):
    api = extension("api")
    node = next(one for one in api.definitions(api.PACKAGE / file) if one.name == name)
    if method:
        node = next(one for one in node.body if getattr(one, "name", "") == method)
    assert api.signature(node, api.PACKAGE / file, inside=bool(method)) == typed


def test_a_room_says_what_each_of_its_files_is_about():
    api = extension("api")
    page = api.listed({"layers/linear": api.PACKAGE / "layers" / "linear.py"})
    assert "- [linear](layers/linear.md): Fully connected layer: every output sees every" in page
    assert "```{toctree}\n:hidden:\n\nlayers/linear\n```" in page


def test_each_small_form_can_be_trained_by_the_command_of_its_page():
    """The network knows the variant, and reads and answers what is in the data."""
    families = extension("families")
    without = set()
    for entry in families.families():
        commands = re.findall(r"^\$ python -m minicnn (train .*)$", families.training(entry),
                              re.MULTILINE)
        if not commands:
            without.add(entry.key)
            continue
        assert families.training(entry).count("ecipe ") == 1, entry.key
        asked = parser().parse_args(shlex.split(commands[0]))
        given = {"variant": asked.variant} if asked.variant else {}
        shape = build(asked.network, **given).input_shape
        answers_scenes = asked.network in SEGMENTERS or asked.network in DETECTORS
        assert (asked.data == "shapes") == answers_scenes, entry.key
        sides = {"shapes": (64, 64), "cifar10": (32, 32), "mnist": (32, 32)}[asked.data]
        assert shape[1:] == sides and (shape[0] == 1) == (asked.data == "mnist"), entry.key
    assert without == {"sam_toy"}                           # whose loss is the reader's
    with pytest.raises(ValueError, match="names whole pictures"):
        found_data("lenet5", "shapes", 64, 0)


def test_a_path_can_be_broken_and_copied():
    sources, nodes = extension("sources"), importlib.import_module("docutils.nodes")
    made = sources.foldable(nodes.literal("", "minicnn/layers/conv.py"))
    assert [part.astext() for part in made] == ["minicnn", "/", "<wbr>", "layers", "/", "<wbr>",
                                                "conv.py"]


def test_a_file_has_its_path_as_heading_and_a_box_without_another_in_it():
    made = extension("sources").heading("tests/layers/test_roi_pool.py")
    assert made == ('<span class="part">tests/</span><wbr><span class="part">layers/</span><wbr>'
                    '<span class="part">test_<wbr>roi_<wbr>pool.py</span>')
    assert "<wbr>" not in extension("sources").heading("__init__.py")
    style = (EXT.parent / "_theme" / "static" / "book.css").read_text()
    assert "h1 .part { display: inline-block" in style and "pre code { background: none" in style
