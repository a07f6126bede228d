"""Applying what another system said: through the orders' own services, one process at a time for each of its orders.

Nothing older than what is known of a part of an order is applied, so records may come late, twice and in any order. What
cannot be read is parked, what the order does not allow is a conflict: both for a person, neither lost.
"""

import logging
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.utils import timezone

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.edge.integrations.inbound_order import NotReadable, read_inbound_order
from shopcomm.edge.integrations.models import InboundRecord, OutsideOrder
from shopcomm.edge.integrations.services.dispatch import applier_of
from shopcomm.edge.integrations.services.order_parts import (
    Applied,
    apply_inbound_order,
    tell_beside_order,
)

log = logging.getLogger(__name__)
State = InboundRecord.State
# After so many failures that no rule foresees, a person looks at it.
MOST_FAILURES = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=30)


def waiting_record_ids(now: datetime, most: int) -> list[int]:
    """The records to be applied now, the oldest first."""
    waiting = InboundRecord.objects.filter(state=State.RECEIVED).exclude(retry_at__gt=now)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:most])


def apply_record(record_id: int) -> bool:
    """Apply one record. False where it is settled already, or another process is at work on its order.

    Not one transaction: each part of the order is changed by a service of its own, which takes its locks in their one
    order. What a worker that is killed has done is seen to be done when the record is applied again.
    A fault of the program leaves it to a later time, with growing pauses. Raises OperationalError when the database fails.
    """
    record = InboundRecord.objects.select_related("connection").get(pk=record_id)
    with held_across_transactions(f"inbound:{record.connection_id}:{record.external_id}") as is_mine:
        if not is_mine or not InboundRecord.objects.filter(pk=record_id, state=State.RECEIVED).exists():
            return False
        try:
            applied = _apply(record)
        except OperationalError:
            raise
        except NotReadable as error:
            applied = Applied(detail=error.detail, parked=error.code)
        except Exception as error:
            log.exception("inbound record %s could not be applied", record.pk)
            _put_off(record, error)
            return True
        _settle(record, applied)
    return True


def _apply(record: InboundRecord) -> Applied:
    if applier := applier_of(record.body):
        return applier(record)
    statuses = record.connection.configuration.get("statuses", {})
    wanted = read_inbound_order(record.body, record.received_at, statuses)
    OutsideOrder.objects.bulk_create(
        [OutsideOrder(connection=record.connection, external_id=wanted.external_id)], ignore_conflicts=True
    )
    outside = OutsideOrder.objects.select_related("order", "connection").get(
        connection=record.connection, external_id=wanted.external_id
    )
    return apply_inbound_order(record, outside, wanted)


@retry_on_deadlock
@transaction.atomic
def _settle(record: InboundRecord, applied: Applied) -> None:
    """What became of a record, and the lines beside its order that say what was refused, are there together."""
    for refused in applied.refused:
        tell_beside_order(record, applied, refused)
    record.state, record.reason, record.detail = applied.state, applied.reason[:40], applied.detail
    record.order_id = applied.order_id
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
