"""A customer's own orders: a page of them, their spending, and a reorder at today's prices."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from orders.models import Order, OrderLine, Payment, Refund, Variant
from orders.selectors.catalogue import variants_on_sale
from orders.selectors.items import list_price
from orders.selectors.orders import OrderFilters, OrderPage, keyset_page
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer

PAGE_SIZE = 20
ZERO = Decimal(0)


def own_orders(actor: Actor, *, status: str = "", cursor: str = "") -> OrderPage:
    """A keyset page of an actor's orders with their lines and parcels, newest first."""
    return keyset_page(actor, OrderFilters(status=status, cursor=cursor, limit=PAGE_SIZE), _with_progress)


def _with_progress(orders: QuerySet[Order]) -> QuerySet[Order]:
    related = (
        "lines__variant__product",
        "shipments__nodes",
        "shipments__lines__line",
        "refunds",
        "after_sales",
    )
    return orders.prefetch_related(*related)


@dataclass(frozen=True)
class Spent:
    """What a customer paid in one currency, minus refunds."""

    currency: str
    month: Decimal
    year: Decimal
    total: Decimal


def spending_of(customer: Customer, now: datetime | None = None) -> list[Spent]:
    """Paid minus refunded this month, this year and ever, by currency; the most spent first.

    By the day of the payment and of the refund. What an exchange moves from one order to the next is neither.
    """
    today = timezone.localtime(now)
    year = today.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    since = {"month": year.replace(month=today.month), "year": year, "total": None}
    paid = Payment.objects.exclude(method=Payment.Method.EXCHANGE)
    back = Refund.objects.exclude(purpose=Refund.Purpose.EXCHANGE).filter(state=Refund.State.SUCCEEDED)
    ins, outs = _sums(paid, customer, "received_at", since), _sums(back, customer, "settled_at", since)
    spent = [
        Spent(currency, *(sums[name] - outs.get(currency, {}).get(name, ZERO) for name in since))
        for currency, sums in ins.items()
    ]
    return sorted(spent, key=lambda each: -each.total)


def _sums(
    rows: QuerySet[Any], customer: Customer, moment: str, since: dict[str, datetime | None]
) -> dict[str, dict[str, Decimal]]:
    sums = {
        name: Sum("amount", filter=Q(**{f"{moment}__gte": start}) if start else None, default=ZERO)
        for name, start in since.items()
    }
    found = rows.filter(order__customer=customer).values("order__currency").annotate(**sums).order_by()
    return {row.pop("order__currency"): row for row in found}


@dataclass(frozen=True)
class AgainLine:
    """A line of an old order as it could be bought today."""

    sku: str
    name: str
    spec: str
    # None: not sold any more.
    variant: Variant | None
    wanted: int
    # What is filled in: as many as there are.
    quantity: int
    price: Decimal
    price_then: Decimal

    @property
    def state(self) -> str:
        """ok; capped, when there are fewer; gone, when it is not sold any more; out, when there are none."""
        if self.variant is None:
            return "gone"
        if self.quantity == 0:
            return "out"
        return "capped" if self.quantity < self.wanted else "ok"

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity

    @property
    def tiers(self) -> str:
        """Wholesale steps as `10:8.00;50:7.00`, for the page to count with."""
        tiers = self.variant.tiers.all() if self.variant else []
        return ";".join(f"{tier.min_quantity}:{tier.price}" for tier in tiers)


def lines_to_reorder(
    order: Order, customer: Customer, wanted: dict[str, int] | None = None
) -> list[AgainLine]:
    """An order's lines at today's prices and stock, each SKU once; `wanted` is what somebody typed since."""
    lines: dict[str, OrderLine] = {}
    counts: dict[str, int] = {}
    for line in order.lines.all():
        lines.setdefault(line.sku, line)
        counts[line.sku] = counts.get(line.sku, 0) + line.quantity - line.cancelled_quantity
    known = variants_on_sale(list(lines))
    counts |= {sku: count for sku, count in (wanted or {}).items() if sku in counts}
    return [_again(line, known.get(sku), counts[sku], customer) for sku, line in lines.items()]


def _again(line: OrderLine, variant: Variant | None, wanted: int, customer: Customer) -> AgainLine:
    there = max(variant.available, 0) if variant else 0
    quantity = min(wanted, there)
    if variant and quantity < variant.min_quantity:
        quantity = min(variant.min_quantity, there) if there >= variant.min_quantity and wanted else 0
    return AgainLine(
        sku=line.sku,
        name=line.name,
        spec=line.spec,
        variant=variant,
        wanted=wanted,
        quantity=quantity,
        price=list_price(variant, quantity, customer) if variant else ZERO,
        price_then=line.unit_price,
    )


def reorder_price_mark(variants: dict[str, Variant]) -> str:
    """A short text that is another as soon as one of the prices is: what a form was filled in with."""
    rows = [
        f"{sku}={each.price}:{[(tier.min_quantity, str(tier.price)) for tier in each.tiers.all()]}"
        for sku, each in sorted(variants.items())
    ]
    return sha256("|".join(rows).encode()).hexdigest()[:16]
