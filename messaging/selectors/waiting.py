"""What is still to come in a conversation: held notices, scheduled messages, goods a customer waits for."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from django.db.models import BigIntegerField, Q, QuerySet
from django.utils import timezone

from messaging.models import Conversation, Notification, RecipientKind, ScheduledMessage, StockWatch
from messaging.policies.notifications.reasons import waiting_text
from orders.selectors.order_parts import THIS_ORDER
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.database.prepared import NOW, Given
from shopcomm.core.database.together import PreparedRows, read_together

MOST = 20
# Typed as what they stand for: querysets take either.
TALK = cast(int, Given("talk", BigIntegerField()))
CUSTOMER = cast(int, Given("customer", BigIntegerField()))
UNSAID = (ScheduledMessage.State.WAITING, ScheduledMessage.State.FAILED)


class HeldNotice(NamedTuple):
    """A notice that waits, and what for."""

    row: Notification
    text: str


class ToCome(NamedTuple):
    """Everything that is to come in one conversation, for staff."""

    notices: list[HeldNotice]
    scheduled: list[ScheduledMessage]
    watches: list[StockWatch]


def notices_in(conversation: Conversation) -> QuerySet[Notification]:
    """The customer's notices that belong into a conversation: those of its order, and of goods that are back."""
    # Nobody's, in a conversation of the team.
    return _notices(conversation.customer_id or 0, conversation.pk, conversation.order_id)


def _notices(customer_id: int, conversation_id: int, order_id: int | None) -> QuerySet[Notification]:
    mine = Notification.objects.filter(recipient_kind=RecipientKind.CUSTOMER, recipient_id=customer_id)
    about = Q(order=None, conversation=conversation_id)
    return mine.filter(about if order_id is None else about | Q(order=order_id))


def to_come(conversation: Conversation) -> ToCome:
    """What waits in a conversation, soonest first."""
    now = timezone.now()
    given = {
        "talk": conversation.pk,
        # Nobody's, in a conversation of the team.
        "customer": conversation.customer_id or 0,
        "order": conversation.order_id,
        "now": now,
    }
    prepared = _prepared(of_order=conversation.order_id is not None)
    notices, scheduled, watches = read_together(*(each.given(**given) for each in prepared))
    held = [HeldNotice(row, waiting_text(row.send_at, row.reason, now)) for row in notices]
    return ToCome(held, scheduled, watches)


def next_opening() -> datetime:
    """When one would have something said later: at the shop's next opening from an hour on."""
    soon = timezone.now() + timedelta(hours=1)
    return working_calendar().next_open(soon) or soon


@cache
def _prepared(*, of_order: bool) -> tuple[PreparedRows[Any], ...]:
    told = _notices(CUSTOMER, TALK, THIS_ORDER if of_order else None)
    waiting = told.filter(state=Notification.State.WAITING, send_at__gt=NOW).order_by("send_at")
    scheduled = ScheduledMessage.objects.filter(conversation=TALK, state__in=UNSAID).order_by("send_at")
    watches = StockWatch.objects.filter(conversation=TALK, told_at=None, cancelled_at=None)
    return (
        PreparedRows(waiting[:MOST], "rule"),
        PreparedRows(scheduled[:MOST], "author"),
        PreparedRows(watches.order_by("asked_at")[:MOST], "variant", "variant__product"),
    )


def failed_scheduled_messages(actor: Actor) -> list[ScheduledMessage]:
    """Scheduled messages that failed, latest first: a member of staff's own, for a manager everybody's."""
    failed = ScheduledMessage.objects.filter(state=ScheduledMessage.State.FAILED)
    mine = (
        failed if actor.may("conversations.manage_scheduled") else failed.filter(author_id=actor.id_or_zero)
    )
    return list(mine.select_related("author", "conversation__customer").order_by("-send_at", "-pk")[:MOST])


def may_change(scheduled: ScheduledMessage, actor: Actor) -> bool:
    """Whether somebody may edit or cancel a scheduled message: its author, or a manager."""
    return actor.may("conversations.manage_scheduled") or scheduled.author_id == actor.staff_id
