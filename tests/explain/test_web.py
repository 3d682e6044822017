"""The page: complete in one file, and, in a browser, as right as the explanations."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.analysis.receptive_field import receptive_fields, trace
from minicnn.explain.answer import gradient, value
from minicnn.explain.explanation import number
from minicnn.explain.subject import Subject, network_subject, pocket_subject
from minicnn.explain.web import page
from minicnn.layers import Conv2d, Flatten, Linear, Sequential
from minicnn.models import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@pytest.fixture(scope="module")
def pocket():
    subject = pocket_subject(7)
    return subject, page(subject)


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_one_file_and_nothing_from_elsewhere(pocket):
    _, text = pocket
    elsewhere = r"@@|https?://[^\"]*|<link[^>]+stylesheet|\bsrc=|@import|fetch\("
    assert set(re.findall(elsewhere, text)) == {"http://www.w3.org/2000/svg"}      # a name
    assert len(text) < 1_000_000 and text.startswith("<!DOCTYPE html>")
    assert "pocket weights" in text and "Conv2dFn.forward" in text


def test_every_layer_is_there(pocket):
    nodes = data_of(pocket[1])["nodes"]
    shown = [node["name"] for node in nodes if not node.get("hidden")]
    assert shown == ["image", "CONV1", "CONV1_relu", "POOL1", "CONV2", "CONV2_relu", "POOL2", "FC1",
                     "FC1_relu", "FC2", "FC2_relu", "OUT", "loss"]
    assert [node["kind"] for node in nodes if node["kind"] == "text"] == ["text"]      # the loss


def test_it_begins_where_it_is_asked(pocket):
    text = page(pocket[0], layer="conv2", at=(3, 1, 2))
    assert data_of(text)["start"] == [4, [3, 1, 2]]
    with pytest.raises(ValueError, match="conv2 is 16x10x10: --at is a place in it; you asked 3,"):
        page(pocket[0], layer="conv2", at=(3, 10, 2))
    with pytest.raises(ValueError, match="no layer 'CONV7' ran"):
        page(pocket[0], layer="CONV7")


def test_what_would_be_too_large():
    manual_seed(0)
    subject = network_subject(build("resnet56"), "resnet56", "untrained", "resnet56")
    with pytest.raises(ValueError, match="the page would have .* MB, more than 20"):
        page(subject)


def test_that_is_said_before_any_work(pocket, monkeypatch):
    monkeypatch.setattr("minicnn.explain.web.LARGEST", 100_000)
    monkeypatch.setattr(Subject, "run", lambda *_: pytest.fail("it has begun"))
    with pytest.raises(ValueError, match="the page would have 1 MB, more than 0"):
        page(pocket[0])


def in_browser(text, tmp_path, script):
    """What a script on the page answers, as JSON, and what the browser complained of."""
    tmp_path.mkdir(exist_ok=True)
    file = tmp_path / "page.html"
    probe = ("<pre id='answer'></pre><script>window.onerror = m => { document.title = m; };\n"
             f"document.getElementById('answer').textContent = JSON.stringify((() => {{{script}}})"
             "());</script></body>")
    file.write_text(text.replace("</body>", probe), encoding="utf-8")
    ran = subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
                          f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
                          "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120)
    found = re.search(r"id=.answer.>(.*?)</pre>", ran.stdout, re.DOTALL)[1]
    complaints = [line for line in ran.stderr.split("\n") if "CONSOLE" in line]
    return json.loads(found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")), \
        complaints


def cells(subject, recorder, per_node=4):
    """(node, place, way, what the explanation says) at random places of every layer."""
    rng, asked = np.random.default_rng(0), []
    for k, call in enumerate(recorder.calls, 1):
        if call.visit is None or call.visit.call is not call:
            continue
        for _ in range(per_node):
            at = tuple(int(rng.integers(size)) for size in call.y.shape)
            forward = value(call, at, 8, 0, subject, [])
            asked.append((k, list(at[1:]), "forward", float(call.y[at]), forward.value))
            used = [(user, n) for user in recorder.calls for n, x in enumerate(user.tensors)
                    if x is call.output and user.dxs]
            if used and call.dy is not None:
                asked.append((k, list(at[1:]), "backward", float(call.dy[at]), float(call.dy[at])))
    return asked


def check_cells(subject, tmp_path):
    text, recorder = page(subject), subject.run(subject.label())
    asked = cells(subject, recorder)
    script = f"return {json.dumps([one[:3] for one in asked])}.map(([k, at, way]) => {{" \
             "const found = explain(k, at, way); return [found.value, found.text]; })"
    found, complaints = in_browser(text, tmp_path, script)
    assert complaints == []
    for (k, at, way, layer, explained), (said, words) in zip(asked, found, strict=True):
        place = f"{recorder.calls[k - 1].name} {at} {way}"
        assert "MISMATCH" not in words, (place, words)
        size = max(abs(layer), 1e-3)
        assert abs(said - explained) < 1e-4 * size, (place, said, explained, words)
    return asked


def learnt_cells(recorder, parameters):
    """[(layer, weight or bias, place, the gradient)] at random places, (map, row, column) first."""
    rng, asked = np.random.default_rng(1), []
    for layer, name in parameters:
        value = getattr(recorder.visits[layer].layer, name)
        at = tuple(int(rng.integers(size)) for size in value.shape)
        asked.append([f"{layer}.{name}", list(at), float(value.grad[at])])
    return asked


def check_weights(subject, parameters, tmp_path):
    """The page's gradients of weights: their titles, their sums, and what is embedded."""
    recorder = subject.run(subject.label())
    asked = learnt_cells(recorder, parameters)
    found, complaints = in_browser(page(subject), tmp_path, f"""
        return {json.dumps(asked)}.map(([name, at]) => {{
            const k = data.nodes.findIndex(node => node.name === name), node = data.nodes[k];
            const places = [...Array(size(node)).keys()].map(place => unflat(node.shape, place));
            const own = places.find(place => node.place(place).join() === at.join());
            const found = explain(k, own, "backward");
            return [found.text, found.value, explain(k, own, "forward").text]; }});""")
    assert complaints == []
    for (name, at, dw), (text, said, weight) in zip(asked, found, strict=True):
        place = f"{name}[{','.join(map(str, at))}]"
        assert text.startswith(f"d loss / d {place} = ") and "equals the layer" in text, text
        assert weight.startswith(f"{place} = ") and "MISMATCH" not in text + weight
        assert said == pytest.approx(dw, rel=1e-4, abs=1e-6)


