"""Pictures of training and of networks are drawn, and can be read."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import pictures
from minicnn.data.canvas import drawing
from minicnn.models.capsnet import capsnet_small

image_module = pytest.importorskip("matplotlib.image")

RNG = np.random.default_rng(0)
HISTORY = [{"epoch": i + 1, "loss": 1 / (i + 1), "error": 5 / (i + 1)} for i in range(4)]
DIGITS = tuple("0123456789")
ROWS = {"C1": RNG.standard_normal((6, 28, 28)), "C3": RNG.standard_normal((40, 10, 10)),
        "C5": RNG.standard_normal((120, 1, 1)), "F6": RNG.standard_normal(84),
        "OUT": RNG.standard_normal(10)}
IMAGES = RNG.integers(0, 256, (100, 1, 28, 28), dtype=np.uint8)

DRAWN = {
    "curves": lambda path: pictures.learning_curves(HISTORY, path, {"LeNet-5 in 1998": 0.95}),
    "curves of one epoch": lambda path: pictures.learning_curves(HISTORY[:1], path),
    "curves without a mistake": lambda path: pictures.learning_curves(
        [{"epoch": 1, "loss": 0.5, "error": 3.0}, {"epoch": 2, "loss": 0.0, "error": 0.0}], path),
    "curves with no mistake at all": lambda path: pictures.learning_curves(
        [{"epoch": 1, "loss": 0.0, "error": 0.0}], path, {"LeNet-5 in 1998": 0.95}),
    "curves of a run that came apart": lambda path: pictures.learning_curves(
        [{"epoch": 1, "loss": float("nan"), "error": 90.0}], path),
    "curves of training errors too": lambda path: pictures.learning_curves(
        [line | {"train_error": 3 * i} for i, line in enumerate(HISTORY)], path),
    "filters": lambda path: pictures.filters(RNG.standard_normal((6, 1, 5, 5)), path, "C1"),
    "many filters": lambda path: pictures.filters(RNG.standard_normal((20, 1, 3, 7)), path),
    "one filter": lambda path: pictures.filters(RNG.standard_normal((1, 1, 5, 5)), path),
    "filters of zeros": lambda path: pictures.filters(np.zeros((6, 1, 5, 5)), path),
    "colour filters": lambda path: pictures.filters(RNG.standard_normal((8, 3, 7, 7)), path),
    "feature maps": lambda path: pictures.feature_maps(IMAGES[0, 0], ROWS, path, "a digit"),
    "feature maps of a colour image": lambda path: pictures.feature_maps(
        RNG.uniform(0, 1, (3, 32, 32)), ROWS, path),
    "feature maps of nothing": lambda path: pictures.feature_maps(
        np.zeros((28, 28)), {"C1": np.zeros((1, 4, 4)), "OUT": np.zeros(10)}, path),
    "confusion": lambda path: pictures.confusion(RNG.integers(0, 9, (10, 10)), DIGITS, path),
    "confusion without mistakes": lambda path: pictures.confusion(
        np.diag(np.full(10, 1000)), DIGITS, path, "perfect"),
    "confusion of nothing": lambda path: pictures.confusion(np.zeros((2, 2), int), "ab", path),
    "misclassified": lambda path: pictures.misclassified(
        IMAGES[:20], np.arange(20) % 10, (np.arange(20) + 1) % 10, path),
    "no misclassified": lambda path: pictures.misclassified(
        IMAGES[:0], np.zeros(0, int), np.zeros(0, int), path),
    "more misclassified than fit": lambda path: pictures.misclassified(
        IMAGES, np.arange(100) % 10, (np.arange(100) + 1) % 10, path, most=5),
    "reconstructions": lambda path: pictures.reconstructions(
        capsnet_small(image_shape=(1, 28, 28)), np.float32(IMAGES[:13] / 255), np.arange(13) % 10,
        path),
    "reconstructions in colour": lambda path: pictures.reconstructions(
        capsnet_small(2), RNG.random((3, 3, 32, 32), np.float32), np.arange(3) % 2, path, "ab"),
    "misclassified colour images": lambda path: pictures.misclassified(
        RNG.integers(0, 256, (3, 3, 32, 32), dtype=np.uint8), np.arange(3), np.arange(3) + 1, path,
        classes=("aeroplane", "car", "bird", "cat")),
}


def pixels(picture):
    assert picture.path.read_bytes().startswith(b"\x89PNG")
    return image_module.imread(picture.path)[..., :3]


@pytest.mark.parametrize("name", DRAWN)
def test_is_drawn(name, tmp_path):
    """A PNG of projector size, in a folder that is made, with something on white paper."""
    path = tmp_path / "výstup 数字" / "picture.png"
    seen = pixels(DRAWN[name](path))
    H, W = seen.shape[:2]
    assert 200 < H < 4000 and 300 < W < 4000
    assert seen.min() < 0.5 and seen.max() == 1 and (seen[[0, -1]] == 1).mean() > 0.9


def texts(picture):
    from matplotlib.text import Text
    return [text for text in picture.figure.findobj(Text) if text.get_text().strip()
            and text.get_visible()]


def contrast(colour):
    """With white paper, from 1 to 21; the formula of the Web Content Accessibility Guidelines."""
    from matplotlib.colors import to_rgb
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("name", DRAWN)
def test_every_word_can_be_read_in_the_last_row(name):
    """4.5 is what the guidelines ask for; white words stand on dark cells."""
    colours = {text.get_color() for text in texts(DRAWN[name](None))} - {"white"}
    assert colours and min(map(contrast, colours)) > 4.5


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = DRAWN["filters"](None)
    assert picture.path is None and picture._repr_png_().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == []


TITLED = {
    "curves": lambda title: pictures.learning_curves(HISTORY, title=title),
    "filters": lambda title: pictures.filters(RNG.standard_normal((6, 1, 5, 5)), title=title),
    "maps": lambda title: pictures.feature_maps(IMAGES[0, 0], ROWS, title=title),
    "confusion": lambda title: pictures.confusion(np.eye(10, dtype=int), DIGITS, title=title),
    "misclassified": lambda title: pictures.misclassified(
        IMAGES[:3], np.zeros(3, int), np.ones(3, int), title=title),
    "reconstructions": lambda title: pictures.reconstructions(
        capsnet_small(image_shape=(1, 28, 28)), np.float32(IMAGES[:3] / 255), np.arange(3),
        title=title)}


@pytest.mark.parametrize("draw", TITLED.values(), ids=TITLED)
@pytest.mark.parametrize("title", [r"a_b $\frac$ {0} %s ^ 猫", "LeNet-5 " * 40])
def test_the_title_names_network_and_data(draw, title):
    """Whatever they are called: no name is a formula or a format, and the picture is drawn."""
    picture = draw(title)
    words = "".join(title.split())
    assert any(words in "".join(text.get_text().split()) for text in texts(picture))
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_the_maps_say_what_black_is():
    assert any("black is high" in text.get_text() for text in texts(DRAWN["feature maps"](None)))


@pytest.mark.parametrize("epochs", [1, 2, 5, 300])
def test_epochs_are_whole_numbers_and_few(epochs):
    history = [{"epoch": i + 1, "loss": 1.0 + i, "error": 5.0} for i in range(epochs)]
    picture = pictures.learning_curves(history)
    picture.figure.draw_without_rendering()
    for axes in picture.figure.axes:
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks and all(tick == int(tick) for tick in ticks) and len(ticks) < 15


def test_after_one_epoch_the_scale_begins_at_zero():
    for axes in pictures.learning_curves(HISTORY[:1]).figure.axes:
        assert axes.get_ylim()[0] == 0


def test_a_confusion_matrix_of_many_classes_stays_a_picture():
    for size in (41, 101, 1000):
        picture = pictures.confusion(np.eye(size, dtype=int), [f"class {i}" for i in range(size)])
        assert max(picture.figure.get_size_inches()) < 20


def test_path_as_text(tmp_path):
    assert pictures.learning_curves(HISTORY, str(tmp_path / "a.png")).path == tmp_path / "a.png"


def test_training_errors_are_drawn_where_there_are_some(tmp_path):
    learnt = [line | {"train_error": line["error"] / 2} for line in HISTORY]
    without, with_them = (pixels(pictures.learning_curves(history, tmp_path / "a.png"))
                          for history in (HISTORY, learnt))
    blue = (with_them[..., 2] > with_them[..., 0] + 0.3).sum()
    assert blue > 1.5 * (without[..., 2] > without[..., 0] + 0.3).sum()


@pytest.mark.parametrize("errors, scale", [([80, 40, 21], "linear"), ([80, 40, 19], "log"),
                                           ([80, 40, 0], "linear")])
def test_errors_over_a_wide_range_are_drawn_on_a_logarithmic_scale(errors, scale):
    left, right = pictures.learning_curves([
        {"epoch": 1 + i, "loss": 2.0, "val_loss": 3.0, "error": error}
        for i, error in enumerate(errors)]).figure.axes
    assert right.get_yscale() == scale
    assert [list(line.get_ydata()) for line in left.lines] == [[2.0] * 3, [3.0] * 3]


NAMES = ["airplane", "automobile", "a name of a class that is far too long for any picture",
         "the same name that goes on for ever", "猫狗鳥", r"$\frac$", "$5", "7", "8", "frog"]


@pytest.mark.parametrize("draw", [
    lambda: pictures.confusion(RNG.integers(0, 9, (10, 10)), NAMES),
    lambda: pictures.misclassified(
        IMAGES[:14], np.arange(14) % 10, (np.arange(14) + 1) % 10, classes=NAMES),
    lambda: pictures.reconstructions(
        capsnet_small(image_shape=(1, 28, 28)), np.float32(IMAGES[:10] / 255), np.arange(10),
        classes=NAMES)], ids=["confusion", "misclassified", "reconstructions"])
def test_names_of_classes_do_not_run_into_each_other(draw):
    """Nor is a "$" taken for mathematics, or a sign without a font for a mistake."""
    drawn = draw()
    drawn._repr_png_()
    texts = [text for axes in drawn.figure.axes for text in (
        axes.xaxis.label, *axes.get_xticklabels()) if text.get_text() and axes.axison]
    with drawing():
        boxes = [text.get_window_extent() for text in texts]
    assert len(boxes) >= 10
    for number, box in enumerate(boxes):
        assert not box.count_overlaps(boxes[number + 1:]), texts[number].get_text()


def test_inputs_stay_as_they_are(tmp_path):
    matrix = RNG.integers(0, 9, (10, 10))
    weight, before = RNG.standard_normal((6, 1, 5, 5)), matrix.copy()
    kept = weight.copy()
    pictures.confusion(matrix, DIGITS, tmp_path / "a.png")
    pictures.filters(weight, tmp_path / "b.png")
    assert np.array_equal(matrix, before) and np.array_equal(weight, kept)


def test_grey_filters_have_colours_around_zero(tmp_path):
    """Blue is negative, white zero, red positive."""
    weight = np.zeros((6, 1, 5, 5))
    weight[0], weight[1] = 1, -1
    seen = pixels(pictures.filters(weight, tmp_path / "a.png"))
    red, green, blue = (seen[..., i] for i in range(3))
    assert ((red > 0.35) & (green < 0.1) & (blue < 0.2)).sum() > 1000
    assert ((blue > 0.35) & (red < 0.1)).sum() > 1000


def test_rows_of_misclassified(tmp_path):
    """Fourteen stand in a row; `most` of them are shown."""
    labels, predicted = np.zeros(20, int), np.ones(20, int)
    heights = [len(pixels(pictures.misclassified(IMAGES[:20], labels, predicted, tmp_path / "a.png",
                                                 most=most))) for most in (10, 14, 15, 99)]
    assert heights[0] == heights[1] < heights[2] == heights[3]


def test_reconstructions_stand_below_and_mistakes_are_red(tmp_path):
    """A decoder that draws ink everywhere: ten black squares in the lower half, white above."""
    model = capsnet_small(image_shape=(1, 28, 28))
    images = np.zeros((10, 1, 28, 28), np.float32)
    with no_grad():
        predicted = model(Tensor(images)).numpy().argmax(axis=1)
    bias = model.decoder.fc3.bias
    bias.data = np.full_like(bias.data, 99)
    seen = pixels(pictures.reconstructions(model, images, predicted, tmp_path / "a.png"))
    middle = len(seen) // 2
    assert (seen[middle:] == 0).mean() > 0.5 and (seen[:middle] == 0).mean() < 0.1
    red = [((seen[..., 0] > 0.7) & (seen[..., 1] < 0.4)).sum() for seen in (
        seen, pixels(pictures.reconstructions(model, images, (predicted + 1) % 10,
                                              tmp_path / "b.png")))]
    assert red[0] == 0 and red[1] > 100


@pytest.mark.parametrize("channels", [0, 2, 6])
def test_filters_that_look_at_maps(channels, tmp_path):
    with pytest.raises(ValueError, match=rf"filters: shape \(16, {channels}, 5, 5\); only filters "
                                         "that look at a grey or an RGB image"):
        pictures.filters(np.zeros((16, channels, 5, 5)), tmp_path / "a.png")
