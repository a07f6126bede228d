"""Consent, interception and requests made of messages, on the pages of both sides."""

from uuid import uuid4

import pytest
from django.test import Client

from messaging.models import Message, Notification, NotificationRule, Trigger
from messaging.services.messages import send_message
from messaging.services.notifications.release import release_due
from messaging.services.notifications.rules import ensure_default_rules
from orders.models import ChangeRequest, Order, Status
from orders.selectors.timeline import order_timeline
from orders.services.change_requests.consent import edit_or_request_consent
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.audiences import CUSTOMER
from shopcomm.core.events.relay import relay
from shopcomm.core.events.selectors import events_of_order
from tests.factories import make_order, move, parcel

pytestmark = pytest.mark.django_db
State = ChangeRequest.State
STREET = {"street": "体育场路 1 号"}
ADDRESS = "帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000"


def link_path(order: Order, part: str = "") -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/{part}"


def phone_of(order: Order) -> Client:
    phone = Client()
    phone.get(link_path(order))
    return phone


def send_text(order: Order, actor: Actor, text: str) -> Message:
    given = {"client_id": uuid4(), "kind": "text", "body": text}
    return send_message(actor=actor, conversation_id=order.conversation.pk, **given).message


def customer_of(order: Order) -> Actor:
    return Actor.customer(order.customer, order_id=order.pk)


@pytest.fixture
def asked(manager) -> ChangeRequest:
    order = make_order(status=Status.PAID)
    wish = edit_or_request_consent(actor=Actor.staff(manager), order_id=order.pk, version=2, changes=STREET)[
        1
    ]
    assert wish is not None
    return wish


def card_at(asked: ChangeRequest, action: str = "") -> str:
    line = Message.objects.get(kind="card", data__card="change", data__id=asked.pk)
    return f"/conversations/{line.conversation_id}/cards/{line.seq}/{action}"


def test_an_edit_of_a_paid_order_at_the_desk_becomes_a_consent_card(log_in, manager, sales):
    order = make_order(status=Status.PAID, assigned_to=sales)
    desk = log_in(sales)
    form = desk.get(f"/orders/{order.number}/edit/").context["form"]
    line = order.lines.get()
    data = {f"initial-{name}": form[name].value() or "" for name in form.own_fields()}
    data |= {name: form[name].value() or "" for name in form.own_fields() if name != "urgent"}
    data |= {"version": order.version, "lines_seen": form["lines_seen"].value(), "initial-urgent": "False"}
    data |= {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price}

    done = desk.post(f"/orders/{order.number}/edit/", data | {"street": "体育场路 1 号"}, follow=True)

    assert "已发给客户确认" in done.text
    assert "等客户在手机上点“同意”" in done.text
    assert order.change_requests.get().handler == "customer"


def test_the_customer_gives_consent_on_the_card(asked):
    phone = phone_of(asked.order)
    shown = phone.get(card_at(asked)).text
    assert "体育场路 1 号" in shown
    assert "不同意" in shown

    assert "已生效" in phone.post(card_at(asked, "agree/")).text

    asked.refresh_from_db()
    assert asked.state == State.ACCEPTED
    assert asked.consent["by"] == "tap"


def test_staff_cannot_consent_for_the_customer_but_can_record_consent_by_phone(asked, log_in, manager):
    desk = log_in(manager)
    shown = desk.get(card_at(asked)).text
    assert "客户在电话中同意了" in shown
    assert 'data-do="agree"' not in shown
    assert desk.post(card_at(asked, "agree/")).status_code == 403

    desk.post(f"/orders/changes/{asked.pk}/phone/", {"who": "吴丽华", "note": "改送公司"})

    asked.refresh_from_db()
    assert (asked.state, asked.consent["who"]) == (State.ACCEPTED, "吴丽华")


def test_the_order_page_asks_the_customer_for_consent_and_the_staff_preview_does_not(asked, log_in, manager):
    answer = link_path(asked.order, f"change/{asked.pk}/decline/")
    assert "商家想这样修改" in phone_of(asked.order).get(link_path(asked.order)).text
    assert log_in(manager).post(answer).status_code == 404

    phone_of(asked.order).post(answer)

    asked.refresh_from_db()
    assert asked.state == State.DECLINED


