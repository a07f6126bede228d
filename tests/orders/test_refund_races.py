"""Money that goes back, from several sides at once: never more than came, and never only the first part of it."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from orders.errors import OrderError
from orders.models import Order, Refund
from orders.selectors.items import ItemInput
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.refunds import pay_refund
from tests.factories import VariantFactory, integration, make_order, move
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_twenty_concurrent_refunds_of_sixty_percent_never_exceed_the_sum_paid():
    order = make_order(status="delivered", items=[ItemInput(VariantFactory().sku, 20)])
    line, whole = order.lines.get().pk, order.paid_amount
    cases = [
        open_case(
            actor=integration(), order_id=order.pk, wanted=CaseInput("refund", "damaged", [CaseLine(line, 1)])
        )
        for _ in range(20)
    ]
    part = (whole * Decimal("0.6")).quantize(Decimal("0.01"))
    results = at_once(
        [lambda pk=case.pk: approve_case(actor=integration(), case_id=pk, amount=part) for case in cases]
    )
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert all(isinstance(result, OrderError) for result in results if isinstance(result, Exception))
    refund = Refund.objects.get()
    at_once([lambda: pay_refund(actor=integration(), refund_id=refund.pk)] * 20)
    order.refresh_from_db()
    assert order.refunded_amount == part <= whole


def test_an_order_paid_in_three_parts_is_refunded_in_full():
    order = make_order()
    for amount, reference in (("100.00", "P1"), ("98.00", "P2"), ("200.00", "P3")):
        order = move(order, "paid", amount=amount, reference=reference)
    order = move(move(order, "refunding"), "refunded")
    settled = Refund.objects.filter(order=order, state="succeeded").aggregate(sum=Sum("amount"))["sum"]
    assert (order.payments.count(), settled, Order.objects.get().refunded_amount) == (3, 398, 398)


def test_a_case_of_five_lines_books_the_refund_of_each_line():
    items = [ItemInput(VariantFactory().sku, 1) for _ in range(5)]
    order = make_order(status="delivered", items=[*items, ItemInput(VariantFactory().sku, 1)])
    lines = list(order.lines.order_by("pk"))[:5]
    wanted = CaseInput("refund", "damaged", [CaseLine(line.pk, 1) for line in lines])
    case = open_case(actor=integration(), order_id=order.pk, wanted=wanted)
    approve_case(actor=integration(), case_id=case.pk)
    pay_refund(actor=integration(), refund_id=Refund.objects.get().pk)
    assert Order.objects.get().refunded_amount == sum(line.unit_price for line in lines)
