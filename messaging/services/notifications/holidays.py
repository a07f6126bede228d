"""Managers are asked for the next year's holidays and make-up days while there is still time to enter them."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from messaging.models import NotificationRule, Trigger
from messaging.services.notifications.planning import Occasion, plan_notices
from shopcomm.core.configuration.calendar import WARNED_DAYS_BEFORE, holiday_gap, today_in_shop

# Days before the year begins on which it is said again; the last one that has come is told.
REMINDED_DAYS_BEFORE = (WARNED_DAYS_BEFORE, 30, 14, 7, 3, 1, 0)


@transaction.atomic
def remind_of_holidays(*, now: datetime | None = None) -> int:
    """Plan the notices about a year whose make-up days nobody has entered. Returns how many."""
    now = now or timezone.now()
    gap = holiday_gap(today_in_shop(now))
    reached = [days for days in REMINDED_DAYS_BEFORE if gap and gap.days_left <= days]
    if gap is None or not reached:
        return 0
    occasion = Occasion(
        trigger=Trigger.HOLIDAYS_MISSING,
        cause=f"holidays:{gap.year}:{reached[-1]}",
        happened_at=now,
        data={"year": gap.year},
    )
    rules = NotificationRule.objects.filter(trigger=Trigger.HOLIDAYS_MISSING, enabled=True)
    untold = [rule for rule in rules if not rule.notifications.filter(cause=occasion.cause).exists()]
    return plan_notices(untold, [occasion], now=now)
