"""Thanks and the like ask for nothing: they wait for nobody, on no list, in no badge and for no timer."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.acknowledgements import is_acknowledgement
from messaging.models import Conversation, Notification
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.selectors.rows import conversation_summaries
from messaging.selectors.todo import unanswered_talks
from messaging.selectors.unanswered import is_answered
from messaging.selectors.unread import count_unread_conversations
from messaging.services.drafts import Draft
from messaging.services.notifications.rules import ensure_default_rules
from messaging.services.notifications.timers import plan_timers
from orders.models import Status
from shopcomm.core.accounts.actors import Actor
from tests.messaging.notifications.conftest import at

ENDS = (
    """
好的谢谢|好的|好的，谢谢！|谢谢|谢谢老板|谢谢您|OK|ok 谢谢|Okay, thanks!|👍|👍🏻|👌 好的|收到|收到，谢谢🙏|thanks|Thank you very much
Thanks so much!|got it, thanks|嗯嗯|好嘞|老板好的|辛苦了|麻烦您了|[OK]|[强]好的|ＯＫ|❤️|好的～|好的。。。|知道了|明白|没问题，谢谢|再见|謝謝
""".strip()
    .replace("\n", "|")
    .split("|")
)
WAITS = (
    """
好的，什么时候发货|好的吗|好吗|好的？|OK?|ok吗|你好|您好|老板好|在吗|亲|老板|麻烦|麻烦您|麻烦尽快|谢谢，麻烦今天发|好的，改成黑色|收到货了
收到请回复|不好|不行|行不行|可以|是的|要|好了|好了吗|...|。|！|？|😡|😭|❓|1|3个|谢谢，等您消息|感谢，能便宜点吗|thanks but no|no thanks
ok, please send today|thank you, when?|not ok|不用了谢谢|没有收到|还没收到|谢谢不要了|快点|催一下|hello
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("text", ENDS)
def test_thanks_and_ok_are_acknowledgements(text):
    assert is_acknowledgement(text)


@pytest.mark.parametrize("text", [*WAITS, "", "谢谢" * 30])
def test_questions_requests_answers_and_greetings_are_no_acknowledgements(text):
    assert not is_acknowledgement(text)


@given(st.lists(st.sampled_from(ENDS), min_size=1, max_size=3), st.sampled_from(["", " ", "，", "! ", "～"]))
def test_combined_words_of_thanks_are_an_acknowledgement_unless_they_ask_something(words, gap):
    said = gap.join(words)
    if len(said) <= 40:
        assert is_acknowledgement(said)
    assert not is_acknowledgement(f"{said}？")
    assert not is_acknowledgement(f"{said}{gap}什么时候发")


@given(st.text(max_size=60))
def test_any_text_with_a_question_mark_is_no_acknowledgement(text):
    assert is_acknowledgement(text) in (True, False)
    assert not is_acknowledgement(f"{text}?")


def lists(actor: Actor, order) -> dict[str, bool]:
    """Where a talk shows as waiting."""
    [row] = inbox_page(actor, InboxFilters())
    return {
        "pill": row.waits_since is not None,
        "folder": bool(inbox_page(actor, InboxFilters(folder="waiting"))),
        "unread": row.unread > 0,
        "badge": count_unread_conversations(actor) > 0,
        "desk": conversation_summaries([order.pk], actor)[order.pk].unread > 0,
        "queue": unanswered_talks(actor, row.last_message_at).exists(),
        "answered": not is_answered(order.conversation),
    }


@pytest.mark.django_db
def test_thanks_do_not_count_as_waiting_and_a_question_after_them_does(order, customer, manager, say):
    boss, buyer = Actor.staff(manager), Actor.customer(customer)
    say(boss, "已经发货了")
    say(buyer, "好的谢谢 👍")
    assert set(lists(boss, order).values()) == {False}
    say(buyer, "大概几天到")
    assert set(lists(boss, order).values()) == {True}


@pytest.mark.django_db
def test_a_question_followed_by_thanks_still_waits(order, customer, manager, say):
    buyer = Actor.customer(customer)
    say(buyer, "能加急吗")
    say(buyer, "谢谢")
    assert set(lists(Actor.staff(manager), order).values()) == {True}


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "told"), [("好的谢谢", 0), ("好的谢谢，什么时候发", 1)])
def test_thanks_start_no_reminder_timer(order, customer, manager, say, time_machine, body, told):
    ensure_default_rules()
    time_machine.move_to(at("2026-11-24 10:00"))
    say(Actor.staff(manager), "今天发")
    say(Actor.customer(customer), body)
    time_machine.move_to(at("2026-11-24 10:20"))
    plan_timers()
    assert Notification.objects.filter(trigger="unanswered").count() == told
    assert order.status == Status.PENDING_PAYMENT


@pytest.mark.django_db
def test_only_a_customers_message_is_marked_as_an_acknowledgement(manager, customer, say):
    kept = [
        say(Actor.staff(manager), "好的谢谢"),
        say(Actor.customer(customer), "好的谢谢"),
        say(Actor.customer(customer), "好的，发黑色"),
    ]
    for message in kept:
        message.refresh_from_db()
    assert [message.acknowledges for message in kept] == [False, True, False]
    assert Conversation.objects.get().last_customer_seq == kept[2].seq


@pytest.mark.parametrize(
    ("otherwise", "acknowledges"),
    [
        ({}, True),
        ({"body": "好的谢谢，什么时候发货"}, False),
        ({"sender_kind": "staff"}, False),
        ({"kind": "event"}, False),
        ({"attachments": (UUID(int=1),)}, False),
    ],
)
def test_a_draft_is_an_acknowledgement_only_if_it_is_plain_text_of_the_customer(otherwise, acknowledges):
    line = {"kind": "text", "body": "好的谢谢", "sender_kind": "customer"} | otherwise

    draft = Draft(conversation_id=1, client_id=str(UUID(int=2)), sender_id=3, sender_name="吴丽华", **line)

    assert draft.acknowledges == acknowledges
