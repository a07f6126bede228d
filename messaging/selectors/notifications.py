"""Reading notices: what became of them, for an order, for a rule, for one person."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    Delivery,
    Notification,
    NotificationRule,
    ReadMarker,
    Recipient,
    RuleVersion,
    Trigger,
)
from messaging.services.notifications.conditions import Condition, conditions
from messaging.services.notifications.planning import occasion_of
from messaging.services.notifications.reasons import reason_text, waiting_text
from messaging.services.notifications.triggers import trigger_of
from messaging.services.notifications.versions import rule_at
from orders.models import Order
from orders.selectors.timeline import TimelineEntry, event_text
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order

State = Notification.State
ICONS = {
    State.WAITING: "clock",
    State.SENT: "bell",
    State.MERGED: "bell",
    State.DROPPED: "x",
    State.CANCELLED: "x",
}


class Told(NamedTuple):
    """One notice with the name of its receiver, when it was seen, and its ways outside."""

    row: Notification
    name: str
    text: str
    seen_at: datetime | None
    deliveries: list[Delivery]


class Asked(NamedTuple):
    """One rule beside one event: whether it was on, what its conditions said, what came of it."""

    rule: NotificationRule
    conditions: list[Condition]
    told: list[Told]

    @property
    def missed(self) -> bool:
        """Whether a condition did not hold."""
        return any(not condition.holds for condition in self.conditions)


class Explained(NamedTuple):
    """An event, or a timer, with every rule that could have told of it."""

    when: datetime
    text: str
    rules: list[Asked]


def notice_lines(order: Order, audience: str) -> list[TimelineEntry]:
    """An order's notices as lines of its timeline; the customer reads them in the conversation."""
    if audience != "shop":
        return []
    rows = list(order.notifications.select_related("rule").order_by("pk"))
    names = names_of(rows)
    now = timezone.now()
    return [
        TimelineEntry(
            row.sent_at or row.created_at,
            "",
            ICONS[State(row.state)],
            _("%(rule)s → %(name)s：%(outcome)s")
            % {
                "rule": row.rule.name,
                "name": names[row.recipient_kind, row.recipient_id],
                "outcome": outcome_text(row, now),
            },
            kind="notice",
        )
        for row in rows
    ]


def outcome_text(row: Notification, now: datetime) -> str:
    """What became of a notice, in one phrase."""
    if row.state == State.WAITING:
        return waiting_text(row.send_at, row.reason, now)
    if row.state == State.SENT and row.reason != "urgent":
        return _("已发送")
    if row.state == State.MERGED:
        return reason_text("merged")
    label = _("已发送") if row.state == State.SENT else _("未发送")
    return _("%(label)s（%(reason)s）") % {"label": label, "reason": reason_text(row.reason)}


def names_of(rows: list[Notification]) -> dict[tuple[str, int], str]:
    """The receivers' names."""
    found: dict[tuple[str, int], str] = {}
    for kind, model in ((Recipient.CUSTOMER, Customer), (Recipient.STAFF, Staff)):
        ids = {row.recipient_id for row in rows if row.recipient_kind == kind}
        people: dict[int, Any] = model.objects.in_bulk(ids)
        found |= {(kind, pk): str(people.get(pk, "")) for pk in ids}
    return found


def explain(order: Order) -> list[Explained]:
    """Why each event of an order was told, or was not: every rule that waits for such events, with its answer."""
    rows = list(order.notifications.select_related("rule", "merged_into").prefetch_related("deliveries"))
    told = _told(rows)
    by_event: dict[int | None, list[Told]] = {}
    for each in told:
        by_event.setdefault(each.row.event_id, []).append(each)
    rules = list(NotificationRule.objects.prefetch_related("versions"))
    explained = [
        _explain_event(event, rules, by_event.get(event.pk, []))
        for event in events_of_order(order.pk)
        if trigger_of(event)
    ]
    explained += [_explain_timer(each) for each in by_event.get(None, [])]
    return sorted(explained, key=lambda each: each.when, reverse=True)


def _explain_event(event: DomainEvent, rules: list[NotificationRule], told: list[Told]) -> Explained:
    trigger = trigger_of(event)
    occasion = occasion_of(event, trigger, rules)
    asked = []
    for rule in rules:
        mine = [each for each in told if each.row.rule_id == rule.pk]
        then = in_force(rule, event.occurred_at)
        if then.trigger == trigger or mine:
            asked.append(Asked(then, conditions(then, occasion.facts), mine))
    return Explained(event.occurred_at, event_text(event), asked)


def in_force(rule: NotificationRule, moment: datetime) -> NotificationRule:
    """A rule as it was at a moment: the version saved last before it, or the first one there is."""
    versions: list[RuleVersion] = list(rule.versions.all())
    earlier = [version for version in versions if version.changed_at <= moment]
    if not versions or earlier[:1] == versions[:1]:
        return rule
    return rule_at(earlier[0] if earlier else versions[-1])


def _explain_timer(told: Told) -> Explained:
    row = told.row
    return Explained(row.happened_at, str(Trigger(row.trigger).label), [Asked(row.rule, [], [told])])


def _told(rows: list[Notification]) -> list[Told]:
    names, now = names_of(rows), timezone.now()
    markers = {
        (marker.conversation_id, marker.reader_kind, marker.reader_id): marker
        for marker in ReadMarker.objects.filter(conversation__in={row.conversation_id for row in rows})
    }
    found = []
    for row in rows:
        carrier = row.merged_into or row
        marker = markers.get((carrier.conversation_id or 0, row.recipient_kind, row.recipient_id))
        seen = row.seen_at or (
            marker.read_at if marker and carrier.seq and marker.seq >= carrier.seq else None
        )
        name = names[row.recipient_kind, row.recipient_id]
        found.append(Told(row, name, outcome_text(row, now), seen, list(row.deliveries.all())))
    return found


def notices_for(actor: Actor) -> QuerySet[Notification]:
    """What a member of staff was told, newest first."""
    if actor.kind != "staff":
        return Notification.objects.none()
    mine = Notification.objects.filter(recipient_kind=Recipient.STAFF, recipient_id=actor.id or 0)
    return mine.filter(state=State.SENT).select_related("rule", "order").order_by("-sent_at", "-pk")


def unseen_notices(actor: Actor) -> int:
    """How many of them nobody has looked at, to 100."""
    return notices_for(actor).filter(seen_at=None).order_by()[:100].count()


def rule_figures(rule: NotificationRule, days: int = 14) -> dict[str, int]:
    """What a rule did lately."""
    since = timezone.now() - timedelta(days=days)
    rows = Notification.objects.filter(rule=rule, created_at__gt=since)
    figures = rows.aggregate(
        sent=Count("pk", filter=Q(state__in=[State.SENT, State.MERGED])),
        merged=Count("pk", filter=Q(state=State.MERGED)),
        dropped=Count("pk", filter=Q(state=State.DROPPED)),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        held=Count("pk", filter=Q(reason__in=["outside_hours", "resting"])),
    )
    return figures
