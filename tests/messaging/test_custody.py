"""Ending a talk, opening it again, handing it over, giving it the order that came of it."""

import pytest

from messaging.models import Conversation, Message, Notification, NotificationRule
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.selectors.unread import count_unread_conversations
from messaging.services.conversations import open_enquiry
from messaging.services.custody import close_conversation, hand_over_conversation, reopen_conversation
from messaging.services.notifications.release import release_due
from messaging.services.notifications.rules import ensure_default_rules
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.events.relay import relay
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def listed(actor: Actor, folder: str = "all") -> list[int]:
    return [row.pk for row in inbox_page(actor, InboxFilters(folder=folder))]


def shop_lines(conversation: Conversation) -> list[tuple[str, bool]]:
    found = Message.objects.filter(conversation=conversation, data__event__startswith="talk.")
    return [(line.body, line.internal) for line in found.order_by("seq")]


def told_at_any_hour() -> None:
    ensure_default_rules()
    NotificationRule.objects.update(outside="send")


def notices(trigger: str = "handed_over") -> list[tuple[int, str]]:
    relay()
    release_due()
    found = Notification.objects.filter(trigger=trigger, recipient_kind="staff").order_by("pk")
    return [(row.recipient_id, row.body) for row in found]


def test_a_closed_conversation_waits_for_nobody_and_is_listed_as_closed(
    client, manager, customer, conversation, say
):
    boss = Actor.staff(manager)
    say(Actor.customer(customer), "电话里说")
    client.force_login(manager)
    answer = client.post(f"/inbox/{conversation.pk}/close/", {"action": "close"}, follow=True)

    assert "会话已结束" in answer.content.decode()
    assert (listed(boss, "closed"), listed(boss, "waiting")) == ([conversation.pk], [])
    assert (listed(boss, "unread"), count_unread_conversations(boss)) == ([], 0)
    assert shop_lines(conversation) == [(f"{manager} 结束了会话", True)]


def test_a_conversation_can_be_closed_from_the_order_page(client, manager, order, conversation):
    client.force_login(manager)
    answer = client.post(f"/inbox/{conversation.pk}/close/", {"action": "close", "beside": "order"})
    conversation.refresh_from_db()
    assert (conversation.is_closed, answer["Location"]) == (True, f"/orders/{order.number}/")
    assert "重新打开会话" in client.get(f"/orders/{order.number}/").content.decode()


def test_a_customers_message_reopens_a_closed_conversation(manager, customer, conversation, say):
    boss = Actor.staff(manager)
    say(Actor.customer(customer), "在吗")
    close_conversation(actor=boss, conversation_id=conversation.pk)
    say(Actor.customer(customer), "还有一个问题")

    conversation.refresh_from_db()
    assert not conversation.is_closed
    assert (listed(boss, "closed"), listed(boss, "waiting")) == ([], [conversation.pk])
    assert count_unread_conversations(boss) == 1


def test_a_shop_message_reopens_a_closed_conversation_but_notes_and_notices_do_not(
    manager, conversation, say
):
    boss = Actor.staff(manager)
    close_conversation(actor=boss, conversation_id=conversation.pk)
    say(boss, "记一笔", internal=True)
    conversation.refresh_from_db()
    assert conversation.is_closed
    say(boss, "您好，还有货")
    conversation.refresh_from_db()
    assert not conversation.is_closed


def test_reopening_a_conversation_by_hand_restores_its_waiting_question(manager, customer, conversation, say):
    boss = Actor.staff(manager)
    say(Actor.customer(customer), "在吗")
    for _twice in range(2):
        close_conversation(actor=boss, conversation_id=conversation.pk)
    for _twice in range(2):
        reopen_conversation(actor=boss, conversation_id=conversation.pk)
    assert listed(boss, "waiting") == [conversation.pk]
    assert [body.split()[-1] for body, _internal in shop_lines(conversation)] == [
        "结束了会话",
        "重新打开了会话",
    ]


def test_closed_conversations_are_listed_below_open_ones(manager, customer, conversation):
    enquiry = open_enquiry(actor=Actor.staff(manager), customer=customer)
    close_conversation(actor=Actor.staff(manager), conversation_id=conversation.pk)
    assert listed(Actor.staff(manager)) == [enquiry.pk, conversation.pk]


