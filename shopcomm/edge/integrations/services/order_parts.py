"""One inbound order, part by part: what is newer than what is known is asked of the orders' services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from orders.models import ChangeRequest, Order, Status
from orders.selectors.addresses import receiver_of_order
from orders.services.change_requests.request import request_change
from orders.services.orders import AddressInput, ItemInput, place_order
from orders.services.outside import record_outside_refusal
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.outcomes import run_service
from shopcomm.core.phones import PhoneRefused
from shopcomm.edge.integrations.freshness import Said
from shopcomm.edge.integrations.inbound_order import PARTS, InboundOrder, NotReadable
from shopcomm.edge.integrations.models import InboundRecord, OutsideOrder
from shopcomm.edge.integrations.services.connections import USUAL_SOURCE
from shopcomm.edge.integrations.services.receiving import release_parked
from shopcomm.edge.integrations.services.shown_changes import accept_what_is_shown, parts_asked
from shopcomm.edge.integrations.status_steps import steps_between

State = InboundRecord.State
# Parked under this reason, a record is tried again as soon as its order is there.
ORDER_UNKNOWN = "order_unknown"
LONGEST_EXTERNAL_ID, MARK = 64, 16


@dataclass(frozen=True)
class Refused:
    """A part that the order did not take, and the status that the other system has it in, where that is the part."""

    code: str
    detail: str
    wanted: str = ""


@dataclass(frozen=True)
class Applied:
    """What became of a record: the order, whether anything was news, what was refused; or why it is parked."""

    order_id: int | None = None
    is_news: bool = False
    refused: tuple[Refused, ...] = ()
    parked: str = ""
    detail: str = ""

    @property
    def state(self) -> str:
        """The record's state after it."""
        if self.parked:
            return State.PARKED
        if self.refused:
            return State.CONFLICT
        return State.APPLIED if self.is_news else State.UNCHANGED

    @property
    def reason(self) -> str:
        """The code of what is in the way; empty for nothing."""
        return self.parked or (self.refused[0].code if self.refused else "")


def sender_of(record: InboundRecord) -> Actor:
    """The other system, as whoever changes an order."""
    return Actor("api", None, record.connection.name, "system")


def apply_inbound_order(record: InboundRecord, outside: OutsideOrder, wanted: InboundOrder) -> Applied:
    """Bring the order to what was said, as far as it is news and allowed. Nobody else is at work on it.

    Raises NotReadable where there is no order yet and this does not make one.
    """
    actor, news = sender_of(record), _news(record, outside, wanted)
    known = known_order(outside)
    order = known or _place(actor, record, outside, wanted)
    # A record in hundreds meets a question that is open.
    asked = parts_asked(actor, known) if known else frozenset()
    refused: list[Refused] = []
    is_news = False
    for part, said in news.items():
        is_open = False
        if part in asked or not _is_repeated(record, said, outside.seen.get(part)):
            is_news, answer = True, _apply_part(actor, order, record, wanted, part, asked)
            refused += [answer] if answer else []
            is_open = answer is not None or (part == "status" and not _has_status(order, wanted))
        seen = said.as_json() | {"record": record.pk, "open": is_open}
        outside.seen = outside.seen | {part: seen}
        outside.save(update_fields=["seen", "order"])
    detail = "; ".join(each.detail for each in refused)
    return Applied(order.pk, is_news, tuple(refused), detail=detail)


def tell_beside_order(record: InboundRecord, applied: Applied, refused: Refused) -> None:
    """A line in the order's conversation, for the shop, on what the order did not take."""
    # Noticed here, so it is the shop's own line; it names the other system.
    record_outside_refusal(
        actor=Actor.system(),
        source=record.connection.name,
        order_id=applied.order_id or 0,
        reason=refused.detail,
        wanted=refused.wanted,
    )


def _news(record: InboundRecord, outside: OutsideOrder, wanted: InboundOrder) -> dict[str, Said]:
    """The parts of which this says something newer than is known; what a person tries again is news."""
    found = {}
    for part in PARTS:
        value = wanted.said_of(part)
        if value is None:
            continue
        said, kept = Said.of(part, value, wanted.occurred_at, wanted.version), outside.seen.get(part)
        is_again = kept is not None and kept["record"] == record.pk
        if is_again or said.is_newer_than(Said.from_json(kept) if kept else None):
            found[part] = said
    return found


