import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.backend.seeds import generator
from minicnn.backend.together import Rows, mean_count, part, random_numbers, sharing, state


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("total", [7, 8, 20, 64])
def test_parts_are_the_whole_and_differ_by_one_at_most(total, processes):
    rows = [part(total, rank, processes) for rank in range(processes)]
    assert [picture for one in rows for picture in range(one.start, one.stop)] == [*range(total)]
    assert {one.total for one in rows} == {total} and not any(one.alike for one in rows)
    assert max(one.count for one in rows) - min(one.count for one in rows) <= 1


@pytest.mark.parametrize("total, alike", [(1, True), (3, True), (5, True), (6, False), (9, False)])
def test_a_rest_that_gives_some_less_than_two_is_learnt_by_all_alike(total, alike):
    rows = [part(total, rank, 3, whole=False) for rank in range(3)]
    assert [one.alike for one in rows] == [alike] * 3
    assert not alike or rows == [Rows(0, total, total, True)] * 3


def test_alone_a_rest_is_a_batch_like_others():
    assert part(1, 0, 1, whole=False) == Rows(0, 1, 1)


@pytest.mark.parametrize("before", [0, 1, 2, 5])           # numbers drawn: PCG64 makes pairs
@pytest.mark.parametrize("size", [(), (1,), (3,), (2, 2)])
@pytest.mark.parametrize("start, stop", [(0, 2), (2, 5), (5, 7), (3, 4)])
def test_numbers_of_the_rows_are_those_of_the_whole_batch(before, size, start, stop):
    def numbers(rows):
        manual_seed(5)
        generator().random(before, np.float32)
        count = rows.count if rows else 7
        with sharing(rows or Rows(0, 7, 7, True), lambda array: array, False):
            drawn = random_numbers((count, *size), count)
        return drawn, generator().random(3, np.float32), generator().random(2)

    whole, after, later = numbers(None)
    own, own_after, own_later = numbers(Rows(start, stop, 7))
    np.testing.assert_array_equal(own, whole[start:stop])
    np.testing.assert_array_equal(own_after, after)
    np.testing.assert_array_equal(own_later, later)


def test_what_does_not_count_pictures_is_drawn_alike_on_all():
    def numbers(rows, each):
        manual_seed(5)
        with sharing(rows, lambda array: array, False):
            return random_numbers((3, 2), each)

    plain = numbers(Rows(0, 3, 3, True), 3)
    np.testing.assert_array_equal(numbers(Rows(4, 7, 9), None), plain)     # weights, say
    np.testing.assert_array_equal(numbers(Rows(4, 6, 9), 2), plain)        # boxes
    assert not np.array_equal(numbers(Rows(4, 7, 9), 3), plain)


def test_a_mean_divides_by_the_count_of_all():
    counts, rows = [3, 0, 5], [Rows(0, 4, 10), Rows(4, 6, 10), Rows(6, 10, 10)]
    sums = [6.0, 0.0, 10.0]                                # of what is counted, each process's
    total = 0.0
    for count, one, own in zip(counts, rows, sums, strict=True):
        with sharing(one, lambda array: array * 0 + sum(counts), False):
            total += one.count / one.total * own / mean_count(count)
    assert total == pytest.approx(sum(sums) / sum(counts))


def test_alone_a_count_is_itself():
    assert mean_count(3) == 3 and mean_count(0, least=1) == 1
    assert isinstance(mean_count(3, least=1), int)


def test_at_least_holds_for_the_sum():
    with sharing(Rows(0, 1, 2), lambda array: array * 0, False):
        assert mean_count(0, least=1) == 0.5


def test_the_state_ends_with_the_step():
    with pytest.raises(KeyError), sharing(Rows(0, 1, 2), lambda array: array, True):
        assert state.norms and state.rows == Rows(0, 1, 2)
        raise KeyError
    assert state.rows is None and state.sum is None and not state.norms


def test_pictures_that_all_have_are_as_those_of_one():
    with sharing(Rows(0, 3, 3, True), lambda array: array * 2, True):
        assert mean_count(3) == 3 and not state.norms
