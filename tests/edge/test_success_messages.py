"""After an answer of the shop or a step of the customer the page says what was done, not that something was."""

import pytest
from django.contrib.messages import get_messages

from messaging.models import Conversation
from messaging.services.quotes import quote_in_conversation
from orders.models import AfterSalesCase, ChangePolicy, Order, Status
from orders.selectors.items import ItemInput
from orders.services.after_sales import CaseInput, CaseLine, open_case
from orders.services.change_requests.request import request_change
from orders.services.quotes import QuoteInput, end_of_day
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def last_message(answer) -> str:
    return str(list(get_messages(answer.wsgi_request))[-1])


def asked_of(order: Order, kind: str = "address", **data: str):
    wanted = data or {"street": "文一西路 969 号"}
    return request_change(actor=Actor.customer(order.customer), order_id=order.pk, kind=kind, data=wanted)


def case_of(order: Order, kind: str = AfterSalesCase.Kind.RETURN) -> AfterSalesCase:
    wanted = CaseInput(kind, "damaged", [CaseLine(order.lines.get().pk, 1)])
    return open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=wanted)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("accept", "已接受修改申请：收货信息"),
        ("decline", "已拒绝修改申请：收货信息"),
        ("withdraw", "已撤回修改申请：收货信息"),
    ],
)
def test_the_message_after_answering_a_change_request_names_answer_and_kind(log_in, manager, answer, said):
    asked = asked_of(make_order(status=Status.PICKING))
    path = f"/orders/changes/{asked.pk}/{answer}/"

    assert last_message(log_in(manager).post(path, {"reason": "已封箱"})) == said


def test_the_warehouse_and_the_english_desk_get_the_message_too(log_in, manager):
    asked = asked_of(make_order(status=Status.PICKING))
    path = f"/warehouse/changes/{asked.pk}/accept/"
    stockroom = log_in(manager)
    stockroom.cookies["django_language"] = "en"
    board = {"x-fragment": "1"}

    assert stockroom.post(path, headers=board).json() == {"text": "Change request accepted: Receiver"}


def test_the_message_after_recording_consent_by_phone_names_who_must_answer_next(log_in, manager):
    order = make_order(status=Status.PICKING)
    asked = request_change(
        actor=Actor.staff(manager), order_id=order.pk, kind="address", data={"street": "文一西路 969 号"}
    )
    path = f"/orders/changes/{asked.pk}/phone/"

    assert (
        last_message(log_in(manager).post(path, {"who": "吴丽华"}))
        == "已记下客户同意：收货信息，等待仓库处理"
    )


def test_the_message_says_when_a_change_request_needs_nothing_more(log_in, manager):
    ChangePolicy.objects.create(stage="paid", part="note", outcome="sales")
    order = make_order(status=Status.PAID)
    asked = asked_of(order, "note", note="送到门口")
    Order.objects.filter(pk=order.pk).update(note="送到门口")

    answer = log_in(manager).post(f"/orders/changes/{asked.pk}/accept/")

    assert last_message(answer) == "订单已经是这样，不用再改"


def test_the_message_after_approving_a_case_says_what_comes_next(log_in, manager):
    desk, order = log_in(manager), make_order(status=Status.DELIVERED)
    case = case_of(order)
    path = f"/orders/after-sales/{case.pk}"

    assert (
        last_message(desk.post(f"{path}/approve/", {"return_to": "杭州仓"}))
        == "已同意售后：退货退款，等待寄回"
    )
    sent = {"carrier": "zhongtong", "tracking_number": "ZT12345"}
    unnumbered = desk.post(f"{path}/send/", sent | {"tracking_number": " "})
    assert (unnumbered.status_code, 'value="zhongtong" selected' in " ".join(unnumbered.text.split())) == (
        422,
        True,
    )
    assert last_message(desk.post(f"{path}/send/", sent)) == "已登记寄回的运单号：ZT12345"
    counted = {f"good-{case.lines.get().pk}": "1"}
    said = last_message(desk.post(f"/warehouse/returns/{case.pk}/", counted))
    assert said == "已登记验收：退货退款，等待退款"

    other = case_of(make_order(status=Status.DELIVERED))
    refused = desk.post(f"/orders/after-sales/{other.pk}/reject/", {"answer": "人为损坏"})
    assert last_message(refused) == "已拒绝售后：退货退款"


@pytest.mark.parametrize(
    ("action", "said"),
    [("renew", "报价单 {} 已延期，并重新发给客户"), ("withdraw", "报价单 {} 已撤回")],
)
def test_the_message_after_a_quote_action_says_its_outcome(log_in, manager, customer, variant, action, said):
    quote = quote_in_conversation(
        actor=Actor.staff(manager),
        customer=customer,
        conversation_id=Conversation.objects.create(customer=customer).pk,
        wanted=QuoteInput([ItemInput(variant.sku, 2)], end_of_day(7)),
        send=True,
    )

    assert last_message(log_in(manager).post(f"/quotes/{quote.pk}/{action}/")) == said.format(quote.number)


def test_a_customer_who_withdraws_a_case_is_told_so(client):
    order = make_order(status=Status.DELIVERED)
    case = case_of(order)
    page = f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/after-sales/"
    client.get(page)

    assert last_message(client.post(f"{page}{case.pk}/withdraw/")) == "售后申请已撤回"


def test_the_messages_have_english_texts(log_in, manager):
    asked = asked_of(make_order(status=Status.PICKING))
    desk = log_in(manager)
    desk.cookies["django_language"] = "en"
    answer = desk.post(f"/orders/changes/{asked.pk}/decline/", {"reason": "sealed"})
    assert last_message(answer) == "Change request refused: Receiver"
