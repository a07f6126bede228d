"""The network goes at the worst moments: nothing is lost, nothing is doubled."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.chat import cut_off, message, ready, say, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(browse, wire, order, manager):
    return ready(browse(f"{wire.url}/inbox/{order.conversation.pk}/", staff=manager))


def stored_messages(order) -> list[str]:
    """What the database has of what people wrote, in order."""
    written = Message.objects.filter(conversation__order=order).exclude(kind="event")
    return list(written.order_by("seq").values_list("body", flat=True))


def test_messages_written_offline_arrive_once_and_in_order(desk, wire, order):
    wire.cut()
    sent = [f"第 {number} 条" for number in range(5)]
    for text in sent:
        say(desk, text)
    expect(desk.locator("[data-unsent] .msg")).to_have_count(5)
    wire.mend()
    expect(desk.locator(".log [data-seq] .text", has_text="第 4 条")).to_be_visible(timeout=40000)
    expect(desk.locator("[data-unsent] .msg")).to_have_count(0)
    assert stored_messages(order) == sent


def test_messages_whose_acknowledgement_is_lost_are_not_stored_twice(desk, wire, order):
    wire.cut_answers()
    say(desk, "这条服务器收到了，但回执丢了")
    until(desk, lambda: stored_messages(order) == ["这条服务器收到了，但回执丢了"])
    expect(desk.locator("[data-unsent] .msg")).to_have_count(1)
    wire.mend()
    expect(message(desk, "这条服务器收到了，但回执丢了")).to_have_count(1, timeout=40000)
    expect(desk.locator("[data-unsent] .msg")).to_have_count(0)
    assert stored_messages(order) == ["这条服务器收到了，但回执丢了"]


def test_unsent_messages_survive_a_reload(desk, wire, order):
    wire.cut()
    say(desk, "还没发出去")
    expect(desk.locator("[data-unsent] .msg")).to_have_count(1)
    wire.mend()
    # The reload comes before the retry: what is kept in the browser has to send it.
    desk.reload()
    expect(message(desk, "还没发出去")).to_have_count(1, timeout=40000)
    expect(desk.locator("[data-unsent] .msg")).to_have_count(0)
    assert stored_messages(order) == ["还没发出去"]


def test_an_unsent_message_can_be_deleted(desk, wire, order):
    wire.cut()
    say(desk, "算了")
    row = desk.locator("[data-unsent] .msg")
    row.locator("[data-discard]").click(timeout=15000)
    expect(row).to_have_count(0)
    wire.mend()
    say(desk, "这条要发")
    expect(message(desk, "这条要发")).to_be_visible(timeout=40000)
    assert stored_messages(order) == ["这条要发"]


def test_messages_received_while_offline_are_shown_after_reconnecting(desk, wire, order, manager):
    from uuid import uuid4

    from messaging.services.messages import send_message
    from shopcomm.core.accounts.actors import Actor

    wire.cut()
    cut_off(desk)
    for number in range(3):
        send_message(
            actor=Actor.customer(order.customer, order_id=order.pk),
            conversation_id=order.conversation.pk,
            client_id=uuid4(),
            kind="text",
            body=f"离线期间 {number}",
        )
    wire.mend()
    expect(message(desk, "离线期间 2")).to_be_visible(timeout=40000)
    expect(message(desk, "离线期间")).to_have_count(3)
