"""The money of a case is never more than what the order still has, whoever names it and whatever went back meanwhile."""

from decimal import Decimal

import pytest

from orders.errors import GuardFailed
from orders.models import AfterSalesCase, Order, Refund
from orders.selectors.items import ItemInput
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case, record_return_parcel
from orders.services.refunds import pay_refund, refundable_amount
from orders.services.returns import conclude_case, inspect_return
from tests.factories import VariantFactory, integration, make_order

pytestmark = pytest.mark.django_db

SHOP = integration()
WHOLE = Decimal("796.00")


@pytest.fixture
def order() -> Order:
    """Four at 199, delivered."""
    return make_order(status="delivered", items=[ItemInput(VariantFactory(on_hand=10).sku, 4)])


def open_case_for(order: Order, kind: str, quantity: int) -> AfterSalesCase:
    wanted = CaseInput(kind, "damaged", [CaseLine(order.lines.get().pk, quantity)])
    return open_case(actor=SHOP, order_id=order.pk, wanted=wanted)


def pay_refund_of(order: Order, amount: str) -> None:
    """Money alone for one piece, paid out."""
    case = open_case_for(order, "refund", 1)
    approve_case(actor=SHOP, case_id=case.pk, amount=Decimal(amount))
    pay_refund(actor=SHOP, refund_id=Refund.objects.get(case=case).pk, reference=f"R{case.pk}")
    order.refresh_from_db()


def inspected_return(order: Order, quantity: int) -> AfterSalesCase:
    """A return of which one piece came back damaged, so that somebody decides."""
    case = open_case_for(order, "return", quantity)
    approve_case(actor=SHOP, case_id=case.pk)
    record_return_parcel(actor=SHOP, case_id=case.pk, carrier="yunda", tracking_number=f"YD{case.pk}000")
    return inspect_return(actor=SHOP, case_id=case.pk, counted={case.lines.get().pk: (quantity - 1, 1)})


@pytest.mark.parametrize("amount", ["796.01", "-0.01", "100000"])
def test_a_case_cannot_be_approved_for_more_than_was_paid(order, amount):
    case = open_case_for(order, "refund", 1)
    with pytest.raises(GuardFailed) as refused:
        approve_case(actor=SHOP, case_id=case.pk, amount=Decimal(amount))
    assert refused.value.names == ["amount_invalid"]
    case.refresh_from_db()
    assert (case.state, Refund.objects.count()) == ("applied", 0)


def test_a_case_cannot_be_approved_for_money_already_refunded(order):
    pay_refund_of(order, "500.00")
    case = open_case_for(order, "refund", 1)
    with pytest.raises(GuardFailed):
        approve_case(actor=SHOP, case_id=case.pk, amount=Decimal("296.01"))
    approve_case(actor=SHOP, case_id=case.pk, amount=Decimal("295.99"))
    assert refundable_amount(order) == Decimal("0.01")


def test_an_inspected_return_is_refunded_at_most_the_sum_that_is_left(order):
    pay_refund_of(order, "500.00")
    case = inspected_return(order, 2)
    for amount in ("296.01", "-1"):
        with pytest.raises(GuardFailed) as refused:
            conclude_case(actor=SHOP, case_id=case.pk, amount=Decimal(amount))
        assert refused.value.names == ["amount_invalid"]
    conclude_case(actor=SHOP, case_id=case.pk, amount=Decimal("295.00"))
    assert Refund.objects.get(case=case).amount == Decimal("295.00")


def test_the_suggested_refund_is_never_more_than_the_sum_that_is_left(order):
    pay_refund_of(order, "700.00")
    assert open_case_for(order, "return", 3).amount == Decimal("96.00")


def test_an_approved_amount_shrinks_to_the_sum_left_when_the_goods_come_back(order):
    """Between the word and the goods another case took most of the money."""
    case = open_case_for(order, "return", 3)
    approve_case(actor=SHOP, case_id=case.pk)
    pay_refund_of(order, "790.00")
    record_return_parcel(actor=SHOP, case_id=case.pk, carrier="yunda", tracking_number="YD12345")
    inspect_return(actor=SHOP, case_id=case.pk, counted={case.lines.get().pk: (3, 0)})
    promised = Refund.objects.exclude(state="succeeded").get()
    assert (promised.amount, order.refunded_amount + promised.amount) == (Decimal("6.00"), WHOLE)
