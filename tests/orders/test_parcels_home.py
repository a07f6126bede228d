"""包裹退回: what a parcel brings home is sent again, unless it was signed for, given back or paid back already."""

import pytest

from orders.errors import GuardFailed
from orders.models import Order, OrderLine, Refund, Shipment, Status, Variant
from orders.selectors.items import ItemInput
from orders.selectors.orders import OrderFilters, order_list
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case, record_return_parcel
from orders.services.editing import edit_order
from orders.services.refunds import pay_refund
from orders.services.returns import inspect_return
from orders.services.tracking import sign_parcel
from orders.services.warehouse import acknowledge_alert
from shopcomm.core.accounts.actors import Actor
from tests.factories import VariantFactory, integration, make_order, move

pytestmark = pytest.mark.django_db

SHOP = integration()


@pytest.fixture
def bag() -> Variant:
    return VariantFactory(sku="BAG-1", on_hand=10)


def open_claim(order: Order, kind: str, quantity: int):
    wanted = CaseInput(kind, "damaged", [CaseLine(order.lines.get().pk, quantity)])
    return open_case(actor=SHOP, order_id=order.pk, wanted=wanted)


def paid_back(order: Order, quantity: int, amount: int | None = None) -> None:
    """A case of money alone, paid out."""
    case = open_claim(order, "refund", quantity)
    approve_case(actor=SHOP, case_id=case.pk, amount=None if amount is None else order.total * 0 + amount)
    pay_refund(actor=SHOP, refund_id=Refund.objects.get(case=case).pk, reference=f"R{case.pk}")


def given_back(order: Order, quantity: int) -> None:
    """A return that has come in and was sound."""
    case = open_claim(order, "return", quantity)
    approve_case(actor=SHOP, case_id=case.pk)
    record_return_parcel(actor=SHOP, case_id=case.pk, carrier="yunda", tracking_number=f"YD{case.pk}000")
    inspect_return(actor=SHOP, case_id=case.pk, counted={case.lines.get().pk: (quantity, 0)})
    pay_refund(actor=SHOP, refund_id=Refund.objects.get(case=case).pk, reference=f"R{case.pk}")


def stock_of(variant: Variant) -> tuple[int, int]:
    variant.refresh_from_db()
    return variant.on_hand, variant.reserved


def line_counts(order: Order) -> tuple[int, int, int]:
    line = OrderLine.objects.get(order=order)
    return line.shipped_quantity, line.returned_quantity, line.open_quantity


def test_a_delivered_parcel_is_not_returned_to_the_warehouse(bag):
    order = make_order(status="picking", items=[ItemInput(bag.sku, 6)])
    move(order, "shipped", lines=[{"sku": bag.sku, "quantity": 4}])
    sign_parcel(actor=SHOP, shipment_id=Shipment.objects.get().pk)
    move(order, "shipped")
    assert stock_of(bag) == (4, 0)

    move(order, "picking")

    assert (stock_of(bag), line_counts(order)) == ((6, 2), (4, 0, 2))
    assert sorted(order.shipments.values_list("state", flat=True)) == ["returned", "signed"]
    move(order, "shipped")
    assert (stock_of(bag), line_counts(order)) == ((4, 0), (6, 0, 0))


def test_pieces_returned_by_a_case_are_not_restocked_again_with_the_parcel(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 4)])
    given_back(order, 2)
    assert stock_of(bag) == (8, 0)

    move(order, "picking")

    assert (stock_of(bag), line_counts(order)) == ((10, 2), (2, 2, 2))


def test_refunded_pieces_of_a_returned_parcel_are_restocked_and_not_resent(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 4)])
    paid_back(order, 2)

    move(order, "picking")

    assert (stock_of(bag), line_counts(order)) == ((10, 2), (2, 2, 2))


def test_a_second_returned_parcel_of_an_order_counts_nothing_twice(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 4)])
    paid_back(order, 2)
    move(order, "picking")
    move(order, "shipped")
    assert (stock_of(bag), line_counts(order)) == ((8, 0), (4, 2, 0))

    move(order, "picking")

    assert (stock_of(bag), line_counts(order)) == ((10, 2), (2, 2, 2))
    move(order, "shipped")
    assert open_claim(order, "return", 2).lines.get().quantity == 2
    with pytest.raises(GuardFailed):
        open_claim(order, "return", 1)


def test_a_returned_parcel_with_a_partial_refund_is_resent_in_full(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 4)])
    paid_back(order, 4, amount=50)
    move(order, "picking")
    assert (stock_of(bag), line_counts(order)) == ((10, 4), (0, 0, 4))