@needs_browser
def test_gradients_of_weights(pocket, tmp_path):
    check_weights(pocket[0], [("CONV1", "weight"), ("CONV2", "weight"), ("CONV2", "bias"),
                              ("FC1", "weight"), ("OUT", "bias")] * 2, tmp_path)


@needs_browser
def test_gradients_of_weights_with_stride_padding_and_groups(tmp_path):
    manual_seed(0)
    model = Sequential(
        a=Conv2d(3, 8, 3, stride=2, padding=1), b=Conv2d(8, 6, 3, padding=2, dilation=2, groups=2),
        c=Conv2d(6, 6, (1, 3), groups=6, bias=False), flat=Flatten(), d=Linear(6 * 7 * 5, 3))
    x = np.random.default_rng(2).normal(size=(1, 3, 13, 13))
    subject = Subject(model.to(dtype=np.float64), x, "", "a network", lambda k: np.empty(0))
    check_weights(subject, [("a", "weight"), ("b", "weight"), ("b", "bias"), ("c", "weight"),
                            ("d", "weight")] * 3, tmp_path)


@needs_browser
def test_the_page_says_what_explain_says(pocket, tmp_path):
    asked = check_cells(pocket[0], tmp_path)
    assert len(asked) > 80 and {way for _, _, way, _, _ in asked} == {"forward", "backward"}


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("name, options", [("resnet20", {}), ("nin_small", {}), ("lenet5_rbf", {}),
                                           ("segnet_basic", {"variant": "small"}),
                                           ("ssd300", {"variant": "small"})])
def test_other_networks(name, options, tmp_path):
    manual_seed(0)
    check_cells(network_subject(build(name, **options), name, "untrained", name), tmp_path)


