"""The working calendar: arithmetic over zones, midnights, holidays and clocks that jump."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopcomm.core.configuration.hours import QuietWindow, Span, WorkingCalendar, next_welcome

SHANGHAI, BERLIN, NEW_YORK = (
    ZoneInfo("Asia/Shanghai"),
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
)
MORNING, AFTERNOON = Span(time(9), time(12)), Span(time(13, 30), time(18))
MINUTE = timedelta(minutes=1)

times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
spans = st.builds(Span, times, times)
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
moments = st.datetimes(datetime(2025, 2, 1), datetime(2027, 6, 1), timezones=st.just(UTC))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    weekly = tuple(tuple(draw(st.lists(spans, max_size=3))) for _ in range(7))
    exceptions = draw(st.dictionaries(days, st.lists(spans, max_size=2).map(tuple), max_size=10))
    return WorkingCalendar(draw(st.sampled_from([SHANGHAI, BERLIN, NEW_YORK])), weekly, exceptions)


def moment_at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.fixture
def shop() -> WorkingCalendar:
    """Weekdays with a lunch break; the first week of October closed, Saturday the tenth worked."""
    weekly = ((MORNING, AFTERNOON),) * 5 + ((), ())
    closed = {date(2026, 10, day): () for day in range(1, 8)}
    return WorkingCalendar(SHANGHAI, weekly, closed | {date(2026, 10, 10): (MORNING, AFTERNOON)})


def test_the_lunch_break_is_not_working_time(shop: WorkingCalendar):
    assert shop.is_open(moment_at("2026-11-23T11:59"))
    assert not shop.is_open(moment_at("2026-11-23T12:00"))
    assert shop.next_open(moment_at("2026-11-23T12:10")) == moment_at("2026-11-23T13:30")


def test_at_two_in_the_morning_the_next_opening_is_nine(shop: WorkingCalendar):
    assert shop.next_open(moment_at("2026-11-24T02:00")) == moment_at("2026-11-24T09:00")


def test_a_holiday_week_is_closed_and_its_make_up_saturday_is_open(shop: WorkingCalendar):
    assert shop.next_open(moment_at("2026-09-30T18:00")) == moment_at("2026-10-08T09:00")
    assert shop.is_open(moment_at("2026-10-10T10:00"))
    assert not shop.is_open(moment_at("2026-10-17T10:00"))


def test_a_night_shift_continues_into_the_next_day():
    bar = WorkingCalendar(SHANGHAI, ((Span(time(20), time(2)),),) * 7)
    assert bar.is_open(moment_at("2026-11-24T01:59"))
    assert not bar.is_open(moment_at("2026-11-24T02:00"))
    assert bar.closes_at(moment_at("2026-11-23T23:00")) == moment_at("2026-11-24T02:00")


def test_working_time_excludes_lunch_nights_and_weekends(shop: WorkingCalendar):
    friday, monday = moment_at("2026-11-20T17:00"), moment_at("2026-11-23T10:00")
    assert shop.working_time(friday, monday) == timedelta(hours=2)
    assert shop.after_working(friday, timedelta(hours=2)) == monday


def test_an_opening_in_the_hour_skipped_by_daylight_saving_is_not_delayed():
    # On 2026-03-29 Berlin's clocks go from 02:00 to 03:00.
    calendar = WorkingCalendar(BERLIN, ((Span(time(2, 30), time(4)),),) * 7)
    opening = calendar.next_open(moment_at("2026-03-28T12:00", BERLIN))
    assert opening is not None
    assert moment_at("2026-03-29T03:00", BERLIN) <= opening < moment_at("2026-03-29T04:00", BERLIN)


def test_a_shop_without_working_hours_is_always_open():
    assert WorkingCalendar(SHANGHAI).next_open(moment_at("2026-11-24T02:00")) == moment_at("2026-11-24T02:00")


def test_a_shop_that_never_opens_has_no_next_opening():
    closed = {date(2026, 1, 1) + timedelta(days=n): () for n in range(900)}
    assert (
        WorkingCalendar(SHANGHAI, ((MORNING,),) * 7, closed).next_open(moment_at("2026-11-24T02:00")) is None
    )


@settings(max_examples=200, deadline=None)
@given(calendars(), moments)
def test_the_next_opening_is_the_first_open_moment(calendar: WorkingCalendar, moment: datetime):
    opening = calendar.next_open(moment)
    if opening is None:
        return
    assert opening >= moment
    assert calendar.is_open(opening)
    gap = opening - moment
    for part in range(20):
        between = moment + gap * part / 20
        assert between == opening or not calendar.is_open(between)


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, st.integers(1, 3000))
def test_adding_working_time_and_measuring_it_agree(
    calendar: WorkingCalendar, moment: datetime, minutes: int
):
    wait = timedelta(minutes=minutes)
    end = calendar.after_working(moment, wait)
    if end is not None:
        assert calendar.working_time(moment, end) == wait
        assert calendar.working_time(moment, end - MINUTE) < wait


@settings(max_examples=200, deadline=None)
@given(calendars(), moments, times, times)
def test_the_next_allowed_time_is_outside_quiet_hours(
    calendar: WorkingCalendar, moment: datetime, start: time, end: time
):
    quiet = QuietWindow(start, end, NEW_YORK)
    welcome = next_welcome(moment, calendar, quiet)
    if welcome is not None:
        assert welcome >= moment
        assert calendar.is_open(welcome)
        assert quiet.ends_after(welcome) is None