def _is_repeated(record: InboundRecord, said: Said, kept: Mapping[str, Any] | None) -> bool:
    """Whether a part only says once more, later, what was taken of it: what was changed here since is not taken back."""
    if kept is None or kept["record"] == record.pk or kept.get("open", False):
        return False
    return said.mark == Said.from_json(kept).mark


def _has_status(order: Order, wanted: InboundOrder) -> bool:
    """Whether the order is where it was said to be: with some of its parcels it is not."""
    return Order.objects.filter(pk=order.pk, status=wanted.status).exists()


# --- the order ------------------------------------------------------------------------------------
def known_order(outside: OutsideOrder) -> Order | None:
    """The order that this one is here; also one that came by the API or an import under its number."""
    if outside.order is None:
        outside.order = Order.objects.filter(external_id=_our_external_id(outside)).first()
    return outside.order


def _our_external_id(outside: OutsideOrder) -> str:
    """The order's number in its system. Of any source but the usual one it is told apart by the source's name."""
    name = outside.connection.name
    told = outside.external_id if name == USUAL_SOURCE else f"{name}:{outside.external_id}"
    if len(told) <= LONGEST_EXTERNAL_ID:
        return told
    # What is cut off must still tell two orders apart.
    mark = sha256(told.encode()).hexdigest()[:MARK]
    return f"{told[: LONGEST_EXTERNAL_ID - MARK - 1]}~{mark}"


def _place(actor: Actor, record: InboundRecord, outside: OutsideOrder, wanted: InboundOrder) -> Order:
    """Take the order. Raises NotReadable for what an order needs and this does not say, or says so that it is refused."""
    if wanted.customer is None or wanted.items is None or wanted.address is None:
        raise NotReadable(ORDER_UNKNOWN, _("还没有收到这个订单的客户、商品和地址；收到后会自动处理"))
    try:
        customer = customer_by_phone(**wanted.customer, source=wanted.source)
    except PhoneRefused as error:
        raise NotReadable("phone_refused", str(error)) from error
    placing = partial(
        place_order,
        actor=actor,
        customer=customer,
        source=wanted.source,
        items=[ItemInput(**each) for each in wanted.items],
        address=AddressInput(**wanted.address),
        urgent=bool(wanted.urgent),
        note=wanted.note or "",
        external_id=_our_external_id(outside),
        **wanted.sums,
    )
    placed = run_service(placing)
    if placed.refusal:
        raise NotReadable(placed.refusal.code, placed.text)
    outside.order = order = placed.result
    outside.save(update_fields=["order"])
    release_parked(connection=record.connection, external_id=outside.external_id, reason=ORDER_UNKNOWN)
    return order


# --- its parts ------------------------------------------------------------------------------------
def _apply_part(
    actor: Actor,
    order: Order,
    record: InboundRecord,
    wanted: InboundOrder,
    part: str,
    asked: frozenset[str],
) -> Refused | None:
    """Apply one part; what was `asked` of the other system may be answered by it. One that is refused has changed nothing, and takes no other back."""
    shown = accept_what_is_shown(actor, order, wanted, part) if part in asked else None
    if shown and shown.refusal:
        return Refused(shown.refusal.code, shown.text)
    # As it is by now: the part before may have changed it.
    now = Order.objects.get(pk=order.pk)
    applied = run_service(lambda: APPLY[part](actor, now, record, wanted))
    return Refused(applied.refusal.code, applied.text) if applied.refusal else applied.result


def _change(
    actor: Actor, order: Order, record: InboundRecord, kind: str, data: dict[str, Any]
) -> Refused | None:
    """Ask for a change as any other is asked for: applied, laid before somebody, or declined."""
    # A person who tries again asks again.
    key = f"inbound:{record.pk}:{kind}:{order.change_requests.count()}"
    request = request_change(actor=actor, order_id=order.pk, kind=kind, data=data, key=key)
    if request.state == ChangeRequest.State.DECLINED:
        return Refused("change_declined", request.answer)
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
            move = partial(transition_order, actor=actor, order_id=order.pk, to=step, data=data)
            moved = run_service(move)
            if moved.refusal and steps_between(Order.objects.get(pk=order.pk).status, target):
                return Refused(moved.refusal.code, moved.text, target)
            if moved.refusal:
                # Somebody here was quicker.
                return None
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
