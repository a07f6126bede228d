from decimal import Decimal

import pytest

from orders.errors import GuardFailed, InsufficientStock, NotAllowed, OrderClosed, StaleVersion
from orders.events import OrderEvent
from orders.models import Order, Status, WarehouseAlert
from orders.policies.transitions import TRANSITIONS
from orders.selectors.contacts import unmasked_fact
from orders.selectors.items import ItemInput
from orders.services.change_requests.parse import parse_change
from orders.services.orders import edit_order
from orders.services.warehouse import acknowledge_order
from shopcomm.core.events.kinds import all_kinds
from shopcomm.core.events.models import DomainEvent
from tests.factories import VariantFactory, integration, make_order, move

pytestmark = pytest.mark.django_db


def edit(order: Order, *, actor=None, version: int | None = None, **changes: object) -> Order:
    return edit_order(actor=actor or integration(), order_id=order.pk, version=version, changes=changes)


def test_an_edit_writes_an_event_with_old_and_new_values(order, sales, as_actor):
    edited = edit(order, actor=as_actor(sales), version=1, street="新街 1 号", urgent=True)
    assert (edited.version, edited.street, edited.urgent) == (2, "新街 1 号", True)
    event = DomainEvent.objects.get(type="order.changed")
    assert unmasked_fact(event).before == {"street": "机场路 88 号", "urgent": False}
    assert unmasked_fact(event).after == {"street": "新街 1 号", "urgent": True}
    assert event.actor_name == "周敏"


def test_an_edit_that_changes_nothing_writes_no_event(order):
    assert edit(order, street="机场路 88 号", note="").version == 1
    assert not DomainEvent.objects.filter(type="order.changed").exists()


def test_a_stale_edit_is_refused_with_who_changed_what(order, sales, other_sales, as_actor):
    edit(order, actor=as_actor(sales), version=1, street="新街 1 号")
    with pytest.raises(StaleVersion) as refusal:
        edit(order, actor=as_actor(other_sales), version=1, note="请送货上门")
    [change] = refusal.value.extra["changed"]
    assert (change["field"], change["before"], change["after"], change["by"]) == (
        "street", "机场路 88 号", "新街 1 号", "周敏",
    )  # fmt: skip
    order.refresh_from_db()
    assert (order.note, order.version) == ("", 2)


def test_a_stale_edit_is_refused_after_a_status_change_too(order):
    move(order, "paid")
    with pytest.raises(StaleVersion) as refusal:
        edit(order, version=1, note="请送货上门")
    assert [(row["field"], row["before"], row["after"]) for row in refusal.value.extra["changed"]] == [
        ("status", "待支付", "已支付待配货")
    ]


def test_an_acknowledgement_by_the_warehouse_makes_no_edit_stale(as_actor):
    order = make_order(status="paid")
    acknowledge_order(actor=as_actor("warehouse"), order_id=order.pk)
    assert edit(order, version=order.version, note="请送货上门").version == order.version + 2


def test_an_address_is_replaced_as_a_whole(order):
    address = {
        "name": "李娜",
        "phone": "13912345678",
        "province": "浙江省",
        "city": "杭州市",
        "street": "湖滨路 1 号",
    }
    edited = edit(order, address=address | {"district": "上城区"})
    assert (edited.receiver_name, edited.address) == ("李娜", "浙江省杭州市上城区湖滨路 1 号")


def test_an_incomplete_address_is_refused(order):
    with pytest.raises(GuardFailed) as refusal:
        edit(order, street="")
    assert refusal.value.names == ["address_incomplete"]


def test_replacing_lines_moves_their_stock_reservations(order, variant):
    other = VariantFactory(on_hand=5)
    edited = edit(order, items=[{"sku": variant.sku, "quantity": 1}, {"sku": other.sku, "quantity": 3}])
    variant.refresh_from_db()
    other.refresh_from_db()
    assert (variant.reserved, other.reserved, edited.total) == (1, 3, Decimal("796.00"))
    edited = edit(order, items=[{"sku": other.sku, "quantity": 3}])
    variant.refresh_from_db()
    assert (variant.reserved, edited.lines.count(), edited.version) == (0, 1, 3)


def test_a_line_keeps_its_agreed_price_when_its_quantity_changes(variant):
    order = make_order(items=[ItemInput(variant.sku, 2, Decimal("150.00"))])
    edited = edit(order, items=[{"sku": variant.sku, "quantity": 3}])
    assert edited.total == Decimal("450.00")


def test_an_edit_beyond_the_stock_changes_nothing(order, variant):
    with pytest.raises(InsufficientStock):
        edit(order, items=[{"sku": variant.sku, "quantity": 101}])
    variant.refresh_from_db()
    assert (variant.reserved, order.lines.get().quantity) == (2, 2)


@pytest.mark.parametrize("items", [[], None, ["x"], [{}], [{"sku": "NOPE", "quantity": 1}]])
def test_invalid_lines_are_refused(order, items):
    with pytest.raises(GuardFailed):
        edit(order, items=items)
    assert order.lines.count() == 1


