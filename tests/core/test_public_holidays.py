"""Public holidays and make-up days: what the State Council announced, what only the law gives, and what is pasted."""

import re
from datetime import date, time, timedelta

import pytest
import time_machine
from django.test import Client

from messaging.models import Notification
from messaging.services.notifications.release import release_due
from messaging.services.notifications.rules import ensure_default_rules
from messaging.services.notifications.timers import remind_of_holidays
from shopcomm.core.configuration.calendar import holiday_gap, next_days, working_calendar
from shopcomm.core.configuration.hours import Span
from shopcomm.core.configuration.models import CalendarDay, ShopSettings
from shopcomm.core.configuration.public_holidays import last_announced_year, public_days
from shopcomm.core.configuration.schedule import parse_year, set_special_days, set_weekly_hours

# The announcements for 2024 to 2026 as the State Council's office published them: days off, and workdays.
ANNOUNCED = {
    2024: (
        "1.1 2.10-2.17 4.4-4.6 5.1-5.5 6.8-6.10 9.15-9.17 10.1-10.7",
        "2.4 2.18 4.7 4.28 5.11 9.14 9.29 10.12",
    ),
    2025: ("1.1 1.28-2.4 4.4-4.6 5.1-5.5 5.31-6.2 10.1-10.8", "1.26 2.8 4.27 9.28 10.11"),
    2026: (
        "1.1-1.3 2.15-2.23 4.4-4.6 5.1-5.5 6.19-6.21 9.25-9.27 10.1-10.7",
        "1.4 2.14 2.28 5.9 9.20 10.10",
    ),
}
ANNOUNCEMENT_2027 = """国务院办公厅关于2027年部分节假日安排的通知
一、元旦：2027年1月1日（周五）至3日（周日）放假调休，共3天。2026年12月27日（周日）上班。
二、春节：2月5日（农历除夕、周五）至11日（农历正月初六、周四）放假调休，共7天。1月31日（周日），2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
国务院办公厅
２０２６年１１月４日"""


def days_of(text: str, year: int) -> set[date]:
    """Days written as 2.10-2.17."""
    found: set[date] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        begin, end = (date(year, *map(int, each.split("."))) for each in (first, last or first))
        found |= {begin + timedelta(days=ahead) for ahead in range((end - begin).days + 1)}
    return found


@pytest.mark.parametrize("year", ANNOUNCED)
def test_an_announced_year_has_the_days_off_and_the_workdays_of_its_announcement(year: int):
    days = {day: each for day, each in public_days(2028).items() if day.year == year}
    off, works = (days_of(text, year) for text in ANNOUNCED[year])
    assert {day for day, each in days.items() if not each.works} == off
    assert {day for day, each in days.items() if each.works} == works


def test_a_make_up_workday_is_named_after_the_holiday_that_it_makes_up_for():
    days = public_days(2026)
    assert days[date(2026, 9, 20)].holiday == "国庆节"
    assert days[date(2026, 2, 14)].holiday == "春节"
    assert days[date(2026, 10, 4)].holiday == "国庆节"


@time_machine.travel("2027-01-01T10:00:00+08:00")
def test_statutory_days_of_a_year_that_is_not_announced_are_holidays_all_the_same(db):
    set_weekly_hours([[Span(time(9), time(18))]] * 5 + [[], []])
    first = next_days(date(2027, 1, 1), 3)
    assert (first[0].spans, first[0].special and first[0].special.name) == ((), "元旦")
    closed = {day for day, hours in working_calendar().exceptions.items() if not hours and day.year == 2027}
    assert {date(2027, 2, 5), date(2027, 2, 8), date(2027, 4, 5), date(2027, 10, 1)} <= closed


@pytest.mark.parametrize(
    ("year", "line", "off", "works"),
    [
        (2023, "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。", ["2022-12-31", "2023-01-01", "2023-01-02"], []),
        (
            2019,
            "一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。",
            ["2018-12-30", "2018-12-31", "2019-01-01"],
            ["2018-12-29"],
        ),
        (2023, "元旦：12月31日至1月2日放假，共3天。", ["2022-12-31", "2023-01-01", "2023-01-02"], []),
        (2019, "元旦：12月30日至1月1日放假。12月29日上班。", ["2018-12-30", "2018-12-31", "2019-01-01"], ["2018-12-29"]),
        (2026, "2027年劳动节：5月1日至2日放假", ["2027-05-01", "2027-05-02"], []),
        (2026, "国庆节：10月1日至2日放假，9月20日，10月10日上班", ["2026-10-01", "2026-10-02"], ["2026-09-20", "2026-10-10"]),
        (2026, "2027/2/5～2027/2/6 春节", ["2027-02-05", "2027-02-06"], []),
    ],
)  # fmt: skip
def test_a_pasted_announcement_line_sets_its_own_days(year: int, line: str, off: list[str], works: list[str]):
    days = parse_year(line, year)
    assert [str(each.day) for each in days if each.kind == "holiday"] == off
    assert [str(each.day) for each in days if each.kind == "workday"] == works


