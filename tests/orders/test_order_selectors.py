import base64
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from orders.errors import GuardFailed
from orders.models import Order, Shipment
from orders.policies.parcel_way import Scan
from orders.selectors import orders as orders_selector
from orders.selectors.board import warehouse_board
from orders.selectors.items import ItemInput
from orders.selectors.orders import (
    OrderFilters,
    order_for_detail,
    order_list,
    orders_visible_to,
    status_counts,
)
from orders.selectors.products import variants_matching
from orders.selectors.timeline import order_timeline
from orders.selectors.visibility import successor_of
from orders.services.editing import edit_order
from orders.services.tracking import record_scans
from orders.services.warehouse import acknowledge_order, tick_line
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP, Audience
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.events.models import DomainEvent
from tests.factories import (
    CustomerFactory,
    ProductFactory,
    VariantFactory,
    integration,
    make_order,
    make_orders,
    move,
)

pytestmark = pytest.mark.django_db


# --- who sees what ------------------------------------------------------------------------------
def test_sales_see_their_own_and_unassigned_orders_or_all_by_the_setting(sales, other_sales, as_actor):
    own, free, foreign = make_order(assigned_to=sales), make_order(), make_order(assigned_to=other_sales)
    assert set(orders_visible_to(as_actor(sales))) == {own, free}
    ShopSettings.objects.create(pk=1, sales_see_all=True)
    assert set(orders_visible_to(as_actor(sales))) == {own, free, foreign}


def test_the_warehouse_sees_only_orders_in_its_statuses(as_actor):
    orders = {
        status: make_order(status=status) for status in ("pending_payment", "paid", "shipped", "completed")
    }
    seen = {order.status for order in orders_visible_to(as_actor("warehouse"))}
    assert seen == {"paid", "shipped", "completed"}
    now, ended = timezone.now(), Order.objects.filter(pk=orders["completed"].pk)
    with time_machine.travel(now, tick=False):
        for ago, is_seen in ((timedelta(days=7), True), (timedelta(days=7, seconds=1), False)):
            ended.update(closed_at=now - ago)
            assert (ended.get() in orders_visible_to(as_actor("warehouse"))) == is_seen


def test_a_former_assignee_is_told_who_has_the_order_and_others_get_404(
    as_actor, sales, other_sales, customer
):
    order = make_order(customer=customer, assigned_to=sales)
    mine, theirs = Actor.staff(sales), Actor.staff(other_sales)
    edit_order(actor=mine, order_id=order.pk, version=None, changes={"shipping_fee": "1.00"}, agreed=True)
    assert successor_of(mine, order.number) is None
    Order.objects.update(assigned_to=other_sales)

    assert successor_of(mine, order.number) == "陈伟"
    assert successor_of(theirs, order.number) is None
    assert successor_of(mine, "BX-0") is None
    assert successor_of(as_actor(customer), order.number) is None


def test_a_customer_sees_all_own_orders_and_by_a_link_only_that_one(order, customer, as_actor):
    second, _foreign = make_order(customer=customer), make_order()
    assert set(orders_visible_to(as_actor(customer))) == {order, second}
    assert set(orders_visible_to(as_actor(customer, order_id=order.pk))) == {order}
    assert set(orders_visible_to(as_actor(customer, order_id=_foreign.pk))) == set()


def test_without_an_actor_no_order_is_visible():
    make_order()
    assert list(orders_visible_to(None)) == []
    assert sum(status_counts(None).values()) == 0


