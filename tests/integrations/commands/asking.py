"""What is asked of another system, and what it answers."""

import uuid
from typing import Any

from orders.models import ChangeRequest
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source

NEW_STREET = "文一西路 969 号"


def answer_to(request: ChangeRequest, /, *, accepted: bool, reason: str = "", **more: Any) -> dict[str, Any]:
    """An answer as the other system sends it."""
    data = {"external_id": "EXT-1", "request": request.pk, "accepted": accepted, "reason": reason}
    return {"type": "order.change_answered", "timestamp": "2026-11-30T05:00:00+00:00", "data": data | more}


def kept_elsewhere(name: str = "our-erp") -> Connection:
    """Another system that keeps its orders."""
    return change_keeping(connection_id=webhook_source(name).pk, wanted=Keeping(decides=True))


def said_by(source: Connection, body: dict[str, Any], message_id: str = "") -> InboundRecord:
    """What another system says, applied."""
    record, _made = store_record(connection=source, message_id=message_id or uuid.uuid4().hex, body=body)
    apply_inbound()
    record.refresh_from_db()
    return record


def commands() -> list[DomainEvent]:
    """The events that carry a command, the oldest first."""
    found = DomainEvent.objects.filter(type="order.change_requested").order_by("pk")
    return [event for event in found if event.fact.command]  # type: ignore[attr-defined]
