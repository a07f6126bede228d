from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from messaging.services.messages import send_message
from orders.errors import ChangePending, GuardFailed, StaleVersion
from orders.models import Order, OrderLine, Payment, Refund, Shipment, WarehouseAlert
from orders.services.editing import edit_order
from orders.services.orders import ItemInput
from orders.services.transitions import transition_order
from orders.services.warehouse import acknowledge_alert
from shopcomm.core.events.models import DomainEvent
from tests.factories import VariantFactory, integration, make_order, move, parcel

pytestmark = pytest.mark.django_db


def failing_guards(order: Order, to: str, **fields: object) -> list[str]:
    """The guards that refuse, after making sure that nothing happened."""
    before = Order.objects.values().get(pk=order.pk)
    with pytest.raises(GuardFailed) as refusal:
        move(order, to, **fields)
    assert Order.objects.values().get(pk=order.pk) == before
    assert refusal.value.status == 422
    assert all(guard["text"] for guard in refusal.value.extra["guards"])
    return refusal.value.names


def types_of(order: Order) -> list[str]:
    return list(DomainEvent.objects.filter(order_id=order.pk).order_by("id").values_list("type", flat=True))


# --- paying ------------------------------------------------------------------------------------
def test_paying_without_an_amount_pays_the_balance(order):
    order = move(order, "paid", method="wechat", reference="W1")
    assert (order.status, order.paid_amount, order.version) == ("paid", Decimal("398.00"), 2)
    assert order.payments.values_list("amount", "method", "reference").get() == (
        Decimal("398.00"),
        "wechat",
        "W1",
    )


def test_a_part_payment_is_booked_and_the_order_stays_unpaid(order):
    order = move(order, "paid", amount="98.00")
    assert (order.status, order.balance, order.version) == ("pending_payment", Decimal("300.00"), 2)
    order = move(order, "paid")
    assert (order.status, order.paid_amount) == ("paid", Decimal("398.00"))
    assert types_of(order) == ["order.created", "order.payment_recorded", "order.paid"]


@pytest.mark.parametrize("amount", ["0", "-1", "abc", "NaN", "Infinity", "1.001", "1e400", "9" * 40])
def test_an_invalid_amount_is_refused(order, amount):
    assert "amount_invalid" in failing_guards(order, "paid", amount=amount)


def test_an_overpayment_is_booked_and_the_rest_becomes_a_refund(order):
    paid = move(order, "paid", amount="398.01")
    assert (paid.status, str(paid.paid_amount), str(paid.refunds.get().amount)) == ("paid", "398.01", "0.01")


def test_an_unknown_payment_method_is_refused(order):
    assert failing_guards(order, "paid", method="bitcoin") == ["method_unknown"]


def test_a_payment_reference_is_booked_for_one_order_only(order):
    move(order, "paid", method="wechat", reference="W1")
    other = make_order()
    assert failing_guards(other, "paid", method="wechat", reference="W1") == ["payment_seen"]


def test_the_same_payment_recorded_twice_is_booked_once(order):
    move(order, "paid", method="wechat", reference="W1")
    again = move(order, "paid", method="wechat", reference="W1")
    assert (again.status, again.version, Payment.objects.count()) == ("paid", 2, 1)


def test_a_manager_must_give_a_voucher_number_except_for_cash(order, as_actor):
    manager = as_actor("manager")
    assert failing_guards(order, "paid", actor=manager) == ["voucher_required"]
    assert move(order, "paid", actor=manager, method="cash").status == "paid"


# --- cancelling ---------------------------------------------------------------------------------
def test_cancelling_releases_the_reserved_stock(order, variant):
    order = move(order, "cancelled", reason="重复下单")
    variant.refresh_from_db()
    assert (order.status, variant.reserved, variant.available) == ("cancelled", 0, 100)
    assert order.closed_at is not None


def test_cancelling_a_part_paid_order_opens_a_refund(order):
    move(order, "paid", amount="1.00")
    cancelled = move(order, "cancelled")
    assert (cancelled.status, str(cancelled.refunds.get(state="approved").amount)) == ("cancelled", "1.00")


def test_an_order_does_not_expire_before_its_deadline(order, as_actor):
    assert failing_guards(order, "cancelled", actor=as_actor("system")) == ["not_due"]
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        assert move(order, "cancelled", actor=as_actor("system")).status == "cancelled"


# --- picking ------------------------------------------------------------------------------------
def test_picking_records_the_picker_and_acknowledges_the_order(as_actor):
    actor = as_actor("warehouse")
    order = move(make_order(status="paid"), "picking", actor=actor)
    assert (order.picker_id, order.acknowledged_version) == (actor.id, order.version)
    assert order.picking_at is not None


