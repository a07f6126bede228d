"""The warehouse's board: what it shows to whom, and what a touch or a scan does."""

import re

import pytest

from orders.models import Order, Status
from orders.selectors.scanning import paper_code
from orders.services.editing import edit_order
from tests.factories import integration, make_address, make_order, make_orders

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(log_in, warehouse):
    """The warehouse's browser."""
    return log_in(warehouse)


def orders_in_column(html: str, key: str) -> list[str]:
    part = html.split(f"wcol--{key}", 1)[1].split("</section>", 1)[0]
    return re.findall(r'data-number="([^"]+)"', part)


def edit_address_of(order: Order, **changes: object) -> Order:
    return edit_order(actor=integration(), order_id=order.pk, version=None, changes=changes)


def post_action(board, order: Order, action: str, **data: object):
    newest = Order.objects.get(pk=order.pk)
    return board.post(f"/warehouse/orders/{order.number}/{action}/", {"version": newest.version} | data)


def status_of(order: Order) -> str:
    return Order.objects.get(pk=order.pk).status


def test_each_order_is_in_its_column_with_urgent_ones_first(board) -> None:
    calm, urgent = make_order(status=Status.PAID), make_order(status=Status.PAID, urgent=True)
    picking, shipped = make_order(status=Status.PICKING), make_order(status=Status.SHIPPED)
    make_order()

    html = board.get("/warehouse/").text

    assert orders_in_column(html, "new") == [urgent.number, calm.number]
    assert orders_in_column(html, "picking") == [picking.number]
    assert orders_in_column(html, "shipped") == [shipped.number]


def test_managers_can_open_the_board_and_sales_cannot(log_in, sales, manager) -> None:
    assert log_in(sales).get("/warehouse/").status_code == 403
    assert log_in(manager).get("/warehouse/").status_code == 200


def test_an_order_is_new_until_it_is_acknowledged(board) -> None:
    order = make_order(status=Status.PAID)
    assert "已看到" in board.get("/warehouse/").text

    post_action(board, order, "acknowledge")

    assert "已看到" not in board.get("/warehouse/").text
    assert Order.objects.get(pk=order.pk).acknowledged_version > 0


def test_an_order_can_be_picked_packed_and_shipped_on_the_board(board) -> None:
    order = make_order(status=Status.PAID)

    post_action(board, order, "start")
    line = order.lines.get()
    board.post(f"/warehouse/lines/{line.pk}/", {"picked": "1"})
    post_action(board, order, "ship", carrier="", tracking_number="SF1234567890123")

    assert status_of(order) == Status.SHIPPED
    parcel = order.shipments.get()
    assert (parcel.carrier, parcel.tracking_number) == ("shunfeng", "SF1234567890123")
    post_action(board, order, "delivered")
    assert status_of(order) == Status.DELIVERED


def test_a_picker_can_release_an_order(board) -> None:
    order = make_order(status=Status.PICKING)

    post_action(board, order, "release")

    assert status_of(order) == Status.PAID


def test_a_picked_line_can_be_unticked(board) -> None:
    line = make_order(status=Status.PICKING).lines.get()

    for picked, pieces in (("1", line.quantity), ("", 0)):
        board.post(f"/warehouse/lines/{line.pk}/", {"picked": picked})
        line.refresh_from_db()
        assert line.picked_quantity == pieces


def test_a_change_during_picking_is_shown_on_top_with_old_and_new_value(board) -> None:
    order = make_order(status=Status.PICKING)
    edit_address_of(order, address={"street": "文一西路 969 号"})

    html = board.get("/warehouse/").text

    assert "data-alert" in html
    assert "机场路 88 号" in html
    assert "文一西路 969 号" in html


def test_an_order_cannot_ship_until_its_change_was_seen(board) -> None:
    order = make_order(status=Status.PICKING)
    edit_address_of(order, address={"street": "文一西路 969 号"})

    refused = post_action(board, order, "ship", tracking_number="SF1234567890123")
    assert (status_of(order), refused.status_code) == (Status.PICKING, 302)
    assert "请先在仓库确认修改" in board.get(refused.url).text

    alert = order.alerts.get()
    board.post(f"/warehouse/alerts/{alert.pk}/")
    post_action(board, order, "ship", tracking_number="SF1234567890123")
    assert status_of(order) == Status.SHIPPED


def test_a_printed_pick_list_shows_the_order_version(board) -> None:
    order = make_order(status=Status.PICKING)

    assert f"第 {order.version} 版" in board.get(f"/warehouse/orders/{order.number}/").text


