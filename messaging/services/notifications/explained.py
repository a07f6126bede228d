"""Why people were notified of an order or not: the page that answers "客户说没收到"."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Delivery, Notification, NotificationRule, RuleVersion, Trigger
from messaging.policies.notifications.conditions import Condition, Facts, check_conditions
from messaging.policies.notifications.steps import IN_WORKING_TIME, debt_counted_from, last_due_step
from messaging.policies.notifications.triggers import DEBTS, trigger_label
from messaging.selectors.notifications import outcome_text
from messaging.selectors.order_notices import NoticeHistory
from messaging.services.notifications.occasions import facts_of_order, triggers_of
from messaging.services.notifications.rules import rule_as_of
from orders.models import Order
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.facts import has_readable_fact
from shopcomm.core.events.models import DomainEvent


class ToldNotice(NamedTuple):
    """One notice with the name of its receiver, when it was seen, and its ways outside."""

    row: Notification
    name: str
    text: str
    seen_at: datetime | None
    deliveries: list[Delivery]


class RuleAnswer(NamedTuple):
    """One rule for one event: whether it was enabled, whether its conditions held, and the outcome."""

    rule: NotificationRule
    conditions: list[Condition]
    told: list[ToldNotice]
    # Why nothing came of it, if that is known.
    why: str = ""

    @property
    def missed(self) -> bool:
        """Whether a condition did not hold."""
        return any(not condition.holds for condition in self.conditions)


class _Rule(NamedTuple):
    """A rule with the versions it had while the order happened, the newest first; none if it did not change."""

    now: NotificationRule
    versions: list[RuleVersion]

    def in_force(self, moment: datetime) -> NotificationRule:
        """The rule as it was at a moment: the version saved last before it, or the first one there is."""
        earlier = [version for version in self.versions if version.changed_at <= moment]
        if earlier[:1] == self.versions[:1]:
            return self.now
        return rule_as_of(earlier[0] if earlier else self.versions[-1])

    def why_silent(self, event: DomainEvent) -> str:
        """What kept it, if it was on, from telling of an event, if it said nothing."""
        if event.is_history:
            return _("导入的历史，不通知任何人")
        if event.position is None:
            return _("正在处理")
        if self.versions and self.versions[-1].changed_at > event.occurred_at:
            return _("当时还没有这条规则")
        return _("没有可以通知的人")


class ExplainedEvent(NamedTuple):
    """An event, or a timer, with every rule that could have told of it."""

    when: datetime
    text: str
    rules: list[RuleAnswer]


def explain_notices(order: Order, history: NoticeHistory) -> list[ExplainedEvent]:
    """Why each event of an order was told, or was not: every rule that waits for such events, with its answer."""
    told, events = _told(history), filter(has_readable_fact, history.events)
    by_event: dict[int | None, list[ToldNotice]] = {}
    for each in told:
        by_event.setdefault(each.row.event_id, []).append(each)
    rules, facts = history.rules, facts_of_order(order, history.rules)
    known = [_Rule(rule, list(rule.versions.all())) for rule in rules]
    explained = [
        _explain_event(event, known, facts, by_event.pop(event.pk, []))
        for event in events
        if triggers_of(event)
    ]
    # Timers, and goods that are back: no event of the order's own.
    explained += [_explain_alone(each) for rest in by_event.values() for each in rest]
    explained += _silent_timers(order, rules, {each.row.rule_id for each in told})
    return sorted(explained, key=lambda each: each.when, reverse=True)


def _explain_event(
    event: DomainEvent, rules: list[_Rule], facts: Facts, told: list[ToldNotice]
) -> ExplainedEvent:
    triggers = triggers_of(event)
    asked = []
    for rule in rules:
        mine = [each for each in told if each.row.rule_id == rule.now.pk]
        then = rule.in_force(event.occurred_at)
        if then.trigger in triggers or mine:
            asked.append(RuleAnswer(then, check_conditions(then, facts), mine, rule.why_silent(event)))
    return ExplainedEvent(event.occurred_at, event.fact.timeline_text(), asked)


class Budget(NamedTuple):
    """How many notices a customer had in the last day, and how many they may have."""

    used: int
    limit: int


def budget_of(history: NoticeHistory) -> Budget:
    """How much of the customer's budget is used at the moment."""
    return Budget(history.used, shop_settings().customer_daily_budget)


def _silent_timers(order: Order, rules: list[NotificationRule], told: set[int]) -> list[ExplainedEvent]:
    """Timers that ran out for this order and said nothing, with the condition that was in their way."""
    explained = []
    for rule in rules:
        begun, ended = _stretch(order, rule.trigger)
        if rule.pk in told or begun is None or not rule.steps:
            continue
        calendar = working_calendar() if rule.trigger in IN_WORKING_TIME else None
        step = last_due_step(rule.steps, begun, min(ended, timezone.now()), calendar)
        if step:
            asked = RuleAnswer(rule, check_conditions(rule, facts_of_order(order, [rule])), [])
            explained.append(ExplainedEvent(step.due_at, trigger_label(rule.trigger), [asked]))
    return explained


def _stretch(order: Order, trigger: str) -> tuple[datetime | None, datetime]:
    """From when to when an order was what a timer waits for."""
    now = timezone.now()
    if trigger == Trigger.UNPAID:
        return order.placed_at, order.paid_at or order.closed_at or now
    if trigger == Trigger.PICKING_LONG:
        return order.picking_at, order.shipped_at or order.closed_at or now
    if trigger in DEBTS and order.due_on and order.balance > 0:
        return debt_counted_from(trigger, order.due_on, timezone.get_current_timezone()), now
    return None, now


def _explain_alone(told: ToldNotice) -> ExplainedEvent:
    row = told.row
    return ExplainedEvent(row.happened_at, trigger_label(row.trigger), [RuleAnswer(row.rule, [], [told])])


def _told(history: NoticeHistory) -> list[ToldNotice]:
    now = timezone.now()
    members = {
        (member.conversation_id, member.member_kind, member.member_id): member for member in history.members
    }
    found = []
    for row in history.rows:
        carrier = row.merged_into or row
        member = members.get((carrier.conversation_id or 0, row.recipient_kind, row.recipient_id))
        seen = row.seen_at or (
            member.read_at if member and carrier.seq and member.read_seq >= carrier.seq else None
        )
        found.append(
            ToldNotice(row, history.name_of(row), outcome_text(row, now), seen, list(row.deliveries.all()))
        )
    return found