# --- the list -----------------------------------------------------------------------------------
def test_pages_have_no_gaps_or_repeats_in_both_directions(as_actor):
    now = timezone.now()
    # Two orders of the same moment sit across a border of pages.
    moments = [now - timedelta(minutes=n // 2) for n in range(11)]
    numbers = [make_order(placed_at=moment).number for moment in moments]
    manager, seen, back, cursor = as_actor("manager"), [], [], ""
    while cursor is not None:
        page = order_list(manager, OrderFilters(limit=3, cursor=cursor))
        seen, cursor, last = seen + [order.number for order in page], page.next_cursor, page
    cursor = last.previous_cursor
    while cursor is not None:
        page = order_list(manager, OrderFilters(limit=3, cursor=cursor))
        back, cursor = [order.number for order in page] + back, page.previous_cursor
    assert sorted(seen) == sorted(numbers)
    assert len(seen) == len(set(seen))
    assert back == seen[: len(back)]
    assert len(back) == 9


@pytest.mark.parametrize("pk", [1, 10, 100, 1000, 10_000])
def test_a_cursor_decodes_to_the_position_it_was_made_from(pk):
    order = Order(pk=pk, placed_at=timezone.now())

    assert orders_selector._decode(orders_selector._encode(order, backward=False)) == (
        False,
        (order.placed_at, pk),
    )


def test_status_counts_stop_at_a_thousand(customer, as_actor):
    one = {"customer": customer, "status": "completed", "placed_at": timezone.now()}
    Order.objects.bulk_create(Order(number=f"N{n}", **one) for n in range(1001))

    assert status_counts(as_actor("manager"))["completed"] == 1000


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "====",
        "🙂",
        "Pjk5OTk",
        "' OR 1=1",
        _cursor(">2020-01-01T00:00:00|5"),
        _cursor(">2020-01-01T00:00:00+00:00|x"),
        _cursor(">2020-01-01T00:00:00+00:00|0"),
    ],
)
def test_a_broken_cursor_starts_at_the_beginning(order, as_actor, cursor):
    page = order_list(as_actor("manager"), OrderFilters(cursor=cursor))

    assert (page.orders, page.previous_cursor, page.next_cursor) == ([order], None, None)


def test_several_filters_of_the_desk_narrow_together(as_actor):
    wanted = make_order(source="phone", urgent=True)
    make_order(source="phone")
    make_order(source="wechat", urgent=True)
    page = order_list(
        as_actor("manager"), OrderFilters(source="phone", urgent=True, status="pending_payment")
    )
    assert page.orders == [wanted]
    assert not order_list(
        as_actor("manager"), OrderFilters(created_before=wanted.placed_at, urgent=True)
    ).orders


def test_a_searched_page_with_counts_and_lines_takes_few_queries(as_actor, django_assert_max_num_queries):
    make_orders(8)
    actor = as_actor("sales")
    with django_assert_max_num_queries(8):
        page = order_list(actor, OrderFilters(q="XB"))
        assert [len(order.lines.all()) for order in page] == [1] * 8
        assert {order.customer.name for order in page}
        status_counts(actor)


def test_the_order_page_takes_as_many_queries_for_ten_lines_as_for_one(
    as_actor, django_assert_max_num_queries
):
    def read(order) -> None:
        found = order_for_detail(as_actor("manager"), order.number)
        assert [line.variant.product.name for line in found.lines.all()]
        assert order_timeline(found)

    one = make_order(items=[ItemInput(VariantFactory().sku, 1)])
    ten = make_order(items=[ItemInput(VariantFactory().sku, 1) for _ in range(10)])
    with django_assert_max_num_queries(12) as for_one:
        read(one)
    with django_assert_max_num_queries(len(for_one)):
        read(ten)


def test_status_counts_include_only_visible_orders(sales, other_sales, as_actor):
    make_order(assigned_to=sales)
    make_order(assigned_to=other_sales, status="paid")
    assert status_counts(as_actor(sales))["paid"] == 0
    assert status_counts(as_actor("manager"))["paid"] == 1


# --- search -------------------------------------------------------------------------------------
@pytest.fixture
def found(as_actor):
    actor = as_actor("manager")
    return lambda text: set(order_list(actor, OrderFilters(q=text)).orders)


