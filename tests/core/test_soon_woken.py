"""A task that is asked for by many calls is woken once for them."""

from collections.abc import Callable

import pytest

from shopcomm.core.events import wake


class HeldTimer:
    """A timer that runs out when the test says so."""

    started: list["HeldTimer"]

    def __init__(self, seconds: float, work: Callable[[], None]) -> None:
        self.seconds, self.run_out, self.daemon = seconds, work, False

    def start(self) -> None:
        self.started.append(self)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    HeldTimer.started = []
    monkeypatch.setattr(wake, "Timer", HeldTimer)
    monkeypatch.setattr(wake, "wake_task", names.append)
    return names


def test_calls_that_come_together_wake_the_task_once(woken: list[str]) -> None:
    soon = wake.SoonWoken("orders.some_task", seconds=0.05)
    for _call in range(100):
        soon.wake()
    (timer,) = HeldTimer.started
    timer.run_out()
    assert (woken, timer.seconds, timer.daemon) == (["orders.some_task"], 0.05, True)


def test_a_call_after_the_task_was_woken_wakes_it_again(woken: list[str]) -> None:
    soon = wake.SoonWoken("orders.some_task")
    for _turn in range(2):
        soon.wake()
        HeldTimer.started[-1].run_out()
    assert woken == ["orders.some_task"] * 2