def test_one_tap_applies_the_address_in_a_customers_message(log_in, manager):
    order = make_order(status=Status.PAID)
    message = send_text(order, customer_of(order), ADDRESS)
    at = f"/conversations/{message.conversation_id}/messages/{message.seq}/offer/"

    for client in (log_in(manager), phone_of(order)):
        assert client.post(at).json()["text"] == "已修改"

    order.refresh_from_db()
    request = order.change_requests.get()
    assert (order.street, request.source_message_seq) == ("文一西路969号", message.seq)
    assert phone_of(make_order()).post(at).status_code == 404


def test_an_address_in_a_staff_message_is_not_taken_as_the_customers_consent(log_in, manager, as_actor):
    order = make_order(status=Status.PAID)
    message = send_text(order, as_actor(manager), ADDRESS)

    log_in(manager).post(f"/conversations/{message.conversation_id}/messages/{message.seq}/offer/")

    request = order.change_requests.get()
    assert (request.handler, request.source_message_seq) == ("customer", None)


@pytest.mark.parametrize(
    ("text", "first", "shown"),
    [
        (ADDRESS, "address", "文一西路969号"),
        ("改成5个", "items", 'value="5"'),
        ("放门卫就行", "note", "放门卫就行"),
        ("不想要了", "cancel", 'value="不想要了"'),
    ],
)
def test_a_message_opens_the_matching_change_form_for_customer_and_shop(log_in, manager, text, first, shown):
    order = make_order(status=Status.PAID)
    message = send_text(order, customer_of(order), text)
    desk = log_in(manager).get(f"/conversations/{message.conversation_id}/messages/{message.seq}/change/")
    phone = phone_of(order).get(link_path(order, f"change/?message={message.seq}"))

    for page in (desk, phone):
        assert page.context["chosen"] == first
        assert shown in page.text
    assert not order.change_requests.exists()


def test_a_change_the_desk_makes_from_a_message_counts_as_the_customers_request(log_in, manager):
    order = make_order(status=Status.PAID)
    message = send_text(order, customer_of(order), "12月3号再送")
    at = f"/conversations/{message.conversation_id}/messages/{message.seq}/change/"

    log_in(manager).post(at, {"kind": "note", "note": "12月3号再送", "key": "k"})

    order.refresh_from_db()
    assert (order.note, order.change_requests.get().source_message_seq) == ("12月3号再送", message.seq)
    assert log_in(manager).post(at, {"kind": "price", "discount": "1"}).status_code == 404


def test_customer_and_shop_can_ask_to_intercept_a_parcel_with_a_late_address(log_in, manager):
    order = make_order(status=Status.PICKING)
    late = request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    move(order, "shipped", actor=Actor.staff(manager), **parcel(), override="车要走了")
    desk = log_in(manager)
    for page in (desk.get(f"/orders/{order.number}/"), phone_of(order).get(link_path(order))):
        assert "拦截快递，改送新地址" in page.text

    phone_of(order).post(link_path(order, f"change/{late.pk}/intercept/"))

    open_ = order.change_requests.get(state=State.OPEN)
    assert (open_.handler, open_.after) == ("courier", STREET)
    assert "拦截快递，改送新地址" not in desk.get(f"/orders/{order.number}/").text


def test_the_reason_of_a_shipping_override_is_never_shown_to_the_customer(log_in, manager):
    ensure_default_rules()
    order = make_order(status=Status.PICKING)
    request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    move(order, "shipped", actor=Actor.staff(manager), **parcel(), override="客户太烦，车要走了")
    relay()
    release_due()
    phone, talk = phone_of(order), f"/conversations/{order.conversation.pk}/messages/"
    told = [phone.get(path).text for path in (link_path(order), link_path(order, "chat/"), talk)]
    told += Notification.objects.filter(recipient_kind="customer").values_list("body", flat=True)
    told += [
        f"{message.body} {message.data}" for message in order.conversation.messages.filter(internal=False)
    ]

    assert len(told) > 6
    assert [text for text in told if "太烦" in text] == []
    # The desk reads it.
    assert "客户太烦，车要走了" in log_in(manager).get(f"/orders/{order.number}/events/").text


def test_only_a_manager_is_offered_the_shipping_override(log_in, manager, warehouse):
    order = make_order(status=Status.PICKING)
    request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    order.lines.update(picked_quantity=2)

    board = f"/warehouse/?order={order.number}"
    assert 'name="override"' not in log_in(warehouse).get(board).text
    desk = log_in(manager)
    assert 'name="override"' in desk.get(board).text
    assert 'name="override"' in desk.get(f"/orders/{order.number}/to/shipped/").text


