"""One inbound order, part by part: what is newer than what is known is asked of the orders' services."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders.models import ChangeRequest, Order, Status
from orders.selectors.addresses import receiver_of_order
from orders.services.change_requests.request import request_change
from orders.services.orders import AddressInput, ItemInput, place_order
from orders.services.outside import record_outside_refusal
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.refusals import Refusal
from shopcomm.edge.integrations.freshness import Said
from shopcomm.edge.integrations.inbound_order import PARTS, InboundOrder, NotReadable
from shopcomm.edge.integrations.models import InboundRecord, OutsideOrder
from shopcomm.edge.integrations.services.connections import USUAL_SOURCE
from shopcomm.edge.integrations.services.receiving import release_parked
from shopcomm.edge.integrations.status_steps import steps_between

State = InboundRecord.State
# Parked under this reason, a record is tried again as soon as its order is there.
ORDER_UNKNOWN = "order_unknown"
LONGEST_EXTERNAL_ID = 64


@dataclass(frozen=True)
class Outcome:
    """What became of a record: its state, why (code and sentence) where it is not applied, and the order it was about."""

    state: str
    reason: str = ""
    detail: str = ""
    order_id: int | None = None


@dataclass(frozen=True)
class Refused:
    """A part that the order did not take."""

    part: str
    code: str
    detail: str


def apply_inbound_order(record: InboundRecord, outside: OutsideOrder, wanted: InboundOrder) -> Outcome:
    """Bring the order to what was said, as far as it is news and allowed. `outside` is locked by the caller.

    Raises NotReadable where there is no order yet and this does not make one.
    """
    actor = Actor("api", None, record.connection.name, "system")
    news = _news(record, outside, wanted)
    order = _known_order(outside) or _place(actor, record, outside, wanted)
    refused = [each for part in news if (each := _apply_part(actor, order, record, wanted, part))]
    outside.seen = outside.seen | {
        part: said.as_json() | {"record": record.pk} for part, said in news.items()
    }
    outside.save()
    return _outcome(actor, order, wanted, news, refused)


def _outcome(
    actor: Actor, order: Order, wanted: InboundOrder, news: dict[str, Said], refused: list[Refused]
) -> Outcome:
    for each in refused:
        status = wanted.status or "" if each.part == "status" else ""
        record_outside_refusal(actor=actor, order_id=order.pk, reason=each.detail, wanted=status)
    if refused:
        detail = "; ".join(each.detail for each in refused)
        return Outcome(State.CONFLICT, refused[0].code, detail, order.pk)
    return Outcome(State.APPLIED if news else State.UNCHANGED, order_id=order.pk)


def _news(record: InboundRecord, outside: OutsideOrder, wanted: InboundOrder) -> dict[str, Said]:
    """The parts of which this says something newer than is known; what a person tries again is news."""
    found = {}
    for part in PARTS:
        value = wanted.said_of(part)
        if value is None:
            continue
        said, kept = Said.of(value, wanted.occurred_at, wanted.version), outside.seen.get(part)
        is_again = kept is not None and kept["record"] == record.pk
        if is_again or said.is_newer_than(Said.from_json(kept) if kept else None):
            found[part] = said
    return found


# --- the order ------------------------------------------------------------------------------------
def _known_order(outside: OutsideOrder) -> Order | None:
    """The order that this one is here; also one that came by the API or an import under its number."""
    if outside.order is None:
        outside.order = Order.objects.filter(external_id=_our_external_id(outside)).first()
    return outside.order


def _our_external_id(outside: OutsideOrder) -> str:
    """The order's number in its system. Of any source but the usual one it is told apart by the source's name."""
    name = outside.connection.name
    told = outside.external_id if name == USUAL_SOURCE else f"{name}:{outside.external_id}"
    return told[:LONGEST_EXTERNAL_ID]


def _place(actor: Actor, record: InboundRecord, outside: OutsideOrder, wanted: InboundOrder) -> Order:
    """Take the order. Raises NotReadable for what an order needs and this does not say, or says so that it is refused."""
    if wanted.customer is None or wanted.items is None or wanted.address is None:
        raise NotReadable(ORDER_UNKNOWN, _("还没有收到这个订单的客户、商品和地址；收到后会自动处理"))
    try:
        order = place_order(
            actor=actor,
            customer=customer_by_phone(**wanted.customer, source=wanted.source),
            source=wanted.source,
            items=[ItemInput(**each) for each in wanted.items],
            address=AddressInput(**wanted.address),
            urgent=bool(wanted.urgent),
            note=wanted.note or "",
            external_id=_our_external_id(outside),
            **wanted.sums,
        )
    except Refusal as refusal:
        raise NotReadable(refusal.code, str(refusal.detail)) from refusal
    except ValueError as error:
        raise NotReadable("phone_refused", str(error)) from error
    outside.order = order
    release_parked(connection=record.connection, external_id=outside.external_id, reason=ORDER_UNKNOWN)
    return order


# --- its parts ------------------------------------------------------------------------------------
def _apply_part(
    actor: Actor, order: Order, record: InboundRecord, wanted: InboundOrder, part: str
) -> Refused | None:
    """Apply one part in a savepoint of its own: one that is refused takes no other back."""
    try:
        with transaction.atomic():
            # As it is by now: the part before may have changed it.
            return APPLY[part](actor, Order.objects.get(pk=order.pk), record, wanted)
    except Refusal as refusal:
        return Refused(part, refusal.code, str(refusal.detail))


def _change(
    actor: Actor, order: Order, record: InboundRecord, kind: str, data: dict[str, Any]
) -> Refused | None:
    """Ask for a change as any other is asked for: applied, laid before somebody, or declined."""
    # A person who tries again asks again.
    key = f"inbound:{record.pk}:{kind}:{order.change_requests.count()}"
    request = request_change(actor=actor, order_id=order.pk, kind=kind, data=data, key=key)
    if request.state == ChangeRequest.State.DECLINED:
        return Refused(kind, "change_declined", request.answer)
    return None


def _apply_note(actor: Actor, order: Order, record: InboundRecord, wanted: InboundOrder) -> Refused | None:
    if (wanted.note or "").strip() == order.note:
        return None
    return _change(actor, order, record, "note", {"note": wanted.note})


def _apply_urgent(actor: Actor, order: Order, record: InboundRecord, wanted: InboundOrder) -> Refused | None:
    if wanted.urgent == order.urgent:
        return None
    return _change(actor, order, record, "urgent", {"urgent": wanted.urgent})


def _apply_address(actor: Actor, order: Order, record: InboundRecord, wanted: InboundOrder) -> Refused | None:
    address = AddressInput(**wanted.address or {})
    if address.columns() == receiver_of_order(order).columns():
        return None
    return _change(actor, order, record, "address", {"address": wanted.address})


def _apply_items(actor: Actor, order: Order, record: InboundRecord, wanted: InboundOrder) -> Refused | None:
    given = wanted.items or []
    asked = sorted((each["sku"].casefold(), each["quantity"]) for each in given)
    if asked == sorted((line.sku.casefold(), line.quantity) for line in order.lines.all()):
        return None
    return _change(actor, order, record, "items", {"items": given})


def _apply_status(actor: Actor, order: Order, _record: InboundRecord, wanted: InboundOrder) -> Refused | None:
    """Step by step to the status. What was reached before a refusal stays: it is true in both systems."""
    target = wanted.status or ""
    for step in steps_between(order.status, target):
        for data in _needed(step, wanted):
            try:
                with transaction.atomic():
                    order = transition_order(actor=actor, order_id=order.pk, to=step, data=data)
            except Refusal as refusal:
                if steps_between(Order.objects.get(pk=order.pk).status, target) == []:
                    # Somebody here was quicker.
                    return None
                return Refused("status", refusal.code, str(refusal.detail))
    return None


def _needed(step: str, wanted: InboundOrder) -> list[dict[str, Any]]:
    """What a step needs; for shipping once a parcel."""
    if step == Status.PAID:
        return [wanted.payment]
    if step == Status.SHIPPED:
        return list(wanted.parcels) or [{}]
    if step in (Status.CANCELLED, Status.REFUNDING):
        return [{"reason": wanted.reason or _("对方系统里已取消")}]
    return [{}]


APPLY: dict[str, Callable[[Actor, Order, InboundRecord, InboundOrder], Refused | None]] = {
    "note": _apply_note,
    "urgent": _apply_urgent,
    "address": _apply_address,
    "items": _apply_items,
    "status": _apply_status,
}
