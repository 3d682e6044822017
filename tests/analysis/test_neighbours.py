"""Nearest neighbours, against plain loops, and their picture."""

import numpy as np
import pytest

from minicnn.analysis.neighbours import draw_neighbours, nearest, same_class


def by_loops(queries, known, count):
    found = []
    for q in queries.reshape(len(queries), -1).astype(float):
        distances = [sum((a - b) ** 2 for a, b in zip(q, x, strict=True)) ** 0.5
                     for x in known.reshape(len(known), -1).astype(float)]
        found.append(sorted(range(len(known)), key=lambda n: (distances[n], n))[:count])
    return np.array(found)


def test_by_hand():
    known = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    numbers, distances = nearest(np.array([[0.0, 0.0]]), known, 3)
    assert numbers.tolist() == [[0, 2, 1]] and distances.tolist() == [[0, 1, 5]]


@pytest.mark.parametrize("shape, count", [((3,), 4), ((2, 2, 3), 1), ((7,), 40)])
def test_against_loops(shape, count, rng):
    queries, known = rng.normal(size=(5, *shape)), rng.normal(size=(40, *shape))
    numbers, distances = nearest(queries, known, count)
    np.testing.assert_array_equal(numbers, by_loops(queries.astype("float32"),
                                                    known.astype("float32"), count))
    assert (np.diff(distances, axis=1) >= 0).all()


def test_stored_pictures_are_no_bytes_that_wrap_round():
    dark, light = np.full((1, 1, 2, 2), 10, np.uint8), np.full((1, 1, 2, 2), 250, np.uint8)
    numbers, distances = nearest(dark, np.concatenate([light, dark + 20]), 2)
    assert numbers.tolist() == [[1, 0]] and distances.tolist() == [[40, 480]]


def test_far_from_zero_the_order_and_the_distances_stay(rng):
    """|q|^2 - 2 q x + |x|^2 alone has no digits left here."""
    known = rng.normal(size=(60, 8)) + 1000
    numbers, distances = nearest(known[:9], known, 3)
    assert numbers[:, 0].tolist() == list(range(9)) and (distances[:, 0] == 0).all()
    np.testing.assert_array_equal(numbers, by_loops(known[:9].astype("float32"),
                                                    known.astype("float32"), 3))


def test_equally_near_ones_come_in_their_order():
    known = np.zeros((400, 2))
    assert nearest(known[:1], known, 5)[0].tolist() == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize("queries, known, count, words", [
    (np.zeros((2, 3)), np.zeros((4, 5)), 1, "3 numbers each, known 5"),
    (np.zeros((2, 3)), np.zeros((4, 3)), 5, "there are 1 to 4"),
    (np.zeros((2, 3)), np.zeros((4, 3)), 0, "0 neighbours asked for"),
    (np.zeros(3), np.zeros((4, 3)), 1, "queries have shape"),
    (np.zeros((2, 3)), np.zeros((0, 3)), 1, "known have shape"),
    (np.full((2, 3), np.nan), np.zeros((4, 3)), 1, "some of queries are no numbers")])
def test_refused(queries, known, count, words):
    with pytest.raises(ValueError, match=words):
        nearest(queries, known, count)


def test_share_of_the_same_class():
    assert same_class(np.array([[0, 1], [2, 0]]), [7, 8, 9], [7, 9]) == 50


def frames(picture):
    """Colours of the frames of the pictures that are shown, row by row."""
    import matplotlib.colors
    return [matplotlib.colors.to_hex(axes.spines["left"].get_edgecolor())
            for axes in picture.figure.axes if axes.images]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture(channels, rng, tmp_path):
    images = rng.integers(0, 256, (6, channels, 8, 8), dtype=np.uint8)
    blocks = {"in features": np.array([[0, 1], [2, 3]]), "in pixels": np.array([[4], [5]])}
    picture = draw_neighbours(images[:2], images, blocks, tmp_path / "a.png", "some $network$",
                              ([0, 1], [0, 1, 1, 0, 0, 1]), ["zero", "one"])
    assert picture.path.stat().st_size > 5000
    wrong = [colour == "#c0392b" for colour in frames(picture)]
    assert sorted(wrong) == [False] * 6 + [True] * 2      # neighbours 1 and 3; two are queries
    said = [text.get_text() for axes in picture.figure.axes for text in axes.texts]
    assert said == ["test image", "in features", "in pixels"]
    assert [axes.get_ylabel() for axes in picture.figure.axes if axes.get_ylabel()] == [
        "zero", "one"]


def test_the_picture_without_labels(rng):
    images = rng.integers(0, 256, (3, 3, 8, 8), dtype=np.uint8)
    picture = draw_neighbours(images[:1], images, {"near": np.array([[1, 2]])})
    assert "#c0392b" not in frames(picture) and len(frames(picture)) == 3
