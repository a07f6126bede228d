"""Applying what has come in; also by the clock, for what a lost wake-up left."""

from celery import shared_task
from django.utils import timezone

from shopcomm.core.taking_turns import sweep_in_turns
from shopcomm.edge.integrations.services.applying import apply_record, waiting_record_ids
from shopcomm.edge.integrations.services.receiving import wake_applying

BATCH = 50


@shared_task(name="integrations.apply_inbound")
def apply_inbound() -> int:
    """Apply every record that waits, each in a transaction of its own. Returns how many."""
    return sweep_in_turns(
        lambda: waiting_record_ids(timezone.now(), BATCH),
        apply_record,
        what="inbound record",
        again=wake_applying,
    )
