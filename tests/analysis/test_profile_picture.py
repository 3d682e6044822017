"""The picture of a profile: bars, speeds, what is said beside them."""

import pytest

from minicnn.analysis import profile_picture
from minicnn.analysis.profile_table import Line, Profile, together

image_module = pytest.importorskip("matplotlib.image")


def drawn(count, path=None, backward=1.0, speed=50.0, **settings):
    lines = [Line(f"block{i}.layer", "Conv2d" if i % 2 else "ReLU", "8x4x4", 1.0 + i % 5, backward,
                  1 / count, macs=i % 2, forward_gflops=speed, backward_gflops=speed * backward,
                  forward_gbytes=speed, backward_gbytes=speed * backward)
             for i in range(count)]
    totals = [together("all layers", lines), Line("between the layers", forward=0.1),
              Line("one step", forward=9, backward=9)]
    return profile_picture(Profile("Net", lines, totals, {}, 18.0, 100.0, 40.0, [], **settings),
                           path)


def pixels(picture):
    assert picture.path.read_bytes().startswith(b"\x89PNG")
    return image_module.imread(picture.path)[..., :3]


def has(seen, colour):
    """How many pixels have that colour."""
    wanted = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return (abs(seen - wanted).max(axis=2) < 0.02).sum()


@pytest.mark.parametrize("count", [1, 14, 60])
def test_is_drawn(count, tmp_path):
    path = tmp_path / "výstup 数字" / "a.png"
    seen = pixels(drawn(count, path))
    H, W = seen.shape[:2]
    assert W == 1950 and 300 < H < 2400
    assert (seen[[0, -1]] == 1).mean() > 0.9
    assert has(seen, "#1f5fa8") > 5_000 and has(seen, "#c0392b") > 5_000


def test_no_more_than_sixty_layers(tmp_path):
    heights = [len(pixels(drawn(count, tmp_path / "a.png"))) for count in (60, 200)]
    assert heights[0] < heights[1] < 1.02 * heights[0]     # one line more, for the others


def test_forward_only(tmp_path):
    seen = pixels(drawn(10, tmp_path / "a.png", backward=0.0))
    assert has(seen, "#1f5fa8") > 5_000 and has(seen, "#c0392b") == 0


def axes(*arguments, **settings):
    """The figure and its two axes."""
    figure = drawn(*arguments, **settings).figure
    figure.draw_without_rendering()
    return figure, *figure.axes


@pytest.mark.parametrize("backward", [0.0, 23.5, 12_345.67])
def test_the_longest_time_stays_left_of_the_end(backward):
    _, left, _ = axes(8, backward=backward)
    ends = [text.get_window_extent().x1 for text in left.texts]
    assert len(ends) == 9 and max(ends) <= left.get_window_extent().x1


@pytest.mark.parametrize("speed, end", [(20.0, 101), (45.0, 102 * 1.125), (5_000.0, 130)])
def test_the_speeds_end_where_the_longest_ends(speed, end):
    """45 GB/s are 112.5 percent of 40 GB/s."""
    assert axes(8, speed=speed)[2].get_xlim() == pytest.approx((0, end))


def test_pale_and_strong_are_explained():
    figure, _, right = axes(8)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "strong: layers with products, in percent of 100 GFLOP/s (a matrix product)",
        "pale: all others, in percent of 40 GB/s (a copy)",
        "100 %; pale bars pass it where arrays lie in the cache, strong ones by Winograd's way"]
    assert right.get_xlabel() == "percent of a matrix product, or of a copy"


def test_a_busy_machine():
    assert axes(8)[0].get_suptitle() == "Net"
    assert axes(8, others=1.0)[0].get_suptitle() == (
        "Net\nthe machine was busy: do not trust these figures")


def test_what_is_faster_than_the_best_stays_in_the_picture(tmp_path):
    seen = pixels(drawn(10, tmp_path / "a.png", speed=5_000.0))
    assert seen.shape == pixels(drawn(10, tmp_path / "b.png")).shape
