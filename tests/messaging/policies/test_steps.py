"""When reminders are due, as tables of cases without a database."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from messaging.policies.notifications.steps import (
    Step,
    debt_counted_from,
    last_due_step,
    reached_reminder,
    reached_steps,
    remembered_since,
)
from shopcomm.core.configuration.hours import Span, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_FIVE = ((Span(time(9), time(17)),),) * 5 + ((),) * 2
WEEKDAYS = WorkingCalendar(SHANGHAI, NINE_TO_FIVE)
STEPS = [240, 30, 1200]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("minutes_later", "step"),
    [(0, None), (29, None), (30, 30), (239, 30), (240, 240), (1199, 240), (1200, 1200), (99_999, 1200)],
)
def test_only_the_latest_due_reminder_step_is_sent(minutes_later, step):
    begun = at("2026-11-24 22:00")
    due = last_due_step(STEPS, begun, begun + timedelta(minutes=minutes_later), None)
    assert due == (step and Step(step, begun + timedelta(minutes=step)))


@pytest.mark.parametrize(
    ("now", "step"),
    [
        ("2026-11-27 16:59", None),
        # Half an hour of work: the first minutes on Friday, the others on Monday.
        ("2026-11-29 12:00", None),
        ("2026-11-30 09:19", None),
        ("2026-11-30 09:20", Step(30, at("2026-11-30 09:20"))),
    ],
)
def test_reminder_steps_for_staff_are_counted_in_working_time(now, step):
    assert last_due_step([30], at("2026-11-27 16:50"), at(now), WEEKDAYS) == step


@pytest.mark.parametrize(
    ("until", "calendar", "minutes"),
    [
        ("2026-11-24 09:29", None, []),
        ("2026-11-24 09:30", None, [30]),
        ("2026-11-24 13:00", None, [30, 240]),
        ("2026-11-25 12:00", None, [30, 240, 1200]),
        # Twenty hours of work are two days and a half.
        ("2026-11-25 12:00", WEEKDAYS, [30, 240]),
        ("2026-11-26 13:00", WEEKDAYS, [30, 240, 1200]),
        ("2026-11-24 08:00", WEEKDAYS, []),
    ],
)
def test_all_reminder_steps_due_by_a_moment_are_listed_earliest_first(until, calendar, minutes):
    reached = reached_steps(STEPS, at("2026-11-24 09:00"), at(until), calendar)
    assert [step.minutes for step in reached] == minutes
    assert all(step.due_at <= at(until) for step in reached)


def test_no_step_is_due_for_a_rule_without_steps():
    assert last_due_step([], at("2026-11-24 09:00"), at("2026-12-24 09:00"), None) is None


@pytest.mark.parametrize(
    ("trigger", "since"),
    [
        ("debt_due", datetime(2026, 11, 23, 16, tzinfo=UTC)),
        ("debt_overdue", datetime(2026, 11, 24, 16, tzinfo=UTC)),
    ],
)
def test_reminder_steps_of_a_debt_are_counted_from_midnight_in_the_shops_time_zone(trigger, since):
    assert debt_counted_from(trigger, date(2026, 11, 24), SHANGHAI) == since


@pytest.mark.parametrize(
    ("now", "since"),
    [
        # Three days of work back; a weekend between them is not counted.
        ("2026-11-27 12:00", "2026-11-24 12:00"),
        ("2026-11-30 08:00", "2026-11-25 08:00"),
        ("2026-11-29 12:00", "2026-11-25 12:00"),
    ],
)
def test_unanswered_customers_are_tracked_for_three_working_days(now, since):
    assert remembered_since(at(now), WEEKDAYS) == at(since)


def test_a_shop_open_once_a_week_tracks_unanswered_customers_for_three_weeks():
    mondays = WorkingCalendar(SHANGHAI, ((Span(time(9), time(17)),),) + ((),) * 6)
    assert remembered_since(at("2026-11-27 08:00"), mondays) == at("2026-11-09 08:00")


@pytest.mark.parametrize(
    ("days_left", "reached"),
    [(61, None), (60, 60), (31, 60), (30, 30), (8, 14), (7, 7), (2, 3), (1, 1), (0, 0)],
)
def test_only_the_latest_due_step_of_a_countdown_is_sent(days_left, reached):
    assert reached_reminder(days_left, (60, 30, 14, 7, 3, 1, 0)) == reached
