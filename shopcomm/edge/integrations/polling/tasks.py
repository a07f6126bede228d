"""The sweep of sources: rows with a due time, so that the next one makes up for a missed one."""

from celery import shared_task

from shopcomm.edge.integrations.polling.services.serving import read_due_sources


@shared_task(name="integrations.poll_sources")
def poll_sources() -> None:
    """Read what is due. Runs every few seconds."""
    read_due_sources()
