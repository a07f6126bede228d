"""Placing an order."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import hooks
from orders.errors import ExternalIdReused, GuardFailed, NotAllowed, OrderError, PricesChanged
from orders.models import Order, OrderLine, Payment, Status
from orders.policies.transitions import transition_by_key
from orders.reading.amounts import read_money
from orders.selectors.addresses import AddressInput, check_address, clean_text
from orders.selectors.items import (
    ItemInput,
    PricedItem,
    check_items,
    check_total,
    goods_total,
    new_line,
    price_items,
    variants_by_sku,
    with_stored_skus,
)
from orders.selectors.pricing import order_price_mark
from orders.services import stock
from orders.services.days import read_day
from orders.services.editing import edit_order
from orders.services.numbers import next_number
from orders.services.saving import save_with_event
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import retry_on_deadlock

__all__ = ["AddressInput", "ItemInput", "Terms", "edit_order", "place_order"]

MAX_NOTE = 5000


@dataclass(frozen=True)
class Terms:
    """What the shop has promised beforehand, and where: the prices of the items are the shop's then."""

    quote: str = ""
    discount: Decimal = Decimal(0)
    shipping_fee: Decimal = Decimal(0)
    conversation_id: int | None = None


@retry_on_deadlock
@transaction.atomic
def place_order(
    *,
    actor: Actor,
    customer: Customer,
    source: str,
    items: list[ItemInput],
    address: AddressInput,
    urgent: bool = False,
    note: str = "",
    external_id: str | None = None,
    external_digest: str = "",
    assigned_to: Staff | None = None,
    on_credit: bool = False,
    placed_at: datetime | None = None,
    terms: Terms | None = None,
    deliver_on: date | None = None,
    discount: Decimal = Decimal(0),
    shipping_fee: Decimal = Decimal(0),
    shown: str = "",
) -> Order:
    """Take an order: prices and address as agreed now, stock held for it, its conversation open.

    The same `external_id` again answers the order it made, but not with another `external_digest` (of what was sent). With
    `terms` the caller has checked who may accept them; without, the shop may take off a `discount` and ask for freight.
    `shown` is the mark of the price somebody saw (OrderPrice.mark). Raises NotAllowed, OrderError.
    """
    _check_placer(actor, customer, on_credit=on_credit, offered=terms is not None)
    if seen := _by_external_id(external_id := clean_text(external_id)[:64] or None, external_digest):
        return seen
    items, columns = with_stored_skus(items), address.columns()
    variants, (day, wrong) = variants_by_sku(items), read_day(deliver_on)
    failures = check_items(items, variants, actor, offered=terms is not None) + check_address(columns)
    if failures := failures + _check_rest(source, note) + _check_sums(actor, discount, shipping_fee) + wrong:
        raise GuardFailed(*failures)
    order = Order(
        external_id=external_id,
        external_digest=external_digest if external_id else "",
        customer=customer,
        status=Status.PENDING_PAYMENT,
        version=0,
        source=source,
        urgent=urgent,
        note=clean_text(note),
        deliver_on=day,
        assigned_to=assigned_to,
        placed_at=placed_at or timezone.now(),
        **columns,
    )
    if assigned_to is None and actor.may("orders.take_charge"):
        order.assigned_to_id = actor.staff_id
    agreed = terms or Terms(discount=discount, shipping_fee=shipping_fee)
    try:
        # A savepoint: whoever loses the race for an external id answers the winner's order.
        with transaction.atomic():
            placed = _place(order, price_items(items, variants, customer), actor, agreed, shown)
            return _put_on_account(placed, actor) if on_credit else placed
    except (IntegrityError, OrderError):
        if seen := _by_external_id(external_id, external_digest):
            return seen
        raise


def _check_placer(actor: Actor, customer: Customer, *, on_credit: bool, offered: bool) -> None:
    """Customers order for themselves, and sales put it on account. Raises NotAllowed."""
    own = actor.is_shop or (actor.owns_account(customer.pk) and (offered or actor.order_id == 0))
    row = transition_by_key("T2" if on_credit else "T1")
    if not own or not actor.may(row.right):
        raise NotAllowed(needed=row.actors)


def _by_external_id(external_id: str | None, digest: str) -> Order | None:
    """The order that was made under this number already. Raises ExternalIdReused when it was made of something else."""
    seen = Order.objects.filter(external_id=external_id).first() if external_id else None
    if seen and digest and seen.external_digest not in ("", digest):
        raise ExternalIdReused(number=seen.number)
    return seen


def _check_rest(source: str, note: str) -> list[tuple[str, str]]:
    failures = []
    if source not in Source.values:
        failures.append(("source_unknown", _("来源不正确")))
    if len(note or "") > MAX_NOTE:
        failures.append(("note_too_long", _("备注过长")))
    return failures


def _check_sums(actor: Actor, *sums: Decimal) -> list[tuple[str, str]]:
    """Whether these can be a discount and freight; only the shop names them."""
    known = [read_money(each) for each in sums]
    fine = all(each is not None and each >= 0 for each in known) and (
        actor.may("orders.name_prices") or not any(known)
    )
    return [] if fine else [("amount_invalid", _("金额不正确"))]


def _place(order: Order, priced: list[PricedItem], actor: Actor, terms: Terms, shown: str = "") -> Order:
    """Insert the order, hold its stock, open its conversation, write the first event."""
    order.goods_total, order.agreed_in = goods_total(priced), terms.conversation_id
    order.discount, order.shipping_fee = terms.discount, terms.shipping_fee
    order.total = order.goods_total - order.discount + order.shipping_fee
    rows = [(row.variant.sku, row.quantity, row.unit_price) for row in priced]
    if shown and shown != order_price_mark(rows, order.discount, order.shipping_fee):
        raise PricesChanged
    if failures := check_total(order.total):
        raise GuardFailed(*failures)
    order.number = next_number(order.placed_at)
    order.pay_by = timezone.now() + timedelta(minutes=shop_settings().pay_within_minutes)
    order.save(force_insert=True)
    lines = OrderLine.objects.bulk_create(new_line(order, row) for row in priced)
    stock.reserve_pieces(actor=actor, order=order, wanted=[(line, line.quantity) for line in lines])
    for hook in hooks.order_created_hooks:
        hook(order, actor)
    facts: dict[str, Any] = {"total": str(order.total), "lines": len(lines), "quote": terms.quote}
    save_with_event(
        order,
        transition_by_key("T1").event,
        actor=actor,
        status_from="",
        source=order.source,
        urgent=order.urgent,
        **facts,
    )
    return order


def _put_on_account(order: Order, actor: Actor) -> Order:
    """The customer owes it. Raises GuardFailed beyond their limit, which takes the order back as well."""
    data = {"method": Payment.Method.ON_ACCOUNT}
    return transition_order(actor=actor, order_id=order.pk, to=Status.PAID, data=data)
