"""A slice of `make rehearsal`: the product and another order system fail and come back, and agree at the end."""

from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack
from tests.rehearsal.play import WAYS, Rehearsal

ORDERS, STEPS_A_SECOND, FAULTS, BETWEEN = 40, 10, 5, 0.5


@pytest.fixture(params=list(WAYS))
def rehearsal(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    found = Rehearsal(stack, request.param, orders=ORDERS, rate=STEPS_A_SECOND)
    found.start_system()
    yield found
    found.stop()


@pytest.mark.usefixtures("background")
def test_both_systems_hold_the_same_and_each_customer_was_told_once_whatever_failed(rehearsal: Rehearsal):
    rehearsal.join()
    rehearsal.play(faults=FAULTS, seconds_between=BETWEEN, within=120)

    assert rehearsal.differences() == []
    assert rehearsal.wrongly_told() == []
    assert set(rehearsal.records()) <= {"applied", "unchanged"}
    # How many there is time for until the last order is told depends on the machine.
    assert len(rehearsal.faults) >= 3
    assert rehearsal.answered()
