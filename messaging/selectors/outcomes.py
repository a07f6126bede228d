"""Outcomes of recent notices and deliveries, and notices that are overdue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from messaging.models import Delivery, Notification


@dataclass(frozen=True)
class Overdue:
    """What should have gone by now: how many, and for how many seconds the oldest has waited."""

    count: int
    seconds: float


def notice_outcomes(since: datetime) -> dict[str, int]:
    """How many notices that were decided since then are in each state; states that none is in stand with 0."""
    counts: Any = _recent(since).values_list("state").annotate(count=Count("pk"))
    return dict.fromkeys(Notification.State.values, 0) | dict(counts)


def delivery_outcomes(since: datetime) -> dict[tuple[str, str], int]:
    """The same for their ways through channels, by channel and state."""
    recent = Delivery.objects.filter(notification__in=_recent(since))
    counts: Any = recent.values_list("channel", "state").annotate(count=Count("pk"))
    return {(channel, state): count for channel, state, count in counts}


def overdue_notices(now: datetime) -> Overdue:
    """Notices whose moment has come and that nobody has told yet."""
    due = Notification.objects.filter(state=Notification.State.WAITING, send_at__lte=now)
    found = due.aggregate(count=Count("pk"), since=Min("send_at"))
    return Overdue(found["count"], (now - found["since"]).total_seconds() if found["since"] else 0.0)


def _recent(since: datetime) -> QuerySet[Notification]:
    """Rows are numbered as they are made: the last one before that moment is found by going back from the newest,
    so that months of others are not read."""
    older = Notification.objects.filter(created_at__lt=since).order_by("-pk")
    return Notification.objects.filter(pk__gt=older.values_list("pk", flat=True).first() or 0)
