"""The shop's working calendar as the manager set it, and the public holidays behind it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.configuration.hours import Span, Spans, WorkingCalendar
from shopcomm.core.configuration.models import CalendarDay, WorkingInterval, shop_settings
from shopcomm.core.configuration.public_holidays import STATUTORY_DAYS, last_announced_year, public_days
from shopcomm.core.database.together import PreparedRows, read_together

# What a shop works on a make-up day when it has no hours on any weekday to go by.
USUAL: Spans = (Span(time(9), time(18)),)
# Managers are asked for the next year's days this long before it begins; they are announced in November.
WARNED_DAYS_BEFORE = 60
HOLIDAY, WORKDAY = CalendarDay.Kind.HOLIDAY, CalendarDay.Kind.WORKDAY


class SpecialDay(NamedTuple):
    """A day that differs from its weekday, and who says so."""

    day: date
    kind: str
    name: str
    is_public: bool


def working_calendar() -> WorkingCalendar:
    """The calendar in force: weekly hours, public holidays if wanted, and the manager's own days above them."""
    intervals, own = read_together(*(prepared.given() for prepared in _own_hours()))
    weekly = weekly_hours(intervals)
    exceptions = dict(_public_exceptions(_last_year(), weekly)) if shop_settings().use_public_holidays else {}
    for each in own:
        # An own "works" on a day that the public calendar calls a holiday is simply its weekday.
        exceptions.pop(each.day, None)
        exceptions |= _exceptions({each.day: each.kind}, weekly)
    return WorkingCalendar(ZoneInfo(settings.TIME_ZONE), weekly, exceptions)


@cache
def _own_hours() -> tuple[PreparedRows[WorkingInterval], PreparedRows[CalendarDay]]:
    return PreparedRows(WorkingInterval.objects.all()), PreparedRows(CalendarDay.objects.all())


@lru_cache(maxsize=8)
def _public_exceptions(last_year: int, weekly: tuple[Spans, ...]) -> dict[date, Spans]:
    return _exceptions(_public_kinds(last_year), weekly)


def _exceptions(kinds: dict[date, str], weekly: tuple[Spans, ...]) -> dict[date, Spans]:
    return {
        day: hours_on(kind, day, weekly)
        for day, kind in kinds.items()
        if kind == HOLIDAY or not weekly[day.weekday()]
    }


def weekly_hours(intervals: Iterable[WorkingInterval]) -> tuple[Spans, ...]:
    """Intervals sorted into weekdays, Monday first."""
    days: dict[int, list[Span]] = defaultdict(list)
    for interval in intervals:
        days[interval.weekday].append(Span(interval.opens, interval.closes))
    return tuple(tuple(sorted(days[weekday])) for weekday in range(7))


def hours_on(kind: str, day: date, weekly: tuple[Spans, ...]) -> Spans:
    """What a special day's hours are: none, or on a make-up day those of the first weekday that has any."""
    if kind == HOLIDAY:
        return ()
    return weekly[day.weekday()] or next((spans for spans in weekly if spans), USUAL)


def _last_year() -> int:
    """Openings are looked for up to HORIZON_DAYS ahead: never past the end of the year after the next."""
    return today_in_shop(timezone.now()).year + 2


@cache
def _public_kinds(last_year: int) -> dict[date, str]:
    return {
        day: WORKDAY.value if each.works else HOLIDAY.value for day, each in public_days(last_year).items()
    }


def special_days() -> list[SpecialDay]:
    """Every special day in order, the manager's own instead of the public ones."""
    own = {row.day: SpecialDay(row.day, row.kind, row.name, False) for row in CalendarDay.objects.all()}
    public = _named_public_days() if shop_settings().use_public_holidays else {}
    return sorted((public | own).values())


def _named_public_days() -> dict[date, SpecialDay]:
    return {
        day: SpecialDay(day, WORKDAY, _("%(name)s调休") % {"name": _(each.holiday)}, True)
        if each.works
        else SpecialDay(day, HOLIDAY, _(each.holiday), True)
        for day, each in public_days(_last_year()).items()
    }


class HolidayGap(NamedTuple):
    """The first year for which nobody has said yet which weekends are worked, and when it begins."""

    year: int
    days_left: int

    @property
    def is_near(self) -> bool:
        """Whether a manager should see to it."""
        return self.days_left <= WARNED_DAYS_BEFORE


def holiday_gap(today: date) -> HolidayGap | None:
    """The year whose make-up days are missing; None for a shop that goes by days of its own alone.

    A year counts as known once the State Council's announcement is in the package, or in the manager's own
    days: at least as many of that year as the law gives.
    """
    if not shop_settings().use_public_holidays:
        return None
    year = max(last_announced_year(), today.year - 1) + 1
    while CalendarDay.objects.filter(day__year=year).count() >= STATUTORY_DAYS:
        year += 1
    return HolidayGap(year, max(0, (date(year, 1, 1) - today).days))


class DayPlan(NamedTuple):
    """One day of the preview."""

    day: date
    spans: Spans
    special: SpecialDay | None


def next_days(first: date, count: int) -> list[DayPlan]:
    """What the shop works on the days from `first` on, with the reason where a day differs."""
    calendar, special = working_calendar(), {each.day: each for each in special_days()}
    days = [first + timedelta(days=ahead) for ahead in range(count)]
    return [DayPlan(day, calendar.hours_of(day), special.get(day)) for day in days]


def hours_text(spans: Spans) -> str:
    """Hours as people write them."""
    return _("、").join(f"{span.opens:%H:%M}–{span.closes:%H:%M}" for span in spans) or _("休息")


def today_in_shop(now: datetime) -> date:
    """The shop's date at a moment."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