def test_an_order_is_found_by_number_customer_phone_goods_or_waybill(found):
    buyer = CustomerFactory(
        name="欧阳丽华", phone="+8613812345678", phone_tail="5678", company="广州丽彩皮具"
    )
    variant = VariantFactory(sku="LGX-24-RED")
    order = make_order(
        customer=buyer,
        items=[ItemInput(variant.sku, 1)],
        note="请在周五前送到,不要打电话",
        external_id="TB-77",
    )
    make_order()
    texts = [
        order.number,
        order.number.lower(),
        order.number[:-1],
        "TB-77",
        "5678",
        "13812345678",
        "138 1234 5678",
    ]
    texts += [
        "+86 13812345678",
        "欧阳",
        "丽华",
        "丽彩",
        "LGX-24",
        "lgx-24-red",
        "周五前",
        "五",
        "不要打电话",
        " 周五前  ",
    ]
    missed = [text for text in texts if order not in found(text)]
    assert missed == []
    exact = [text for text in texts if text not in (order.number[:-1],)]
    assert [text for text in exact if found(text) != {order}] == []


def test_an_order_is_found_by_the_beginning_of_its_number_in_another_system(found):
    first, second, other = (make_order(external_id=number) for number in ("EXT-1", "EXT-12", "TB-EXT-1"))

    assert found("EXT-") == found("ext-") == {first, second}
    assert found("EXT-12") == {second}
    assert found("TB-") == {other}


def test_a_recent_order_is_found_by_the_last_digits_of_its_number(found):
    orders = make_orders(3)

    for order in orders:
        assert order in found(order.number[-4:])
    assert found("98765") == set()


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "'; DROP TABLE orders_order; --", "\x00", "不存在的字", "9999", "x" * 100_000]
)
def test_odd_search_texts_find_nothing_without_an_error(order, found, text):
    assert found(text) == ({order} if text == "\x00" else set())


def test_a_search_finds_only_visible_orders(other_sales, sales, as_actor):
    order = make_order(assigned_to=other_sales, note="保密的备注")
    for text in (order.number, "保密", order.customer.phone_tail):
        assert order_list(as_actor(sales), OrderFilters(q=text)).orders == []


def test_variants_must_match_every_search_word():
    red = VariantFactory(product=ProductFactory(name="云途登机箱"), color="红色", sku="YT-20-RED")
    VariantFactory(product=red.product, color="黑色", sku="YT-20-BLK")
    assert variants_matching("云途 红") == [red]
    assert variants_matching("yt-20-red") == [red]
    assert variants_matching("云途 绿") == []


# --- timeline and board -------------------------------------------------------------------------
def test_the_timeline_shows_actor_change_old_and_new_value(order, sales, as_actor):
    edit_order(actor=as_actor(sales), order_id=order.pk, version=1, changes={"street": "新街 1 号"})
    entry = order_timeline(order)[-1]
    assert (entry.actor_name, entry.text) == ("周敏", "修改订单")
    [row] = entry.before_after
    assert (row.label, row.before, row.after) == ("详细地址", "机场路 88 号", "新街 1 号")


def test_the_customers_timeline_has_no_staff_names_and_nothing_internal(order, sales, as_actor):
    edit_order(actor=as_actor(sales), order_id=order.pk, version=1, changes={"assigned_to": sales.pk})
    move(order, "paid")
    acknowledge_order(actor=as_actor("warehouse"), order_id=order.pk)
    assert [entry.kind for entry in order_timeline(order)] == [
        "order.created", "order.changed", "order.paid", "order.acknowledged",
    ]  # fmt: skip
    public = order_timeline(order, audience=CUSTOMER)
    assert [(entry.kind, entry.actor_name) for entry in public] == [
        ("order.created", "商家"),
        ("order.paid", "商家"),
    ]


