"""The numbers on the buttons of every page of the shop: one query, and each reader their own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from messaging.selectors.badges import Badges, badges_with
from messaging.services.messages import send_message
from orders.models import ChangeRequest, Handler, Order, WarehouseAlert
from orders.selectors import warehouse as board
from orders.selectors.visibility import RECENT, orders_visible_to
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.database.prepared import Number
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db


def ask(order: Order, body: str = "今天能发吗") -> None:
    asker, talk = Actor.customer(order.customer), order.conversation.pk
    send_message(actor=asker, conversation_id=talk, client_id=uuid4(), kind="text", body=body)


def badges_of(staff: Staff) -> Badges:
    return badges_with(Actor.staff(staff))[0]


def test_each_reader_gets_their_own_badge_numbers(sales, other_sales, manager, warehouse) -> None:
    for seller in (sales, other_sales, None):
        ask(make_order(assigned_to=seller, status="paid"))

    assert badges_of(sales) == badges_of(other_sales) == Badges(todo=2, unread=2, waiting=0)
    assert badges_of(manager) == Badges(todo=3, unread=3, waiting=0)
    # The stockroom has neither a desk nor an inbox, and they no board.
    assert badges_of(warehouse) == Badges(todo=0, unread=0, waiting=3)


def test_all_badge_numbers_and_further_counts_of_a_page_are_one_query(
    sales, warehouse, django_assert_num_queries
) -> None:
    ask(make_order(assigned_to=sales, status="paid"))
    badges_of(sales)
    more = [Number("(SELECT count(*) + %s FROM accounts_staff)", [40]), Number("7", [])]

    with django_assert_num_queries(2) as asked:
        assert badges_with(Actor.staff(sales), *more) == (Badges(1, 1, 0), [42, 7])
    assert sum("shopsettings" in each["sql"] for each in asked.captured_queries) == 1
    with django_assert_num_queries(1):
        badges_of(warehouse)


def test_an_anonymous_visitor_gets_no_badges_and_causes_no_query(customer, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert badges_with(None) == badges_with(Actor.customer(customer)) == (Badges(0, 0, 0), [])


def test_the_warehouse_badge_counts_new_orders_alerts_and_change_requests(warehouse, sales) -> None:
    picker = Actor.staff(warehouse)
    new, seen, picking, sent = (
        make_order(status=status, assigned_to=sales) for status in ("paid", "paid", "picking", "shipped")
    )
    Order.objects.filter(pk=seen.pk).update(acknowledged_version=1)
    for order in (new, picking):
        items = [{"sku": order.lines.get().sku, "quantity": 1}]
        request_change(
            actor=Actor.customer(order.customer), order_id=order.pk, kind="items", data={"items": items}
        )
    ChangeRequest.objects.update(handler=Handler.WAREHOUSE)
    WarehouseAlert.objects.create(order=sent, kind="note", order_version=1)
    for moment in (timezone.now(), timezone.now() + timedelta(days=30)):
        visible = orders_visible_to(picker, now=moment)
        waiting = [
            visible.filter(status="paid", acknowledged_version=0),
            WarehouseAlert.objects.filter(acknowledged_at=None, order__in=visible),
            ChangeRequest.objects.filter(state="open", handler="warehouse", order__in=visible),
        ]
        assert badges_of(warehouse).waiting == sum(each.count() for each in waiting) > 0


def test_orders_finished_long_ago_leave_the_warehouse_badge(warehouse, sales, time_machine) -> None:
    order = make_order(status="delivered", assigned_to=sales)
    WarehouseAlert.objects.create(order=order, kind="note", order_version=1)
    time_machine.move_to(timezone.now())
    order = move(order, "completed")
    assert badges_of(warehouse).waiting == 1
    time_machine.shift(RECENT + timedelta(minutes=1))
    assert badges_of(warehouse).waiting == 0


def test_badge_numbers_are_capped(monkeypatch, warehouse, sales) -> None:
    for _each in range(3):
        make_order(status="paid", assigned_to=sales)
    board._prepared_count.cache_clear()
    monkeypatch.setattr(board, "COUNTED_TO", 2)
    assert badges_of(warehouse).waiting == 2
    board._prepared_count.cache_clear()


@pytest.mark.parametrize("path", ["/orders/", "/inbox/", "/preferences/", "/orders/debts/"])
def test_a_page_shows_the_badge_numbers(path, log_in, sales) -> None:
    for _each in range(3):
        ask(make_order(assigned_to=sales))
    page = log_in(sales).get(path).text
    assert ("3 件待我处理" in page, "3 条未读" in page) == (True, True)
