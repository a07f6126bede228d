"""Waking a worker after a commit. If that is lost, the scheduled run makes up for it."""

import logging
from threading import Event, Lock, Thread
from time import sleep

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def wake_relay() -> None:
    """Ask a worker to relay now."""
    wake_task("events.relay")


def wake_task(name: str) -> None:
    """Ask a worker to run a task that the clock runs as well, now. With the broker down the clock does it later."""
    try:
        current_app.send_task(name, ignore_result=True, expires=30)
    except (OperationalError, OSError):
        log.warning("the broker is down; the sweep will do %s", name)


class SoonWoken:
    """A task that is asked for by hundreds of calls a second and wanted once: woken `seconds` after the first of them."""

    def __init__(self, name: str, seconds: float = 0.05) -> None:
        self._name, self._seconds = name, seconds
        self._asked = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """Have the task run soon; who asks while it is about to be woken costs nothing more."""
        self._asked.set()
        # A forked process has none of its parent's threads.
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name=f"wakes {self._name}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._asked.wait():
            sleep(self._seconds)
            # Whoever asks from here on asks for another time.
            self._asked.clear()
            wake_task(self._name)
