"""The program that plants faults: every kind, names, samples, from end to end."""

import ast
import textwrap
from pathlib import Path

import pytest

from tests.planted import report
from tests.planted.__main__ import main
from tests.planted.changes import Mutant, again, files, find_in, sample
from tests.planted.run import Copy, Outcome, verdict
from tests.planted.terms import KINDS

PATH = "minicnn/layers/a.py"


def faults(body, path=PATH, head="def forward(self, x):"):
    text = f"{head}\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
    return find_in(path, text.encode()), text.encode()


EVERY_KIND = [
    ("operator", "y = a + b", "a + b->a - b"),
    ("operator", "y = (a) * (b)", "(a) * (b)->(a) / (b)"),
    ("operator", "y = a @ b", "a @ b->a * b"),
    ("operator", "y += a", "y += a->y -= a"),
    ("operator", "y = a < b <= c", "a < b <= c->a <= b <= c"),
    ("operator", "y = a < b <= c", "a < b <= c->a < b < c"),
    ("operator", "y = 0.5 * (a == b)", "0.5 * (a == b)->0.5 * (a != b)"),
    ("rounding", "y = C // 2", "C // 2->-(-(C) // 2)"),
    ("sign", "y = a * -b", "a * -b->a * b"),
    ("sign", "y = ~a", "~a->a"),
    ("number", "y = b + 2", "b + 2->b + 3"),
    ("number", "y = b + 2", "b + 2->b + 1"),
    ("number", "y = 0.5 * b", "0.5 * b->1.0 * b"),
    ("index", "y = x.shape[1]", "x.shape[1]->x.shape[2]"),
    ("index", "y = x.shape[1]", "x.shape[1]->x.shape[0]"),
    ("index", "y = x[n, -1]", "x[n, -1]->x[n, -2]"),
    ("index", "y = x[:, a:a + n]", "x[:, a:a + n]->x[:, a + 1:a + n]"),
    ("index", "y = x[:, a:a + n]", "x[:, a:a + n]->x[:, a:a + n - 1]"),
    ("axis", "y = x.sum(axis=2)", "x.sum(axis=2)->x.sum(axis=1)"),
    ("axis", "y = x.sum(axis=-1)", "x.sum(axis=-1)->x.sum(axis=-2)"),
    ("axis", "y = x.sum(axis=(2, 3))", "x.sum(axis=(2, 3))->x.sum(axis=(3,))"),
    ("axis", "y = total(x, 0)", "total(x, 0)->total(x, 1)"),
    ("axis", "y = x.swapaxes(0, 1)", "x.swapaxes(0, 1)->x.swapaxes(2, 1)"),
    ("keepdims", "y = f(x, keepdims=True)", "f(x, keepdims=True)->f(x, keepdims=False)"),
    ("boolean", "y = gather(x, keep=False)", "gather(x, keep=False)->gather(x, keep=True)"),
    ("condition", "if a: b()", "a->not (a)"),
    ("condition", "y = b if not a else c", "not a->a"),
    ("condition", "y = [b for b in c if b.ok]", "b.ok->not (b.ok)"),
    ("needs_grad", "dx = dy if self.needs_grad[0] else None",
     "dy if self.needs_grad[0] else None->dy if False else None"),
    ("needs_grad", "dx = dy if self.needs_grad[0] else None",
     "dy if self.needs_grad[0] else None->dy if self.needs_grad[1] else None"),
    ("needs_grad", "if needs_grad[1]: db = dy", "needs_grad[1]->needs_grad[0]"),
    ("accumulation", "y[u:] += a", "y[u:] += a->y[u:] = a"),
    ("term", "y = a + b * c", "a + b * c->a"),
    ("term", "y = a + b * c", "a + b * c->b * c"),
    ("term", "y = a - b", "a - b->a"),
    ("term", "y += a", "y += a->pass"),
    ("swap", "SH, SW = s; y = i * SH", "i * SH->i * SW"),
    ("swap", "H, W = x.shape; y = f(H, W)", "f(H, W)->f(W, H)"),
    ("swap", "H, W = x.shape", "H, W->W, H"),
    ("swap", "y = f(self.stride, self.dilation)",
     "f(self.stride, self.dilation)->f(self.dilation, self.dilation)"),
    ("order", "y = reversed(x)", "reversed(x)->list(x)"),
    ("order", "y = x[::-1]", "x[::-1]->x"),
    ("order", "y = a @ b.T", "a @ b.T->a @ b"),
    ("order", "y = x.transpose(1, 2, 3, 0)", "x.transpose(1, 2, 3, 0)->x.transpose(3, 0, 1, 2)"),
    ("order", "y = x.transpose(1, 2, 3, 0)", "x.transpose(1, 2, 3, 0)->x.transpose(1, 2, 0, 3)"),
    ("order", "y = batch_last(batch_first(x))",
     "batch_last(batch_first(x))->batch_first(batch_first(x))"),
    ("order", "y = x.swapaxes(1, 2) * a", "x.swapaxes(1, 2)->x"),
]


