"""What is read early comes in its order, and what goes wrong is told to those who ask for it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.services.imports.ahead import MOST_AHEAD, STEP, ReadAhead


@given(count=st.integers(0, 700), turns=st.lists(st.integers(0, 400), max_size=6))
def test_all_is_read_once_and_in_order_whenever_somebody_reads_on(count, turns):
    ahead, read = ReadAhead(range(count)), []
    for place, thing in enumerate(ahead):
        read.append(thing)
        for _ in range(turns.count(place)):
            ahead.read_on()
    assert read == list(range(count))


def test_no_more_is_read_early_than_memory_should_hold():
    def counted() -> Iterator[int]:
        for number in range(10 * MOST_AHEAD):
            taken.append(number)
            yield number

    taken: list[int] = []
    ahead = ReadAhead(counted())
    for _ in range(100):
        ahead.read_on()
    assert MOST_AHEAD <= len(taken) < MOST_AHEAD + STEP


def test_a_fault_that_is_met_early_is_raised_after_what_stands_before_it():
    def broken() -> Iterator[int]:
        yield from (1, 2, 3)
        raise ValueError("the rest cannot be read")

    ahead, read = ReadAhead(broken()), list[int]()
    ahead.read_on()
    ahead.read_on()
    with pytest.raises(ValueError, match="the rest"):
        read.extend(ahead)
    assert read == [1, 2, 3]
