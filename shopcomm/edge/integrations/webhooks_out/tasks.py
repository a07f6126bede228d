"""The sweep of webhooks: rows with a due time, so that the next one makes up for a missed one."""

from celery import shared_task

from shopcomm.edge.integrations.webhooks_out.services.courier import serve_webhooks


@shared_task(name="webhooks.deliver")
def deliver_webhooks() -> None:
    """Send what is due. Runs when an event is queued and every two seconds."""
    serve_webhooks()