def test_shipping_from_a_stale_board_is_refused(board) -> None:
    order = make_order(status=Status.PICKING)
    seen = order.version
    edit_address_of(order, note="周末不收货")

    answer = board.post(
        f"/warehouse/orders/{order.number}/ship/",
        {"version": seen, "tracking_number": "SF1234567890123"},
        headers={"x-fragment": "1"},
    )

    assert (answer.status_code, status_of(order)) == (409, Status.PICKING)
    assert answer.json()["text"]


@pytest.mark.parametrize("scanned", ["{number}", "{lower}", " {number} ", "{short}"])
def test_scanning_an_order_number_opens_the_order(board, scanned: str) -> None:
    order = make_order(status=Status.PICKING)
    text = scanned.format(number=order.number, lower=order.number.lower(), short=order.number[-4:])

    assert order.number in board.get("/warehouse/scan/", {"q": text}).url


def test_scanning_a_used_waybill_opens_the_order_it_shipped_with(board) -> None:
    order = make_order(status=Status.SHIPPED)
    tracking = order.shipments.get().tracking_number

    assert order.number in board.get("/warehouse/scan/", {"q": tracking}).url


def test_scanning_a_new_waybill_fills_in_the_number_and_its_courier(board) -> None:
    order = make_order(status=Status.PICKING)
    line = order.lines.get()
    board.post(f"/warehouse/lines/{line.pk}/", {"picked": "1"})

    page = board.get("/warehouse/scan/", {"q": "SF1234567890123", "order": order.number}, follow=True).text

    assert 'value="SF1234567890123"' in page
    assert re.search(r'value="shunfeng"\s+selected', page)


@pytest.mark.parametrize("text", ["NOTHING-9", "' OR 1=1 --", "%", "<script>"])
def test_scanning_an_unknown_code_says_so(board, text: str) -> None:
    make_orders(2, status=Status.PAID)

    page = board.get("/warehouse/scan/", {"q": text}, follow=True)

    assert page.status_code == 200
    assert "没有找到" in page.text
    assert "<script>" not in page.text.split("whtop", 1)[1].split("wboard", 1)[0]


def test_scanning_an_order_outside_the_warehouse_shows_nothing(board) -> None:
    unpaid = make_order(address=make_address(street="秘密路 1 号"))

    assert board.get(f"/warehouse/orders/{unpaid.number}/").status_code == 404
    assert "秘密路" not in board.get("/warehouse/", {"order": unpaid.number}).text
    assert post_action(board, unpaid, "start").status_code == 404
    assert board.post(f"/warehouse/lines/{unpaid.lines.get().pk}/", {"picked": "1"}).status_code == 404


def test_an_unknown_board_action_answers_404(board) -> None:
    assert post_action(board, make_order(status=Status.PAID), "burn").status_code == 404


def test_the_board_takes_as_many_queries_for_thirty_orders_as_for_three(
    board, django_assert_max_num_queries
) -> None:
    make_orders(30, status=Status.PAID)

    with django_assert_max_num_queries(25):
        board.get("/warehouse/")


def test_a_parcel_slip_shows_its_version_and_scanning_an_outdated_one_warns(board) -> None:
    order = make_order(status=Status.PICKING)
    code = paper_code(order)
    assert "<svg" in board.get(f"/warehouse/orders/{order.number}/").text
    assert "重新打印" not in board.get("/warehouse/scan/", {"q": code}, follow=True).text

    edit_order(actor=integration(), order_id=order.pk, version=None, changes={"street": "文一西路 969 号"})

    page = board.get("/warehouse/scan/", {"q": code}, follow=True).text
    assert "请重新打印" in page
    assert "详细地址" in page
    assert order.number in page


def test_the_timeline_shows_who_in_the_warehouse_saw_a_change(log_in, warehouse, manager) -> None:
    order = edit_address_of(make_order(status=Status.PICKING), urgent=True)
    alert = order.alerts.get(kind="urgent")
    log_in(warehouse).post(f"/warehouse/alerts/{alert.pk}/")

    history = " ".join(log_in(manager).get(f"/orders/{order.number}/events/").text.split())
    assert f"{warehouse} 已看到修改，照新的配货" in history
    [line] = order.conversation.messages.filter(data__event="order.acknowledged")  # type: ignore[attr-defined]
    assert (line.body, line.internal) == (f"{warehouse} 已看到修改，照新的配货", True)
