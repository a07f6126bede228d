"""Sweeps of the queue tables: what a lost wake-up left is taken by the next one."""

from celery import shared_task

from shopcomm.edge.integrations.queue_table.services.inbox import take_inboxes
from shopcomm.edge.integrations.queue_table.services.storage import tidy_outbox, tidy_queue_tables


@shared_task(name="queue_table.take_in")
def take_in() -> int:
    """Take over what other systems have put. Runs when they put something and every two seconds."""
    return take_inboxes()


@shared_task(name="queue_table.tidy_outbox")
def tidy_acknowledged() -> None:
    """Free the space of rows that are gone, at once. Runs when thousands were acknowledged."""
    tidy_outbox()


@shared_task(name="queue_table.tidy")
def tidy_tables() -> None:
    """The same for both tables, as far as it is worth it. Runs every ten seconds."""
    tidy_queue_tables()
