"""Waking a worker after a commit. If that is lost, the scheduled run makes up for it."""

import logging

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
