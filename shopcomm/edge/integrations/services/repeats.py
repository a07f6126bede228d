"""What another system says of an order again and again although only a part of it has changed."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from shopcomm.edge.integrations.freshness import Said
from shopcomm.edge.integrations.inbound_order import PARTS, NotReadable, external_id_in, read_inbound_order
from shopcomm.edge.integrations.models import Connection, InboundRecord, OutsideOrder

# What belongs to a part and says nothing without it.
WITH_STATUS = ("payment", "shipments", "reason")


def without_repeats(connection: Connection, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The order with only those parts that its system has changed since it last said them; None where it has changed none.

    So what was changed here meanwhile is not taken back by a system that tells the whole order whenever it speaks. An order that is
    not here, cannot be read, or of which something has still to be applied is told whole.
    """
    known = OutsideOrder.objects.filter(
        connection=connection, external_id=external_id_in(body), order__isnull=False
    ).first()
    waiting = InboundRecord.objects.filter(
        connection=connection, external_id=external_id_in(body), state=InboundRecord.State.RECEIVED
    )
    if known is None or waiting.exists():
        return dict(body)
    try:
        said = read_inbound_order(body, timezone.now(), connection.configuration.get("statuses", {}))
    except NotReadable:
        return dict(body)
    told = dict(body)
    for part in PARTS:
        value, before = said.said_of(part), known.seen.get(part)
        if value is None or before is None:
            continue
        if Said.of(part, value, said.occurred_at, said.version).mark == before["mark"]:
            told.pop(part, None)
    if "status" not in told:
        told = {name: value for name, value in told.items() if name not in WITH_STATUS}
    return told if any(part in told for part in PARTS) else None
