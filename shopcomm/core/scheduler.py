"""The scheduler of periodic tasks: django-celery-beat's, which waits for its database instead of ending, and for no hour
that comes twice."""

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

PAUSE_SECONDS = 1.0
# By how much the clock has to go back for it to be one that was set: small steps are made by every time service.
STEP = timedelta(seconds=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

logger = logging.getLogger(__name__)


class TimelyEntry(ModelEntry):
    """A task that is said to have run in the future runs now: the clock was set back since."""

    last_run_at: datetime

    def is_due(self) -> Any:
        """Whether it runs now, and when to look again."""
        if self.last_run_at > self._default_now() + STEP:
            self.last_run_at = self.model.last_run_at = LONG_AGO
        return super().is_due()


class PatientScheduler(DatabaseScheduler):
    """Reads its rows again until the database answers.

    The library ends the process when the database is away as the schedule is read: at the start, and every five
    minutes. Without the database no task could do anything, so nothing is late for the waiting.

    It also keeps the hour at which each task is next due. When the clock is set back by an hour nothing would run for as
    long, so the hours are reckoned anew.
    """

    Entry = TimelyEntry
    _told = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run due tasks; returns the seconds until the next check."""
        now = time.time()
        if now < self._told - STEP.total_seconds():
            logger.warning("the clock was set back by %.0f s", self._told - now)
            self._heap = None
        self._told = now
        return float(super().tick(*args, **kwargs))

    def all_as_schedule(self) -> dict[str, Any]:
        """The schedule as the rows have it, however long the database takes to answer."""
        while True:
            try:
                return dict(super().all_as_schedule())
            except (OperationalError, InterfaceError) as error:
                self._wait(error)

    def setup_schedule(self) -> None:
        """Ensure a row for each task of the settings. The library logs one it could not write, and continues."""
        while True:
            super().setup_schedule()
            try:
                if self._has_all_rows():
                    return
                self._wait("a task of the settings has no row")
            except (OperationalError, InterfaceError) as error:
                self._wait(error)

    def _has_all_rows(self) -> bool:
        names = self.app.conf.beat_schedule.keys()
        return bool(self.Model.objects.filter(name__in=names).count() == len(names))

    def _wait(self, why: object) -> None:
        logger.warning("the schedule waits for the database: %s", why)
        close_old_connections()
        time.sleep(PAUSE_SECONDS)
