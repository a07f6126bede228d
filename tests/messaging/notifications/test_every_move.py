"""Every legal move of the table has a notice for the customer, and every word of it stands for something."""

import pytest

from messaging.models import Audience, Notification, NotificationRule
from messaging.services.notifications.batch import Batch
from messaging.services.notifications.defaults import DEFAULTS
from messaging.services.notifications.telling import story_of
from messaging.services.notifications.templates import check_template, empty_words
from messaging.services.notifications.triggers import trigger_of
from orders.models import Order
from orders.services.announce import record
from orders.transitions import TRANSITIONS, Transition
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db
# The move back from picking to paid is the stockroom's own affair.
UNTOLD = {"T7"}
TOLD = [row for row in TRANSITIONS if row.key not in UNTOLD]


@pytest.mark.parametrize("row", TOLD, ids=lambda row: f"{row.key}-{row.from_ or 'new'}-{row.to}")
def test_a_move_has_a_rule_for_the_customer_that_is_on(row: Transition):
    rules = NotificationRule.objects.filter(trigger=row.notice, enabled=True, audience=Audience.CUSTOMER)
    assert rules.exists(), f"nobody tells the customer of {row.key}"


@pytest.mark.parametrize("row", TOLD, ids=lambda row: f"{row.key}-{row.from_ or 'new'}-{row.to}")
def test_the_event_of_a_move_pulls_its_own_trigger(row: Transition):
    data = {"status_from": str(row.from_), "status_to": str(row.to)}
    if row.key == "T20":
        data["amount"] = "12.00"
    actor = "system" if row.key == "T5" else "staff"
    event = DomainEvent(type=row.event.type, data=data, actor_kind=actor)
    assert trigger_of(event) == row.notice


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda default: default.key)
def test_the_words_of_a_rule_exist_in_both_languages(default):
    check_template(default.zh, default.key)
    check_template(default.en, default.key)


WAYS = [
    ["paid", "picking", "shipped", "delivered", "completed", "refunding", "refunded"],
    ["paid", "refunding", "paid"],
    ["paid", "picking", "shipped", "picking"],
    ["cancelled"],
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[-1])
def test_no_word_is_empty_when_the_notice_of_a_move_is_written(way: list[str], customer):
    order = make_order(customer=customer)
    for to in way:
        order = move(order, to)
    relay()
    told = Notification.objects.filter(order=order, recipient_kind="customer")
    assert told.count() >= len(way)
    for row in told:
        assert not _empty(row), f"{row.trigger} leaves {_empty(row)} empty"


def _empty(row: Notification) -> list[str]:
    batch = Batch([row], row.happened_at)
    template = batch.rules[row.rule_id].templates.get(language="zh-hans")
    return empty_words(template.body, row.trigger, story_of(batch, row))


def test_a_rejected_refund_and_a_change_are_told_with_their_words(customer):
    order = make_order(customer=customer)
    from orders import events

    locked = Order.objects.get(pk=order.pk)
    record(locked, events.OrderChanged, actor=Actor.system(), before={"street": "甲"}, after={"street": "乙"})
    relay()
    changed = Notification.objects.get(trigger="changed")
    assert "详细地址：甲 → 乙" in changed.data["changes"]
