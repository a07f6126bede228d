"""Previewing a rule before it is enabled: its text for a real order, and its times."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from messaging.models import (
    Notification,
    NotificationRule,
    RecipientKind,
    Trigger,
)
from messaging.policies.notifications.templates import Story, empty_words, fill_template, names_for
from messaging.policies.notifications.timing import (
    Decision,
    DeliveryContext,
    DeliveryRequest,
    OutsideHours,
    decide_send_time,
)
from messaging.policies.notifications.triggers import ABOUT_STOCK
from messaging.services.channels.delivery import route_trial_notice
from messaging.services.notifications.occasions import (
    data_of_event,
    goods_data,
    triggers_of,
)
from messaging.services.notifications.render import build_story, push_to_bells
from orders.models import Order, Variant
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.facts import has_readable_fact
from shopcomm.core.events.selectors import events_of_order

RECENT = 8


class PreviewedText(NamedTuple):
    """What a template becomes, and which of its words are empty for this order."""

    text: str
    empty: list[str | Promise]


class PreviewedTimes(NamedTuple):
    """A fact at some time of day: when an ordinary and when an urgent order's notice would go."""

    happened_at: datetime
    ordinary: Decision
    urgent: Decision


def sample_orders(trigger: str) -> list[Order]:
    """Recent orders to try a rule on; those to which it applies come first."""
    orders = Order.objects.select_related("customer").prefetch_related("lines").order_by("-placed_at", "-pk")
    told = Notification.objects.filter(trigger=trigger).exclude(order=None).order_by("-pk")
    ids = list(dict.fromkeys(told.values_list("order_id", flat=True)[: RECENT * 4]))[:RECENT]
    fitting = sorted(orders.filter(pk__in=ids), key=lambda order: ids.index(order.pk))
    rest = [order for order in orders[:RECENT] if order.pk not in ids]
    return (fitting + rest)[:RECENT]


def sample_story(trigger: str, order: Order | None) -> Story:
    """A real order as this trigger would tell of it."""
    data: dict[str, Any] = {}
    if trigger in ABOUT_STOCK or trigger == Trigger.BACK_IN_STOCK:
        variant = Variant.objects.select_related("product").order_by("-low_since", "pk").first()
        if variant:
            data = goods_data(variant.sku, available=variant.available, threshold=variant.threshold or 0)
    elif trigger == Trigger.HOLIDAYS_MISSING:
        data = {"year": timezone.localdate().year + 1}
    elif trigger == Trigger.WEBHOOK_DISABLED:
        data = {"endpoint": "https://erp.example.com/hook", "reason": "HTTP 410"}
    elif trigger == Trigger.KEY_EXPIRING:
        data = {"key_name": "ERP", "expires_on": "2027-01-31 23:59"}
    elif trigger == Trigger.SYSTEM_UNREACHABLE:
        data = {"system": "ERP", "reason": "HTTP 503"}
    elif order:
        data = _data_for(trigger, order)
    return build_story(
        order,
        order.customer if order else None,
        data,
        reader=RecipientKind.CUSTOMER,
        shop_name=shop_settings().shop_name,
    )


def _data_for(trigger: str, order: Order) -> dict[str, Any]:
    """The facts of the order's own event for this trigger; of another one, or its parcel, as far as they fit."""
    data: dict[str, Any] = {"minutes": 30, "amount": str(order.total)}
    parcel = order.shipments.order_by("-pk").first()
    if parcel:
        data |= {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    for event in events_of_order(order.pk):
        if has_readable_fact(event) and trigger in triggers_of(event):
            data |= data_of_event(event)
    return data


def preview_template(body: str, trigger: str, order: Order | None) -> PreviewedText:
    """A template filled in for a real order."""
    story = sample_story(trigger, order)
    words = names_for(trigger)
    # Named in the reader's language, whatever language the words are in.
    empty = [words[name].label for name in empty_words(body, trigger, story)]
    return PreviewedText(fill_template(body, trigger, story), empty)


def preview_times(rule: NotificationRule, moment: time, day: date) -> PreviewedTimes:
    """When a fact at this time of day would be told."""
    happened = datetime.combine(day, moment, ZoneInfo(settings.TIME_ZONE))
    context = DeliveryContext(happened, working_calendar())

    def decided(urgent: bool) -> Decision:
        delay = timedelta(minutes=rule.delay_minutes or 0)
        return decide_send_time(DeliveryRequest(happened, delay, OutsideHours(rule.outside), urgent), context)

    return PreviewedTimes(happened, decided(False), decided(True))


@transaction.atomic
def send_trial_notice(
    *, actor: Actor, rule: NotificationRule, body: str, order: Order | None
) -> Notification:
    """Tell the manager who is editing a rule what it would tell, through the rule's own channels.

    `body` is the template as it stands in the form; `order` is a real one to fill it with, None for a rule about goods.
    Returns the notice, sent.
    """
    story = sample_story(rule.trigger, order)
    now = timezone.now()
    notice = Notification.objects.create(
        rule=rule,
        rule_version=rule.version,
        trigger=rule.trigger,
        cause=f"trial:{uuid.uuid4()}",
        order=order,
        recipient_kind=RecipientKind.STAFF,
        recipient_id=actor.id_or_zero,
        data=story.data,
        happened_at=now,
        send_at=now,
        sent_at=now,
        state=Notification.State.SENT,
        reason="at_once",
        body=fill_template(body, rule.trigger, story),
    )
    push_to_bells([notice])
    route_trial_notice(notice)
    return notice
