"""By the clock: the calls that wait are written down, and managers hear of keys that end soon."""

from celery import shared_task

from shopcomm.edge.integrations.keys.services.recording import write_calls
from shopcomm.edge.integrations.keys.services.warning import warn_of_expiring_keys


@shared_task(name="keys.write_calls")
def write_key_calls() -> int:
    """Write down the calls of keys. Runs every two seconds."""
    return write_calls()


@shared_task(name="keys.warn")
def warn_of_keys() -> int:
    """Tell managers of keys that end soon. Runs once an hour."""
    return warn_of_expiring_keys()