def test_an_order_on_hold_cannot_be_picked():
    order = make_order(status="paid")
    Order.objects.filter(pk=order.pk).update(hold_reason="等客户确认颜色")
    assert failing_guards(order, "picking") == ["on_hold"]
    assert failing_guards(order, "shipped") == ["on_hold"]


def test_a_short_order_cannot_be_picked():
    order = make_order(status="paid")
    Order.objects.filter(pk=order.pk).update(shortage=True)
    assert failing_guards(order, "picking") == ["shortage"]


def test_a_pick_can_be_released_only_by_its_picker_or_a_manager(as_actor):
    order = move(make_order(status="paid"), "picking", actor=as_actor("warehouse"))
    assert failing_guards(order, "paid", actor=as_actor("warehouse")) == ["not_picker"]
    OrderLine.objects.filter(order=order).update(picked_quantity=2)
    order = move(order, "paid", actor=as_actor("manager"))
    assert (order.status, order.picker_id, order.lines.get().picked_quantity) == ("paid", None, 0)
    assert types_of(order)[-1] == "order.pick_released"


# --- shipping -----------------------------------------------------------------------------------
def test_shipping_creates_a_parcel_with_the_current_address_and_takes_the_stock(variant):
    order = make_order(status="picking", items=[ItemInput(variant.sku, 3)])
    seen = order.version
    order = move(order, "shipped", carrier="顺丰", tracking_number="sf1234567890")
    parcel_ = order.shipments.get()
    assert (parcel_.carrier, parcel_.tracking_number) == ("shunfeng", "SF1234567890")
    assert parcel_.label_address == "吴丽华 13800138000 广东省广州市白云区机场路 88 号"
    assert parcel_.order_version == seen
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved) == (97, 0)


@pytest.mark.parametrize("carrier", ["", "nobody", "顺风"])
def test_an_unknown_courier_is_refused(carrier):
    assert failing_guards(make_order(status="picking"), "shipped", carrier=carrier) == ["carrier_unknown"]


@pytest.mark.parametrize("number", ["", "  ", "12", "<script>", "中文单号", "A" * 61, None])
def test_shipping_requires_a_tracking_number(number):
    assert failing_guards(make_order(status="picking"), "shipped", tracking_number=number) == [
        "tracking_required"
    ]


def test_a_tracking_number_cannot_be_used_twice():
    move(make_order(status="picking"), "shipped", tracking_number="SF100200300")
    other = make_order(status="picking")
    assert failing_guards(other, "shipped", tracking_number="sf100200300") == ["tracking_used"]


def test_the_same_shipment_sent_twice_ships_once(variant):
    order = make_order(status="picking", items=[ItemInput(variant.sku, 3)])
    move(order, "shipped", tracking_number="SF100200300")
    again = move(order, "shipped", tracking_number="SF100200300")
    variant.refresh_from_db()
    assert (again.status, again.version, Shipment.objects.count(), variant.on_hand) == ("shipped", 4, 1, 97)


def test_more_than_the_open_quantity_cannot_be_shipped():
    order = make_order(status="picking")
    line = order.lines.get()
    for quantity in (3, 0, -1, "many"):
        assert "qty_exceeds_open" in failing_guards(
            order, "shipped", lines=[{"line": line.pk, "quantity": quantity}]
        )
    assert failing_guards(order, "shipped", lines=[{"sku": "NOPE", "quantity": 1}]) == [
        "lines_unknown",
        "qty_exceeds_open",
    ]


@pytest.mark.parametrize(
    ("told", "sent"), [("Tb-1x", {"Tb-1x": 1}), ("TB-1X", {"TB-1X": 1}), ("tb-1x", {"TB-1X": 1})]
)
def test_lines_are_matched_by_exact_sku_or_else_case_insensitively(told, sent):
    skus = [VariantFactory(sku=sku, on_hand=9).sku for sku in ("Tb-1x", "TB-1X")]
    order = make_order(status="picking", items=[ItemInput(sku, 2) for sku in skus])
    move(order, "shipped", lines=[{"sku": told, "quantity": 1}])

    shipped = order.lines.filter(shipped_quantity__gt=0)
    assert dict(shipped.values_list("sku", "shipped_quantity")) == sent


