"""Tell the relay that something has committed."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def wake_relay() -> None:
    """Ask a worker to relay now. With the broker down the periodic sweep does it later."""
    try:
        current_app.send_task("events.relay", ignore_result=True, expires=30)
    except (OperationalError, OSError):
        log.warning("the broker is down; the sweep will relay")
