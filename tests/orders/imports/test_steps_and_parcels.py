"""When an order of the past was paid, sent and closed, and under which waybills it went, as its file says."""

from datetime import datetime

import pytest
from django.utils import timezone

from orders.models import Order, Payment, Shipment, ShipmentLine
from shopcomm.core.events.models import DomainEvent
from tests.orders.imports.conftest import BAG, HEAD, sums

pytestmark = pytest.mark.django_db

STEPS = "订单付款时间,发货时间,确认收货时间,物流公司,运单号"
STEP_HEAD = f"{HEAD},{STEPS}"
TOLD = "2026-03-05 09:30:00,2026-03-06 18:00:00,2026-03-09 12:00:00,圆通速递(YTO),YT7531234567890"
SECOND = BAG.replace("TB-1,托特包,黑色,10,28.50", "TB-2,手提包,红,5,10")


def local_time(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


def waybills() -> list[tuple[str, str]]:
    return list(Shipment.objects.order_by("pk").values_list("carrier", "tracking_number"))


def test_an_imported_order_has_its_waybill_and_status_times(take):
    report = take(STEP_HEAD, f"{BAG},{TOLD}")
    order, parcel = Order.objects.get(), Shipment.objects.get()
    events = list(DomainEvent.objects.filter(order_id=order.pk).order_by("pk"))

    assert (report.orders, report.unused) == (1, ())
    assert (parcel.carrier, parcel.tracking_number) == ("yuantong", "YT7531234567890")
    assert local_time(Payment.objects.get().received_at) == local_time(order.paid_at) == "2026-03-05 09:30:00"
    assert local_time(parcel.shipped_at) == local_time(order.shipped_at) == "2026-03-06 18:00:00"
    assert local_time(parcel.signed_at) == local_time(order.closed_at) == "2026-03-09 12:00:00"
    assert [local_time(event.occurred_at) for event in events] == [
        "2026-03-05 09:05:00",
        "2026-03-05 09:30:00",
        "2026-03-06 18:00:00",
        "2026-03-09 12:00:00",
    ]
    assert "YT7531234567890" in order.conversation.messages.get(seq=3).body


def test_order_values_given_once_count_for_the_rows_below(take):
    take(STEP_HEAD, f"{BAG},{TOLD}", ",TB-2,手提包,红,5,10,,,,,,,,,")

    assert sums("T1") == (15, "335.00")
    assert (Shipment.objects.get().lines.count(), waybills()) == (2, [("yuantong", "YT7531234567890")])


def test_rows_with_different_waybills_become_separate_parcels(take):
    other = TOLD.replace("圆通速递(YTO),YT7531234567890", "顺丰,SF1234567890")
    take(STEP_HEAD, f"{BAG},{TOLD}", f"{SECOND},{other}")
    contents = ShipmentLine.objects.values_list("shipment__tracking_number", "line__sku", "quantity")

    assert waybills() == [("yuantong", "YT7531234567890"), ("shunfeng", "SF1234567890")]
    assert set(contents) == {("YT7531234567890", "TB-1", 10), ("SF1234567890", "TB-2", 5)}


def test_merged_rows_may_name_another_waybill(take):
    take(STEP_HEAD, f"{BAG},{TOLD}", ",TB-2,手提包,红,5,10,,,,,,,,顺丰速运,SF1234567890")

    assert (sums("T1"), len(waybills())) == ((15, "335.00"), 2)


@pytest.mark.parametrize(
    ("carrier", "number", "kept"),
    [
        ("圆通快递", "No:YT7531234567890", ("yuantong", "YT7531234567890")),
        ("中通快递有限公司", "75312345678901", ("zhongtong", "75312345678901")),
        ("SF", "='SF1234567890'", ("shunfeng", "SF1234567890")),
        ("张三货运部", "BG-20260305-1", ("other", "BG-20260305-1")),
        ("", "YT7531234567890", ("other", "YT7531234567890")),
        ("圆通", "", ("other", "T1")),
        ("圆通", "-", ("other", "T1")),
        ("圆通", "7.53123E+13", ("other", "T1")),
        ("圆通", "YT7531234567890;YT7531234567891", ("yuantong", "YT7531234567890")),
    ],
)
def test_couriers_and_tracking_numbers_are_recognised_in_usual_spellings(take, carrier, number, kept):
    report = take(f"{HEAD},快递公司,快递单号", f"{BAG},{carrier},{number}")

    assert waybills() == [kept]
    assert report.several_waybills == (";" in number)


def test_a_waybill_already_used_by_another_order_stays_with_it(take):
    two = BAG.replace("T1,", "T2,")
    report = take(STEP_HEAD, f"{BAG},{TOLD}", f"{two},{TOLD}")
    later = take(STEP_HEAD, f"{BAG.replace('T1,', 'T3,')},{TOLD}")

    assert waybills() == [("yuantong", "YT7531234567890"), ("other", "T2"), ("other", "T3")]
    assert (report.orders, report.foreign_waybills, later.foreign_waybills) == (2, 1, 1)
    assert "运单号已属于另一张订单：以订单号代替: 1" in report.text()


def test_status_times_are_put_in_order(take):
    take(STEP_HEAD, f"{BAG},2026-03-04 00:00:00,2026-03-07 00:00:00,2026-03-06 00:00:00,,")
    order = Order.objects.get()

    assert local_time(order.paid_at) == local_time(order.placed_at) == "2026-03-05 09:05:00"
    assert local_time(order.shipped_at) == local_time(order.closed_at) == "2026-03-07 00:00:00"


@pytest.mark.parametrize(("said", "odd"), [("-", 0), ("", 0), ("0000-00-00 00:00:00", 0), ("昨天", 1)])
def test_an_invalid_status_time_does_not_refuse_the_order(take, said, odd):
    report = take(f"{HEAD},付款时间", f"{BAG},{said}")

    assert (report.orders, report.odd_moments) == (1, odd)
    assert local_time(Order.objects.get().paid_at) == "2026-03-05 09:05:00"


def test_a_file_with_only_a_payment_time_is_imported(take):
    take(HEAD.replace("下单时间", "订单付款时间"), BAG)

    assert (
        local_time(Order.objects.get().placed_at)
        == local_time(Order.objects.get().paid_at)
        == "2026-03-05 09:05:00"
    )


def test_a_shopify_export_is_imported_with_paid_and_shipped_times(take):
    head = (
        "Name,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Total,Created at,"
        "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku"
    )
    times = ("2026-03-05 09:30:00 +0800", "2026-03-06 18:00:00 +0800", "2026-03-05 09:05:00 +0800")
    take(head, f"#1001,paid,{times[0]},fulfilled,{times[1]},USD,80.00,{times[2]},2,Tote,40.00,TB-1")
    order = Order.objects.get()

    assert (local_time(order.paid_at), local_time(order.shipped_at)) == (
        "2026-03-05 09:30:00",
        "2026-03-06 18:00:00",
    )


def test_an_order_that_was_never_paid_has_no_payment_time(take):
    take(f"{STEP_HEAD},订单状态", f"{BAG},{TOLD},交易关闭")
    order = Order.objects.get()

    assert (order.paid_at, order.shipped_at, Shipment.objects.count()) == (None, None, 0)
    assert local_time(order.closed_at) == "2026-03-09 12:00:00"
