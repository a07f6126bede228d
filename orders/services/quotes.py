"""报价单: written by sales, sent to a customer, and once accepted an order at the quoted prices.

A quote's row is locked before the order that comes of it; nothing locks them the other way round.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import hooks
from orders.errors import GuardFailed, InsufficientStock, NotAllowed, PricesChanged
from orders.events import QuoteAccepted, QuoteDeclined, QuoteEvent, QuoteExpired, QuoteSent, QuoteWithdrawn
from orders.models import Order, Quote, QuoteLine
from orders.reading.amounts import read_money
from orders.selectors.addresses import AddressInput, clean_text
from orders.selectors.items import (
    ItemInput,
    check_items,
    check_total,
    price_items,
    variants_by_sku,
    with_stored_skus,
)
from orders.selectors.pricing import order_price_mark
from orders.services.orders import Terms, place_order
from orders.services.rights import require_right
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.accounts.rights import people_who_may
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.publish import publish

State = Quote.State
# Sales may still change these; what a customer has answered is a record.
EDITABLE = frozenset({State.DRAFT, State.SENT, State.EXPIRED})
VALID_DAYS = 7
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class QuoteInput:
    """A quote as sales write it. A line without a price gets the customer's, by the tier of its count."""

    items: list[ItemInput]
    valid_until: datetime
    shipping_fee: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    note: str = ""
    # The mark of the price that sales saw before they sent it (OrderPrice.mark); empty when nothing was shown.
    shown: str = ""


def end_of_day(days: int) -> datetime:
    """The last moment of the day so many days from now, in the shop's time zone."""
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


@retry_on_deadlock
@transaction.atomic
def make_quote(
    *, actor: Actor, customer: Customer, wanted: QuoteInput, conversation_id: int | None = None
) -> Quote:
    """Write a quote that nobody has seen yet. Raises NotAllowed, GuardFailed."""
    require_right(actor, "quotes.write")
    quote = Quote(customer=customer, conversation_id=conversation_id)
    quote.created_by_id = actor.staff_id
    quote.pk = _next_id()
    quote.number = f"BJ-{timezone.localdate():%y%m%d}-{quote.pk:04d}"
    _fill(quote, wanted, actor)
    quote.save(force_insert=True)
    _write_lines(quote, wanted)
    return quote


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('orders_quote', 'id'))")
        return int(cursor.fetchone()[0])


@retry_on_deadlock
@transaction.atomic
def edit_quote(*, actor: Actor, quote_id: int, wanted: QuoteInput, revision: int | None = None) -> Quote:
    """Change a quote that has not been answered; a customer who has it sees the new one.

    Raises Quote.DoesNotExist, NotAllowed, GuardFailed.
    """
    require_right(actor, "quotes.write")
    quote = _locked(quote_id)
    _check_revision(quote, revision)
    _check_state(quote, EDITABLE)
    _fill(quote, wanted, actor)
    quote.revision += 1
    if quote.state == State.EXPIRED:
        quote.state = State.SENT
    quote.save()
    quote.lines.all().delete()
    _write_lines(quote, wanted)
    if quote.state == State.SENT:
        _tell_sent(quote, actor)
    return quote


def _fill(quote: Quote, wanted: QuoteInput, actor: Actor) -> None:
    """The sums and the date, checked together with the lines."""
    wanted = replace(wanted, items=with_stored_skus(wanted.items))
    variants = variants_by_sku(wanted.items)
    failures = check_items(wanted.items, variants, actor)
    fee, off = read_money(wanted.shipping_fee), read_money(wanted.discount)
    if fee is None or off is None or fee < 0 or off < 0:
        failures.append(("amount_invalid", _("金额不正确")))
    now = timezone.now()
    if not now < wanted.valid_until <= now + LONGEST:
        failures.append(("validity_invalid", _("有效期要在今天以后、一年以内")))
    if not failures:
        priced = price_items(wanted.items, variants, quote.customer)
        goods = sum((row.unit_price * row.quantity for row in priced), Decimal(0))
        failures = check_total(goods + (fee or Decimal(0)) - (off or Decimal(0)))
        rows = [(row.variant.sku, row.quantity, row.unit_price) for row in priced]
        if wanted.shown and wanted.shown != order_price_mark(rows, off or Decimal(0), fee or Decimal(0)):
            raise PricesChanged
    if failures:
        raise GuardFailed(*failures)
    quote.shipping_fee, quote.discount = fee or Decimal(0), off or Decimal(0)
    quote.note, quote.valid_until = clean_text(wanted.note)[:500], wanted.valid_until


