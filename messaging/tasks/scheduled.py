from celery import shared_task

from messaging.services.scheduled import send_away_notices, send_scheduled


@shared_task(name="messages.scheduled")
def scheduled() -> int:
    """Say what staff wanted said at this time, and that nobody is there when nobody is."""
    return send_scheduled() + send_away_notices()
