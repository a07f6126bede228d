"""What another system was asked to change, and shows as done: an order as asked for is an answer, too."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import QuerySet

from orders.models import ChangeKind, ChangeRequest, Handler, Order, Status
from orders.policies.change_merging import Seen
from orders.selectors.addresses import COLUMNS, AddressInput
from orders.services.change_requests.request import accept_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.edge.integrations.inbound_order import InboundOrder

ENDED = (Status.CANCELLED, Status.REFUNDING, Status.REFUNDED)
# The fields that a request may want beside its price, which no inbound order names.
PRICE = {"total"}


def parts_asked(actor: Actor, order: Order) -> frozenset[str]:
    """The parts of an order of which a change waits for this system's answer."""
    kinds = set(_waiting(actor, order).values_list("kind", flat=True))
    return frozenset(part for part, kind in KINDS.items() if kind in kinds)


def _waiting(actor: Actor, order: Order) -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.filter(
        order=order, state=ChangeRequest.State.OPEN, handler=Handler.OUTSIDE, system=actor.name
    )


def accept_what_is_shown(
    actor: Actor, order: Order, wanted: InboundOrder, part: str
) -> Outcome[ChangeRequest] | None:
    """Accept the requests laid before this system that a part of what it says fulfils; the refusal where one cannot be."""
    done = None
    for request in _waiting(actor, order).filter(kind=KINDS[part]).order_by("pk"):
        if _SHOWS[part](wanted, request.after):
            done = run_service(partial(accept_as_decided, actor=actor, request_id=request.pk))
            if done.refusal:
                return done
    return done


def accept_as_decided(*, actor: Actor, request_id: int) -> ChangeRequest:
    """Accept a request for the system that keeps the order, also where it has changed the same thing itself since.

    It knew of that when it decided: its order is as asked for. Raises what `accept_change` raises.
    """
    version = Order.objects.values_list("version", flat=True).get(change_requests=request_id)
    return accept_change(actor=actor, request_id=request_id, seen=Seen(version))


def _shows_address(wanted: InboundOrder, after: dict[str, Any]) -> bool:
    shown = AddressInput(**wanted.address or {}).columns()
    asked = {name: value for name, value in after.items() if name not in PRICE}
    return set(asked) <= set(COLUMNS.values()) and all(shown[name] == value for name, value in asked.items())


def _shows_items(wanted: InboundOrder, after: dict[str, Any]) -> bool:
    shown = sorted((each["sku"].casefold(), each["quantity"]) for each in wanted.items or [])
    asked = sorted((row["sku"].casefold(), row["quantity"]) for row in after.get("items") or [])
    return set(after) <= {"items"} | PRICE and shown == asked


def _shows_note(wanted: InboundOrder, after: dict[str, Any]) -> bool:
    return after.get("note") == (wanted.note or "").strip()


def _shows_urgent(wanted: InboundOrder, after: dict[str, Any]) -> bool:
    return after.get("urgent") == wanted.urgent


def _shows_end(wanted: InboundOrder, _after: dict[str, Any]) -> bool:
    return wanted.status in ENDED


# By part of an order (`PARTS`): the kind of request that it may fulfil, and whether it does.
KINDS = {
    "note": ChangeKind.NOTE,
    "urgent": ChangeKind.URGENT,
    "address": ChangeKind.ADDRESS,
    "items": ChangeKind.ITEMS,
    "status": ChangeKind.CANCEL,
}
PARTS_OF_KINDS = {str(kind): part for part, kind in KINDS.items()}
_SHOWS: dict[str, Callable[[InboundOrder, dict[str, Any]], bool]] = {
    "note": _shows_note,
    "urgent": _shows_urgent,
    "address": _shows_address,
    "items": _shows_items,
    "status": _shows_end,
}
