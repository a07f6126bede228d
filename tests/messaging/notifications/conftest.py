"""A shop open from nine to nine, with the rules it ships with, and a clock that stands where a test puts it."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine

from messaging.models import Message, Notification, NotificationRule, RuleVersion
from messaging.services.messages import send_message
from messaging.services.notifications.release import release_due
from messaging.services.notifications.rules import ensure_default_rules
from messaging.services.notifications.timers import plan_timers
from messaging.services.subscriptions import Entry, remember_browser
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval
from shopcomm.core.events.relay import relay
from tests.factories import make_order, move
from tests.messaging.notifications.receivers import Receiver

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A moment in the shop's time: "2026-11-24 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def agree_by_link(order: Order, subscription: dict) -> str:
    """Agree to be woken on the page of a new signed link of an order. Returns the link's token."""
    link = make_link(customer=order.customer, order_id=order.pk)
    actor = Actor.customer(order.customer, order_id=order.pk)
    remember_browser(actor=actor, subscription=subscription, entry=Entry(link, "a session"))
    return link_token(link)


@pytest.fixture(autouse=True)
def shop_rules(db: None) -> None:
    ensure_default_rules()
    # Older than anything a test does, whatever day it is run on.
    RuleVersion.objects.update(changed_at=at("2026-01-05 10:00"))
    ShopSettings.objects.update_or_create(pk=1, defaults={"use_public_holidays": False})
    WorkingInterval.objects.all().delete()
    WorkingInterval.objects.bulk_create(
        WorkingInterval(weekday=day, opens=time(9), closes=time(21)) for day in range(7)
    )


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock, at ten on a Tuesday."""
    with time_machine.travel(at("2026-11-24 10:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes what is posted; answers 201."""
    running = Receiver()
    yield running
    running.server.shutdown()


@pytest.fixture
def pass_on() -> Callable[[], None]:
    """What the workers do: relay events, run the timers, send what is due."""

    def run() -> None:
        relay()
        plan_timers()
        release_due()

    return run


@pytest.fixture
def told() -> Callable[..., list[str]]:
    """The notices that stand in an order's conversation, by trigger."""

    def notices(order, *, bodies: bool = False) -> list[str]:
        lines = Message.objects.filter(conversation__order=order, data__has_key="notice").order_by("seq")
        return [line.body if bodies else line.data["notice"] for line in lines]

    return notices


@pytest.fixture
def rule() -> Callable[..., NotificationRule]:
    """A rule that ships with the product, with some fields changed."""

    def change(key: str, **fields) -> NotificationRule:
        NotificationRule.objects.filter(key=key).update(**fields)
        return NotificationRule.objects.get(key=key)

    return change


@pytest.fixture
def order(clock, customer, variant) -> Order:
    return make_order(customer=customer)


def pay(order: Order) -> Order:
    return move(order, "paid", reference=f"pay-{order.pk}")


def ship(order: Order, number: str = "SF1234567890") -> Order:
    return move(order, "shipped", carrier="shunfeng", tracking_number=number)


def say(order: Order, text: str = "今晚就付") -> None:
    talk = order.conversation
    send_message(actor=Actor.customer(order.customer), conversation_id=talk.pk, client_id=uuid4(), body=text)


def states(order) -> dict[str, tuple[str, str]]:
    """What became of an order's notices: state and reason by trigger."""
    rows = Notification.objects.filter(order=order).order_by("pk")
    return {row.trigger: (row.state, row.reason) for row in rows}