def _write_lines(quote: Quote, wanted: QuoteInput) -> None:
    wanted = replace(wanted, items=with_stored_skus(wanted.items))
    variants = variants_by_sku(wanted.items)
    by_list = [ItemInput(item.sku, item.quantity) for item in wanted.items]
    lists = price_items(by_list, variants, quote.customer)
    QuoteLine.objects.bulk_create(
        QuoteLine(
            quote=quote,
            variant=row.variant,
            sku=row.variant.sku,
            name=row.variant.product.name,
            spec=row.variant.spec[:120],
            quantity=row.quantity,
            unit_price=row.unit_price,
            list_price=usual.unit_price,
        )
        for row, usual in zip(price_items(wanted.items, variants, quote.customer), lists, strict=True)
    )


@retry_on_deadlock
@transaction.atomic
def send_quote(*, actor: Actor, quote_id: int) -> Quote:
    """Lay a draft before the customer. Sending twice is sending once. Raises as edit_quote does."""
    require_right(actor, "quotes.write")
    quote = _locked(quote_id)
    if quote.state == State.SENT:
        return quote
    _check_state(quote, {State.DRAFT})
    if quote.valid_until <= timezone.now():
        raise GuardFailed(("quote_expired", _("有效期已过，请先改有效期")))
    quote.state, quote.sent_at = State.SENT, timezone.now()
    quote.save()
    _tell_sent(quote, actor)
    return quote


@retry_on_deadlock
@transaction.atomic
def renew_quote(*, actor: Actor, quote_id: int, days: int | None = None) -> Quote:
    """Give a quote that has run out as long again as it first had. Raises as edit_quote does."""
    require_right(actor, "quotes.write")
    quote = _locked(quote_id)
    if quote.is_open:
        return quote
    _check_state(quote, {State.SENT, State.EXPIRED})
    quote.valid_until = end_of_day(days or _days_given(quote))
    quote.state, quote.revision = State.SENT, quote.revision + 1
    quote.save()
    _tell_sent(quote, actor)
    return quote


def _days_given(quote: Quote) -> int:
    given = (quote.valid_until - (quote.sent_at or quote.created_at)).days
    return min(max(given, 1), VALID_DAYS) if quote.sent_at else VALID_DAYS


@retry_on_deadlock
@transaction.atomic
def accept_quote(
    *, actor: Actor, quote_id: int, address: AddressInput, revision: int | None = None, consent: str = ""
) -> Order:
    """Make the order that was quoted, its stock held. Accepting twice answers the same order.

    Sales accept for a customer who said so on the phone; `consent` is what they heard.
    Raises Quote.DoesNotExist, NotAllowed, GuardFailed; short of stock, the quote stays open.
    """
    quote = _locked(quote_id)
    _check_answerer(quote, actor)
    if quote.order is not None:
        return quote.order
    _check_open(quote, revision)
    consent = clean_text(consent)[:300]
    if actor.is_shop and not consent:
        raise GuardFailed(("consent_required", _("请写下客户在电话里怎么答应的")))
    order = _place(quote, actor, address)
    quote.state, quote.order, quote.consent = State.ACCEPTED, order, consent
    _answered(quote, actor)
    _tell(quote, QuoteAccepted, actor, order=order.number, consent=consent)
    return order


def _place(quote: Quote, actor: Actor, address: AddressInput) -> Order:
    lines = list(quote.lines.all())
    try:
        return place_order(
            actor=actor,
            customer=quote.customer,
            source=Source.WEB if actor.is_customer else Source.PHONE,
            items=[ItemInput(line.sku, line.quantity, line.unit_price) for line in lines],
            address=address,
            note=quote.note,
            assigned_to=quote.created_by,
            terms=Terms(quote.number, quote.discount, quote.shipping_fee, quote.conversation_id),
        )
    except InsufficientStock as error:
        raise _short_of(error, lines) from error