def test_handing_over_an_enquiry_notifies_the_colleague(client, sales, other_sales, customer):
    told_at_any_hour()
    ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": False})
    enquiry = open_enquiry(actor=Actor.staff(sales), customer=customer)
    client.force_login(sales)
    answer = client.post(
        f"/inbox/{enquiry.pk}/hand-over/", {"staff": other_sales.pk, "note": "想要 50 个托特包"}
    )

    enquiry.refresh_from_db()
    assert (enquiry.assigned_to, answer["Location"]) == (other_sales, "/inbox/")
    assert shop_lines(enquiry) == [(f"{sales} 把会话转给了 {other_sales}", True)]
    assert Message.objects.get(conversation=enquiry, kind="text", internal=True).body == "想要 50 个托特包"
    [(told, body)] = notices()
    assert told == other_sales.pk
    assert body == f"{sales} 把 {customer.name} 转给您负责。想要 50 个托特包"


def test_handing_over_an_order_conversation_reassigns_the_order(sales, other_sales, order, conversation):
    ensure_default_rules()
    hand_over_conversation(actor=Actor.staff(sales), conversation_id=conversation.pk, staff_id=other_sales.pk)
    order.refresh_from_db()
    assert order.assigned_to == other_sales
    assert [told for told, _body in notices()] == [other_sales.pk]
    # Who looks after an order is no news to the customer.
    assert not Notification.objects.filter(trigger="changed").exists()


def test_taking_over_a_conversation_oneself_sends_no_notice(sales, customer):
    ensure_default_rules()
    enquiry = open_enquiry(actor=Actor.system(), customer=customer)
    hand_over_conversation(actor=Actor.staff(sales), conversation_id=enquiry.pk, staff_id=sales.pk)
    enquiry.refresh_from_db()
    assert (enquiry.assigned_to, notices()) == (sales, [])


@pytest.mark.parametrize("wrong", ["", "x", "999999"])
def test_handing_over_to_an_unknown_colleague_is_refused(client, manager, customer, wrong):
    enquiry = open_enquiry(actor=Actor.staff(manager), customer=customer)
    client.force_login(manager)
    answer = client.post(f"/inbox/{enquiry.pk}/hand-over/", {"staff": wrong}, follow=True)
    assert "请选择同事" in answer.content.decode()
    assert not Message.objects.filter(conversation=enquiry).exists()


def test_the_warehouse_can_neither_close_nor_hand_over_nor_be_given_a_conversation(
    client, warehouse, manager, conversation
):
    client.force_login(warehouse)
    for action in ("close", "hand-over", "order"):
        assert client.post(f"/inbox/{conversation.pk}/{action}/").status_code == 403
    client.force_login(manager)
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert f'<option value="{warehouse.pk}">' not in page


def test_an_enquiry_can_be_linked_to_its_order(client, manager, customer, order, say):
    enquiry = open_enquiry(actor=Actor.staff(manager), customer=customer)
    client.force_login(manager)
    assert order.number in client.get(f"/inbox/{enquiry.pk}/").content.decode()
    answer = client.post(f"/inbox/{enquiry.pk}/order/", {"order": order.number}, follow=True)

    enquiry.refresh_from_db()
    assert enquiry.order == order
    assert f"会话已关联订单 {order.number}" in answer.content.decode()


def test_only_orders_without_messages_are_offered_for_linking_an_enquiry(
    client, manager, customer, order, other_customer, say
):
    """Neither is another customer's: what was said in an order's talk stays beside it."""
    say(Actor.customer(customer), "在吗")
    foreign = make_order(customer=other_customer)
    enquiry = open_enquiry(actor=Actor.staff(manager), customer=customer)
    client.force_login(manager)
    page = client.get(f"/inbox/{enquiry.pk}/").content.decode()
    assert "关联订单" not in page
    for number in (order.number, foreign.number, "XB-0"):
        assert client.post(f"/inbox/{enquiry.pk}/order/", {"order": number}).status_code == 404
    enquiry.refresh_from_db()
    assert enquiry.order is None
