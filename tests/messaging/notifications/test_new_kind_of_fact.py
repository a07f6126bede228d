"""A new kind of fact is one class in one file: timeline, conversation, feed, rules, API and pages ask it for the rest."""

import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

import messaging.handlers
from messaging.consumers.feeds import missed_events
from messaging.models import Message, Notification, NotificationRule
from messaging.services.notifications.rehearsal import events_of_last_days
from orders.events.base import OrderEvent
from orders.models import Order
from orders.selectors.timeline import order_timeline
from orders.services.editing import edit_order
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.events.kinds import forget_kind
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.positions import position_new_events
from tests.factories import integration, make_order, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind() -> Iterator[type[OrderEvent]]:
    """A kind that the product does not have, declared as any other; a process that starts with it asks the registry."""

    @dataclass(frozen=True, kw_only=True)
    class ParcelWeighed(OrderEvent):
        type = "order.parcel_weighed"
        label = "包裹称重"
        icon = "qty"
        conflicts = False
        alarm = True
        notices = ("parcel_weighed",)

        grams: int

        def timeline_text(self) -> str:
            return f"{gettext('包裹')} {self.grams} g"

    importlib.reload(messaging.handlers)
    yield ParcelWeighed
    forget_kind(ParcelWeighed)
    importlib.reload(messaging.handlers)


@pytest.fixture
def weighed(kind: type[OrderEvent], clock: object) -> Order:
    """An order in picking of which that has happened."""
    order = make_order()
    move(order, "paid")
    order = move(order, "picking")
    save_with_event(order, kind, actor=Actor("staff", 0, "王强", "warehouse"), grams=812)
    return order


def test_a_new_event_kind_appears_in_the_timelines_and_conversations_of_both_sides(weighed):
    for audience in (SHOP, CUSTOMER):
        entry = order_timeline(weighed, audience=audience)[-1]
        assert (entry.text, entry.icon) == ("包裹 812 g", "qty")
    line = Message.objects.filter(conversation__order=weighed).order_by("seq").last()
    with override("en"):
        english = gettext("包裹")
    assert (line.body, line.internal, line.data["said"]["en"]) == ("包裹 812 g", False, f"{english} 812 g")


def test_a_new_event_kind_appears_in_feeds_and_api(weighed, manager, api):
    for feed in ("orders", "warehouse"):
        frames, _cursor = missed_events.func(Actor.staff(manager), feed, 0)
        told = json.loads(frames[-1])["event"]
        assert (told["type"], told["data"]["grams"]) == ("order.parcel_weighed", 812)
    position_new_events()
    (event,) = api.get("/api/v1/events/", {"type": "order.parcel_weighed"}).json()["results"]
    assert (event["data"]["grams"], event["data"]["order_id"]) == (812, weighed.pk)


def test_an_unreadable_event_does_not_hide_the_others(weighed, kind, manager):
    unreadable = DomainEvent.objects.filter(type="order.parcel_weighed")
    unreadable.update(data={"grams": 812, "colour": "red"})
    move(weighed, "shipped")
    frames, _cursor = missed_events.func(Actor.staff(manager), "orders", 0)
    types = [json.loads(frame)["event"]["type"] for frame in frames]
    assert (types[-1], "order.parcel_weighed" in types) == ("order.shipped", False)


def rule_for_it(client: Client) -> NotificationRule:
    """A rule that a manager makes on the page of rules."""
    asked = {
        "name": "称好了", "trigger": "parcel_weighed", "enabled": "on", "delay_minutes": "0", "audience": "customer",
        "outside": "urgent", "priority": "50", "cap_hours": "24", "body_zh-hans": "{{订单号}} 称好了", "body_en": "",
    }  # fmt: skip
    assert client.post("/rules/new/", asked).status_code == 302
    return NotificationRule.objects.get(trigger="parcel_weighed")


def test_a_manager_can_make_a_rule_for_a_new_event_kind_and_it_is_sent(kind, clock, log_in, manager, pass_on):
    client = log_in(manager)
    assert '<option value="parcel_weighed">包裹称重</option>' in client.get("/rules/new/").text
    rule = rule_for_it(client)
    assert "包裹称重 →" in re.sub(r"\s+", " ", client.get(f"/rules/{rule.pk}/").text)

    order = move(move(make_order(), "paid"), "picking")
    save_with_event(order, kind, actor=Actor.system(), grams=812)
    pass_on()

    notice = Notification.objects.get(rule=rule)
    assert (notice.state, notice.body) == ("sent", f"{order.number} 称好了")
    assert len(events_of_last_days("parcel_weighed", 7, timezone.now())) == 1


def test_pages_show_a_new_event_kind_with_its_icon_and_pass_its_alarm_to_scripts(weighed, log_in, manager):
    page = log_in(manager).get(f"/orders/{weighed.number}/").text
    assert "包裹 812 g" in page
    assert "i-qty" in page
    assert "order.parcel_weighed" in declared(page)["icons"]["qty"]
    assert "order.parcel_weighed" in declared(page)["alarms"]

    link = make_link(customer=weighed.customer, order_id=weighed.pk)
    shown = Client().get(reverse("portal:chat", args=[link_token(link)])).text
    # What its scripts show it from.
    assert "812 g" in shown
    assert "order.parcel_weighed" in declared(shown)["icons"]["qty"]


def test_a_new_event_kind_does_not_make_open_edits_stale(weighed):
    before = weighed.version - 1
    edited = edit_order(actor=integration(), order_id=weighed.pk, version=before, changes={"note": "轻放"})
    assert edited.note == "轻放"


def declared(page: str) -> dict:
    """What a page tells its scripts of the kinds of event."""
    return json.loads(re.search(r'<script id="event-kinds"[^>]*>(.*?)</script>', page)[1])
