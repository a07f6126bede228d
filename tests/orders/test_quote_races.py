"""Two taps at once, two customers and one last piece: on real connections."""

import pytest

from messaging.services.conversations import open_enquiry
from messaging.services.shortages import offer_in_conversation
from orders.errors import GuardFailed
from orders.models import Order, Quote, Refund, ShortageTask, Status, Variant
from orders.selectors.items import ItemInput
from orders.selectors.shortages import all_options
from orders.services.quotes import (
    QuoteInput,
    accept_quote,
    decline_quote,
    edit_quote,
    end_of_day,
    make_quote,
    send_quote,
    withdraw_quote,
)
from orders.services.shortages import allocate_stock_to_shortage, choose_option, report_missing
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from tests.factories import (
    CustomerFactory,
    StaffFactory,
    VariantFactory,
    integration,
    make_address,
    make_order,
    move,
)
from tests.orders.test_concurrency import at_once, result_types

pytestmark = pytest.mark.django_db(transaction=True)


def make_sent_quote(customer, *items: ItemInput, where: int | None = None) -> Quote:
    seller = Actor.staff(StaffFactory())
    wanted = QuoteInput(list(items), end_of_day(7))
    quote = make_quote(actor=seller, customer=customer, wanted=wanted, conversation_id=where)
    return send_quote(actor=seller, quote_id=quote.pk)


def accepting(quote: Quote):
    actor = Actor.customer(quote.customer)
    return lambda: accept_quote(
        actor=actor, quote_id=quote.pk, address=make_address(), revision=quote.revision
    )


def test_accepting_a_quote_twenty_times_concurrently_places_one_order():
    variant, customer = VariantFactory(on_hand=100), CustomerFactory()
    enquiry = open_enquiry(actor=Actor.system(), customer=customer)
    quote = make_sent_quote(customer, ItemInput(variant.sku, 3), where=enquiry.pk)
    results = at_once([accepting(quote)] * 20)
    assert {getattr(order, "pk", order) for order in results} == {Order.objects.get().pk}
    variant.refresh_from_db()
    enquiry.refresh_from_db()
    assert (variant.reserved, enquiry.order) == (3, Order.objects.get())


def test_of_many_quotes_for_the_last_pieces_only_one_is_accepted():
    variant = VariantFactory(on_hand=5)
    quotes = [make_sent_quote(CustomerFactory(), ItemInput(variant.sku, 3)) for _ in range(12)]
    assert result_types(at_once(accepting(quote) for quote in quotes)) == {
        "Order": 1,
        GuardFailed.__name__: 11,
    }
    variant.refresh_from_db()
    assert (variant.reserved, Quote.objects.filter(state="sent").count()) == (3, 11)


def test_two_quotes_of_one_enquiry_become_two_orders_with_their_own_conversations():
    variant, customer = VariantFactory(on_hand=50), CustomerFactory()
    enquiry = open_enquiry(actor=Actor.system(), customer=customer)
    quotes = [make_sent_quote(customer, ItemInput(variant.sku, 1), where=enquiry.pk) for _ in range(4)]
    assert result_types(at_once(accepting(quote) for quote in quotes)) == {"Order": 4}
    assert len({order.conversation.pk for order in Order.objects.all()}) == 4  # type: ignore[attr-defined]


def test_concurrent_accept_decline_and_withdraw_of_a_quote_have_one_outcome():
    variant = VariantFactory(on_hand=500)
    for _ in range(10):
        quote = make_sent_quote(CustomerFactory(), ItemInput(variant.sku, 1))
        customer, seller = Actor.customer(quote.customer), Actor.staff(quote.created_by)
        dearer = QuoteInput([ItemInput(variant.sku, 1, 999)], end_of_day(2))
        at_once(
            [
                accepting(quote),
                lambda q=quote, c=customer: decline_quote(actor=c, quote_id=q.pk),
                lambda q=quote, s=seller: withdraw_quote(actor=s, quote_id=q.pk),
                lambda q=quote, s=seller, d=dearer: edit_quote(actor=s, quote_id=q.pk, wanted=d),
            ]
        )
        quote.refresh_from_db()
        assert (quote.state == "accepted") == (quote.order is not None)
        # Nobody has agreed to what they had not seen.
        assert quote.order is None or quote.order.total == variant.price
    variant.refresh_from_db()
    assert variant.reserved == Order.objects.count()


@pytest.fixture
def offered() -> ShortageTask:
    """Two of five are missing; everything that can be done is offered."""
    variant = VariantFactory(on_hand=5)
    VariantFactory(product=variant.product, on_hand=2)
    order = make_order(status=Status.PAID, items=[ItemInput(variant.sku, 5)])
    report_missing(actor=integration(), line_id=order.lines.get().pk, missing=2)
    task = ShortageTask.objects.get()
    keys = [option.key for option in all_options(task)]
    return offer_in_conversation(actor=Actor.staff(StaffFactory()), task_id=task.pk, keys=keys)


def choosing(task: ShortageTask, key: str):
    actor = Actor.customer(task.order.customer)
    return lambda: choose_option(actor=actor, task_id=task.pk, key=key, seen=2)


def test_a_shortage_option_chosen_concurrently_takes_effect_once(offered):
    results = at_once([choosing(offered, "refund")] * 10)
    assert result_types(results) == {"ShortageTask": 10}
    assert (Refund.objects.count(), offered.order.lines.get().quantity) == (1, 3)


def test_of_different_shortage_options_chosen_concurrently_one_takes_effect(offered):
    keys = [option.key for option in all_options(offered)]
    results = at_once(choosing(offered, key) for key in keys)
    assert result_types(results) == {"ShortageTask": 1, GuardFailed.__name__: len(keys) - 1}
    assert ShortageTask.objects.get().state == "settled"


def test_pieces_arriving_during_a_refund_choice_are_not_both_refunded_and_reserved(offered):
    order, variant = offered.order, Variant.objects.get(sku=offered.sku)
    set_stock(actor=Actor.system(), sku=variant.sku, delta=2)
    results = at_once([choosing(offered, "refund"), lambda: allocate_stock_to_shortage(order_id=order.pk)])
    assert not any(
        isinstance(result, Exception) and not isinstance(result, GuardFailed) for result in results
    )
    variant.refresh_from_db()
    line, task = order.lines.get(), ShortageTask.objects.get()
    assert variant.reserved == line.quantity == (3 if task.state == "settled" else 5)
    assert Refund.objects.count() == (task.state == "settled")
    order.refresh_from_db()
    assert not order.shortage


def test_a_concurrent_choice_and_cancellation_keep_money_and_stock_balanced(offered):
    order = offered.order
    at_once([choosing(offered, "refund"), lambda: move(order, "refunding", actor=integration())])
    order.refresh_from_db()
    promised = sum(row.amount for row in order.refunds.filter(state__in=("requested", "approved")))
    assert promised <= order.paid_amount
