"""Every legal move of the table has a notice for the customer, and every word of it stands for something."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from messaging.models import Audience, Notification, NotificationRule
from messaging.policies.notifications.default_rules import default_rules
from messaging.policies.notifications.templates import check_template, empty_words
from messaging.services.notifications.batch import Batch
from messaging.services.notifications.occasions import triggers_of
from messaging.services.notifications.render import notice_story
from orders.events import OrderPaid
from orders.models import Order
from orders.policies.transitions import TRANSITIONS, Transition
from orders.selectors.items import ItemInput
from orders.services.saving import save_with_event
from orders.tasks import auto_complete, expire_unpaid
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from tests.factories import CustomerFactory, StaffFactory, VariantFactory, make_order, move

pytestmark = pytest.mark.django_db
# The move back from picking to paid is the stockroom's own affair.
SILENT_MOVES = {"T7"}
NOTIFIED_MOVES = [row for row in TRANSITIONS if row.key not in SILENT_MOVES]


@pytest.mark.parametrize("row", NOTIFIED_MOVES, ids=lambda row: f"{row.key}-{row.from_ or 'new'}-{row.to}")
def test_every_transition_has_an_enabled_rule_for_the_customer(row: Transition):
    rules = NotificationRule.objects.filter(trigger=row.notice, enabled=True, audience=Audience.CUSTOMER)
    assert rules.exists(), f"nobody tells the customer of {row.key}"


@pytest.mark.parametrize("row", NOTIFIED_MOVES, ids=lambda row: f"{row.key}-{row.from_ or 'new'}-{row.to}")
def test_the_event_of_a_transition_fires_its_own_trigger(row: Transition):
    data = {"status_from": str(row.from_), "status_to": str(row.to)}
    if row.key == "T20" or row.event is OrderPaid:
        data["amount"] = "12.00"
    if row.key == "T2":
        data["method"] = "on_account"
    actor = "system" if row.key == "T5" else "staff"
    event = DomainEvent(type=row.event.type, data=data, actor_kind=actor)
    assert triggers_of(event)[0] == row.notice
    assert row.notice in row.event.notices


@pytest.mark.parametrize("default", default_rules(), ids=lambda default: default.key)
def test_every_rule_text_exists_in_both_languages(default):
    check_template(default.zh, default.trigger)
    check_template(default.en, default.trigger)


def before(row: Transition) -> Order:
    """An order that stands where this move begins; a refund stands where it would go back to."""
    out_of_refund = row.key in ("T19", "T20")
    status = row.to if out_of_refund else row.from_
    items = [ItemInput(VariantFactory().sku, 2), ItemInput(VariantFactory().sku, 1)]
    dealer = CustomerFactory(credit_limit=Decimal("5000"))
    order = make_order(status=status, items=items, customer=dealer)
    return move(order, "refunding") if out_of_refund else order


def make(row: Transition) -> Order:
    """The move itself, by whoever makes it in life: one of the services, or a sweep."""
    if not row.from_:
        return make_order(actor=Actor.staff(StaffFactory()))
    order = before(row)
    relay()
    Notification.objects.all().delete()
    if row.key in SWEPT:
        with time_machine.travel(timezone.now() + timedelta(days=8)):
            assert SWEPT[row.key]() == 1
    elif row.key == "T8":
        line = order.lines.first()
        move(order, "shipped", lines=[{"line": line.pk, "quantity": 1}])
    else:
        answers = row.to == "refunding" or row.key in ("T19", "T20")
        given = {"reason": "不想要了"} if answers else {}
        given |= {"amount": "12.00"} if row.key == "T20" else {}
        given |= {"method": "on_account"} if row.key == "T2" else {}
        move(order, row.to, actor=None if row.key != "T4" else Actor.staff(StaffFactory()), **given)
    return Order.objects.get(pk=order.pk)


SWEPT = {"T5": expire_unpaid, "T14": auto_complete}


@pytest.mark.parametrize("row", NOTIFIED_MOVES, ids=lambda row: f"{row.key}-{row.from_ or 'new'}-{row.to}")
def test_every_transition_writes_a_customer_notice_without_empty_placeholders(row: Transition):
    order = make(row)
    relay()
    assert order.status == row.to
    notice = Notification.objects.get(order=order, recipient_kind="customer", trigger=row.notice)
    for language in ("zh-hans", "en"):
        assert not _empty(notice, language)
    others = Notification.objects.filter(order=order, recipient_kind="customer").exclude(pk=notice.pk)
    # Quick shipping is two moves in one, and tells of both.
    assert set(others.values_list("trigger", flat=True)) == ({"picking"} if row.key == "T10" else set())


def _empty(row: Notification, language: str) -> list[str]:
    batch = Batch([row], row.happened_at)
    template = batch.rules[row.rule_id].templates.get(language=language)
    return empty_words(template.body, row.trigger, notice_story(batch, row))


def test_notices_of_a_rejected_refund_and_a_change_quote_their_details(customer):
    order = make_order(customer=customer)
    from orders import events

    locked = Order.objects.get(pk=order.pk)
    save_with_event(
        locked, events.OrderChanged, actor=Actor.system(), before={"street": "甲"}, after={"street": "乙"}
    )
    relay()
    changed = Notification.objects.get(trigger="changed")
    assert "详细地址：甲 → 乙" in changed.data["changes"]