@pytest.mark.parametrize("kind, body, change", EVERY_KIND)
def test_every_kind_is_found(kind, body, change):
    found, _ = faults(body)
    assert f"{PATH}:{kind}:{change}" in {str(one).split(" [")[0] if one.nth else str(one)
                                         for one in found}


def test_no_kind_is_without_a_case():
    assert {kind for kind, *_ in EVERY_KIND} == set(KINDS)


EVERYTHING = '''
"""Docstring: 1 + 2, axis=1."""
(KH, KW), ä = self.kernel, "größer"                 # (a + b), ünïcode
cols: list[int] = [KH * 2, KW]
for k, (top, left) in enumerate(corners):
    places[:, k] = image[:, top:top + KH * (R - 1) + 1:KH,  # above - below
                         left, q:q + KW]
if (a > 1  # more + than
        and not b):
    y = (a  # one - two
         + b.sum(axis=(2, 3), keepdims=True) / 2) - -ä
while y // 3: y += x.transpose(0, 2, 1).T[::-1]
return (dx, dw)[:len(self.needs_grad)] if self.needs_grad[0] else reversed(dw)
'''


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_change_can_be_read_and_nothing_else_changes(newline):
    _, raw = faults(EVERYTHING)
    raw = raw.replace(b"\n", newline.encode())
    found = find_in(PATH, raw)
    assert len(found) > 50 and len({one.name for one in found}) == len(found)
    for one in found:
        changed = one.planted(raw)
        ast.parse(changed)
        assert changed != raw and ast.dump(ast.parse(changed)) != ast.dump(ast.parse(raw))
        rest = len(raw) - one.end
        assert changed[:one.start] == raw[:one.start]
        assert changed[len(changed) - rest:] == raw[one.end:]
        assert one.line == raw[:one.start].count(b"\n") + 1 and one.difference(raw)
        assert "#" not in one.before + one.after


@pytest.mark.parametrize("body", [
    '"""Returns 1 + 2, or -1."""',
    'raise ValueError(f"{a + 1} is more than {b - 1}" + str(-a[0]))',
    "y: Array[1, 2] | None = None",
    "import a.b as c",
    'cure = f"give {C + 1}" if a else "give none"',
    'if a: cure = f"give {C + 1}"',
    "y = x.reshape(-1, 1, 1)",                      # another size fails anywhere
    "along = -1, n",
    "y = x.astype(dtype, copy=False)",              # another answer to `copy` changes no number
    "for a, b in zip(c, d, strict=True): pass",
    "y = C // self.groups",                         # a whole number by the checks of the layer
    "y = tiles(H * W, 4 * x.itemsize)",
    "y = ceil(512 / W)",
    "return z[:len(self.needs_grad)]",
])
def test_what_is_left_alone(body):
    assert faults(body)[0] == []


@pytest.mark.parametrize("head, place", [
    ("def forward(self, x):", "forward"), ("def backward(self, dy):", "backward"),
    ("def out_shape(self, x):", "shapes"), ("def normalise_back(dy):", "backward"),
    ("def normalise(x, a=2 + 1):", "others"), ("def extra_repr(self):", None),
    ("def __init__(self, x):", None),
])
def test_places(head, place):
    found, _ = faults("return x + y", head=head)
    assert {one.place for one in found} == ({place} if place else set())
    found, _ = faults('"""The gradient of f."""\nreturn x + y', "minicnn/backend/cpu/a.py")
    assert {one.place for one in found} == {"faster"}


def test_a_condition_before_raise_may_be_wrong():
    found, _ = faults("if a < 1:\n    raise ValueError(f'{a + 1}')")
    assert {one.after for one in found} == {"not (a < 1)", "a <= 1", "a < 2", "a < 0"}