def test_an_unpaid_order_does_not_become_paid_by_an_edit_to_zero(order):
    edited = edit(order, discount=str(order.total))
    assert (edited.total, edited.balance, edited.status) == (0, 0, "pending_payment")


def test_discount_and_freight_change_the_total(order):
    edited = edit(order, discount="98.00", shipping_fee="12.00")
    assert edited.total == Decimal("312.00")
    with pytest.raises(GuardFailed):
        edit(order, discount="1000.00")


def test_an_edit_below_the_sum_paid_opens_a_refund():
    order = make_order(status="paid")
    assert edit(order, discount="1.00").refunds.get().amount == Decimal("1.00")
    assert edit(order, shipping_fee="10.00").balance == Decimal("9.00")
    assert order.refunds.get().state == "withdrawn"


def test_each_kind_of_edit_during_picking_raises_a_warehouse_alert(as_actor, sales):
    order = make_order(status="picking")
    changes = {"street": "新街 1 号", "urgent": True, "note": "请送货上门"}
    edited = edit_order(actor=as_actor(sales), order_id=order.pk, version=None, changes=changes, agreed=True)
    alerts = {alert.kind: alert for alert in WarehouseAlert.objects.all()}
    assert set(alerts) == {"address", "urgent"}
    assert (alerts["address"].before, alerts["address"].raised_by) == ({"street": "机场路 88 号"}, "周敏")
    assert alerts["address"].order_version == edited.version


def test_an_edit_before_the_warehouse_has_seen_the_order_raises_no_alert(as_actor):
    order = make_order(status="paid")
    edit(order, street="新街 1 号")
    assert not WarehouseAlert.objects.exists()
    acknowledge_order(actor=as_actor("warehouse"), order_id=order.pk)
    edit(order, street="新街 2 号")
    assert WarehouseAlert.objects.get().after == {"street": "新街 2 号"}


@pytest.mark.parametrize(
    "status", [status for status in Status.values if status not in ("pending_payment", "paid", "picking")]
)
def test_shipped_and_closed_orders_refuse_a_new_address_but_accept_notes(status):
    order = make_order(status=status)
    with pytest.raises((GuardFailed, OrderClosed)):
        edit(order, street="新街 1 号")
    assert edit(order, note="客户说很满意").note == "客户说很满意"


def test_a_customer_can_change_the_address_until_picking_begins(order, as_actor):
    customer = as_actor(order.customer, order_id=order.pk)
    assert edit(order, actor=customer, street="新街 1 号").street == "新街 1 号"
    for change in ({"discount": "398.00"}, {"items": []}, {"urgent": True}, {"assigned_to": None}):
        with pytest.raises(NotAllowed):
            edit(order, actor=customer, **change)
    order = make_order(status="picking", customer=order.customer)
    with pytest.raises(NotAllowed):
        edit(order, actor=as_actor(order.customer), street="新街 1 号")


def test_the_warehouse_cannot_edit_orders(order, as_actor):
    with pytest.raises(NotAllowed):
        edit(order, actor=as_actor("warehouse"), note="x")


def test_an_order_can_be_reassigned_to_a_colleague_by_user_name(order, other_sales, as_actor):
    edited = edit(order, assigned_to=other_sales.pk)
    told = DomainEvent.objects.filter(order_id=order.pk).last()
    assert (edited.assigned_to, told.fact.after) == (other_sales, {"assigned_to": "陈伟"})
    with pytest.raises(GuardFailed):
        edit(order, assigned_to=as_actor("warehouse").id)


def test_a_field_that_cannot_be_edited_is_refused(order):
    for field in ("status", "paid_amount", "customer", "number"):
        with pytest.raises(GuardFailed) as refusal:
            edit(order, **{field: "x"})
        assert refusal.value.names == ["field_unknown"]


def test_a_note_of_a_hundred_thousand_characters_is_refused(order):
    with pytest.raises(GuardFailed) as refusal:
        edit(order, note="长" * 100_000)
    assert refusal.value.names == ["note_too_long"]


def test_every_event_that_makes_an_edit_stale_has_a_label():
    moves = {row.event.type for row in TRANSITIONS}
    kinds = [kind for kind in all_kinds() if issubclass(kind, OrderEvent) and kind.conflicts]
    named = {kind.type for kind in kinds if kind.label}
    assert {
        "order.payment_recorded",
        "order.debt_reduced",
        "order.deposit_released",
        "shipment.updated",
    } == named
    assert {kind.type for kind in kinds} - named - moves == {"order.changed"}


def test_lines_of_a_long_order_can_be_edited_and_a_too_long_one_is_refused_with_a_reason(order):
    rows = [{"sku": "DJX-20-BLK", "quantity": 1}]
    assert len(parse_change(order, "items", {"items": rows * 1000}, integration())["items"]) == 1000
    with pytest.raises(GuardFailed) as refused:
        parse_change(order, "items", {"items": rows * 1001}, integration())
    assert refused.value.names == ["too_many_lines"]
