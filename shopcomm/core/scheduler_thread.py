"""The scheduler in a thread of the worker (`celery worker --pool threads --scheduler-inside`): one process less for a
shop on a small machine. A worker of many machines leaves it out: there is one scheduler."""

import logging
import os
import signal
from threading import Thread
from typing import Any

from celery import Celery
from celery.beat import Service
from celery.bootsteps import StartStopStep

STOP_SECONDS = 3.0

log = logging.getLogger(__name__)


class SchedulerThread(Thread):
    """Sends tasks as they become due. When it ends by itself the worker ends, too, and whoever runs it starts both again."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="scheduler", daemon=True)
        self.app, self.stopping = app, False
        self.service = Service(app, scheduler_cls=app.conf.beat_scheduler)

    def run(self) -> None:
        """Until stopped."""
        self.app.set_current()
        try:
            self.service.start()
        except Exception:
            log.exception("the scheduler ended; the worker ends with it")
        finally:
            self._close_connections()
        if not self.stopping:
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        """Let it write down when each task ran last; whatever it waits for, the worker does not wait long."""
        self.stopping = True
        self.service.stop()
        self.join(STOP_SECONDS)

    def _close_connections(self) -> None:
        from django.db import connections

        connections.close_all()


class SchedulerInside(StartStopStep):
    """The step of a worker that starts and stops it."""

    def __init__(self, worker: Any, scheduler_inside: bool = False, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = scheduler_inside

    def create(self, worker: Any) -> SchedulerThread:
        """The thread, when the worker is about to start."""
        return SchedulerThread(worker.app)
