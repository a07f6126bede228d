"""The scheduler of periodic tasks: django-celery-beat's, which waits for its database instead of ending."""

import logging
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


class PatientScheduler(DatabaseScheduler):
    """Reads its rows again until the database answers.

    The library ends the process when the database is away as the schedule is read: at the start, and every five
    minutes. Without the database no task could do anything, so nothing is late for the waiting.
    """

    def all_as_schedule(self) -> dict[str, Any]:
        """The schedule as the rows have it, however long the database takes to answer."""
        while True:
            try:
                return dict(super().all_as_schedule())
            except (OperationalError, InterfaceError) as error:
                self._wait(error)

    def setup_schedule(self) -> None:
        """Have a row for each task of the settings. The library logs one it could not write, and goes on without."""
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
