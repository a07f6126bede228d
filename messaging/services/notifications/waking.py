"""Tell a worker that notices are due. Whatever is lost comes again by the clock."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def wake_release() -> None:
    """Ask a worker to send what is due now."""
    _ask("notifications.release")


def wake_deliveries() -> None:
    """Ask a worker to try the channels now."""
    _ask("notifications.deliver")


def _ask(task: str) -> None:
    try:
        current_app.send_task(task, ignore_result=True, expires=30)
    except (OperationalError, OSError):
        log.warning("the broker is down; the sweep will do %s", task)
