"""What is still to come in a conversation: held notices, scheduled messages, goods a customer waits for."""

from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.models import Conversation, Notification, RecipientKind, ScheduledMessage, StockWatch
from messaging.policies.notifications.reasons import waiting_text
from shopcomm.core.accounts.actors import Actor

MOST = 20
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
    customer_id = conversation.customer_id or 0
    mine = Notification.objects.filter(recipient_kind=RecipientKind.CUSTOMER, recipient_id=customer_id)
    about = Q(order=None, conversation=conversation)
    return mine.filter(about | Q(order=conversation.order_id) if conversation.order_id else about)


def to_come(conversation: Conversation) -> ToCome:
    """What waits in a conversation, soonest first."""
    now = timezone.now()
    waiting = notices_in(conversation).filter(state=Notification.State.WAITING, send_at__gt=now)
    notices = waiting.select_related("rule").order_by("send_at")[:MOST]
    scheduled = ScheduledMessage.objects.filter(conversation=conversation, state__in=UNSAID)
    watches = StockWatch.objects.filter(conversation=conversation, told_at=None, cancelled_at=None)
    return ToCome(
        [HeldNotice(row, waiting_text(row.send_at, row.reason, now)) for row in notices],
        list(scheduled.select_related("author").order_by("send_at")[:MOST]),
        list(watches.select_related("variant__product").order_by("asked_at")[:MOST]),
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