@needs_browser
@pytest.mark.slow
def test_keys_alone_are_enough(pocket, tmp_path):
    """Tab and arrows, d down to a pixel, Backspace back; every map has a label."""
    found, complaints = in_browser(pocket[1], tmp_path, """
        const press = (key, on) => (on || document).dispatchEvent(
            new KeyboardEvent("keydown", {key, bubbles: true}));
        const title = () => find("arithmetic").textContent.split(" = ")[0], seen = [];
        const map = () => find("maps").querySelector("canvas[data-map='2']");
        map().focus(); seen.push(title());
        press("ArrowRight", map()); press("ArrowDown", map()); seen.push(title());
        go(data.nodes.findIndex(node => node.name === "OUT"), [7]);
        for (let step = 0; step < 11; step++) press("d");
        seen.push(title()); press("d"); seen.push(title());
        press("Backspace"); press("Backspace"); seen.push(title());
        const labels = [...document.querySelectorAll("canvas")].every(
            canvas => canvas.getAttribute("aria-label"));
        return [seen, labels, document.documentElement.scrollWidth <= innerWidth];
    """)
    seen, labels, fits = found
    assert complaints == [] and labels and fits
    assert seen[0].startswith("CONV1[2,") and seen[1].startswith("CONV1[2,") and seen[0] != seen[1]
    assert seen[2].startswith("image[0,") and seen[3] == seen[2]     # below the pixels is nothing
    assert seen[4].startswith("CONV1_relu[")


@needs_browser
def test_the_drawing_is_the_map(pocket, tmp_path):
    """A click on a box shows its layer; the layer that is shown marks its box."""
    found, complaints = in_browser(pocket[1], tmp_path, """
        const box = path => find("drawing").querySelector(`[data-path=${path}]`);
        const click = path => box(path).querySelector("rect").dispatchEvent(
            new MouseEvent("click", {bubbles: true}));
        const seen = ["POOL2", "input", "CONV2"].map(path => {
            click(path); return [data.nodes[page.node].name, box(path).matches(".here")]; });
        go(data.nodes.findIndex(node => node.name === "CONV1_relu"), null);
        const here = [...document.querySelectorAll(".here")].map(one => one.dataset.path);
        return [seen, here, [...find("layers").children].map(button => button.textContent)];
    """)
    seen, here, buttons = found
    assert complaints == []
    assert seen == [["POOL2", True], ["image", True], ["CONV2", True]]
    assert here == ["CONV1"] and not any("weight" in text for text in buttons)


@needs_browser
@pytest.mark.slow
def test_the_scale_is_that_of_the_layer(pocket, tmp_path):
    found, _ = in_browser(pocket[1], tmp_path, """
        go(data.nodes.findIndex(node => node.name === "POOL2"), null);
        return [find("low").textContent, find("high").textContent, find("arithmetic").textContent];
    """)
    y = np.asarray(pocket[0].run().visits["POOL2"].output.data)
    assert found[:2] == [number(-y.max()), number(y.max())]
    assert f"= {number(y.max())}" in found[2] and "equals the layer" in found[2]


def test_gradients_have_more_than_one_user():
    """What the test of the browser takes for granted."""
    manual_seed(0)
    subject = network_subject(build("resnet20"), "resnet20", "untrained", "resnet20")
    recorder = subject.run(subject.label())
    one = gradient(recorder, recorder.visits["stage1.0"], None, "input", 8)
    assert one.all_right and len(one.deeper) == 2


@needs_browser
@pytest.mark.slow
def test_the_part_of_the_image_that_is_seen(pocket, tmp_path):
    """Outlined where the receptive field is, also behind a shortcut that takes every second."""
    found, _ = in_browser(pocket[1], tmp_path, """
        const of = (name, at) => { go(data.nodes.findIndex(node => node.name === name), at);
                                   return find("imagetext").textContent; };
        return [of("CONV2", [0, 2, 3]), of("POOL1", [0, 2, 3]), of("FC1", [0])];
    """)
    assert found == ["it sees rows 4..17, columns 6..19 of the image",
                     "it sees rows 4..9, columns 6..11 of the image",
                     "it sees rows 0..31, columns 0..31 of the image"]
    manual_seed(0)
    text = page(network_subject(build("resnet20"), "resnet20", "untrained", "resnet20"))
    found, complaints = in_browser(text, tmp_path / "other", """
        const k = name => data.nodes.findIndex(node => node.name === name);
        return [field(k("stage1.0.add"), [9, 9, 9, 9]),
                field(k("stage2.0.add"), [8, 8, 8, 8])];
    """)
    assert complaints == [] and found[0] == [6, 6, 12, 12]         # 1 + 3 layers of 3x3 with 16
    steps = receptive_fields(trace(build("resnet20"), (3, 32, 32)))
    path = {step.path: value for step, value in zip(trace(build("resnet20"), (3, 32, 32)),
                                                    steps.values(), strict=True)}
    (high, _), _ = path["stage2.0.add"]
    assert found[1][2] - found[1][0] + 1 == high
