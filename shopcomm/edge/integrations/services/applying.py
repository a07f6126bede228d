"""Applying what another system said: through the orders' own services, under a lock for each of its orders.

Nothing older than what is known of a part of an order is applied, so records may come late, twice and in any order. What
cannot be read is parked, what the order does not allow is a conflict: both for a person, neither lost.
"""

import logging
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.utils import timezone

from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.edge.integrations.inbound_order import NotReadable, read_inbound_order
from shopcomm.edge.integrations.models import InboundRecord, OutsideOrder
from shopcomm.edge.integrations.services.order_parts import Outcome, apply_inbound_order

log = logging.getLogger(__name__)
State = InboundRecord.State
# After so many failures that no rule foresees, a person looks at it.
MOST_FAILURES = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=30)


def waiting_record_ids(now: datetime, most: int) -> list[int]:
    """The records to be applied now, the oldest first."""
    waiting = InboundRecord.objects.filter(state=State.RECEIVED).exclude(retry_at__gt=now)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:most])


@retry_on_deadlock
@transaction.atomic
def apply_record(record_id: int) -> bool:
    """Apply one record. False where another process has it, or it is settled already.

    A fault of the program leaves it to a later time, with growing pauses. Raises OperationalError when the database fails.
    """
    rows = InboundRecord.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "connection"
    )
    record = rows.filter(pk=record_id, state=State.RECEIVED).first()
    if record is None:
        return False
    try:
        with transaction.atomic():
            outcome = _apply(record)
    except OperationalError:
        raise
    except NotReadable as error:
        outcome = Outcome(State.PARKED, error.code, error.detail)
    except Exception as error:
        log.exception("inbound record %s could not be applied", record.pk)
        _put_off(record, error)
        return True
    _settle(record, outcome)
    return True


def _apply(record: InboundRecord) -> Outcome:
    statuses = record.connection.configuration.get("statuses", {})
    wanted = read_inbound_order(record.body, record.received_at, statuses)
    outside = _lock_outside_order(record, wanted.external_id)
    return apply_inbound_order(record, outside, wanted)


def _lock_outside_order(record: InboundRecord, external_id: str) -> OutsideOrder:
    OutsideOrder.objects.bulk_create(
        [OutsideOrder(connection=record.connection, external_id=external_id)], ignore_conflicts=True
    )
    rows = OutsideOrder.objects.select_for_update(of=("self",)).select_related("order")
    return rows.get(connection=record.connection, external_id=external_id)


def _settle(record: InboundRecord, outcome: Outcome) -> None:
    record.state, record.reason, record.detail = outcome.state, outcome.reason[:40], outcome.detail
    record.order_id = outcome.order_id
    record.settled_at, record.retry_at = timezone.now(), None
    record.save(update_fields=["state", "reason", "detail", "order", "settled_at", "retry_at"])


def _put_off(record: InboundRecord, error: Exception) -> None:
    record.failures += 1
    record.detail = f"{type(error).__name__}: {error}"[:1000]
    if record.failures >= MOST_FAILURES:
        record.state, record.reason, record.settled_at = State.PARKED, "failed", timezone.now()
    else:
        pause = min(FIRST_PAUSE * 2 ** (record.failures - 1), LONGEST_PAUSE)
        record.retry_at = timezone.now() + pause
    record.save()
