"""Reading quotes: for a card, those that have expired; and the items of a quote link."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from orders.models import Quote, QuoteLine, TierPrice, Variant
from orders.selectors.addresses import AddressInput, receiver_of_order
from orders.selectors.visibility import orders_visible_to
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer

MOST_PIECES = 100_000
MOST_ITEMS = 100


@dataclass(frozen=True)
class QuotedLine:
    """A line of a quote, the stock there is, and the next price that more pieces would reach."""

    row: QuoteLine
    next_tier: TierPrice | None

    @property
    def is_own_price(self) -> bool:
        """Whether sales named the price."""
        return self.row.unit_price != self.row.list_price

    @property
    def more_for_next(self) -> int:
        return self.next_tier.min_quantity - self.row.quantity if self.next_tier else 0

    @property
    def is_short(self) -> bool:
        return self.row.variant.available < self.row.quantity


def quotes_with_lines() -> QuerySet[Quote]:
    """Quotes with all their pages show."""
    related = ("lines__variant__product", "lines__variant__tiers")
    return Quote.objects.select_related("customer", "created_by", "order").prefetch_related(*related)


def quoted_lines(quote: Quote) -> list[QuotedLine]:
    """The lines in order; only who buys wholesale has further tiers to reach."""
    wholesale = quote.customer.tier == Customer.Tier.WHOLESALE
    return [QuotedLine(row, _next_tier(row) if wholesale else None) for row in quote.lines.all()]


def _next_tier(row: QuoteLine) -> TierPrice | None:
    if row.unit_price != row.list_price:
        return None
    above = [tier for tier in row.variant.tiers.all() if tier.min_quantity > row.quantity]
    better = [tier for tier in above if tier.price < row.unit_price]
    return min(better, key=lambda tier: tier.min_quantity, default=None)


def overdue_quotes(now: datetime) -> list[int]:
    """Ids of sent quotes whose time has passed."""
    due = Quote.objects.filter(state=Quote.State.SENT, valid_until__lte=now)
    return list(due.order_by("valid_until").values_list("pk", flat=True)[:500])


def last_address(customer: Customer, reader: Actor) -> AddressInput:
    """Where a customer's last parcel went, of the orders that the reader may see; for a new one, name and phone."""
    seen = orders_visible_to(reader).filter(customer=customer).exclude(street="")
    last = seen.order_by("-placed_at", "-pk").first()
    if last is None:
        return AddressInput(customer.name, customer.phone, "", "")
    return receiver_of_order(last)


def items_of_link(text: str) -> list[dict[str, object]]:
    """`SKU:3,SKU2:1` of a URL as lines of a form; what is not on sale is left out."""
    wanted: dict[str, int] = {}
    for part in text.split(",")[:MOST_ITEMS]:
        sku, _colon, count = part.strip().rpartition(":")
        pieces = reading.whole_number(count, least=1, most=MOST_PIECES)
        if sku and pieces:
            wanted[sku] = wanted.get(sku, 0) + pieces
    on_sale = Variant.objects.filter(sku__in=wanted, is_active=True, product__is_active=True)
    known = set(on_sale.values_list("sku", flat=True))
    return [
        {"sku": sku, "quantity": count, "unit_price": None} for sku, count in wanted.items() if sku in known
    ]