def test_pieces_awaited_by_an_open_case_are_counted_by_the_case(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 4)])
    case = open_claim(order, "return", 3)
    approve_case(actor=SHOP, case_id=case.pk)

    move(order, "picking")
    assert (stock_of(bag), line_counts(order)) == ((7, 1), (3, 0, 1))

    record_return_parcel(actor=SHOP, case_id=case.pk, carrier="yunda", tracking_number="YD12345")
    inspect_return(actor=SHOP, case_id=case.pk, counted={case.lines.get().pk: (3, 0)})
    assert (stock_of(bag), line_counts(order)) == ((10, 1), (3, 3, 1))


def test_a_returned_parcel_with_nothing_to_resend_does_not_reopen_picking(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 2), ItemInput(VariantFactory().sku, 1)])
    for line in order.lines.all():
        wanted = CaseInput("return", "damaged", [CaseLine(line.pk, line.quantity)])
        approve_case(actor=SHOP, case_id=open_case(actor=SHOP, order_id=order.pk, wanted=wanted).pk)
    with pytest.raises(GuardFailed) as refused:
        move(order, "picking")
    assert refused.value.names == ["nothing_to_send_again"]
    assert move(order, "delivered").status == Status.DELIVERED


def test_a_case_about_goods_returned_meanwhile_cannot_be_approved(bag):
    order = make_order(status="shipped", items=[ItemInput(bag.sku, 4)])
    case = open_claim(order, "refund", 2)
    move(order, "picking")
    with pytest.raises(GuardFailed) as refused:
        approve_case(actor=SHOP, case_id=case.pk)
    assert refused.value.names == ["goods_came_home"]
    assert Refund.objects.count() == 0


def test_lines_can_be_removed_after_their_parcel_was_returned(bag, manager):
    other = VariantFactory(sku="BAG-2", on_hand=10)
    items = [ItemInput(bag.sku, 2), ItemInput(other.sku, 1)]
    order = move(make_order(status="shipped", items=items), "picking")
    edit = {"actor": Actor.staff(manager), "order_id": order.pk, "version": None, "agreed": True}

    edit_order(**edit, changes={"items": [{"sku": other.sku, "quantity": 1}]})

    order.refresh_from_db()
    assert (order.goods_total, [line.sku for line in order.lines.all()]) == (199, [other.sku])
    assert (stock_of(bag), stock_of(other)) == ((10, 0), (10, 1))
    # The parcel that came home still says what was in it.
    assert sorted(row.line.sku for row in order.shipments.get().lines.all()) == [bag.sku, other.sku]
    acknowledge_alert(actor=SHOP, alert_id=order.alerts.get().pk)
    move(order, "shipped")
    assert (stock_of(bag), stock_of(other)) == ((10, 0), (9, 0))


def test_an_order_is_not_found_by_removed_lines(bag, manager):
    other = VariantFactory(sku="BAG-2", on_hand=10)
    items = [ItemInput(bag.sku, 2), ItemInput(other.sku, 1)]
    order = move(make_order(status="shipped", items=items), "picking")
    elsewhere = make_order(items=[ItemInput(bag.sku, 1)])
    desk = Actor.staff(manager)
    goods = {"items": [{"sku": other.sku, "quantity": 1}]}
    edit_order(actor=desk, order_id=order.pk, version=None, agreed=True, changes=goods)

    def found(sku: str) -> set[Order]:
        return set(order_list(desk, OrderFilters(q=sku)).orders)

    assert found("BAG-1") == found("bag-1") == {elsewhere}
    assert found("BAG-2") == {order}


def test_lines_removed_after_a_returned_parcel_can_be_added_again(bag, manager):
    other = VariantFactory(sku="BAG-2", on_hand=10)
    items = [ItemInput(bag.sku, 2), ItemInput(other.sku, 1)]
    order = move(make_order(status="shipped", items=items), "picking")
    edit = {"actor": Actor.staff(manager), "order_id": order.pk, "version": None, "agreed": True}
    edit_order(**edit, changes={"items": [{"sku": other.sku, "quantity": 1}]})
    edit_order(
        **edit, changes={"items": [{"sku": bag.sku, "quantity": 3}, {"sku": other.sku, "quantity": 1}]}
    )
    assert (stock_of(bag), stock_of(other)) == ((10, 3), (10, 1))
    order.refresh_from_db()
    assert order.total == 4 * 199
