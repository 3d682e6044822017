"""The picture of networks as bubbles: accuracy over cost, areas to scale, readable names."""

import numpy as np
import pytest
from PIL import Image

from minicnn.analysis.bubbles import Bubble, bubble_chart, round_sizes

NETS = [Bubble("resnet20", 71.0, 40_551_040, 269_722), Bubble("vgg", 72.0, 38_913_280, 567_082),
        Bubble("preact", 70.9, 40_551_040, 269_722), Bubble("mobilenet", 62.0, 6_222_336, 141_994),
        Bubble("alexnet", 62.0, 14_529_536, 368_842)]


def figure_of(*arguments):
    drawn = bubble_chart(*arguments).figure
    drawn.draw_without_rendering()
    return drawn


def test_a_bubble_stands_at_its_figures_and_its_area_is_the_parameters():
    axes = figure_of(NETS).axes[0]
    areas, points = axes.collections[:2]
    places = [(net.macs / 1e6, net.accuracy) for net in NETS]
    assert np.allclose(areas.get_offsets(), places) and np.allclose(points.get_offsets(), places)
    share = areas.get_sizes() / areas.get_sizes()[1]
    assert np.allclose(share, [net.parameters / 567_082 for net in NETS])


def test_the_legend_has_the_scale_of_the_bubbles():
    axes = figure_of(NETS).axes[0]
    legend = axes.get_legend()
    per_parameter = axes.collections[0].get_sizes()[0] / NETS[0].parameters
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        size = int(text.get_text().replace(",", ""))
        assert np.allclose(handle.get_sizes(), per_parameter * size)


def test_names_cover_neither_each_other_nor_a_bubble_nor_leave_the_axes():
    drawn = figure_of(NETS)
    axes = drawn.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == [net.name for net in NETS]
    for number, box in enumerate(boxes):
        assert not box.count_overlaps(boxes[:number] + boxes[number + 1:])
        assert axes.bbox.fully_contains(*box.min) and axes.bbox.fully_contains(*box.max)
        radii = np.sqrt(axes.collections[0].get_sizes() / np.pi) * drawn.dpi / 72
        for net, r in zip(NETS, radii, strict=True):
            x, y = axes.transData.transform((net.macs / 1e6, net.accuracy))
            nearest = np.clip((x, y), box.min, box.max)
            assert np.hypot(*(nearest - (x, y))) > r, (axes.texts[number].get_text(), net.name)


def test_one_network_and_twenty_alike(tmp_path):
    for count in (1, 20):
        path = bubble_chart([NETS[0]] * count, tmp_path / f"{count}.png", "title").path
        with Image.open(path) as picture:
            assert picture.size == (1350, 900)


def test_nothing_to_draw(tmp_path):
    with pytest.raises(ValueError, match="no network to draw"):
        bubble_chart([], tmp_path / "a.png")


def test_round_sizes():
    assert round_sizes(1_000_000) == [200_000, 500_000, 1_000_000]
    assert round_sizes(0) == [2, 5, 10]
    for largest in range(10, 300_000, 977):
        assert all(len(str(size).rstrip("0")) <= 2 for size in round_sizes(largest)), largest
        assert round_sizes(largest)[-1] >= largest
