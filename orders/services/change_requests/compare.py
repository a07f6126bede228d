"""What a request would change, compared with the current order."""

from typing import Any

from django.utils import timezone

from orders.models import ChangeKind, ChangeRequest, Order, OrderLine
from orders.policies.change_merging import is_as_asked
from orders.selectors.asked_prices import with_list_prices
from orders.selectors.change_clashes import fields_now
from shopcomm.core.accounts.actors import Actor


def new_request(
    order: Order, lines: list[OrderLine], kind: str, wanted: dict[str, Any], actor: Actor, **fields: Any
) -> ChangeRequest:
    """What somebody asks, compared with the order as it is; not stored yet."""
    if "items" in wanted:
        held = {line.sku for line in lines}
        wanted = wanted | {"items": with_list_prices(wanted["items"], held, order.customer)}
    before, after = compare_with_order(order, lines, kind, wanted)
    return ChangeRequest(
        order=order,
        kind=kind,
        data=wanted,
        before=before,
        after=after,
        base_version=order.version,
        asked_by_kind=actor.kind,
        asked_by_id=actor.id_or_zero,
        asked_by=actor.name,
        asked_at=timezone.now(),
        **fields,
    )


def compare_with_order(
    order: Order, lines: list[OrderLine], kind: str, data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields a request would change, as they are and as they would be."""
    if kind == ChangeKind.CANCEL:
        return {}, {"reason": data["reason"]}
    now = fields_now(order, lines, data)
    changed = {name: value for name, value in data.items() if not is_as_asked(now[name], value)}
    return {name: now[name] for name in changed}, changed
