"""Requests of one kind: so many at a time, the others in turn, and nobody waits for ever."""

import asyncio
import threading

import pytest
from django.http import HttpResponse

from shopcomm.core.http.handler import Lane

ONE = HttpResponse("one")


class Gate:
    """Work that begins when it is its turn and ends when it is let go."""

    def __init__(self) -> None:
        self.began, self.let_go, self.done = threading.Event(), threading.Event(), 0

    def __call__(self) -> HttpResponse:
        self.began.set()
        assert self.let_go.wait(10)
        self.done += 1
        return ONE


async def began(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.began.wait, 10)


async def test_what_waits_has_its_turn_as_soon_as_a_place_is_free() -> None:
    lane, first, second = Lane("test", 1, patience=30), Gate(), Gate()
    running, waiting = asyncio.ensure_future(lane.run(first)), asyncio.ensure_future(lane.run(second))
    await began(first)
    assert not second.began.is_set()
    first.let_go.set()
    second.let_go.set()

    assert [await running, await waiting] == [ONE, ONE]


async def test_whose_turn_does_not_come_in_time_is_told_and_never_begun() -> None:
    lane, first, second = Lane("test", 1, patience=0.05), Gate(), Gate()
    running = asyncio.ensure_future(lane.run(first))
    await began(first)
    told = await lane.run(second)
    first.let_go.set()

    assert told is None
    # It ran longer than anybody's patience, but it had begun.
    assert await running is ONE
    assert await lane.run(lambda: ONE) is ONE
    assert not second.began.is_set()


async def test_work_of_a_visitor_who_left_is_not_begun_but_ended_if_it_was() -> None:
    lane, first, second = Lane("test", 1, patience=30), Gate(), Gate()
    running, waiting = asyncio.ensure_future(lane.run(first)), asyncio.ensure_future(lane.run(second))
    await began(first)
    for job in (running, waiting):
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
    first.let_go.set()

    assert await lane.run(lambda: ONE) is ONE
    assert (first.done, second.began.is_set()) == (1, False)
