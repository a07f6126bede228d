"""The desk's pages: who sees which orders, what the list, the order and its parts show."""

import re
from uuid import uuid4

import pytest

from messaging.services.messages import mark_read, send_message
from orders.models import Order, Status
from orders.policies.transitions import TRANSITIONS
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink
from shopcomm.core.accounts.services.order_links import link_url
from tests.factories import CustomerFactory, StaffFactory, make_order, make_orders

pytestmark = pytest.mark.django_db


def listed_numbers(html: str) -> list[str]:
    return re.findall(r'<li\s+data-order="([^"]+)"', html)


def test_the_order_list_shows_sales_only_the_orders_they_may_see(log_in, sales, other_sales) -> None:
    own = make_order(assigned_to=sales)
    free = make_order()
    foreign = make_order(assigned_to=other_sales)

    html = log_in(sales).get("/orders/").text

    assert set(listed_numbers(html)) == {own.number, free.number}
    assert foreign.number not in html


@pytest.mark.parametrize("part", ["", "chat/", "events/", "row/", "edit/", "to/paid/"])
def test_an_order_of_a_colleague_answers_404(log_in, sales, other_sales, part: str) -> None:
    foreign = make_order(assigned_to=other_sales)

    assert log_in(sales).get(f"/orders/{foreign.number}/{part}").status_code == 404


def test_a_seller_who_handed_an_order_over_is_told_who_has_it_now(log_in, sales, other_sales) -> None:
    order = make_order(assigned_to=sales)
    edit_order(
        actor=Actor.staff(sales), order_id=order.pk, version=None, changes={"assigned_to": other_sales.pk}
    )
    desk = log_in(sales)

    for path in (
        f"/orders/{order.number}/",
        f"/orders/{order.number}/chat/",
        f"/inbox/{order.conversation.pk}/",
    ):
        led = desk.get(path, follow=True)
        assert led.redirect_chain[-1] in [("/orders/", 302), ("/inbox/", 302)]
        assert f"订单 {order.number} 现在由陈伟负责" in led.text
    # An open page that renews itself, and whoever never had to do with the order, get the refusal.
    assert desk.get(f"/orders/{order.number}/", headers={"x-fragment": "detail"}).status_code == 404
    stranger = log_in(StaffFactory(role="sales"))
    assert stranger.get(f"/orders/{order.number}/").status_code == 404
    assert stranger.get(f"/inbox/{order.conversation.pk}/").status_code == 404


def test_the_warehouse_cannot_open_the_order_desk(log_in, warehouse) -> None:
    assert log_in(warehouse).get("/orders/").status_code == 403


def test_the_nine_status_tabs_show_their_counts(log_in, manager) -> None:
    make_orders(2)
    make_order(status=Status.PAID)

    html = log_in(manager).get("/orders/").text

    tabs = re.findall(r'data-tab="([a-z_]*)"\s*>\s*<span>[^<]+</span>\s*<b>(\d+\+?)</b>', html)
    assert len(tabs) == 9
    assert dict(tabs)[""] == "3"
    assert dict(tabs)["pending_payment"] == "2"
    assert dict(tabs)["paid"] == "1"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=paid", ["paid"]),
        ("?urgent=1", ["urgent"]),
        ("?mine=1", ["mine"]),
        ("?source=phone", ["phone"]),
        ("?q=6612", ["phone"]),
        ("?q=温州", ["phone"]),
        ("?since=2999-01-01", []),
        ("?since=nonsense&status=nothing&source=x&after=@@", ["phone", "mine", "urgent", "paid"]),
    ],
)
def test_filters_of_the_desk_narrow_the_list(log_in, manager, query: str, found: list[str]) -> None:
    customer = CustomerFactory(company="温州丽华皮具行", phone="+8613800006612", phone_tail="6612")
    orders = {
        "paid": make_order(status=Status.PAID),
        "urgent": make_order(urgent=True),
        "mine": make_order(assigned_to=manager),
        "phone": make_order(source="phone", customer=customer),
    }

    html = log_in(manager).get(f"/orders/{query}").text

    assert listed_numbers(html) == [orders[name].number for name in found]


def test_the_order_list_is_paged_without_gaps_or_repeats(log_in, manager) -> None:
    made = [order.number for order in make_orders(60)]
    client = log_in(manager)

    first = client.get("/orders/").text
    more = re.search(r'href="(\?[^"]*)" data-more', first)
    second = client.get("/orders/" + more[1], headers={"X-Fragment": "list"}).text

    assert listed_numbers(first) + listed_numbers(second) == made[::-1]
    assert "data-more" not in second


def test_the_order_page_shows_every_section_of_the_order(log_in, manager) -> None:
    order = make_order(status=Status.SHIPPED, note="外箱请贴店名")

    html = log_in(manager).get(f"/orders/{order.number}/").text

    shipment = order.shipments.get()
    for text in (order.number, "外箱请贴店名", order.address, "顺丰速运", shipment.tracking_number):
        assert text in html
    assert "138 **** 8000" in html
    assert "13800138000" not in html
    assert 'aria-current="step"' in html


@pytest.mark.parametrize(("view", "path"), [("detail", ""), ("chat", "chat/"), ("events", "events/")])
def test_each_mobile_view_of_the_order_page_has_its_own_url(
    log_in, manager, order: Order, view: str, path: str
) -> None:
    assert f'data-view="{view}"' in log_in(manager).get(f"/orders/{order.number}/{path}").text


