"""Editing the calendar: weekly hours as people write them, and a year's holidays pasted at once."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from shopcomm.core.configuration.hours import Span
from shopcomm.core.configuration.models import CalendarDay, WorkingInterval
from shopcomm.core.refusals import Refusal

HOLIDAY, WORKDAY = CalendarDay.Kind.HOLIDAY, CalendarDay.Kind.WORKDAY
LONGEST_HOLIDAY_DAYS = 60
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~至到]\s*(\d{1,2}):(\d{2})")
IN_BRACKETS = re.compile(r"[（(][^）)]*[）)]")
# 2月15日至23日放假, 2022年12月31日至2023年1月2日放假: how the State Council writes it.
ONE_DAY = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日"
OFF = re.compile(ONE_DAY.replace("月)?", "月)") + rf"(?:\s*[至到]\s*{ONE_DAY})?[^。；\n]*?放假")
DAY_OF_MONTH = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")
YEAR = re.compile(r"(\d{4})年")
# 2027-02-05 ~ 2027-02-11 春节
ISO = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
ISO_LINE = re.compile(rf"({ISO})(?:\s*(?:~|至|到|-)\s*({ISO}))?\s*(.*)")
NEW_YEAR = "元旦"
FULL_WIDTH = {
    ord(wide): plain for wide, plain in zip("０１２３４５６７８９～－／:", "0123456789~-/：", strict=True)
}


class ScheduleRefused(Refusal):
    """Text that does not say when; tells which part."""

    code = "schedule_refused"


class Day(NamedTuple):
    """One day of a pasted table."""

    day: date
    kind: str
    name: str


def parse_hours(text: str) -> list[Span]:
    """Hours such as "09:00-12:00, 13:30-18:00"; empty or 休息 for a closed day. Raises ScheduleRefused."""
    spans = [
        Span(_time(from_hour, from_minute), _time(to_hour, to_minute))
        for from_hour, from_minute, to_hour, to_minute in SPAN.findall(text.replace("：", ":"))
    ]
    rest = re.sub(r"[,，、;；\s]|休息|closed", "", SPAN.sub("", text.replace("：", ":")), flags=re.IGNORECASE)
    if rest:
        raise ScheduleRefused(_("看不懂“%(text)s”，请写成 09:00-12:00，13:30-18:00") % {"text": text.strip()})
    spans.sort()
    for before, after in pairwise(spans):
        if before.closes <= before.opens or after.opens < before.closes:
            raise ScheduleRefused(_("“%(text)s”里的时间段重叠") % {"text": text.strip()})
    return spans


def _time(hour: str, minute: str) -> time:
    if (int(hour), int(minute)) == (24, 0):
        return time(0)
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise ScheduleRefused(_("没有 %(time)s 这个时间") % {"time": f"{hour}:{minute}"}) from error


@transaction.atomic
def set_weekly_hours(days: Iterable[list[Span]]) -> None:
    """Replace the weekly hours, Monday first."""
    WorkingInterval.objects.all().delete()
    WorkingInterval.objects.bulk_create(
        WorkingInterval(weekday=weekday, opens=span.opens, closes=span.closes)
        for weekday, spans in enumerate(days)
        for span in spans
    )


def parse_year(text: str, year: int) -> list[Day]:
    """A year's holidays and make-up workdays: the State Council's announcement, or a line a day.

    `year` is the one that was chosen on the page; a text that names years itself is believed. Full-width
    digits and signs are read like plain ones. Raises ScheduleRefused when nothing is found or a date does
    not exist.
    """
    text = text.translate(FULL_WIDTH)
    year = max((int(found) for found in YEAR.findall(text)), default=year)
    days: dict[date, Day] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        found = ISO_LINE.match(line)
        for each in _from_line(found) if found else _from_announcement(line, year):
            days[each.day] = each
    if not days:
        raise ScheduleRefused(_("没有找到日期"))
    return sorted(days.values())


def _from_line(found: re.Match[str]) -> list[Day]:
    first, last = _iso(found[1]), _iso(found[2] or found[1])
    rest = found[3].strip()
    works = bool(re.search(r"上班|班$|workday", rest))
    name = re.sub(r"\s*(上班|放假|休息|休|班|workday|holiday)\s*$", "", rest)
    return [Day(day, WORKDAY if works else HOLIDAY, name) for day in _between(first, last)]


def _from_announcement(line: str, year: int) -> list[Day]:
    plain = IN_BRACKETS.sub("", line)
    before, colon, after = plain.partition("：")
    name = re.sub(r"^[一二三四五六七八九十\d]+[、.]", "", before).strip() if colon else ""
    body = after if colon else plain
    days = []
    for found in OFF.finditer(body):
        days += [Day(each, HOLIDAY, name) for each in _between(*_stretch(found, year))]
    for sentence in re.split(r"[。；]", OFF.sub("", body)):
        if "上班" in sentence:
            makes_up = _("%(name)s调休") % {"name": name}
            days += [
                Day(_make_up_day(found, name, year), WORKDAY, makes_up)
                for found in DAY_OF_MONTH.finditer(sentence)
            ]
    return days


def _stretch(found: re.Match[str], year: int) -> tuple[date, date]:
    """The first and the last day of a holiday; over New Year it begins in the year before the announced one."""
    from_year, from_month, from_day, to_year, to_month, to_day = found.groups()
    last = _date(
        int(to_year or (not to_day and from_year) or year),
        int(to_month or from_month),
        int(to_day or from_day),
    )
    first = _date(int(from_year or last.year), int(from_month), int(from_day))
    if first > last and not from_year:
        first = _date(last.year - 1, int(from_month), int(from_day))
    return first, last


def _make_up_day(found: re.Match[str], name: str, year: int) -> date:
    """A workday; New Year's may lie in the December before."""
    own_year, month, day = found.groups()
    if not own_year and name.startswith(NEW_YEAR) and int(month) == 12:
        year -= 1
    return _date(int(own_year or year), int(month), int(day))


def _between(first: date, last: date) -> list[date]:
    count = (last - first).days + 1
    if not 0 < count <= LONGEST_HOLIDAY_DAYS:
        raise ScheduleRefused(_("%(first)s 到 %(last)s 不是一段假期") % {"first": first, "last": last})
    return [first + timedelta(days=ahead) for ahead in range(count)]


def _iso(text: str) -> date:
    try:
        return datetime.strptime(re.sub(r"[/.]", "-", text), "%Y-%m-%d").date()
    except ValueError as error:
        raise ScheduleRefused(_("没有 %(day)s 这一天") % {"day": text}) from error


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ScheduleRefused(_("没有 %(day)s 这一天") % {"day": f"{year}-{month}-{day}"}) from error


@transaction.atomic
def set_special_days(days: Iterable[Day]) -> int:
    """Write down days that differ; one that is there already is replaced. Returns how many."""
    rows = [CalendarDay(day=each.day, kind=each.kind, name=each.name[:60]) for each in days]
    CalendarDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day"], update_fields=["kind", "name"]
    )
    return len(rows)
