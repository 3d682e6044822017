"""Exercises: how answers are read and judged; that all of the book's have an answer to be found."""

import pytest

from minicnn.explain.exercises import CHAPTERS, EXERCISES, Exercise, Slip, exercise, written
from minicnn.explain.exercises.exercise import read, same

HALF = Exercise("1.1", "?", lambda: 0.4567, "1 / 2 = {answer}", (
    Slip(lambda: 0.9134, "you forgot to halve"),))
SHAPE = Exercise("1.2", "?", lambda: (6, 28, 28), lambda: f"{4 + 2} maps: {{answer}}", (
    Slip(lambda: (6, 32, 32), "you padded"),))
WORD = Exercise("1.3", "?", lambda: "no", "{answer}, never")


@pytest.mark.parametrize("one, typed, right, words", [
    (HALF, "0.4567", True, "right: 0.4567"), (HALF, ".457", True, "right: 0.4567"),
    (HALF, "0.5", False, "right so far, but give more digits: three that count"),
    (HALF, "0.9134", False, "not 0.9134: you forgot to halve"), (HALF, "3", False, "not 3"),
    (SHAPE, "6x28x28", True, "right: 6 x 28 x 28"), (SHAPE, "(6, 28, 28)", True, "right: 6 x 28 x"),
    (SHAPE, "6 x 32 x 32", False, "not 6 x 32 x 32: you padded"), (SHAPE, "6x28x27", False, "not"),
    (WORD, " No", True, "right: no"), (WORD, "yes", False, "not yes")])
def test_judge(one, typed, right, words):
    said = one.judge(typed)
    assert said[0] is right and said[1].startswith(words)


@pytest.mark.parametrize("one, typed, problem", [
    (HALF, "half", "'half' is not a number"), (HALF, "nan", "no.* a number that anybody"),
    (SHAPE, "6x28", "3 numbers are asked for, with x between them, not 2"),
    (SHAPE, "6,280,28", "write the 3 numbers with x between them, as in 1x2x3")])
def test_what_cannot_be_an_answer(one, typed, problem):
    with pytest.raises(ValueError, match=problem):
        one.judge(typed)


def test_the_working_has_the_answer_in_it():
    assert HALF.explained() == "1 / 2 = 0.4567" and SHAPE.explained() == "6 maps: 6 x 28 x 28"
    assert WORD.explained() == "no, never" and SHAPE.chapter == 1


def test_whole_numbers_are_exact_and_floats_are_not():
    assert same(2416, 2416) and not same(2417, 2416) and same(2416.4, 2416.0)
    assert not same(0.46, 0.4567) and same(read("61,706", 0), 61706)


@pytest.mark.parametrize("number", EXERCISES)
def test_an_exercise_of_the_book(number):
    """Its own answer is right; every slip is another value, and is recognised."""
    one = EXERCISES[number]
    assert one.judge(written(one.answer()).replace(" ", ""))[0]
    assert len(one.slips) <= 3 and one.question and one.explained()
    for slip in one.slips:
        assert not same(slip.value(), one.answer()), slip.words
        right, words = one.judge(written(slip.value()).replace(" ", ""))
        assert not right and words.endswith(slip.words)


def test_chapters_are_in_order_and_numbered():
    for number, chapter in enumerate(CHAPTERS, CHAPTERS[0][0].chapter):
        assert [one.number for one in chapter] == [f"{number}.{k + 1}" for k in range(len(chapter))]


def test_an_exercise_that_is_not_there():
    with pytest.raises(ValueError, match="no exercise '1.99'; there are 1.1, 1.2, 1.3"):
        exercise("1.99")
    with pytest.raises(ValueError, match="no exercise 'conv'; there are 1.1 to "):
        exercise("conv")
