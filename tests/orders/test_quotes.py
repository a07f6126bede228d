"""报价单: what sales quote is what the customer pays, until a date, and once."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Conversation, Message
from messaging.services.conversations import open_enquiry
from orders.errors import GuardFailed, NotAllowed
from orders.models import Order, Quote, StockReservation, TierPrice, Variant
from orders.selectors.items import ItemInput
from orders.selectors.quotes import items_of_link, last_address, quoted_lines, quotes_with_lines
from orders.services.quotes import (
    QuoteInput,
    accept_quote,
    decline_quote,
    edit_quote,
    end_of_day,
    make_quote,
    renew_quote,
    send_quote,
    withdraw_quote,
)
from orders.services.stock import set_stock
from orders.tasks.sweeps import expire_quotes
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, StaffFactory, VariantFactory, make_address, make_order, move

pytestmark = pytest.mark.django_db
State = Quote.State


@pytest.fixture
def desk(sales) -> Actor:
    return Actor.staff(sales)


@pytest.fixture
def shop(db):
    """A customer who buys wholesale: 10 pieces for 160, 50 for 140 each."""
    return CustomerFactory(name="吴丽华", tier="wholesale")


@pytest.fixture
def goods(variant) -> Variant:
    for least, price in ((10, "160.00"), (50, "140.00")):
        TierPrice.objects.create(variant=variant, min_quantity=least, price=Decimal(price))
    return variant


def make_sent_quote(
    actor: Actor, customer, *items: ItemInput, days: int = 7, where: int | None = None, **fields
) -> Quote:
    wanted = QuoteInput(list(items), end_of_day(days), **fields)
    quote = make_quote(actor=actor, customer=customer, wanted=wanted, conversation_id=where)
    return send_quote(actor=actor, quote_id=quote.pk)


def accept_as_customer(quote: Quote, actor: Actor | None = None, **fields) -> Order:
    return accept_quote(
        actor=actor or Actor.customer(quote.customer), quote_id=quote.pk, address=make_address(), **fields
    )


def prices(quote: Quote) -> list[tuple[int, str]]:
    return [(line.quantity, str(line.unit_price)) for line in quote.lines.all()]


def test_a_quote_line_gets_its_tier_price_unless_sales_set_another(desk, shop, goods):
    assert prices(make_sent_quote(desk, shop, ItemInput(goods.sku, 9))) == [(9, "199.00")]
    assert prices(make_sent_quote(desk, shop, ItemInput(goods.sku, 10))) == [(10, "160.00")]
    own = make_sent_quote(desk, shop, ItemInput(goods.sku, 50, Decimal("125.50")))
    assert prices(own) == [(50, "125.50")]
    assert quoted_lines(quotes_with_lines().get(pk=own.pk))[0].is_own_price


def test_the_next_tier_price_is_shown_to_customers_who_can_reach_it(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 30))
    (line,) = quoted_lines(quotes_with_lines().get(pk=quote.pk))
    assert (line.more_for_next, line.next_tier.price) == (20, Decimal("140.00"))


def test_accepting_a_quote_places_the_order_at_its_prices_and_reserves_stock(desk, shop, goods):
    quote = make_sent_quote(
        desk, shop, ItemInput(goods.sku, 20, Decimal("150.00")),
        shipping_fee=Decimal("60"), discount=Decimal("100"), note="含包装",
    )  # fmt: skip
    assert (quote.total, goods.reserved) == (Decimal("2960.00"), 0)

    order = accept_as_customer(quote)

    quote.refresh_from_db()
    goods.refresh_from_db()
    assert (quote.state, quote.order, quote.answered_by) == (State.ACCEPTED, order, "吴丽华")
    assert (order.total, order.discount, order.shipping_fee, order.note) == (2960, 100, 60, "含包装")
    assert (order.customer, order.source, order.assigned_to, order.street) == (
        shop, "web", quote.created_by, "机场路 88 号",
    )  # fmt: skip
    assert (goods.reserved, StockReservation.objects.get().quantity) == (20, 20)
    created = DomainEvent.objects.get(type="order.created")
    assert (created.actor_kind, created.data["quote"]) == ("customer", quote.number)
    assert DomainEvent.objects.get(type="quote.accepted").data["order"] == order.number


def test_accepting_a_quote_again_returns_the_same_order(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2))
    assert accept_as_customer(quote) == accept_as_customer(quote)
    assert Order.objects.count() == 1


def test_an_order_from_a_quote_does_not_follow_later_prices(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 10))
    Variant.objects.update(price=Decimal("999"), min_quantity=40)
    TierPrice.objects.all().delete()
    assert accept_as_customer(quote).total == 1600


def test_an_expired_quote_is_refused_and_can_be_renewed(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2), days=3)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        with pytest.raises(GuardFailed, match="到期") as refused:
            accept_as_customer(quote)
        assert refused.value.names == ["quote_expired"]
        assert (expire_quotes(), expire_quotes()) == (1, 0)
        assert Quote.objects.get().state == State.EXPIRED
        renewed = renew_quote(actor=desk, quote_id=quote.pk)
        assert (renewed.state, renewed.is_open) == (State.SENT, True)
        assert accept_as_customer(quote).total == 398


def test_a_quote_expires_even_without_the_sweep(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2), days=1)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert quote.is_over()
        renew_quote(actor=desk, quote_id=quote.pk)
        assert not Quote.objects.get().is_over()


def test_accepting_a_quote_without_stock_names_the_lines_and_leaves_it_open(desk, shop, goods):
    plenty = VariantFactory(on_hand=500)
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 60), ItemInput(plenty.sku, 5))
    set_stock(actor=Actor.system(), sku=goods.sku, on_hand=8)
    with pytest.raises(GuardFailed) as refused:
        accept_as_customer(quote)
    assert refused.value.names == ["insufficient_stock"]
    assert f"{goods.product.name} {goods.spec} 要 60 件，现有 8 件" in refused.value.detail
    assert plenty.product.name not in refused.value.detail
    plenty.refresh_from_db()
    assert (Quote.objects.get().state, Order.objects.count(), plenty.reserved) == (State.SENT, 0, 0)
    set_stock(actor=Actor.system(), sku=goods.sku, on_hand=60)
    assert accept_as_customer(quote).total > 0


def test_a_quote_changed_since_it_was_shown_cannot_be_accepted(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2))
    dearer = QuoteInput([ItemInput(goods.sku, 2, Decimal("250"))], end_of_day(3))
    edit_quote(actor=desk, quote_id=quote.pk, wanted=dearer, revision=1)
    with pytest.raises(GuardFailed) as refused:
        accept_as_customer(quote, revision=1)
    assert refused.value.names == ["quote_changed"]
    assert accept_as_customer(quote, revision=2).total == 500


def test_a_stale_edit_of_a_quote_is_refused(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2))
    wanted = QuoteInput([ItemInput(goods.sku, 3)], end_of_day(3))
    edit_quote(actor=desk, quote_id=quote.pk, wanted=wanted, revision=1)
    with pytest.raises(GuardFailed):
        edit_quote(actor=desk, quote_id=quote.pk, wanted=wanted, revision=1)


def test_sales_can_accept_a_quote_for_a_customer_on_the_phone(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2))
    with pytest.raises(GuardFailed) as refused:
        accept_as_customer(quote, desk)
    assert refused.value.names == ["consent_required"]
    order = accept_as_customer(quote, desk, consent="15:20 电话，同意")
    assert (order.source, Quote.objects.get().consent) == ("phone", "15:20 电话，同意")


def test_only_its_customer_and_the_desk_may_answer_a_quote(desk, shop, goods):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2))
    for stranger in (Actor.customer(CustomerFactory()), Actor.staff(StaffFactory(role="warehouse"))):
        with pytest.raises(NotAllowed):
            accept_as_customer(quote, stranger, consent="听说的")
        with pytest.raises(NotAllowed):
            decline_quote(actor=stranger, quote_id=quote.pk)
    with pytest.raises(NotAllowed):
        withdraw_quote(actor=Actor.customer(shop), quote_id=quote.pk)
    with pytest.raises(NotAllowed):
        make_quote(
            actor=Actor.customer(shop), customer=shop,
            wanted=QuoteInput([ItemInput(goods.sku, 1, Decimal("1"))], end_of_day(1)),
        )  # fmt: skip


def test_a_draft_quote_cannot_be_accepted(desk, shop, goods):
    draft = make_quote(actor=desk, customer=shop, wanted=QuoteInput([ItemInput(goods.sku, 1)], end_of_day(1)))
    with pytest.raises(NotAllowed):
        accept_as_customer(draft)
    with pytest.raises(GuardFailed):
        accept_as_customer(draft, desk, consent="同意")
    assert not DomainEvent.objects.filter(type__startswith="quote.").exists()


@pytest.mark.parametrize("end", ["decline", "withdraw"])
def test_a_declined_or_withdrawn_quote_cannot_be_accepted(desk, shop, goods, end):
    quote = make_sent_quote(desk, shop, ItemInput(goods.sku, 2))
    work = {
        "decline": lambda: decline_quote(actor=Actor.customer(shop), quote_id=quote.pk, reason="贵了"),
        "withdraw": lambda: withdraw_quote(actor=desk, quote_id=quote.pk),
    }[end]
    assert work().state == work().state
    with pytest.raises(GuardFailed) as refused:
        accept_as_customer(quote)
    assert (refused.value.names, Order.objects.count()) == (["quote_answered"], 0)
    assert DomainEvent.objects.filter(type__in=("quote.declined", "quote.withdrawn")).count() == 1


@pytest.mark.parametrize(
    ("fields", "guard"),
    [
        ({"items": []}, "lines_required"),
        ({"items": [ItemInput("NIX", 1)]}, "sku_unknown"),
        ({"valid_until": timezone.now() - timedelta(days=1)}, "validity_invalid"),
        ({"valid_until": timezone.now() + timedelta(days=900)}, "validity_invalid"),
        ({"discount": Decimal("-1")}, "amount_invalid"),
        ({"discount": Decimal("5000")}, "price_invalid"),
    ],
)
def test_an_invalid_quote_is_refused(desk, shop, goods, fields, guard):
    wanted = {"items": [ItemInput(goods.sku, 2)], "valid_until": end_of_day(7)} | fields
    with pytest.raises(GuardFailed) as refused:
        make_quote(actor=desk, customer=shop, wanted=QuoteInput(**wanted))
    assert (guard in refused.value.names, Quote.objects.count()) == (True, 0)


def test_accepting_a_quote_turns_its_enquiry_into_the_orders_conversation(desk, shop, goods):
    enquiry = open_enquiry(actor=desk, customer=shop, subject="询价")
    order = accept_as_customer(make_sent_quote(desk, shop, ItemInput(goods.sku, 2), where=enquiry.pk))
    assert Conversation.objects.get().order == order
    told = Message.objects.filter(conversation=enquiry).values_list("body", flat=True)
    assert [f"报价单 {Quote.objects.get().number}" in body for body in told] == [True, True]


def test_a_quote_accepted_in_another_orders_conversation_gets_a_new_conversation(desk, shop, goods):
    first = make_order(customer=shop)
    order = accept_as_customer(
        make_sent_quote(desk, shop, ItemInput(goods.sku, 2), where=first.conversation.pk)
    )
    assert order.conversation != first.conversation
    assert first.conversation.messages.filter(body__contains=order.number).count() == 1


def test_a_quote_offers_the_address_of_the_customers_last_order(shop):
    owner = Actor.customer(shop)
    assert (last_address(shop, owner).name, last_address(shop, owner).street) == ("吴丽华", "")
    first = make_order(customer=shop, address=make_address(street="文一西路 969 号"))
    assert last_address(shop, owner).street == "文一西路 969 号"
    make_order(customer=shop, address=make_address(street="延安路 1 号"))
    assert last_address(shop, Actor.customer(shop, order_id=first.pk)).street == "文一西路 969 号"


def test_a_quote_link_lists_skus_and_quantities(goods):
    other = VariantFactory()
    given = f"{goods.sku}:3,{other.sku}:1,{goods.sku}:2,NIX:4,{other.sku}:x,:7,{other.sku}:-1"
    assert items_of_link(given) == [
        {"sku": goods.sku, "quantity": 5, "unit_price": None},
        {"sku": other.sku, "quantity": 1, "unit_price": None},
    ]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 30000)), min_size=1, max_size=5),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_money_and_stock_of_an_accepted_quote_always_balance(db, lines, fee, off):
    with transaction.atomic():
        variants = [VariantFactory(on_hand=10) for _ in range(3)]
        seller, customer = Actor.staff(StaffFactory()), CustomerFactory()
        items = [ItemInput(variants[at].sku, count, Decimal(cents) / 100) for at, count, cents in lines]
        order = None
        with suppress(GuardFailed):
            quote = make_sent_quote(
                seller, customer, *items, shipping_fee=Decimal(fee) / 100, discount=Decimal(off) / 100
            )
            order = accept_as_customer(quote)
        if order:
            assert order.total == quote.total == order.goods_total - order.discount + order.shipping_fee
            assert order.goods_total == sum(line.amount for line in order.lines.all())
            move(order, "cancelled")
        assert Order.objects.count() == bool(order)
        assert set(Variant.objects.values_list("on_hand", "reserved")) == {(10, 0)}
        transaction.set_rollback(True)
