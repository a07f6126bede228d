"""待我处理: everything that waits for one person, in one queue, the oldest first."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from messaging.services.conversations import open_enquiry
from messaging.services.messages import send_message
from orders.models import AfterSalesCase, ChangeRequest, Order
from orders.selectors.todo import count_todo, todo_list
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case, reject_case
from orders.services.change_requests.request import request_change
from orders.services.orders import ItemInput
from orders.services.quotes import QuoteInput, make_quote, send_quote
from orders.services.shortages import report_missing
from shopcomm.core.accounts.actors import Actor
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db

# A Monday morning in Shanghai, in the shop's hours.
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.get_fixed_timezone(480))


def send_text(order: Order, actor: Actor, body: str) -> None:
    send_message(
        actor=actor, conversation_id=order.conversation.pk, client_id=uuid4(), kind="text", body=body
    )


def todo_kinds(actor: Actor) -> list[str]:
    return [todo.kind.value for todo in todo_list(actor)]


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NINE, tick=False)
    return time_machine


def claim_refund(order: Order) -> AfterSalesCase:
    wanted = CaseInput("refund", "missing", [CaseLine(order.lines.get().pk, 1)])
    return open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=wanted)


def test_the_todo_queue_lists_everything_waiting_with_the_oldest_first(
    clock, customer, variant, sales, manager, warehouse
) -> None:
    seller, boss, asker = Actor.staff(sales), Actor.staff(manager), Actor.customer(customer)
    orders = [make_order(customer=customer, assigned_to=sales, status="paid") for _ in range(2)]
    delivered = [make_order(customer=customer, assigned_to=sales, status="delivered") for _ in range(2)]
    steps = [
        lambda: send_text(orders[0], asker, "今天能发吗"),
        lambda: report_missing(actor=Actor.staff(warehouse), line_id=orders[1].lines.get().pk, missing=1),
        lambda: claim_refund(delivered[0]),
        lambda: approve_case(actor=boss, case_id=claim_refund(delivered[1]).pk),
        lambda: request_change(
            actor=asker, order_id=orders[0].pk, kind="items", data={"items": [{"sku": orders[0].lines.get().sku, "quantity": 1}]}
        ),
        lambda: _quote(seller, customer, variant.sku),
    ]  # fmt: skip
    for step in steps:
        clock.shift(timedelta(minutes=1))
        step()
    clock.shift(timedelta(minutes=5))

    assert todo_kinds(seller) == ["unanswered", "shortage", "case", "change", "quote"]
    # Money is paid out by managers, and only they are asked to.
    assert todo_kinds(boss) == ["unanswered", "shortage", "case", "refund", "change", "quote"]
    assert (count_todo(seller), count_todo(boss)) == (5, 6)
    change = todo_list(seller)[3]
    assert change.answer_by == ChangeRequest.objects.get().answer_by
    assert change.answer_by - change.since == timedelta(minutes=15)


def _quote(seller: Actor, customer, sku: str) -> None:
    wanted = QuoteInput([ItemInput(sku, 1)], valid_until=timezone.now() + timedelta(hours=20))
    quote = make_quote(actor=seller, customer=customer, wanted=wanted)
    send_quote(actor=seller, quote_id=quote.pk)


def test_a_finished_task_leaves_the_queue(clock, customer, sales) -> None:
    order = make_order(customer=customer, assigned_to=sales, status="delivered")
    seller, case = Actor.staff(sales), claim_refund(order)
    send_text(order, Actor.customer(customer), "少了一个")
    assert sorted(todo_kinds(seller)) == ["case", "unanswered"]

    reject_case(actor=seller, case_id=case.pk, reason="照片里是两个")
    assert todo_kinds(seller) == ["unanswered"]
    send_text(order, seller, "请看照片")
    assert (todo_kinds(seller), count_todo(seller)) == ([], 0)


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("好的谢谢", False),
        ("嗯嗯，收到👌", False),
        ("OK!", False),
        ("辛苦了 🙏", False),
        ("好的，什么时候发", True),
        ("谢谢，那颜色换成黑的", True),
        ("好看吗", True),
    ],
)
def test_a_message_of_thanks_is_not_in_the_queue(clock, customer, sales, said: str, waits: bool) -> None:
    order = make_order(customer=customer, assigned_to=sales)
    send_text(order, Actor.staff(sales), "明天发货")
    send_text(order, Actor.customer(customer), said)

    assert todo_kinds(Actor.staff(sales)) == (["unanswered"] if waits else [])


def test_a_question_before_a_message_of_thanks_stays_in_the_queue(clock, customer, sales) -> None:
    order = make_order(customer=customer, assigned_to=sales)
    send_text(order, Actor.customer(customer), "能开发票吗")
    send_text(order, Actor.customer(customer), "谢谢")

    assert [todo.text for todo in todo_list(Actor.staff(sales))] == ["能开发票吗"]


def test_the_queue_has_ones_own_and_unassigned_tasks(clock, customer, sales, other_sales, manager) -> None:
    for seller in (sales, other_sales, None):
        send_text(make_order(customer=customer, assigned_to=seller), Actor.customer(customer), "在吗")
    enquiry = open_enquiry(actor=Actor.staff(other_sales), customer=customer, subject="双肩包")
    send_message(
        actor=Actor.customer(customer),
        conversation_id=enquiry.pk,
        client_id=uuid4(),
        kind="text",
        body="多少钱",
    )

    # An enquiry is its opener's until it is handed over.
    assert [count_todo(Actor.staff(each)) for each in (sales, other_sales, manager)] == [2, 3, 4]
    assert count_todo(Actor.staff(sales)) == len(todo_list(Actor.staff(sales)))


def test_the_desk_shows_the_queue_its_filter_and_its_badge(log_in, clock, customer, sales) -> None:
    first, second = (make_order(customer=customer, assigned_to=sales, status="delivered") for _ in range(2))
    for order in (second, first):
        clock.shift(timedelta(minutes=1))
        claim_refund(order)
    desk = log_in(sales)

    page = desk.get("/orders/?todo=1").text
    numbers = re.findall(r'data-todo.*?class="reference"\s*>([^<]+)', page, re.DOTALL)
    assert numbers == [second.number, first.number]
    assert re.search(r'待我处理\s*<b\s+data-counted="/orders/todo/count/"\s*>2</b>', page)
    assert f"/orders/{first.number}/?todo=1#case-" in page
    assert desk.get("/orders/todo/count/").json() == {"unread": 2, "shown": "2", "label": "2 件待我处理"}
    part = desk.get("/orders/?status=delivered", headers={"x-fragment": "list"}).text
    assert re.search(r'data-counted="/orders/todo/count/"\s*>2</b>', part)
    # Away from the queue its chip still counts, and a filter leads out of it.
    plain = desk.get("/orders/").text
    assert "data-todo" not in plain
    assert re.search(r'href="\?todo=1"', plain)
    assert 'href="?status=paid"' in page


def test_a_refund_request_is_in_the_managers_queue(clock, customer, sales, manager) -> None:
    move(make_order(customer=customer, assigned_to=sales, status="paid"), "refunding", reason="不要了")

    assert todo_kinds(Actor.staff(manager)) == ["refund"]
    assert todo_kinds(Actor.staff(sales)) == []


def test_an_empty_queue_says_so(log_in, sales) -> None:
    assert "都处理完了" in log_in(sales).get("/orders/?todo=1").text


def test_after_finishing_a_task_the_queue_leads_to_the_next_one(log_in, clock, customer, sales) -> None:
    cases = [
        claim_refund(make_order(customer=customer, assigned_to=sales, status="delivered"))
        for _each in range(2)
    ]
    desk, numbers = log_in(sales), [case.order.number for case in cases]
    came_from = [f"http://testserver/orders/{numbers[0]}/?todo=1", f"http://testserver/orders/{numbers[1]}/"]

    led = [
        desk.post(
            f"/orders/after-sales/{case.pk}/reject/",
            {"answer": "照片里看不出"},
            headers={"referer": page},
        ).headers["location"]
        for case, page in zip(cases, came_from, strict=True)
    ]

    assert led == [f"/orders/{numbers[0]}/?todo=1", f"/orders/{numbers[1]}/"]
