"""The book: docs/conf.py, and the directives and pages that docs/_ext adds."""

import importlib.util
import io
import os
import re
import shlex
import warnings
from pathlib import Path

import pytest

from minicnn.__main__ import parser
from minicnn.slides.index import ENTRIES, INDEX, slides_of

pytest.importorskip("docutils")

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def conf():
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_footer_says_what_the_license_says(conf):
    license = (DOCS.parent / "LICENSE").read_text()
    years_and_holder, name = conf.copyright.rsplit(", ", 1)
    assert f"Copyright (c) {years_and_holder}\n" in license and license.startswith(f"{name}\n")


def test_the_page_to_play_with_is_made(conf, tmp_path):
    """Whole, at the name that play.md has; nothing for other kinds of books, or after a failure."""
    class Builder:
        format = "html"

    class App:
        outdir, builder = tmp_path, Builder

    name = re.search(r'href="([^"]+)"', (DOCS / "play.md").read_text())[1]
    conf.write_page(App, RuntimeError())
    assert not (tmp_path / name).exists() and not (DOCS / name).with_suffix(".md").exists()
    conf.write_page(App, None)
    assert (tmp_path / name).read_text().startswith("<!DOCTYPE html>")


# --- the book's own directives, in docs/_ext ------------------------------------------------------

PAGE = """# A page

```{run} explain lenet5 --layer CONV2 --at 9,4,5
:lines: 2, 19-20
```

```{run} summary lenet6
:status: 2
```

```{source} layers.maxpool.MaxPool2dFn.backward
```

```{exercises} 1
```

```{experiment} vgg-memory
```

`minicnn/layers/conv.py:47` and `minicnn/layers/nowhere.py`

```{slides-of} iitk
```
"""
WRONG = {
    "```{run} summary lenet6\n```": "ended with 2, not 0",
    "```{run} gradcheck\n:stored:\n```": "gradcheck.txt is missing; python docs/_ext/outputs.py",
    "```{source} layers.conv.Conv9d\n```": "Conv9d",
    "```{source} nowhere.at_all\n```": "no module of minicnn is called so",
    "```{exercise} 99.1\n```": "there is no exercise '99.1'",
    "```{exercises} 99\n```": "there are none of chapter 99",
    "```{experiment} vgg-memori\n```": "did you mean vgg-memory",
    "```{slides-of} cambridge\n```": "'cambridge' is no deck",
}


@pytest.fixture(scope="module")
def built(conf, tmp_path_factory):
    """A book of two pages: (what became of the first, warnings about the second)."""
    application = pytest.importorskip("sphinx.application")
    pytest.importorskip("myst_parser")
    folder = tmp_path_factory.mktemp("book")
    (folder / "index.md").write_text(PAGE)
    (folder / "wrong.md").write_text("---\norphan: true\n---\n\n# W\n\n" + "\n\n".join(WRONG))
    said = io.StringIO()
    with docutils_namespace(), warnings.catch_warnings():
        warnings.simplefilter("ignore")                    # what one library finds old in another
        app = application.Sphinx(
            folder, None, folder / "out", folder / "trees", "html", status=None, warning=said,
            confoverrides={"extensions": ["myst_parser", "book", "index_pages"]})
        app.connect("doctree-resolved", importlib.import_module("sources").link_paths)
        app.build()
    page = (folder / "out" / "index.html").read_text()
    return page, said.getvalue()


def docutils_namespace():
    from sphinx.util.docutils import docutils_namespace
    return docutils_namespace()


def test_a_command_and_what_it_prints(built):
    page = re.sub("<[^>]+>", "", built[0])
    assert "python -m minicnn explain lenet5 --layer CONV2 --at 9,4,5" in page
    assert "CONV2[9,4,5] = -2.7000" in page and "equals the layer" in page
    assert "filter 9 over rows" not in page and "...\nCONV2" in page        # :lines:
    assert "no network is called" in page                                   # :status: 2


def test_source_exercise_experiment_and_links(built):
    page, _ = built
    text = re.sub("<[^>]+>", "", page)
    assert "def backward(self, dy):" in text and "minicnn/layers/maxpool.py:" in text
    assert page.count("<details><summary>The answer</summary>") == page.count("</details>") == 3
    assert "2,416." in text and "you left out the biases" in text
    assert "python -m minicnn exercise 1.2 ANSWER" in text
    assert "python -m minicnn summary vgg16" in text
    assert 'href="sources/minicnn/layers/conv.html#L-47"' in page
    assert "nowhere.html" not in page