def test_the_year_of_a_pasted_announcement_comes_from_its_text(log_in, manager):
    answer = log_in(manager).post(
        "/rules/hours/year/", {"year": "2026", "text": ANNOUNCEMENT_2027}, follow=True
    )
    assert "已写入 2026–2027 年的 16 天" in answer.content.decode()
    assert CalendarDay.objects.get(day=date(2026, 12, 27)).kind == "workday"
    assert CalendarDay.objects.get(day=date(2027, 1, 31)).kind == "workday"
    assert CalendarDay.objects.get(day=date(2027, 2, 14)).kind == "workday"
    assert not CalendarDay.objects.filter(day__year=2026, day__month__lt=12).exists()


def test_the_page_says_which_year_is_missing_and_warns_sixty_days_before(log_in, manager):
    page = f"{last_announced_year() + 1} 年调休尚未公布"
    client: Client = log_in(manager)
    with time_machine.travel(f"{last_announced_year()}-11-01T12:00:00+08:00"):
        early = client.get("/rules/hours/").content.decode()
    with time_machine.travel(f"{last_announced_year()}-11-02T12:00:00+08:00"):
        late = client.get("/rules/hours/").content.decode()
    assert page in early
    assert 'class="banner note"' in early
    assert page in late
    assert 'class="banner warn" role="alert"' in late
    # The missing year is the one that is pasted next, and its days are not said to be announced.
    assert re.search(rf"<option selected>\s*{last_announced_year() + 1}\s*<", late)
    days = late.partition('class="special"')[2]
    listed = dict(re.findall(r'datetime="([0-9-]+)".*?class="muted small"\s*>(\S*?)<', days, re.DOTALL))
    known = {day: day[:4] <= str(last_announced_year()) for day in listed}
    assert {day: said == "国家公布" for day, said in listed.items()} == known
    assert False in known.values()


def test_managers_are_reminded_once_at_each_step_until_the_holidays_are_entered(manager, sales):
    ensure_default_rules()
    year = last_announced_year() + 1
    told: list[int] = []
    for day in range(1, 61):
        with time_machine.travel(f"{year - 1}-11-01T12:00:00+08:00") as clock:
            clock.shift(timedelta(days=day))
            for _sweep in range(2):
                remind_of_holidays()
                release_due()
            told.append(Notification.objects.filter(trigger="holidays_missing", state="sent").count())
    assert told[0] == 1
    assert told[-1] == 6
    assert {each.recipient_id for each in Notification.objects.filter(trigger="holidays_missing")} == {
        manager.pk
    }
    body = Notification.objects.filter(trigger="holidays_missing").first().body
    assert body.startswith(f"{year} 年的放假和调休安排还没有写入")


def test_managers_are_not_reminded_of_a_year_that_was_entered(manager):
    year = last_announced_year() + 1
    set_special_days(parse_year(f"{year}-02-01~{year}-02-13 春节", year))
    assert holiday_gap(date(year - 1, 12, 1)).year == year + 1
    with time_machine.travel(f"{year - 1}-12-01T12:00:00+08:00"):
        assert remind_of_holidays() == 0


def test_a_waiting_holiday_reminder_is_dropped_once_the_days_are_entered(manager):
    ensure_default_rules()
    year = last_announced_year() + 1
    with time_machine.travel(f"{year - 1}-12-01T12:00:00+08:00"):
        assert remind_of_holidays() == 1
        set_special_days(parse_year(f"{year}-02-01~{year}-02-13 春节", year))
        release_due()
    assert Notification.objects.get(trigger="holidays_missing").reason == "taken_back"


def test_a_shop_that_ignores_public_holidays_is_not_reminded(db):
    ShopSettings.objects.update_or_create(pk=1, defaults={"use_public_holidays": False})
    assert holiday_gap(date(last_announced_year(), 12, 31)) is None
