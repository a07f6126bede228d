"""The scheduler as a thread of a worker: it ends with the worker, and the worker with it."""

import os
import signal
import threading

import pytest

from shopcomm.celery import app
from shopcomm.core.scheduler_thread import SchedulerThread


class Clock:
    """A scheduler's service that waits to be told to stop, or breaks."""

    def __init__(self, breaks: bool = False) -> None:
        self.breaks, self.told = breaks, threading.Event()

    def start(self) -> None:
        if self.breaks:
            raise RuntimeError("no clock")
        self.told.wait(10)

    def stop(self) -> None:
        self.told.set()


@pytest.fixture
def signals(monkeypatch) -> list[tuple[int, int]]:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, how: sent.append((pid, how)))
    return sent


def started(service: Clock) -> SchedulerThread:
    thread = SchedulerThread(app)
    thread.service = service
    thread.start()
    return thread


def test_a_scheduler_that_breaks_ends_its_worker_so_that_both_are_started_again(signals) -> None:
    started(Clock(breaks=True)).join(10)

    assert signals == [(os.getpid(), signal.SIGTERM)]


def test_a_worker_that_stops_stops_its_scheduler_first(signals) -> None:
    thread = started(Clock())
    thread.stop()

    assert not thread.is_alive()
    assert signals == []
