"""Has anything happened since somebody last looked?"""

from typing import Any

from orders.contacts import masked_phones
from orders.errors import StaleVersion
from orders.events import (
    AfterSalesMoved,
    ChangeEscalated,
    ChangeRejected,
    ChangeRequested,
    EvaluationAnswered,
    OrderAcknowledged,
    OrderEvaluated,
    OrderPrinted,
    OrderUrged,
    PartRefunded,
    ShipmentUpdated,
    ShortageFound,
    ShortageSettled,
)
from orders.labels import field_label, field_text, status_label
from orders.models import Order
from orders.selectors.contacts import whole_data
from orders.selectors.goods import goods_names
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order

# These leave the order as it was; an open request is asked about by a guard of its own.
LOOKED_AT = frozenset(
    {
        OrderAcknowledged.type,
        OrderPrinted.type,
        ChangeRequested.type,
        ChangeEscalated.type,
        ChangeRejected.type,
        OrderUrged.type,
        OrderEvaluated.type,
        EvaluationAnswered.type,
        AfterSalesMoved.type,
        PartRefunded.type,
        ShortageFound.type,
        ShortageSettled.type,
    }
)


def is_harmless(event: DomainEvent) -> bool:
    """Whether a caller could not have relied on anything this event changed: a look, or a courier's scan."""
    moved = fact_of(event, ShipmentUpdated)
    return bool(moved and moved.state) or event.type in LOOKED_AT


def check_version(order: Order, version: int | None) -> None:
    """Refuse a caller who has not seen the latest change. Raises StaleVersion with what changed since."""
    if version is None or version == order.version:
        return
    since = (
        list(events_of_order(order.pk).filter(data__version__gt=version)) if version < order.version else []
    )
    if since and all(is_harmless(event) for event in since):
        return
    changed = [row for event in since if not is_harmless(event) for row in changes_of(event)]
    raise StaleVersion(version=order.version, changed=changed)


def changes_of(event: DomainEvent) -> list[dict[str, Any]]:
    """What one event changed, field by field, in words a person reads."""
    who = {"by": event.actor_name, "at": event.occurred_at.isoformat(), "type": event.type}
    # Who may change an order sees where it goes, and its phone masked as on every page.
    data = whole_data(event)
    old, new = masked_phones(data.get("before") or {}), masked_phones(data.get("after") or {})
    names = goods_names([old, new])
    rows = [
        {
            "field": field,
            "label": field_label(field),
            "before": field_text(field, old.get(field), names=names),
            "after": field_text(field, after, names=names),
            **who,
        }
        for field, after in new.items()
    ]
    if data.get("status_from") != data.get("status_to"):
        before, after = status_label(data["status_from"]), status_label(data["status_to"])
        rows.append(
            {"field": "status", "label": field_label("status"), "before": before, "after": after, **who}
        )
    elif not rows:
        rows.append({"field": event.type, "label": field_label(event.type), "before": "", "after": "", **who})
    return rows
