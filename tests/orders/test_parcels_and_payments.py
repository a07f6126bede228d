"""Several parcels for one order, and money that comes in parts."""

from decimal import Decimal

import pytest

from orders.models import Order, Status
from orders.selectors.items import ItemInput
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_styles(customer) -> Order:
    items = [ItemInput(VariantFactory().sku, 3), ItemInput(VariantFactory().sku, 1)]
    return make_order(customer=customer, items=items, status=Status.PICKING)


def ship(stockroom, order: Order, number: str, *pieces: tuple[int, int]) -> str:
    order.refresh_from_db()
    form = {f"pieces-{line}": count for line, count in pieces}
    form |= {"version": order.version, "carrier": "shunfeng", "tracking_number": number}
    stockroom.post(f"/warehouse/orders/{order.number}/ship/", form)
    order.refresh_from_db()
    return order.status


def test_an_order_is_shipped_and_delivered_with_its_last_parcel(log_in, manager, two_styles):
    desk = log_in(manager)
    first, second = two_styles.lines.order_by("pk")
    assert ship(desk, two_styles, "SF100001", (first.pk, 2), (second.pk, 0)) == Status.PICKING
    assert ship(desk, two_styles, "SF100002", (first.pk, 1), (second.pk, 1)) == Status.SHIPPED
    early, late = two_styles.shipments.order_by("pk")
    assert [(piece.line_id, piece.quantity) for piece in early.lines.all()] == [(first.pk, 2)]
    page = desk.get(f"/orders/{two_styles.number}/").content.decode()
    assert "这个包裹已签收" in page

    desk.post(f"/orders/parcels/{early.pk}/signed/")
    two_styles.refresh_from_db()
    assert two_styles.status == Status.SHIPPED
    for _repeat in range(2):
        desk.post(f"/orders/parcels/{late.pk}/signed/")
    two_styles.refresh_from_db()
    assert two_styles.status == Status.DELIVERED


@pytest.mark.parametrize("count", ["4", "-1", "x", "0", ""])
def test_a_parcel_never_has_more_than_the_open_quantities(log_in, warehouse, two_styles, count):
    line = two_styles.lines.order_by("pk").first()
    assert ship(log_in(warehouse), two_styles, "SF100003", (line.pk, count)) == Status.PICKING
    assert not two_styles.shipments.exists()


def pay(desk, order: Order, amount: str, reference: str, method: str = "transfer") -> Order:
    form = {"amount": amount, "reference": reference, "method": method}
    desk.post(f"/orders/{order.number}/payments/", form)
    order.refresh_from_db()
    return order


def test_a_deposit_leaves_the_order_waiting_for_the_balance(log_in, manager, customer):
    order, desk = make_order(customer=customer), log_in(manager)
    assert pay(desk, order, "100", "D-1").status == Status.PENDING_PAYMENT
    page = desk.get(f"/orders/{order.number}/").content.decode()
    assert "定金" in page
    assert "¥298.00" in page
    assert pay(desk, order, "298.00", "D-2").status == Status.PAID
    assert (order.paid_amount, order.balance) == (Decimal("398.00"), 0)


def test_a_balance_created_by_an_edit_can_be_paid_later(log_in, manager, customer):
    order, desk = make_order(customer=customer, status=Status.PAID), log_in(manager)
    edit_order(
        actor=Actor.staff(manager),
        order_id=order.pk,
        version=None,
        changes={"shipping_fee": "12"},
        agreed=True,
    )
    assert pay(desk, order, "12", "D-4").balance == 0


def test_a_later_payment_needs_a_voucher_unless_it_is_cash(log_in, manager, customer):
    order, desk = make_order(customer=customer, status=Status.PAID), log_in(manager)
    assert pay(desk, order, "12", "").paid_amount == Decimal("398.00")
    assert pay(desk, order, "12", "", "cash").paid_amount == Decimal("410.00")


@pytest.mark.parametrize(
    ("status", "amount", "told"),
    [
        ("paid", "12", "已登记，待退 ¥12.00"),
        ("cancelled", "50", "已登记，待退 ¥50.00"),
        ("refunding", "5", "已登记，和其他款项一起退还"),
        ("pending_payment", "100", "已登记，尚欠 ¥298.00"),
        ("pending_payment", "398", "已登记，已付清"),
    ],
)
def test_the_message_after_booking_a_payment_names_the_open_sum(log_in, manager, status, amount, told):
    order, desk = make_order(status=status), log_in(manager)
    pay(desk, order, amount, "D-7")
    assert told in desk.get(f"/orders/{order.number}/").content.decode()


@pytest.mark.parametrize("amount", ["", "x", "-5", "0", "1e9"])
def test_a_malformed_payment_is_not_booked(log_in, manager, customer, amount):
    order = make_order(customer=customer)
    assert pay(log_in(manager), order, amount, "D-5").paid_amount == 0


def test_exchange_is_refused_as_a_payment_method(log_in, manager, customer):
    assert pay(log_in(manager), make_order(customer=customer), "10", "D-6", "exchange").paid_amount == 0


def test_sales_cannot_book_payments(log_in, sales, customer):
    order = make_order(customer=customer)
    assert log_in(sales).post(f"/orders/{order.number}/payments/", {"amount": "1"}).status_code == 403
