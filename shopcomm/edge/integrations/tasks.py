"""Applying what has come in; also by the clock, for what a lost wake-up left."""

from celery import shared_task
from django.utils import timezone

from shopcomm.core.deadlocks import sweep_batches
from shopcomm.edge.integrations.services.applying import apply_record, waiting_record_ids

BATCH = 200


@shared_task(name="integrations.apply_inbound")
def apply_inbound() -> int:
    """Apply every record that waits, each in a transaction of its own. Returns how many."""
    return sweep_batches(
        lambda: waiting_record_ids(timezone.now(), BATCH), apply_record, what="inbound record"
    )
