"""What a delivery says: `{"type", "timestamp", "data"}`, by the version that the endpoint has chosen."""

from collections.abc import Callable
from typing import Any

from orders.events import ChangeRequested
from orders.models import Order
from orders.selectors.contacts import unmasked_fact
from shopcomm.core.events.kinds import MARKS
from shopcomm.core.events.masking import masked_data
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.json_text import json_text

# Larger numbers lose digits in JavaScript, and go as text.
LARGEST_NUMBER = 2**53
LATEST = "1"


def _nobody(_system: str) -> bool:
    return False


def payload_of(event: DomainEvent, version: str, is_told_whole: Callable[[str], bool] = _nobody) -> str:
    """The body for an event. `is_told_whole`: whether a command for a system of this name is told with phone and street.

    Raises KeyError for a version that there is not, and whatever its data cannot be made into.
    """
    data = FORMATS[version](event) | _whole_command(event, is_told_whole)
    return json_text(
        {
            "type": event.type,
            "timestamp": event.occurred_at.isoformat(),
            "data": safe_numbers(data),
        }
    )


def safe_numbers(value: Any) -> Any:
    """The same with numbers that no browser can hold as text."""
    if isinstance(value, dict):
        return {key: safe_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [safe_numbers(each) for each in value]
    if isinstance(value, int) and not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        return str(value)
    return value


def _first_version(event: DomainEvent) -> dict[str, Any]:
    said = {name: value for name, value in masked_data(event).items() if name not in MARKS}
    about = {"order": _order_of(event, said)} if event.order_id else {}
    return (
        said
        | about
        | {
            "event_id": event.pk,
            "order_id": event.order_id,
            "conversation_id": event.conversation_id,
            "actor": {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name},
        }
    )


def _whole_command(event: DomainEvent, is_told_whole: Callable[[str], bool]) -> dict[str, Any]:
    """The whole command of an event for whoever is to be told it; nothing for others."""
    if event.type != ChangeRequested.type:
        return {}
    fact = unmasked_fact(event)
    if not isinstance(fact, ChangeRequested) or not fact.command:
        return {}
    return {"command": fact.command} if is_told_whole(fact.command["system"]) else {}


def _order_of(event: DomainEvent, said: dict[str, Any]) -> dict[str, Any]:
    """The order as the event left it: it may have gone on since."""
    columns = ("number", "external_id", "status", "version")
    found = Order.objects.filter(pk=event.order_id or 0).values(*columns).first() or dict.fromkeys(columns)
    then = {"status": said.get("status_to"), "version": said.get("version")}
    return found | {name: value for name, value in then.items() if value}


FORMATS: dict[str, Callable[[DomainEvent], dict[str, Any]]] = {LATEST: _first_version}