def test_parts_of_the_order_page_can_be_fetched_alone(log_in, manager, order: Order) -> None:
    client = log_in(manager)
    address = f"/orders/{order.number}/"

    detail = client.get(address, headers={"X-Fragment": "detail"}).text
    tabs = client.get(address, headers={"X-Fragment": "tabs"}).text
    row = client.get(address + "row/").text

    assert detail.lstrip().startswith("<main")
    assert tabs.lstrip().startswith('<div class="stabs"')
    assert listed_numbers(row) == [order.number]
    assert "<html" not in detail + tabs + row


def test_the_order_list_takes_the_same_queries_for_more_rows(
    log_in, manager, django_assert_max_num_queries
) -> None:
    make_orders(30)
    client = log_in(manager)
    client.get("/orders/")

    with django_assert_max_num_queries(8):
        client.get("/orders/")


def test_the_full_phone_number_is_shown_on_request_only(log_in, manager, order: Order) -> None:
    client = log_in(manager)

    answer = client.post(f"/orders/{order.number}/phone/", headers={"X-Fragment": "1"})

    assert answer.json() == {"phone": "13800138000"}
    assert client.get(f"/orders/{order.number}/phone/").status_code == 405


def test_the_customer_link_is_created_once_and_can_be_revoked(log_in, manager, order: Order) -> None:
    client = log_in(manager)
    address = f"/orders/{order.number}/link/"

    first = client.post(address, headers={"X-Fragment": "1"}).json()["url"]
    again = client.post(address, headers={"X-Fragment": "1"}).json()["url"]
    client.post(address + "revoke/")

    assert first == again
    assert not OrderLink.objects.filter(order_id=order.pk, revoked_at=None).exists()
    assert link_url(customer=order.customer, order_id=order.pk) != first


def test_the_status_diagram_shows_every_transition(log_in, warehouse) -> None:
    html = log_in(warehouse).get("/orders/states/").text

    labels = " ".join(re.findall(r'<text class="edgelabel"[^>]*>([^<]+)</text>', html)).split()
    moves = {row.key for row in TRANSITIONS if row.from_ and row.from_ != row.to}
    assert set(labels) == moves
    assert html.count("<tr>") == len(TRANSITIONS) + 1
    assert html.count('class="node"') == len(Status)


def test_no_page_of_the_desk_has_inline_styles_or_handlers(log_in, manager, order: Order) -> None:
    client = log_in(manager)
    for path in (
        "",
        "new/",
        "states/",
        f"{order.number}/",
        f"{order.number}/edit/",
        f"{order.number}/to/paid/",
    ):
        html = client.get(f"/orders/{path}").text
        assert not re.findall(r"<[^>]+\s(?:style|on[a-z]+)=", html), path


def test_markup_in_names_and_notes_is_escaped(log_in, manager) -> None:
    order = make_order(customer=CustomerFactory(name="<b>甲</b>"), note="<script>alert(1)</script>")

    html = log_in(manager).get(f"/orders/{order.number}/").text

    assert "<b>甲</b>" not in html
    assert "<script>alert(1)" not in html


def test_the_order_page_offers_no_transition_that_the_reader_may_not_make(log_in) -> None:
    order = make_order(status=Status.PAID)

    html = log_in(StaffFactory(role="sales")).get(f"/orders/{order.number}/").text

    assert f"/orders/{order.number}/to/refunding/" in html
    assert f"/orders/{order.number}/to/picking/" not in html


def test_a_row_of_the_list_shows_the_last_message_of_its_conversation(
    log_in, manager, as_actor, order
) -> None:
    client, talk = log_in(manager), order.conversation.pk
    assert order.lines.get().name in client.get("/orders/").text

    for body in ("今天能加急发吗", "在吗"):
        send_message(actor=as_actor(order.customer), conversation_id=talk, client_id=uuid4(), body=body)

    row = client.get(f"/orders/{order.number}/row/").text
    assert "客户：在吗" in row
    assert re.search(r'class="badge">.*?2', row, re.DOTALL)
    mark_read(actor=as_actor(manager), conversation_id=talk, seq=3)
    assert "badge" not in client.get(f"/orders/{order.number}/row/").text


def test_an_internal_note_is_marked_as_such_in_the_list(log_in, manager, as_actor, order) -> None:
    send_message(
        actor=as_actor(manager),
        conversation_id=order.conversation.pk,
        client_id=uuid4(),
        body="老客户",
        internal=True,
    )

    assert "备注：老客户" in log_in(manager).get("/orders/").text


def test_the_unread_filter_shows_only_orders_with_unread_messages(log_in, manager, as_actor, order) -> None:
    make_order()
    send_message(
        actor=as_actor(order.customer), conversation_id=order.conversation.pk, client_id=uuid4(), body="在吗"
    )

    assert listed_numbers(log_in(manager).get("/orders/?unread=1").text) == [order.number]


def test_the_list_takes_eight_queries_however_long_it_is(
    log_in, manager, django_assert_max_num_queries
) -> None:
    client = log_in(manager)
    make_orders(60)

    with django_assert_max_num_queries(8):
        client.get("/orders/")