def test_the_same_seed_gives_the_same_sample():
    found, _ = faults(EVERYTHING)
    chosen = sample(found, 20, seed=3)
    assert chosen == sample(found, 20, seed=3) != sample(found, 20, seed=4)
    assert sample(found, 30, seed=3)[:20] == chosen and len(set(chosen)) == 20
    assert {one.kind for one in chosen} == {one.kind for one in found}       # all have a turn
    assert sample(found, 0) == found and len(sample(found, 1000)) == len(found)


def test_an_earlier_list_is_found_again():
    then, raw = faults("y = a + b\nz = a + b\nw = a @ b")
    names = [one.name for one in then]
    longer = b"# a line above\n" + raw
    now = find_in(PATH, longer)
    assert [one.line for one in then] != [one.line for one in now]
    assert again(now, names) == (now, [])
    elsewhere = find_in("minicnn/autograd/b.py", longer)
    assert again(elsewhere, names) == (elsewhere, [])
    less = find_in(PATH, raw.replace(b"    z = a + b\n", b""))
    chosen, gone = again(less, names)
    assert set(chosen) == set(less)
    assert gone == [name for name in names if name[-1] == 1]


def test_rooms_that_do_not_exist_are_passed_over(tmp_path):
    for path in "minicnn/layers/a.py", "minicnn/layers/in/b.py", "minicnn/losses.py", "other.py":
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert files(tmp_path) == ["minicnn/layers/a.py", "minicnn/layers/in/b.py", "minicnn/losses.py"]


def test_what_pytest_says():
    assert verdict(0, "3 passed") == verdict(5, "no tests ran") == ("survived", "")
    said = "F\n=== short ===\nFAILED tests/test_a.py::test_b[a - b] - assert 1 == 2\n1 failed"
    assert verdict(1, said) == ("killed", "tests/test_a.py::test_b[a - b]")
    assert verdict(2, "ERROR tests/test_a.py - SyntaxError\n") == (
        "crash", "pytest returned 2: tests/test_a.py")
    assert verdict(-11, "") == ("crash", "pytest returned -11: nothing said")


def test_explanations(tmp_path):
    (one, *_), _ = faults("y = a @ b")
    assert str(one) == "minicnn/layers/a.py:operator:a @ b->a * b"
    for fault in str(one), "minicnn/layers/a.py", "a.py:operator:a @ b->a * b", "layers/a.py:op":
        assert report.explains(fault, one)
    for fault in "b.py", ".py:operator", "a.py:operator:a @ b->b", "operator":
        assert not report.explains(fault, one)
    survived = [Outcome(one, "survived", "", 1.0)]
    assert report.unexplained(survived, {"a.py:operator": "same"}) == []
    assert report.unexplained(survived, {}) == [one]
    (tmp_path / "explained.txt").write_text("# said\n\na.py:axis:x # 1->y  # both are 0\n")
    assert report.read_explained(tmp_path / "explained.txt") == {"a.py:axis:x # 1->y": "both are 0"}
    (tmp_path / "explained.txt").write_text("a.py:axis:x->y\n")
    with pytest.raises(ValueError, match="line 1"):
        report.read_explained(tmp_path / "explained.txt")
    report.read_explained()


TINY = {
    "minicnn/__init__.py": "", "minicnn/layers/__init__.py": "",
    "minicnn/layers/a.py": "def falls(x):\n    return -x < 0\n",
    "tests/layers/test_a.py": "from minicnn.layers.a import falls\n\n\n"
                              "def test_falls():\n    assert falls(5) and not falls(-5)\n",
}


def test_from_end_to_end(tmp_path, capsys):
    """The missing sign is noticed; at 0, where < and <= differ, nothing is tested."""
    tree, results = tmp_path / "tree", tmp_path / "results.json"
    for path, text in TINY.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    command = ["--tree", str(tree), "--only", "-x < 0->"]
    assert main([*command, "--out", str(results), "--only", "falls"]) == 1
    said = capsys.readouterr().out
    assert "    -     return -x < 0\n    +     return -x <= 0\n" in said
    assert {name[3]: status for name, status in report.read(results)} == {
        "x < 0": "killed", "-x <= 0": "survived", "-x < 1": "survived"}
    assert {path: (tree / path).read_text() for path in TINY} == TINY
    assert main([*command, "--list", "--again", str(results)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    copy = Copy(tmp_path / "copy", tree, Path(tree))
    mutant = Mutant("minicnn/layers/a.py", 2, 12, "sign", "", "", "", "", 0, 25, 26, "")
    assert copy.test(mutant, limit=0.01).status == "timeout"
    assert (copy.folder / mutant.path).read_text() == TINY[mutant.path]