def test_the_parcel_slip_shows_its_version_waits_for_open_changes_and_flags_staleness(log_in, warehouse):
    order = make_order(status=Status.PICKING)
    stockroom = log_in(warehouse)
    at = f"/warehouse/orders/{order.number}/parcel/"
    printed = stockroom.get(at)
    assert (printed.status_code, f"第 {order.version} 版" in printed.text, "<svg" in printed.text) == (
        200, True, True,
    )  # fmt: skip
    asked = request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    refused = stockroom.get(at)
    assert (refused.status_code, order.street in refused.text, "内答复" in refused.text) == (
        423,
        False,
        True,
    )

    stockroom.post(f"/warehouse/changes/{asked.pk}/accept/")
    assert STREET["street"] in stockroom.get(at).text
    told = stockroom.get("/warehouse/scan/", {"q": f"{order.number}#{order.version}P"}, follow=True).text
    assert f"这张面单是第 {order.version} 版" in told


@pytest.mark.parametrize("paper", ["", "parcel/"])
def test_a_manager_may_print_the_slip_despite_an_open_change_with_a_reason(log_in, warehouse, manager, paper):
    order = make_order(status=Status.PICKING)
    request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    at = f"/warehouse/orders/{order.number}/{paper}"
    stockroom = log_in(warehouse)
    assert 'name="reason"' not in stockroom.get(at).text
    assert stockroom.post(at, {"reason": "来不及了"}).status_code == 423
    assert f'href="{at}"' not in stockroom.get(f"/warehouse/?order={order.number}").text

    desk = log_in(manager)
    assert f'href="{at}"' in desk.get(f"/warehouse/?order={order.number}").text
    asked = desk.get(at)
    assert (asked.status_code, 'name="reason"' in asked.text) == (423, True)
    assert desk.post(at, {"reason": "  "}).status_code == 423
    assert not events_of_order(order.pk).filter(type="order.printed").exists()

    printed = desk.post(at, {"reason": "客户电话说不改了"})
    order.refresh_from_db()
    assert (printed.status_code, order.street in printed.text) == (200, True)
    assert f"第 {order.version} 版" in printed.text
    assert "修改申请还没有处理" in printed.text
    told = order_timeline(order)[-1]
    assert (told.actor_name, told.text.split("：")[-1]) == (manager.display_name, "客户电话说不改了")
    assert [each.kind for each in order_timeline(order, audience=CUSTOMER)].count("order.printed") == 0
    assert order.change_requests.get().state == "open"
    assert desk.get(at).status_code == 423


def test_the_warehouse_sees_when_an_order_is_wanted_at_a_later_date(log_in, warehouse, manager):
    from datetime import timedelta

    from django.utils import timezone

    day = timezone.localdate() + timedelta(days=3)
    order = make_order(status=Status.PAID, deliver_on=day)
    board = log_in(warehouse).get(f"/warehouse/?order={order.number}").text
    assert f"{day:%m-%d} 前不要发" in board
    assert f"客户要 {day} 起送" in board
    assert f"{day} 起送" in log_in(manager).get(f"/orders/{order.number}/").text
    assert f"{day} 起送" in phone_of(order).get(link_path(order)).text


@pytest.mark.parametrize(
    ("trigger", "audiences"),
    [
        (Trigger.CHANGE_FOR_WAREHOUSE, {("role", "warehouse")}),
        (Trigger.CHANGE_FOR_SALES, {("assigned", "")}),
        (Trigger.CHANGE_FOR_CUSTOMER, {("customer", "")}),
        (Trigger.CHANGE_ESCALATED, {("role", "manager")}),
        (Trigger.CHANGE_REJECTED, {("customer", ""), ("assigned", "")}),
        (Trigger.CHANGE_ACCEPTED, {("customer", ""), ("assigned", "")}),
        (Trigger.CONSENT_REFUSED, {("assigned", "")}),
    ],
)
def test_each_step_of_a_change_request_notifies_the_people_concerned(trigger, audiences):
    ensure_default_rules()
    rules = NotificationRule.objects.filter(trigger=trigger, enabled=True)
    assert set(rules.values_list("audience", "role")) == audiences
    assert all("push" in rule.channels for rule in rules)
