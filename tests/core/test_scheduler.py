"""The clock's own clock: set back an hour, what runs every few seconds goes on."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from shopcomm.celery import app
from shopcomm.core.scheduler import PatientScheduler

pytestmark = pytest.mark.django_db(transaction=True)


class Scheduler(PatientScheduler):
    """One that notes what it would send to a worker."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        super().__init__(app=app, lazy=True)
        self.setup_schedule()

    def setup_schedule(self) -> None:
        """With no row but the test's."""

    def apply_async(self, entry, producer=None, advance=True, **_given) -> None:
        self.sent.append(entry.name)

    def run(self, ticks: int = 3) -> list[str]:
        """What is sent in a few ticks at one moment."""
        self.sent.clear()
        for _ in range(ticks):
            self.tick()
        return list(self.sent)


@pytest.fixture
def sweep(db) -> PeriodicTask:
    every = IntervalSchedule.objects.create(every=2, period=IntervalSchedule.SECONDS)
    return PeriodicTask.objects.create(name="relay-events", task="events.relay", interval=every)


def test_a_scheduler_continues_at_once_when_the_clock_is_set_back_an_hour(sweep):
    now = timezone.now() + timedelta(hours=2)
    scheduler = Scheduler()
    with time_machine.travel(now, tick=False) as clock:
        assert scheduler.run() == ["relay-events"]
        assert scheduler.run() == []
        clock.move_to(now - timedelta(hours=1))
        assert scheduler.run() == ["relay-events"]
        assert scheduler.run() == []
        clock.shift(timedelta(seconds=3))
        assert scheduler.run() == ["relay-events"]


def test_a_scheduler_started_after_the_clock_was_set_back_continues_at_once(sweep):
    PeriodicTask.objects.update(last_run_at=timezone.now() + timedelta(hours=1))

    assert Scheduler().run() == ["relay-events"]
