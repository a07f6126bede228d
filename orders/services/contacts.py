"""Phones and streets in events: masked there, and unmasked in a row beside the log that the event names by id."""

from typing import Any

from orders.models import ContactChange, Order
from orders.policies.change_commands import masked_command
from orders.policies.contact_masks import masked_fields, private_fields


def store_contacts_and_mask(order: Order, facts: dict[str, Any]) -> dict[str, Any]:
    """The data of an event with private values masked, and the id of the row that holds them."""
    whole = {side: private_fields(facts.get(side) or {}) for side in ("before", "after")}
    command = facts.get("command") or {}
    asked = command.get("data", {}).get("address", {})
    if not any(whole.values()) and not asked:
        return facts
    row = ContactChange.objects.create(order=order, **whole, asked=asked)
    masked = {side: masked_fields(facts.get(side) or {}) for side in ("before", "after")}
    if asked:
        masked["command"] = masked_command(command)
    return facts | masked | {"contact_id": row.pk}
