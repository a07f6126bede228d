from celery import shared_task

from messaging.services.scheduled import send_away_notices, send_scheduled
from shopcomm.core.deadlocks import leave_to_next_sweep


@shared_task(name="messages.scheduled")
def send_scheduled_messages() -> int:
    """Say what staff wanted said at this time, and that nobody is there when nobody is."""
    said = 0
    for step in (send_scheduled, send_away_notices):
        with leave_to_next_sweep(step.__name__):
            said += step()
    return said
