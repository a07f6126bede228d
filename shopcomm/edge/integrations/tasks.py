"""Applying what has come in; also by the clock, for what a lost wake-up left."""

from celery import shared_task
from django.utils import timezone

from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.edge.integrations.services.applying import apply_record, waiting_record_ids

BATCH = 200


@shared_task(name="integrations.apply_inbound")
def apply_inbound() -> int:
    """Apply every record that waits, each in a transaction of its own. Returns how many."""
    applied = 0
    while ids := waiting_record_ids(timezone.now(), BATCH):
        done = 0
        for pk in ids:
            with leave_to_next_sweep(f"inbound record {pk}"):
                done += apply_record(pk)
        applied += done
        # The rest is in another worker's hands, or did not go this time.
        if not done:
            break
    return applied
