"""Pictures with what a network says to them."""

import numpy as np
import pytest

from minicnn.analysis.answers import MOST, Answer, draw_answers

pytest.importorskip("matplotlib")
RNG = np.random.default_rng(0)


def answer(name="a/b/photo.jpg", channels=3, classes=5):
    p = np.sort(RNG.dirichlet(np.ones(classes)))[::-1]
    return Answer(name, [(f"class {i}", float(q)) for i, q in enumerate(p)],
                  RNG.integers(0, 256, (3, 40, 60), dtype=np.uint8),
                  RNG.integers(0, 256, (channels, 28, 28), dtype=np.uint8))


def words(picture):
    return [text.get_text() for axes in picture.figure.axes for text in axes.texts]


@pytest.mark.parametrize("channels, classes", [(3, 5), (1, 2), (1, 1)])
def test_each_bar_has_its_class_and_probability(channels, classes, tmp_path):
    one = answer(channels=channels, classes=classes)
    picture = draw_answers([one, one], tmp_path / "a.png", "resnet18")
    assert (tmp_path / "a.png").stat().st_size > 10_000
    expected = [word for name, p in one.best for word in (name, f"{100 * p:.1f} %")]
    assert words(picture) == 2 * expected
    titles = [axes.get_title() for axes in picture.figure.axes[:2]]
    assert titles == ["photo.jpg", f"what the network got: {channels}x28x28"]
    lengths = [bar.get_width() for bar in picture.figure.axes[2].patches]
    assert lengths == [p for _, p in one.best]


def test_names_of_any_kind(tmp_path):
    strange = answer("\\frac$ 数字 " * 20)
    strange.best[0] = ("$x_1$ " * 60, 1.0)
    picture = draw_answers([strange], tmp_path / "a.png", "$a$")
    assert max(map(len, words(picture))) < 60


def test_more_than_fit():
    picture = draw_answers([answer()] * (MOST + 3))
    assert picture.figure.get_suptitle() == f" (the first {MOST} of {MOST + 3})"
    assert len(picture.figure.axes) == 3 * MOST


def test_none():
    with pytest.raises(ValueError, match="draw_answers: no picture"):
        draw_answers([])
