"""A task that is asked for by many calls is woken once for them."""

from queue import Queue
from threading import Event

import pytest

from shopcomm.core.events import wake

SOON = 10


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> "Queue[str]":
    names: Queue[str] = Queue()
    monkeypatch.setattr(wake, "wake_task", names.put)
    return names


def test_calls_that_come_together_wake_the_task_once(
    woken: "Queue[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    all_asked, waits = Event(), list[float]()

    def pause(seconds: float) -> None:
        waits.append(seconds)
        all_asked.wait(SOON)

    monkeypatch.setattr(wake, "sleep", pause)
    soon = wake.SoonWoken("orders.some_task", seconds=0.05)
    for _call in range(100):
        soon.wake()
    all_asked.set()
    assert woken.get(timeout=SOON) == "orders.some_task"
    assert (waits, woken.qsize()) == ([0.05], 0)


def test_a_call_after_the_task_was_woken_wakes_it_again(woken: "Queue[str]") -> None:
    soon = wake.SoonWoken("orders.some_task", seconds=0)
    for _turn in range(2):
        soon.wake()
        assert woken.get(timeout=SOON) == "orders.some_task"


def test_a_call_whose_thread_has_gone_begins_another(
    woken: "Queue[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a process that was forked off: it has none of its parent's threads."""
    soon = wake.SoonWoken("orders.some_task", seconds=0)
    soon.wake()
    assert woken.get(timeout=SOON)
    monkeypatch.setattr(type(soon._thread), "is_alive", lambda _thread: False)
    gone = soon._thread
    soon.wake()
    assert woken.get(timeout=SOON)
    assert soon._thread is not gone