def _short_of(error: InsufficientStock, lines: list[QuoteLine]) -> GuardFailed:
    """The refusal in the words of the quote: which goods, how many there are."""
    names = {line.sku: f"{line.name} {line.spec}".strip() for line in lines}
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.sku] = counts.get(line.sku, 0) + line.quantity
    told = _("；").join(
        _("%(goods)s 要 %(wanted)s 件，现有 %(available)s 件")
        % {
            "goods": names.get(row["sku"], row["sku"]),
            "wanted": counts.get(row["sku"], row["wanted"]),
            "available": row["available"],
        }
        for row in error.extra["short"]
    )
    text = _("库存不够：%(lines)s。报价仍然有效，请和客服商量") % {"lines": told}
    return GuardFailed(("insufficient_stock", text), short=error.extra["short"])


@retry_on_deadlock
@transaction.atomic
def decline_quote(*, actor: Actor, quote_id: int, reason: str = "") -> Quote:
    """The customer does not want it. Declining twice is declining once. Raises as accept_quote does."""
    quote = _locked(quote_id)
    _check_answerer(quote, actor)
    if quote.state == State.DECLINED:
        return quote
    _check_state(quote, {State.SENT, State.EXPIRED})
    quote.state, quote.answer = State.DECLINED, clean_text(reason)[:300]
    _answered(quote, actor)
    _tell(quote, QuoteDeclined, actor, reason=quote.answer)
    return quote


@retry_on_deadlock
@transaction.atomic
def withdraw_quote(*, actor: Actor, quote_id: int) -> Quote:
    """The shop takes it back. Twice is once. Raises as edit_quote does."""
    require_right(actor, "quotes.write")
    quote = _locked(quote_id)
    if quote.state == State.WITHDRAWN:
        return quote
    _check_state(quote, EDITABLE)
    seen = quote.state != State.DRAFT
    quote.state = State.WITHDRAWN
    _answered(quote, actor)
    if seen:
        _tell(quote, QuoteWithdrawn, actor)
    return quote


@retry_on_deadlock
@transaction.atomic
def expire_quote(*, quote_id: int, now: datetime) -> bool:
    """Write down that a quote has run out. Returns whether it had."""
    quote = _locked(quote_id)
    if quote.state != State.SENT or quote.valid_until > now:
        return False
    quote.state = State.EXPIRED
    quote.save(update_fields=["state"])
    _tell(quote, QuoteExpired, Actor.system())
    return True


def _locked(quote_id: int) -> Quote:
    # Without joins: after waiting for the lock, only the row itself is read anew.
    return Quote.objects.select_for_update(no_key=True).get(pk=quote_id)


def _answered(quote: Quote, actor: Actor) -> None:
    quote.answered_by, quote.answered_at = actor.name, timezone.now()
    quote.save()


def _check_answerer(quote: Quote, actor: Actor) -> None:
    """The customer it was made for, or sales for them."""
    own = actor.is_shop or (actor.owns_account(quote.customer_id) and quote.state != State.DRAFT)
    if not own or not actor.may("quotes.accept"):
        raise NotAllowed(needed=people_who_may("quotes.write"))


def _check_open(quote: Quote, revision: int | None) -> None:
    if quote.is_over():
        day = timezone.localtime(quote.valid_until)
        raise GuardFailed(
            ("quote_expired", _("报价已于 %(day)s 到期，请联系客服续期") % {"day": f"{day:%Y-%m-%d}"})
        )
    _check_state(quote, {State.SENT})
    _check_revision(quote, revision)


def _check_revision(quote: Quote, revision: int | None) -> None:
    if revision is not None and revision != quote.revision:
        raise GuardFailed(("quote_changed", _("报价刚刚改过，请再看一眼")), revision=quote.revision)


def _check_state(quote: Quote, states: Any) -> None:
    if quote.state not in states:
        raise GuardFailed(("quote_answered", _("报价单%(state)s") % {"state": quote.get_state_display()}))


def _tell_sent(quote: Quote, actor: Actor) -> None:
    _tell(quote, QuoteSent, actor, valid_until=quote.valid_until.isoformat())


def _tell(quote: Quote, fact: type[QuoteEvent], actor: Actor, **facts: Any) -> None:
    """One event of the quote, for the log and for the conversation that it was sent in."""
    event = fact(
        conversation_id=quote.conversation_id,
        quote_id=quote.pk,
        number=quote.number,
        customer_id=quote.customer_id,
        total=str(quote.total),
        **facts,
    )
    row = publish(event, actor=actor)
    for hook in hooks.quote_event_hooks:
        hook(quote, row, actor)
