"""The public holidays of China and their make-up workdays, as the package `holidays` carries them.

For a year that the State Council has announced, every day off and every make-up workday (调休) is known. For
a later year only the days that the law gives are: those are used all the same, and whoever asks is told.
"""

import re
from collections import Counter
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_noop

if TYPE_CHECKING:
    from holidays.countries.china import China

# Years before this one concern no order that is still open.
FIRST_YEAR = 2020
# The law gives thirteen days a year since 2025 (全国年节及纪念日放假办法, State Council order 795).
STATUTORY_DAYS = 13
DAY = timedelta(days=1)
SATURDAY = 5
MADE_UP = re.compile(r"由 (\d{4}-\d{2}-\d{2}) 调休")
NAMES = (
    gettext_noop("元旦"),
    gettext_noop("春节"),
    gettext_noop("清明节"),
    gettext_noop("劳动节"),
    gettext_noop("端午节"),
    gettext_noop("中秋节"),
    gettext_noop("国庆节"),
)


class PublicDay(NamedTuple):
    """A day off, or a workday that makes up for one, and the Chinese name of the holiday it belongs to."""

    works: bool
    holiday: str


@cache
def last_announced_year() -> int:
    """The last year whose make-up days are known: no announced year since 2007 has been without any."""
    return max(day.year for day in _china(range(FIRST_YEAR, FIRST_YEAR + 50)).weekend_workdays)


@cache
def public_days(last_year: int) -> dict[date, PublicDay]:
    """Every day off and every make-up workday up to the end of a year."""
    calendar = _china(range(FIRST_YEAR, last_year + 1))
    made_up = {day for day in calendar.weekend_workdays if day.year >= FIRST_YEAR}
    off = _with_weekends(set(calendar), made_up)
    names = _holiday_of_each(off, calendar)
    caused = {
        date.fromisoformat(found[1]): names[day]
        for day in off
        if (found := MADE_UP.search(calendar.get(day, "")))
    }
    days = {day: PublicDay(False, names[day]) for day in off}
    return days | {day: PublicDay(True, caused.get(day) or _nearest(day, names)) for day in made_up}


def _china(years: range) -> "China":
    """The package's calendar, in Chinese. It brings in those of two hundred countries, which takes every start of ours
    a sixth of its time: only for who asks."""
    from holidays.countries.china import China

    return China(years=years, language="zh_CN")


def _with_weekends(off: set[date], made_up: set[date]) -> set[date]:
    """The days off with the weekends beside them that are not worked, as the announcements count them.

    In a year that is not announced the weekends are left alone: they may become make-up days.
    """
    announced, whole, reached = {day.year for day in made_up}, set(off), list(off)
    while reached:
        day = reached.pop()
        for beside in (day - DAY, day + DAY):
            is_weekend = beside.weekday() >= SATURDAY and beside.year in announced
            if is_weekend and beside not in whole and beside not in made_up:
                whole.add(beside)
                reached.append(beside)
    return whole


def _holiday_of_each(off: set[date], calendar: "China") -> dict[date, str]:
    """What the stretch of days off around each day is called: by the holiday that most of its days are."""
    names: dict[date, str] = {}
    stretch: list[date] = []
    for day in sorted(off):
        stretch.append(day)
        if day + DAY not in off:
            texts = "".join(calendar.get(each, "") for each in stretch).replace("农历除夕", "春节")
            counted = Counter({name: texts.count(name) for name in NAMES})
            names |= dict.fromkeys(stretch, counted.most_common(1)[0][0])
            stretch = []
    return names


def _nearest(day: date, names: dict[date, str]) -> str:
    return names[min(names, key=lambda off: abs((off - day).days))]
