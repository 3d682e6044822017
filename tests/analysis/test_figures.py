"""Figures as slides print them, "60M" or "~16K", against exact numbers."""

import pytest

from minicnn.analysis.figures import Fact, agreement, read_figure


@pytest.mark.parametrize("printed, value, place", [
    ("1,728", 1728, 1), ("35K", 35_000, 1000), ("150K", 150_000, 10_000), ("100K", 100_000, 10_000),
    ("3.2M values", 3_200_000, 100_000), ("60 million", 60e6, 1e6), ("1.8e9", 1.8e9, 1e8),
    ("27x", 27, 1), ("81%", 81, 1), ("1.5 billion", 1.5e9, 1e8), ("230 Megabytes", 230e6, 10e6),
    ("93MB", 93e6, 1e6), ("11.4 MB", 11.4e6, 1e5), ("~600K", 600_000, 100_000), ("0", 0, 1),
    ("4096", 4096, 1), ("32 filters", 32, 1), ("1000", 1000, 1), ("1000K", 1e6, 1e5),
])
def test_read_figure(printed, value, place):
    figure = read_figure(printed)
    assert (figure.value, figure.place) == pytest.approx((value, place))


@pytest.mark.parametrize("text", ["55x55x96", "", "tanh", "2^N", "96 of 11x11x3", "10-34"])
def test_what_is_no_figure(text):
    assert read_figure(text) is None


@pytest.mark.parametrize("printed, value, answer", [
    ("1,728", 1728, "agrees"), ("1,728", 1729, "differs"), ("138M", 138e6, "agrees"),
    ("138M", 138_357_544, "rounds to it"), ("138M", 138_500_001, "cut off"),
    ("138M", 137_500_000, "rounds to it"), ("138M", 137_400_000, "differs"),
    ("150K", 150_528, "rounds to it"), ("800K", 802_816, "rounds to it"),
    ("60 million", 60_965_224, "cut off"), ("60 million", 62_378_344, "differs"),
    ("6M", 6_998_552, "differs"),                          # one digit is not enough for cut off
    ("~600K", 589_824, "rounds to it"), ("600K", 589_824, "differs"),
    ("380K", 388_736, "differs"),                          # a zero at the end is not cut off
    ("81%", 81.48, "rounds to it"), ("8x", 8.0, "agrees"), ("0", 0, "agrees"), ("0", 1, "differs"),
    ("55x55", "55x55", "agrees"), ("55x55", "54x54", "differs"), ("4", "4", "agrees"),
    (("27", "13", "6"), (27, 13, 6), "agrees"), (("3.2M", "5"), (3_211_264, 5), "rounds to it"),
    ("", Fact(True, "so"), "agrees"), ("", Fact(False, "so"), "differs"),
])
def test_fit(printed, value, answer):
    assert agreement(printed, value) == answer


def test_as_many_figures_as_printed():
    with pytest.raises(ValueError):
        agreement(("1", "2"), (1,))
