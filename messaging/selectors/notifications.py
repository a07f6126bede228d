"""Reading notices: their outcome for an order, for a rule, for one person."""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Delivery, Notification, NotificationRule, RecipientKind
from messaging.policies.notifications.reasons import reason_text, waiting_text
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.order_notices import told_notices
from orders.models import Order
from orders.selectors.timeline import NOTICE, TimelineEntry
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.audiences import Audience

State = Notification.State
MOST_FAILED = 50
ICONS = {
    State.WAITING: "clock",
    State.SENT: "bell",
    State.MERGED: "bell",
    State.DROPPED: "x",
    State.CANCELLED: "x",
    State.FAILED: "warn",
}


def notice_lines(order: Order, audience: Audience) -> list[TimelineEntry]:
    """An order's notices as lines of its timeline; the customer reads them in the conversation."""
    if not audience.is_shop:
        return []
    told, now = told_notices(order), timezone.now()
    return [
        TimelineEntry(
            row.sent_at or row.created_at,
            "",
            ICONS[State(row.state)],
            _("%(rule)s → %(name)s：%(outcome)s")
            % {
                "rule": row.rule.label,
                "name": told.name_of(row),
                "outcome": outcome_text(row, now),
            },
            kind=NOTICE,
            event_id=row.event_id or 0,
        )
        for row in told.rows
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


def notices_for(actor: Actor) -> QuerySet[Notification]:
    """What a member of staff was told, newest first."""
    if not actor.is_staff:
        return Notification.objects.none()
    mine = Notification.objects.filter(recipient_kind=RecipientKind.STAFF, recipient_id=actor.id or 0)
    return mine.filter(state=State.SENT).select_related("rule", "order").order_by("-sent_at", "-pk")


def notice_is_for(notice: Notification) -> bool:
    """Whether its receiver may still be told at this moment: works or buys here, and may see what it is about."""
    if notice.recipient_kind == RecipientKind.CUSTOMER:
        own = notice.order is None or notice.order.customer_id == notice.recipient_id
        return own and Customer.objects.filter(pk=notice.recipient_id, is_active=True).exists()
    staff = Staff.objects.filter(pk=notice.recipient_id, is_active=True).first()
    if staff is None:
        return False
    if notice.order is not None:
        # The stockroom is told of what has just left its board: a cancelled order.
        reader = Actor.staff(staff)
        seen = orders_visible_to(reader).filter(pk=notice.order.pk)
        return reader.may("orders.view_to_ship") or seen.exists()
    if notice.conversation_id is None:
        return True
    return conversations_visible_to(Actor.staff(staff)).filter(pk=notice.conversation_id).exists()


def unseen_notices(actor: Actor) -> int:
    """How many of them nobody has looked at, to 100."""
    return notices_for(actor).filter(seen_at=None).order_by()[:100].count()


def failed_deliveries() -> list[Delivery]:
    """What no channel could give to anybody, latest first: the dead letters. Not those that another channel took."""
    taken = Delivery.objects.filter(notification=OuterRef("notification")).exclude(
        state=Delivery.State.FAILED
    )
    failed = Delivery.objects.filter(~Exists(taken), state=Delivery.State.FAILED).order_by("-pk")
    return list(failed.select_related("notification__rule", "notification__order")[:MOST_FAILED])


def broken_notices() -> list[Notification]:
    """What could not be told at all, time after time, latest first: for managers to have tried again."""
    rows = Notification.objects.filter(state=State.FAILED).order_by("-pk").select_related("rule", "order")
    return list(rows[:MOST_FAILED])


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