def test_a_part_shipment_keeps_the_order_in_picking_until_the_rest_ships(variant):
    order = make_order(status="picking", items=[ItemInput(variant.sku, 3)])
    order = move(order, "shipped", lines=[{"sku": variant.sku, "quantity": 1}])
    assert (order.status, types_of(order)[-1]) == ("picking", "shipment.updated")
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved) == (99, 2)
    assert failing_guards(order, "paid") == ["parcel_handed_over"]
    order = move(order, "shipped")
    assert (order.status, order.shipments.count(), order.version) == ("shipped", 2, 5)


def test_quick_shipping_writes_both_transitions(as_actor):
    order = move(make_order(status="paid"), "shipped", actor=as_actor("warehouse"))
    assert types_of(order)[-2:] == ["order.picking", "order.shipped"]
    assert (order.status, order.version) == ("shipped", 4)
    moves = DomainEvent.objects.filter(order_id=order.pk).order_by("id").values_list("data", flat=True)
    assert [row["status_to"] for row in moves] == ["pending_payment", "paid", "picking", "shipped"]


def test_an_order_with_an_unseen_change_cannot_ship(as_actor):
    order = make_order(status="picking")
    edited = edit_order(
        actor=integration(), order_id=order.pk, version=order.version, changes={"street": "新街 1 号"}
    )
    with pytest.raises(ChangePending) as refusal:
        transition_order(
            actor=as_actor("warehouse"),
            order_id=order.pk,
            to="shipped",
            version=edited.version,
            data=parcel(),
        )
    assert (refusal.value.status, refusal.value.code) == (423, "change_pending")
    assert refusal.value.extra["request"]["after"] == {"street": "新街 1 号"}
    assert not Shipment.objects.exists()

    alert = WarehouseAlert.objects.get()
    acknowledge_alert(actor=as_actor("warehouse"), alert_id=alert.pk)
    # The version from before the acknowledgement still does: seeing an order changes nothing.
    transition_order(
        actor=as_actor("warehouse"), order_id=order.pk, to="shipped", version=edited.version, data=parcel()
    )
    assert "新街 1 号" in Shipment.objects.get().label_address


def test_shipping_with_a_stale_version_is_refused_with_the_changes(as_actor):
    order = make_order(status="paid")
    edit_order(actor=integration(), order_id=order.pk, version=2, changes={"street": "新街 1 号"})
    with pytest.raises(StaleVersion) as refusal:
        transition_order(
            actor=as_actor("warehouse"), order_id=order.pk, to="shipped", version=2, data=parcel()
        )
    assert (refusal.value.status, refusal.value.extra["version"]) == (409, 3)
    [change] = refusal.value.extra["changed"]
    assert (change["label"], change["before"], change["after"]) == ("详细地址", "机场路 88 号", "新街 1 号")


def test_a_version_from_the_future_is_refused_as_stale(order):
    with pytest.raises(StaleVersion):
        transition_order(actor=integration(), order_id=order.pk, to="paid", version=99)


# --- delivery -----------------------------------------------------------------------------------
def test_the_timer_delivers_only_when_every_parcel_arrived_and_a_person_may_earlier(as_actor):
    order = make_order(status="shipped")
    assert failing_guards(order, "delivered", actor=as_actor("system")) == ["parcels_open"]
    order = move(order, "delivered", actor=as_actor("warehouse"))
    assert order.shipments.get().state == "signed"


def test_a_returned_parcel_can_be_packed_again_from_the_same_stock(variant):
    order = make_order(status="shipped", items=[ItemInput(variant.sku, 3)])
    order = move(order, "picking")
    variant.refresh_from_db()
    assert (order.status, variant.on_hand, variant.reserved) == ("picking", 100, 3)
    assert (order.lines.get().shipped_quantity, order.shipments.get().state) == (0, "returned")
    order = move(order, "shipped")
    variant.refresh_from_db()
    assert (order.status, variant.on_hand, variant.reserved) == ("shipped", 97, 0)


def test_the_customer_may_confirm_receipt_before_the_courier_does(as_actor):
    order = make_order(status="shipped")
    order = move(order, "completed", actor=as_actor(order.customer))
    assert (order.status, order.shipments.get().state) == ("completed", "signed")


def test_auto_completion_waits_for_its_day_and_for_unanswered_questions(as_actor, sales):
    order = make_order(status="delivered")
    assert failing_guards(order, "completed", actor=as_actor("system")) == ["not_due"]
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        send_text(as_actor(order.customer), order, "箱子的轮子坏了一个")
        assert failing_guards(order, "completed", actor=as_actor("system")) == ["case_open"]
        send_text(as_actor(sales), order, "给您寄一个新的")
        send_text(as_actor(order.customer), order, "谢谢")
        assert move(order, "completed", actor=as_actor("system")).status == "completed"