def test_the_index_and_the_page_for_lecturers_come_from_the_data(built):
    text = " ".join(re.sub("<[^>]+>", " ", built[0]).split())
    for entry in ENTRIES.values():
        row = importlib.import_module("index_pages").IndexTable.row(None, entry)
        assert row.startswith(f"| {entry.topic} |") and f"`tests/{entry.test}`" in row
        assert f"[{entry.chapter}](book/{entry.chapter:02}_" in row
        assert row.count("\N{QUOTATION MARK}") >= 2 * sum(map(len, slides_of(entry.key).values()))
    for slide in INDEX["iitk"]:
        assert slide.title.split('"')[0].strip()[:20].replace("'", "’") in text
    assert "python -m minicnn experiment unravel" in text and "nothing to compute" in text
    assert "half a minute; 2 minutes with MNIST" in text             # make lenet


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_page_must_not_promise(built, wrong):
    assert WRONG[wrong] in built[1]


def extension(conf, name):
    return importlib.import_module(name)                   # conf has put docs/_ext on the path


def test_a_command_runs_apart(conf, monkeypatch, tmp_path):
    """No data folder, an empty working folder, and afterwards all as before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINICNN_DATA", "nowhere")
    outputs = extension(conf, "outputs")
    status, said = outputs.output_of("networks --help")
    assert status == 0 and said.startswith("usage: python -m minicnn networks")
    assert os.environ["MINICNN_DATA"] == "nowhere" and Path.cwd() == tmp_path
    assert outputs.output_of("nonsense")[0] == 2
    assert outputs.stored_file("draw x --out a.svg").name == "draw-x-out-a.svg.txt"


def test_stored_outputs_are_there_and_of_use(conf):
    """Each file belongs to a :stored: of a page, and the other way round."""
    outputs = extension(conf, "outputs")
    wanted = {outputs.stored_file(command): command for command in outputs.stored_commands()}
    assert set(outputs.STORED.glob("*.txt")) == set(wanted)
    for file, command in wanted.items():
        assert file.read_text().startswith(f"$ python -m minicnn {command}\n")


@pytest.mark.slow
def test_stored_outputs_are_what_is_printed_today(conf):
    """But for the last digits, which another BLAS may change."""
    outputs = extension(conf, "outputs")
    for command in outputs.stored_commands():
        status, said = outputs.output_of(command)
        stored = outputs.stored_file(command).read_text().partition("\n")[2]
        number = r"-?\d+\.\d+"
        assert status == 0 and re.sub(number, "#", said) == re.sub(number, "#", stored), command
        assert [float(x) for x in re.findall(number, said)] == pytest.approx(
            [float(x) for x in re.findall(number, stored)], rel=1e-3, abs=1e-3), command


def test_a_stored_experiment(conf, monkeypatch):
    experiments = extension(conf, "experiments")
    said = {"command": "python -m minicnn experiment paths --full", "finding": "half of them.",
            "settings": {"date": "2026-01-02", "cores": 2, "seeds": "0 1 2", "experiment": "paths"},
            "effects": [{"claim": "deeper is worse", "verdict": "not at this size",
                         "shown": "+1 points"}, {"claim": "folded", "verdict": "equal",
                                                 "shown": "True, expected True"}], "rows": []}
    monkeypatch.setattr(experiments, "stored", lambda name: said)
    monkeypatch.setattr(experiments, "picture", lambda name: "![a curve](figure.png)\n")
    page = experiments.experiment_page("paths")
    for part in ("![a curve]", "Found: half of them.", "**not at this size**: deeper is worse (+1",
                 "**equal**: folded\n", "book: date 2026-01-02; cores 2", "Settings: seeds 0 1 2",
                 "experiment paths --full"):
        assert part in page
    monkeypatch.setattr(experiments, "stored", lambda name: None)
    page = experiments.experiment_page("paths")
    assert "experiment paths` asks it, in about" in page and "<details>" not in page
    assert "`examples/captions.py`" in experiments.experiment_page("captions")
    assert experiments.measured(f"+2 points over 20 seeds: {', '.join(['+2'] * 20)} points") == (
        " (+2 points over 20 seeds)")
    assert [experiments.duration(s) for s in (0.2, 75, 240, 9000)] == [
        "a second", "75 seconds", "4 minutes", "2.5 hours"]


@pytest.mark.parametrize("typed, tex", [
    ("y[n, f] = b[f] + sum_{c, u} w[f, c] * x_pad[n, c]",
     r"y _{n , f } = b _{f } + \sum_{c, u} w _{f , c } * x_{\mathrm{pad}} [n , c ]"),
    ("x_hat = (x - mu) / sqrt(var + eps)",
     r"\hat{x} = (x - \mu ) / \sqrt{\mathrm{var} + \varepsilon }"),
    ("h_t = max(h_t-1, 0) @ w^T", r"h_{t} = \max (h_{t-1} , 0) \; w ^{T }"),
    ("p = e^z[n, c] / sum_k e^z[n, k]", r"p = e ^{z _{n , c }} / \sum_{k} e ^{z _{n , k }}"),
    ("db = sum of dy[n, i] over all n", r"db = \text{ sum of } dy _{n , i } \text{ over all } n"),
    ("dz = y (g - b1 b2^t)", r"dz = y \, (g - b_{1} b_{2} ^{t })"),
    ("f(x) = |x - m|^2 w", r"f (x ) = \left| x - m \right| ^{2} w"),
    ("p(y | x) = [1x1, 3x3]", r"p (y | x ) = [1 \times 1, 3 \times 3]"),
    ("d = max(most, s)", r"d = \max (\text{most}, s )"),
    ("y = |x", None), ("y = |f(x|)", None),
    ("n = 4 35 (a + b)", r"n = 4\cdot 35 (a + b )"),
    ("p = prod_t lambda_t", r"p = \prod_{t} \lambda _{t}"),
    ("found = random_search(r)", None), ("a = Table(b)", None),
    ("no formula", None), ("y = f(x", None), ("y = f(x]", None), ("self.w = 1", None)])
def test_formulas_become_tex(conf, typed, tex):
    assert extension(conf, "formulas").as_tex(typed) == tex


def test_docstrings_become_markdown(conf):
    prose = extension(conf, "prose")
    made = prose.as_markdown("""One * two_three.

        y = x_hat + b     for each n

        table
          of words

    N : int      how many

    Departures
    ----------
    1. first, with a
       second line
    2. `x_y` stays
    And more.

    >>> 1 + 1
    2
    """)
    assert made.split("\n\n") == [
        r"One \* two\_three.", r"$y = \hat{x} + b$ &emsp; for each n",
        "```text\ntable\n  of words\n```", "- `N` *int*: how many",
        "**Departures**", "1. first, with a\n   second line\n2. `x_y` stays", "And more.",
        "```python\n>>> 1 + 1\n2\n```"]


def test_a_page_for_every_layer_and_every_family(conf):
    api = extension(conf, "api")
    page = api.page_of_file(api.PACKAGE / "layers" / "conv.py")
    assert "## Conv2d\n" in page and "Conv2d(in_channels: int, out_channels: int" in page
    assert "`minicnn/losses/dice.py`" in api.page_of_room(api.PACKAGE / "losses")
    families = extension(conf, "families")
    keys = {entry.key for entry in families.families()}
    assert {"lenet", "resnet", "unet", "ssd", "vit"} <= keys and "conv" not in keys
    entry = next(entry for entry in families.families() if entry.key == "vgg")
    page = families.page(entry, "vgg16", families.build("vgg16"), "a drawing")
    for part in ("138,357,544 parameters", ":alt: a drawing", "tests/models/test_vgg.py",
                 "[](../../book/10_vgg.md)", "python -m minicnn train vgg_small --data cifar10"):
        assert part in page


def test_commands_of_run_are_commands():
    """Those that are not stored run when the book is built; here, that they can be typed."""
    found = [command for page in sorted(DOCS.rglob("*.md"))
             for command in re.findall(r"^```\{run\} (.*)$", page.read_text(), re.MULTILINE)]
    assert len(found) >= 10
    for command in found:
        assert parser().parse_args(shlex.split(command)).command == command.split()[0]
