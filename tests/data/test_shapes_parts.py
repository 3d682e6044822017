"""The parts that drawn scenes are made of: forms, places, grounds, painting."""

import math

import numpy as np
import pytest

from minicnn.data.digits import digits
from minicnn.data.shapes_forms import between, circle, digit_ink, form_ink, square, triangle
from minicnn.data.shapes_grounds import grounds, smooth
from minicnn.data.shapes_painting import Painting
from minicnn.data.shapes_places import CANVAS, EASY, HARD, placed

KINDS = {"easy": EASY, "hard": HARD, "canvas": CANVAS}


def place(x=32.0, y=32.0, radius=12.0, angle=0.3, count=3):
    return tuple(np.full(count, value) for value in (x, y, radius, angle))


# --- forms ------------------------------------------------------------------------------------

def test_forms_have_one_area():
    ink = form_ink(np.array([1, 2, 3]), place(), 64)
    assert ink.shape == (3, 64, 64) and ink.dtype == np.float32
    assert np.allclose(ink.sum(axis=(1, 2)), math.pi * 12 ** 2, rtol=0.01)
    assert ink.min() == 0 and ink.max() == 1


def test_distances_worked_by_hand():
    r = np.float32(2)
    assert circle(np.array(3.0), np.array(4.0), r) == 3.0
    side = math.sqrt(math.pi)                           # half a side of the square for radius 2
    assert square(np.array(side), np.array(0.5), r) == pytest.approx(0, abs=1e-6)
    assert square(np.array(1.0), np.array(side + 2), r) == pytest.approx(2)
    inner = 2 * math.sqrt(math.pi / math.sqrt(27))      # radius of the circle in the triangle
    assert triangle(np.array(0.0), np.array(inner), r) == pytest.approx(0, abs=1e-6)
    assert triangle(np.array(0.0), np.array(-2 * inner), r) == pytest.approx(0, abs=1e-6)
    assert triangle(np.array(0.0), np.array(0.0), r) == pytest.approx(-inner)


def test_a_turn_turns_and_another_class_is_no_form():
    straight, turned = (form_ink(np.array([3]), place(angle=angle, count=1), 64)
                        for angle in (0, math.pi / 2))
    # a quarter turn of the picture about its middle
    assert np.allclose(np.rot90(straight[0], -1), turned[0], atol=1e-4)
    assert form_ink(np.array([7]), place(count=1), 64).max() == 0


def test_digits_are_scaled_and_centred():
    hands = digits(50, seed=0)
    rng = np.random.default_rng(0)
    ink = digit_ink(hands, np.array([8, 8]), (np.array([32.0, 50.0]), np.array([32.0, 20.0]),
                                              np.array([20.0, 10.0]), np.zeros(2)), 64, rng, lean=0)
    for picture, (x, y), side in zip(ink, ((32, 32), (50, 20)), (40, 20), strict=True):
        rows, cols = np.nonzero(picture > 0.5)
        assert np.ptp(rows) == pytest.approx(side, abs=5)           # 20 of 28 pixels high
        assert np.mean(cols) == pytest.approx(x, abs=3) and np.mean(rows) == pytest.approx(y, abs=3)


def test_between_pixels():
    image = np.array([[[1.0, 2.0], [3.0, 4.0]]], np.float32)
    rows = np.array([[[0.0, 0.5], [1.0, 9.0]]])
    cols = np.array([[[0.0, 0.5], [0.5, 0.0]]])
    assert between(image, rows, cols).tolist() == [[[1.0, 2.5], [3.5, 0.0]]]


# --- places -----------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_objects_lie_apart_and_inside(kind):
    places = placed(200, 64, KINDS[kind], np.random.default_rng(1))
    _, low, high, apart = KINDS[kind]
    assert (places.radius >= low).all() and (places.radius <= high).all()
    assert (places.x - places.radius >= -1e-9).all() and (places.x + places.radius <= 64).all()
    assert (places.y - places.radius >= -1e-9).all() and (places.y + places.radius <= 64).all()
    for n in range(200):
        there = np.flatnonzero(places.there[n])
        assert len(there) >= 1
        for number, i in enumerate(there):
            for j in there[number + 1:]:
                distance = math.hypot(places.x[n, i] - places.x[n, j],
                                      places.y[n, i] - places.y[n, j])
                pair = sorted((places.radius[n, i], places.radius[n, j]))
                assert distance >= pair[1] + apart * pair[0] - 1e-9


def test_places_grow_with_the_picture():
    places = placed(50, 128, EASY, np.random.default_rng(0))
    assert places.radius.min() >= 12 and places.radius.max() <= 30
    assert places.typical == pytest.approx(2 * math.sqrt(6 * 15))


# --- grounds ----------------------------------------------------------------------------------

def test_smooth_goes_through_its_values():
    values = np.arange(12.0).reshape(1, 3, 2, 2)
    y = smooth(values, 5)
    assert np.allclose(y[:, :, ::4, ::4], values) and y.shape == (1, 3, 5, 5)
    assert np.allclose(y[:, :, 2, 2], values.mean(axis=(2, 3)))


def test_grounds_are_textured_and_differ():
    made = grounds(5, 64, np.random.default_rng(0))
    assert made.shape == (5, 3, 64, 64) and made.dtype == np.float32
    assert (made.std(axis=(2, 3)) > 8).all() and np.ptp(made.mean(axis=(1, 2, 3))) > 10


# --- painting ---------------------------------------------------------------------------------

def test_later_objects_cover_earlier_ones():
    painting = Painting(np.zeros((1, 3, 8, 8), np.float32))
    first, second = np.zeros((2, 1, 8, 8), np.float32)
    first[0, :, :6] = 1
    second[0, :, 4:] = 1
    red, half = np.array([[255.0, 0, 0]]), np.array([[0, 0, 128.0]])
    painting.add(first, red, np.array([2]))
    painting.add(second, half, np.array([1]))
    target = painting.target(0, np.array([2, 1]), ["left one", "right one"])
    assert target["boxes"].tolist() == [[0, 0, 4, 8], [4, 0, 8, 8]]
    assert target["labels"].tolist() == [2, 1]
    assert target["caption"] == "a left one left of a right one"
    assert target["class_map"][0].tolist() == [2, 2, 2, 2, 1, 1, 1, 1]
    assert painting.images()[0, :, 0, [3, 4]].tolist() == [[255, 0, 0], [0, 0, 128]]


def test_what_is_nearly_hidden_is_left_out():
    painting = Painting(np.zeros((1, 3, 8, 8), np.float32))
    below, above = np.ones((1, 8, 8), np.float32), np.ones((1, 8, 8), np.float32)
    above[0, 0] = 0                                     # eight pixels of the first stay visible
    for number, ink in enumerate((below, above)):
        painting.add(ink, np.array([[9.0 * number] * 3]), np.array([number + 1]))
    target = painting.target(0, np.array([1, 2]), ["one", "two"])
    assert target["labels"].tolist() == [2] and target["caption"] == "a two"
    assert (target["class_map"][0] == 255).all() and (target["class_map"][1:] == 2).all()


def test_half_inked_pixels_are_left_out():
    painting = Painting(np.zeros((1, 3, 4, 4), np.float32))
    ink = np.tile(np.array([0.1, 0.4, 0.6, 0.9], np.float32), (1, 4, 1))
    painting.add(ink, np.full((1, 3), 100.0), np.array([3]))
    assert painting.class_map[0, 0].tolist() == [0, 255, 255, 3]
    assert painting.owner[0, 0].tolist() == [0, 0, 1, 1]
    assert painting.images()[0, 0, 0].tolist() == [10, 40, 60, 90]
