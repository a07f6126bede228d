from celery import shared_task

from shopcomm.core.events.relay import relay


@shared_task(name="events.relay")
def relay_events() -> None:
    """Bring every reader of the event log up to date. Runs after commits and every two seconds."""
    relay()
