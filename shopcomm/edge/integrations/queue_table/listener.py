"""A worker hears at once when another system has put something, or acknowledged much (LISTEN/NOTIFY). What is not heard, the clock finds."""

import logging
from threading import Event, Thread
from typing import Any

import psycopg
from celery.bootsteps import StartStopStep
from django.db import connections

from shopcomm.core.events.wake import SoonWoken

log = logging.getLogger(__name__)
INBOX, TIDY = "sync_inbox", "sync_tidy"
# Between two looks at whether anybody has a queue, or whether the database is there again.
PAUSE_SECONDS = 10.0
# So long at most until a line that is dead, or a worker that is stopped, is noticed.
QUIET_SECONDS = 2.0
STOP_SECONDS = 5.0
# For Django's own kind of connection.
OF_DJANGO = {"context", "cursor_factory", "prepare_threshold", "server_side_binding", "pool"}


class InboxListener(Thread):
    """Wakes the task that takes over what was put, for as long as the worker runs and some other system has a queue."""

    def __init__(self) -> None:
        super().__init__(name="queue-listener", daemon=True)
        self._stopping = Event()
        self._wake = {
            INBOX: SoonWoken("queue_table.take_in", seconds=0.01).wake,
            TIDY: SoonWoken("queue_table.tidy_outbox", seconds=0.2).wake,
        }

    def run(self) -> None:
        """Until stopped, over as many lines to the database as it takes."""
        while not self._stopping.is_set():
            try:
                self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("not listening for what other systems put: %s", str(error).strip())
            self._stopping.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Let go of the line."""
        self._stopping.set()
        self.join(STOP_SECONDS)

    def _listen(self) -> None:
        with psycopg.connect(**line_parameters(), autocommit=True) as line:
            if line.execute("SELECT EXISTS (SELECT FROM sync.sync_role)").fetchone() == (False,):
                return
            for channel in self._wake:
                line.execute(f"LISTEN {channel}")
            # What was put while nobody listened.
            self._wake[INBOX]()
            while not self._stopping.is_set():
                heard = {each.channel for each in line.notifies(timeout=QUIET_SECONDS, stop_after=1)}
                for channel in heard:
                    self._wake[channel]()
                if not heard:
                    line.execute("SELECT 1")


def line_parameters() -> dict[str, Any]:
    """How this process reaches the database, for a line of its own outside of Django."""
    given = connections["default"].get_connection_params()
    return {name: value for name, value in given.items() if name not in OF_DJANGO}


class InboxListenerStep(StartStopStep):
    """The step of a worker that starts and stops it."""

    def create(self, worker: Any) -> InboxListener:
        """The thread, when the worker is about to start."""
        return InboxListener()
