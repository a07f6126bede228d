"""From an event to notices: which rules match, who is notified, and when. Only rows are written; the sweep sends them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from messaging.models import Conversation, Notification, NotificationRule, RecipientKind
from messaging.policies.notifications.conditions import meets_conditions
from messaging.policies.notifications.timing import (
    Decision,
    DeliveryContext,
    DeliveryRequest,
    decide_send_time,
    delivery_request,
)
from messaging.policies.notifications.triggers import Trigger
from messaging.services.notifications.occasions import (
    Occasion,
    facts_of_conversation,
    occasion_of,
    triggers_of,
)
from messaging.services.notifications.recipients import Recipient, find_recipients, quiet_windows
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.wake import wake_task

State = Notification.State


def plan_event(event: DomainEvent) -> int:
    """Write the notices of an event; those it has already stay as they are. Returns how many it has."""
    triggers = triggers_of(event)
    # History that was loaded from elsewhere is nobody's news.
    if not triggers or event.is_history:
        return 0
    return sum(_plan_trigger(event, trigger) for trigger in triggers)


def plan_conversation_notices(trigger: str, talk: Conversation, data: dict[str, Any]) -> int:
    """Write the notices of something that happened to a conversation itself. Returns how many it has."""
    now = timezone.now()
    rules = NotificationRule.objects.filter(trigger=trigger, enabled=True)
    occasion = Occasion(
        trigger=trigger,
        cause=f"talk:{talk.pk}:{talk.last_seq}",
        happened_at=now,
        conversation=talk,
        facts=facts_of_conversation(talk),
        data=data,
    )
    return plan_notices(rules, [occasion], now=now)


def _plan_trigger(event: DomainEvent, trigger: str) -> int:
    rules = list(NotificationRule.objects.filter(trigger=trigger, enabled=True))
    return plan_notices(rules, [occasion_of(event, trigger, rules)]) if rules else 0


@retry_on_deadlock
@transaction.atomic
def plan_notices(
    rules: Iterable[NotificationRule], occasions: Iterable[Occasion], *, now: datetime | None = None
) -> int:
    """Write what these rules make of these occasions. Returns how many notices they have."""
    now = now or timezone.now()
    calendar = working_calendar()
    asked = [
        (rule, occasion, person)
        for rule in rules
        for occasion in occasions
        if meets_conditions(rule, occasion.facts)
        for person in find_recipients(rule, occasion.order, occasion.conversation)
        if not _did_it(occasion, person)
    ]
    resting = quiet_windows({person for _rule, _occasion, person in asked})
    rows = [
        build_notification(
            rule,
            occasion,
            person,
            decide_send_time(
                request_for(rule, occasion), DeliveryContext(now, calendar, resting.get(person))
            ),
        )
        for rule, occasion, person in asked
    ]
    store_notices(rows, now)
    return len(rows)


def wake_release() -> None:
    """Have a worker send due notices now. If that is lost, the next sweep does it."""
    wake_task("notifications.release")


def store_notices(rows: list[Notification], now: datetime) -> None:
    """Insert new notices, and have due ones sent at once."""
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    if any(row.state == State.WAITING and row.send_at <= now for row in rows):
        call_after_commit(wake_release)


def _did_it(occasion: Occasion, person: Recipient) -> bool:
    """Whether somebody would be told that they have taken something over themselves."""
    return occasion.trigger == Trigger.HANDED_OVER and person == Recipient(RecipientKind.STAFF, occasion.by)


def request_for(rule: NotificationRule, occasion: Occasion) -> DeliveryRequest:
    """A rule's wishes for one occasion."""
    return delivery_request(
        rule,
        trigger=occasion.trigger,
        happened_at=occasion.happened_at,
        urgent=occasion.facts.urgent,
        parcel_state=occasion.data.get("state") or "",
    )


def build_notification(
    rule: NotificationRule, occasion: Occasion, person: Recipient, decision: Decision
) -> Notification:
    """One notice as a row, not stored yet."""
    return Notification(
        rule=rule,
        rule_version=rule.version,
        trigger=occasion.trigger,
        cause=occasion.cause,
        event_id=occasion.event_id,
        order=occasion.order,
        conversation=occasion.conversation,
        recipient_kind=person.kind,
        recipient_id=person.id,
        priority=rule.priority,
        urgent=occasion.facts.urgent,
        data=occasion.data,
        happened_at=occasion.happened_at,
        state=State.WAITING if decision.send_at else State.DROPPED,
        send_at=decision.send_at or occasion.happened_at,
        reason=decision.reason.value,
    )