@pytest.mark.parametrize("is_shop", [True, False])
def test_the_timeline_treats_a_third_audience_by_whether_it_belongs_to_the_shop(
    order, sales, as_actor, is_shop
):
    third = Audience("auditor", holds=lambda actor: False, is_shop=is_shop)
    edit_order(actor=as_actor(sales), order_id=order.pk, version=1, changes={"receiver_phone": "13900001111"})
    move(order, "paid")
    acknowledge_order(actor=as_actor("warehouse"), order_id=order.pk)
    like = SHOP if is_shop else CUSTOMER
    assert order_timeline(order, audience=third) == order_timeline(order, audience=like)
    assert order_timeline(order, audience=SHOP) != order_timeline(order, audience=CUSTOMER)


def test_every_kind_of_event_has_a_timeline_text():
    for status in ("completed", "refunded", "cancelled"):
        order = make_order(status=status)
        assert all(entry.text and "order." not in entry.text for entry in order_timeline(order))


def test_the_board_lists_urgent_orders_first_and_unseen_changes_on_top(
    as_actor, django_assert_max_num_queries
):
    plain, urgent = make_order(status="paid"), make_order(status="paid", urgent=True)
    picking, shipped = make_order(status="picking"), make_order(status="shipped")
    edit_order(actor=integration(), order_id=picking.pk, version=None, changes={"urgent": True})
    packer = as_actor("warehouse")
    with django_assert_max_num_queries(5):  # the settings, the hours, the days off, the board
        board = warehouse_board(packer)
    assert {column.key: [entry.key for entry in column.entries] for column in board.columns} == {
        "new": [urgent.pk, plain.pk], "picking": [picking.pk], "packed": [], "shipped": [shipped.pk],
    }  # fmt: skip
    assert [entry.key for entry in board.notices.entries] == [picking.alerts.get(kind="urgent").pk]


def test_acknowledging_an_order_twice_writes_one_event(as_actor):
    order = make_order(status="paid")
    for _ in range(2):
        acknowledge_order(actor=as_actor("warehouse"), order_id=order.pk)
    order.refresh_from_db()
    assert (order.version, order.acknowledged_version) == (3, 3)
    assert DomainEvent.objects.filter(type="order.acknowledged").count() == 1


def test_picked_quantities_cannot_exceed_the_ordered_ones(as_actor):
    order = make_order(status="picking")
    line = order.lines.get()
    assert tick_line(actor=as_actor("warehouse"), line_id=line.pk, picked=2).picked_quantity == 2
    for wrong in (3, -1):
        with pytest.raises(GuardFailed):
            tick_line(actor=as_actor("warehouse"), line_id=line.pk, picked=wrong)
    order.refresh_from_db()
    assert order.version == 3


# --- couriers' scans ----------------------------------------------------------------------------
def scan(parcel: Shipment, minutes: int, state: str, text: str) -> Shipment:
    moment = parcel.shipped_at + timedelta(minutes=minutes)
    scans = [Scan(moment, state, text)]
    return record_scans(actor=integration(), shipment_id=parcel.pk, scans=scans).parcel


def test_courier_scans_advance_the_parcel_and_deliver_the_order():
    order = make_order(status="shipped")
    parcel = order.shipments.get()
    scan(parcel, 60, "in_transit", "快件已到达广州")
    scan(parcel, 60, "in_transit", "快件已到达广州")
    late = scan(parcel, 30, "handed_over", "已揽收")
    assert (late.state, late.nodes.count()) == ("in_transit", 2)
    scan(parcel, 90, "signed", "已签收")
    order.refresh_from_db()
    assert order.status == "delivered"
    assert [entry.text for entry in order_timeline(order) if entry.kind == "scan"] == [
        "已揽收",
        "快件已到达广州",
        "已签收",
    ]
    events = DomainEvent.objects.filter(order_id=order.pk)
    assert events.count() == order.version


@time_machine.travel("2026-11-23T01:00:00Z", tick=False)
def test_a_courier_scan_after_the_order_was_completed_changes_only_the_parcel():
    order = make_order(status="refunding", via=["paid", "picking", "shipped", "refunding"])
    scan(order.shipments.get(), 60, "signed", "已签收")
    order.refresh_from_db()
    assert order.status == "refunding"
