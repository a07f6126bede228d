"""Checking whether an order has changed since somebody saw it."""

from typing import Any

from orders.errors import StaleVersion
from orders.events import FieldsEvent, OrderEvent
from orders.labels import field_label, field_text, status_label
from orders.models import Order
from orders.policies.contact_masks import masked_phones
from orders.selectors.contacts import unmasked_fact
from orders.selectors.goods import goods_names
from shopcomm.core.events.facts import readable_fact
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order


def check_version(order: Order, version: int | None) -> None:
    """Refuse a caller who has not seen the latest change. Raises StaleVersion with what changed since."""
    if version is None or version == order.version:
        return
    since = (
        list(events_of_order(order.pk).filter(data__version__gt=version)) if version < order.version else []
    )
    conflicting = [event for event in since if not readable_fact(event).does_not_conflict()]
    if since and not conflicting:
        return
    changed = [row for event in conflicting for row in changed_fields(event)]
    raise StaleVersion(version=order.version, changed=changed)


def changed_fields(event: DomainEvent) -> list[dict[str, Any]]:
    """What one event changed, field by field, in words a person reads."""
    who = {"by": event.actor_name, "at": event.occurred_at.isoformat(), "type": event.type}
    # Who may change an order sees where it goes, and its phone masked as on every page.
    fact = unmasked_fact(event)
    fields = fact if isinstance(fact, FieldsEvent) else None
    old, new = (masked_phones(side) for side in ((fields.before, fields.after) if fields else ({}, {})))
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
    if isinstance(fact, OrderEvent) and fact.status_from != fact.status_to:
        before, after = status_label(fact.status_from), status_label(fact.status_to)
        rows.append(
            {"field": "status", "label": field_label("status"), "before": before, "after": after, **who}
        )
    elif not rows:
        rows.append(
            {"field": event.type, "label": str(fact.label) or event.type, "before": "", "after": "", **who}
        )
    return rows