def send_text(actor, order, body):
    send_message(actor=actor, conversation_id=order.conversation.pk, client_id=uuid4(), body=body)


def test_the_days_of_a_rejected_refund_do_not_count_towards_completion(as_actor):
    start = timezone.now()
    order = make_order(status="delivered")
    with time_machine.travel(start + timedelta(days=1)):
        move(order, "refunding")
    with time_machine.travel(start + timedelta(days=4)):
        move(order, "delivered", reason="已沟通")
    with time_machine.travel(start + timedelta(days=8)):
        assert failing_guards(order, "completed", actor=as_actor("system")) == ["not_due"]
    with time_machine.travel(start + timedelta(days=10, minutes=1)):
        assert move(order, "completed", actor=as_actor("system")).status == "completed"


# --- refunding ----------------------------------------------------------------------------------
def test_a_refund_needs_a_reason_and_covers_the_whole_sum_paid():
    order = make_order(status="paid")
    assert failing_guards(order, "refunding", reason=" ") == ["reason_required"]
    assert failing_guards(order, "refunding", amount="1.00") == ["amount_not_whole"]
    assert failing_guards(order, "refunding", amount="398.01") == ["amount_not_whole"]
    order = move(order, "refunding", amount="398.00")
    assert (order.status, order.status_before, Refund.objects.get().amount) == (
        "refunding",
        "paid",
        Decimal("398"),
    )


def test_after_the_after_sales_deadline_only_a_manager_can_refund(as_actor):
    order = make_order(status="completed")
    with time_machine.travel(timezone.now() + timedelta(days=15, minutes=1)):
        assert failing_guards(order, "refunding", actor=as_actor("sales")) == ["after_sales_over"]
        assert failing_guards(order, "refunding", actor=as_actor(order.customer)) == ["after_sales_over"]
        assert move(order, "refunding", actor=as_actor("manager")).status == "refunding"


def test_a_settled_refund_releases_the_reserved_stock(variant):
    order = make_order(via=["paid", "refunding"], items=[ItemInput(variant.sku, 3)])
    order = move(order, "refunded")
    variant.refresh_from_db()
    assert (order.status, order.refunded_amount, variant.reserved, variant.on_hand) == (
        "refunded", order.paid_amount, 0, 100,
    )  # fmt: skip


@pytest.mark.parametrize(("restock", "on_hand"), [(True, 100), (False, 97)])
def test_shipped_goods_are_restocked_on_refund_when_requested(variant, restock, on_hand):
    order = make_order(via=["paid", "picking", "shipped", "refunding"], items=[ItemInput(variant.sku, 3)])
    move(order, "refunded", restock=restock)
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved) == (on_hand, 0)


def test_a_manager_must_give_a_voucher_number_to_settle_a_refund(as_actor):
    order = make_order(status="refunding")
    assert failing_guards(order, "refunded", actor=as_actor("manager")) == ["voucher_required"]
    assert move(order, "refunded", actor=as_actor("manager"), reference="V1").status == "refunded"


def test_a_refund_with_a_wrong_sum_cannot_be_settled():
    order = make_order(status="refunding")
    Refund.objects.update(amount="1.00")
    assert failing_guards(order, "refunded") == ["refund_sum"]


@pytest.mark.parametrize("status", ["paid", "picking", "shipped", "delivered", "completed"])
def test_rejecting_a_refund_restores_the_former_status(status, as_actor):
    order = make_order(status=status)
    before, lines = stored_state(order), list(order.lines.values())
    move(order, "refunding")
    with pytest.raises(GuardFailed, match="原因"):
        move(order, status, actor=as_actor("sales"))
    order = move(order, status, actor=as_actor(order.customer))
    assert stored_state(order) == before
    assert list(order.lines.values()) == lines
    assert order.refunds.get().state == "withdrawn"
    assert order.version == before_version(status) + 2


def stored_state(order: Order) -> dict[str, object]:
    row = Order.objects.values().get(pk=order.pk)
    return {key: value for key, value in row.items() if key not in ("version", "updated_at")}


def before_version(status: str) -> int:
    return {"paid": 2, "picking": 3, "shipped": 4, "delivered": 5, "completed": 6}[status]


def test_a_refund_during_picking_alerts_the_warehouse(as_actor):
    order = make_order(via=["paid", "picking", "refunding"])
    assert WarehouseAlert.objects.get().kind == "refund"
    order = move(order, "picking", reason="客户改主意")
    assert move(order, "shipped").status == "shipped"
