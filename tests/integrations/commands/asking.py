"""What is asked of another system, and what it answers."""

from typing import Any

from orders.models import ChangeRequest
from shopcomm.core.events.models import DomainEvent

NEW_STREET = "文一西路 969 号"


def answer_to(request: ChangeRequest, /, *, accepted: bool, reason: str = "", **more: Any) -> dict[str, Any]:
    """An answer as the other system sends it."""
    data = {"external_id": "EXT-1", "request": request.pk, "accepted": accepted, "reason": reason}
    return {"type": "order.change_answered", "timestamp": "2026-11-30T05:00:00+00:00", "data": data | more}


def commands() -> list[DomainEvent]:
    """The events that carry a command, the oldest first."""
    found = DomainEvent.objects.filter(type="order.change_requested").order_by("pk")
    return [event for event in found if event.fact.command]  # type: ignore[attr-defined]
