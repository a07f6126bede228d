"""The steps of reminders: which one is due, and since when one is counted. No database, no clock.

All moments are aware. A step that was missed while the product was down is not made up: only the last one that is due
is told.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from messaging.policies.notifications.triggers import Trigger
from shopcomm.core.configuration.hours import DAY, HORIZON_DAYS, WorkingCalendar

# Rows older than this past the last step are not looked at again.
FORGOTTEN = timedelta(days=3)
# Staff are waited for while they are there; a customer's money knows no office hours.
IN_WORKING_TIME = frozenset({Trigger.PICKING_LONG, Trigger.UNANSWERED})


class Step(NamedTuple):
    """One reminder of a timer: how many minutes after the beginning, and when that is."""

    minutes: int
    due_at: datetime


def reached_steps(
    steps: Iterable[int], begun: datetime, until: datetime, calendar: WorkingCalendar | None
) -> list[Step]:
    """Every reminder that is due by `until`, the earliest first.

    `steps` are minutes after `begun`: of working time with a calendar, else of the clock on the wall.
    """
    reached = []
    for minutes in sorted(steps):
        wait = timedelta(minutes=minutes)
        due = calendar.after_working(begun, wait) if calendar else begun + wait
        if due is not None and due <= until:
            reached.append(Step(minutes, due))
    return reached


def last_due_step(
    steps: Iterable[int], begun: datetime, now: datetime, calendar: WorkingCalendar | None
) -> Step | None:
    """The last reminder that is due, counted as `reached_steps()` does; None before the first."""
    return next(reversed(reached_steps(steps, begun, now, calendar)), None)


def debt_counted_from(trigger: str, due_on: date, zone: tzinfo) -> datetime:
    """From when a debt's reminders are counted: the day it falls due, or the day after, at midnight of the shop."""
    day = due_on + timedelta(days=1 if trigger == Trigger.DEBT_OVERDUE else 0)
    return datetime.combine(day, time.min, zone)


def remembered_since(now: datetime, calendar: WorkingCalendar) -> datetime:
    """How far back an unanswered customer is remembered: through a week of holidays, but not the days before it."""
    since, open_days = now, 0
    for _day in range(HORIZON_DAYS):
        if open_days == FORGOTTEN.days:
            break
        since -= DAY
        open_days += calendar.never_closes or calendar.working_time(since, since + DAY) > timedelta(0)
    return since


def reached_reminder(days_left: int, reminded_days_before: Iterable[int]) -> int | None:
    """The last of the days before an event on which people are reminded that has come; None before the first."""
    reached = [days for days in reminded_days_before if days_left <= days]
    return min(reached, default=None)
