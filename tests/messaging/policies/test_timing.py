"""The one decision: when a notice goes out and why, over hours, rest, urgency, caps and budgets."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.policies.notifications.timing import (
    BUDGET_WINDOW,
    TOO_OLD,
    DeliveryContext,
    DeliveryRequest,
    OutsideHours,
    Reason,
    decide_send_time,
    first_moment_with_room,
)
from shopcomm.core.configuration.hours import QuietWindow, Span, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPEN_NINE_TO_NINE = WorkingCalendar(SHANGHAI, ((Span(time(9), time(21)),),) * 7)
NAPS = QuietWindow(time(12), time(14), SHANGHAI)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def request_at(moment: datetime, **wishes) -> DeliveryRequest:
    return DeliveryRequest(happened_at=moment, **wishes)


def context(now: datetime, **known) -> DeliveryContext:
    return DeliveryContext(now, OPEN_NINE_TO_NINE, **known)


NIGHT, DAY = at("2026-11-24T02:00"), at("2026-11-24T10:00")


def test_a_shipping_notice_at_two_in_the_morning_waits_for_opening():
    assert decide_send_time(request_at(NIGHT), context(NIGHT)) == (
        at("2026-11-24T09:00"),
        Reason.OUTSIDE_HOURS,
    )


def test_a_notice_of_an_urgent_order_is_sent_at_night_when_the_rule_allows_it():
    asked = request_at(NIGHT, outside=OutsideHours.URGENT, urgent=True)
    assert decide_send_time(asked, context(NIGHT)) == (NIGHT, Reason.URGENT)
    assert (
        decide_send_time(request_at(NIGHT, outside=OutsideHours.WAIT, urgent=True), context(NIGHT)).reason
        is Reason.OUTSIDE_HOURS
    )
    assert (
        decide_send_time(request_at(NIGHT, outside=OutsideHours.URGENT), context(NIGHT)).reason
        is Reason.OUTSIDE_HOURS
    )


def test_a_rule_that_sends_at_once_still_respects_quiet_hours():
    noon = at("2026-11-24T12:30")
    asked = request_at(noon, outside=OutsideHours.SEND)
    assert decide_send_time(asked, context(noon, quiet=NAPS)) == (at("2026-11-24T14:00"), Reason.RESTING)
    assert decide_send_time(request_at(NIGHT, outside=OutsideHours.SEND), context(NIGHT)) == (
        NIGHT,
        Reason.AT_ONCE,
    )


def test_a_delay_that_ends_at_night_waits_for_the_morning():
    evening = at("2026-11-24T20:50")
    asked = request_at(evening, delay=timedelta(minutes=30))
    assert decide_send_time(asked, context(evening)) == (at("2026-11-25T09:00"), Reason.OUTSIDE_HOURS)


def test_the_sixth_notice_of_a_day_waits_until_the_first_is_a_day_old():
    told = [at(f"2026-11-24T0{9}:0{minute}") for minute in range(5)]
    decision = decide_send_time(request_at(DAY), context(DAY, told=told, budget=5))
    assert decision == (at("2026-11-25T09:00"), Reason.OVER_BUDGET)


def test_money_notices_ignore_the_budget():
    told = [DAY - MINUTE] * 9
    assert decide_send_time(request_at(DAY, always=True), context(DAY, told=told, budget=1)) == (
        DAY,
        Reason.AT_ONCE,
    )


def test_a_notice_outside_the_budget_is_limited_only_by_the_cap_of_its_rule():
    told = [DAY - MINUTE] * 9
    known = context(DAY, told=told, told_by_rule=told, budget=1)
    assert decide_send_time(request_at(DAY, in_budget=False), known) == (DAY, Reason.AT_ONCE)
    assert decide_send_time(request_at(DAY, in_budget=False, cap=9), known).reason is Reason.OVER_CAP


def test_a_notice_held_by_the_budget_goes_out_at_its_promised_time_and_never_expires():
    promised = DAY + timedelta(hours=2)
    asked = request_at(NIGHT, meant_for=promised, held_by_budget=True)
    full = {"told": [DAY - MINUTE], "budget": 1}
    assert decide_send_time(asked, context(DAY, **full)) == (promised, Reason.OVER_BUDGET)
    assert decide_send_time(asked, context(promised, told=[promised - MINUTE], budget=1)).send_at == promised
    days_later = promised + timedelta(days=5)
    assert (
        decide_send_time(asked, context(days_later, told=[days_later - MINUTE], budget=1)).send_at
        == days_later
    )


def test_a_notice_that_is_too_old_is_not_sent():
    assert decide_send_time(request_at(DAY - TOO_OLD - MINUTE), context(DAY)) == (None, Reason.TOO_OLD)


def test_a_notice_is_too_old_only_after_the_age_limit_and_not_at_it():
    assert decide_send_time(request_at(DAY - TOO_OLD), context(DAY)) == (DAY, Reason.AT_ONCE)


def test_an_urgent_notice_by_day_is_sent_at_once_and_not_marked_as_an_override():
    asked = request_at(DAY, outside=OutsideHours.URGENT, urgent=True)
    assert decide_send_time(asked, context(DAY, quiet=NAPS)) == (DAY, Reason.AT_ONCE)
    noon = at("2026-11-24T12:30")
    asked = request_at(noon, outside=OutsideHours.URGENT, urgent=True)
    assert decide_send_time(asked, context(noon, quiet=NAPS)) == (noon, Reason.URGENT)


def test_working_hours_wholly_within_quiet_hours_give_way_to_them():
    siesta = WorkingCalendar(SHANGHAI, ((Span(time(12), time(14)),),) * 7)
    noon = at("2026-11-24T13:00")
    assert decide_send_time(request_at(noon), DeliveryContext(noon, siesta, NAPS)) == (
        at("2026-11-24T14:00"),
        Reason.RESTING,
    )
    assert decide_send_time(request_at(NIGHT), DeliveryContext(NIGHT, siesta, NAPS)) == (
        NIGHT,
        Reason.OUTSIDE_HOURS,
    )


def test_when_cap_and_budget_end_together_the_cap_is_named_as_the_reason():
    told = [DAY - MINUTE]
    decision = decide_send_time(request_at(DAY, cap=1), context(DAY, told=told, told_by_rule=told, budget=1))
    assert decision == (DAY - MINUTE + timedelta(hours=24), Reason.OVER_CAP)


def test_a_notice_of_friday_night_is_not_too_old_on_monday():
    weekdays = WorkingCalendar(SHANGHAI, ((Span(time(9), time(21)),),) * 5 + ((), ()))
    friday, monday = at("2026-11-20T21:30"), at("2026-11-23T09:00")
    planned = decide_send_time(request_at(friday), DeliveryContext(friday, weekdays))
    assert planned == (monday, Reason.OUTSIDE_HOURS)
    assert (
        decide_send_time(request_at(friday, meant_for=monday), DeliveryContext(monday, weekdays)).send_at
        == monday
    )
    # The log is read only on Monday: still nobody could have been told before.
    assert decide_send_time(request_at(friday), DeliveryContext(monday, weekdays)).send_at == monday


def test_a_delay_of_three_days_is_kept():
    delay = timedelta(days=3)
    assert decide_send_time(request_at(DAY, delay=delay), context(DAY + delay)) == (
        DAY + delay,
        Reason.AT_ONCE,
    )


def test_a_notice_due_two_days_ago_is_not_sent():
    meant = at("2026-11-24T09:00")
    assert (
        decide_send_time(request_at(NIGHT, meant_for=meant), context(meant + TOO_OLD + MINUTE)).reason
        is Reason.TOO_OLD
    )


times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
zones = st.sampled_from(
    [SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu")]
)
moments = st.datetimes(datetime(2025, 3, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
calendars = st.builds(
    lambda zone, week: WorkingCalendar(zone, tuple(tuple(day) for day in week)),
    zones,
    st.lists(st.lists(st.builds(Span, times, times), max_size=2), min_size=7, max_size=7),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[DeliveryRequest, DeliveryContext]:
    now = draw(moments)
    ago = st.integers(0, 60 * 30).map(lambda minutes: now - timedelta(minutes=minutes))
    asked = DeliveryRequest(
        happened_at=draw(ago),
        delay=timedelta(minutes=draw(st.integers(0, 600))),
        outside=draw(st.sampled_from(OutsideHours)),
        urgent=draw(st.booleans()),
        always=draw(st.booleans()),
        in_budget=draw(st.booleans()),
        cap=draw(st.none() | st.integers(1, 4)),
        cap_window=timedelta(hours=draw(st.integers(1, 48))),
    )
    quiet = draw(st.none() | st.builds(QuietWindow, times, times, zones))
    told = draw(st.lists(ago, max_size=8))
    by_rule = told[: draw(st.integers(0, len(told)))]
    return asked, DeliveryContext(
        now, draw(calendars), quiet, by_rule, told, draw(st.none() | st.integers(1, 6))
    )


@settings(max_examples=400, deadline=None)
@given(cases())
def test_a_notice_goes_out_in_working_hours_outside_quiet_hours_unless_urgent(
    case: tuple[DeliveryRequest, DeliveryContext],
):
    asked, known = case
    moment, reason = decide_send_time(asked, known)
    if moment is None:
        assert reason is Reason.TOO_OLD
        return
    assert moment >= max(known.now, asked.happened_at + asked.delay)
    hasty = asked.urgent and asked.outside in (OutsideHours.SEND, OutsideHours.URGENT)
    resting = known.quiet is not None and known.quiet.ends_after(moment) is not None
    meets = known.calendar.next_open(moment) is not None
    assert not resting or hasty or not meets or _never_meet(known)
    if asked.outside is OutsideHours.WAIT or (asked.outside is OutsideHours.URGENT and not asked.urgent):
        assert known.calendar.is_open(moment) or not meets or _never_meet(known)


def _never_meet(known: DeliveryContext) -> bool:
    """Whether the shop's hours lie wholly inside the person's rest: then there is no good moment."""
    from shopcomm.core.configuration.hours import next_welcome

    return next_welcome(known.now, known.calendar, known.quiet) is None


@settings(max_examples=400, deadline=None)
@given(cases())
def test_no_time_window_contains_more_notices_than_cap_and_budget_allow(
    case: tuple[DeliveryRequest, DeliveryContext],
):
    asked, known = case
    moment, reason = decide_send_time(asked, known)
    if moment is None or asked.always or reason is Reason.URGENT:
        return
    if asked.cap is not None:
        assert sum(each > moment - asked.cap_window for each in known.told_by_rule) < asked.cap
    if known.budget is not None and asked.in_budget:
        assert sum(each > moment - BUDGET_WINDOW for each in known.told) < known.budget


@settings(max_examples=200, deadline=None)
@given(cases())
def test_a_postponed_notice_goes_out_at_the_moment_it_was_postponed_to(
    case: tuple[DeliveryRequest, DeliveryContext],
):
    asked, known = case
    moment, _reason = decide_send_time(asked, known)
    if moment is not None:
        later = DeliveryContext(
            moment, known.calendar, known.quiet, known.told_by_rule, known.told, known.budget
        )
        again, _why = decide_send_time(replace(asked, meant_for=moment), later)
        assert again == moment or _never_meet(known)


@given(moments, st.lists(st.integers(0, 5000)), st.integers(1, 5), st.integers(1, 48))
def test_a_notice_over_the_limit_is_moved_to_the_first_moment_with_room(
    now: datetime, minutes: list[int], limit: int, hours: int
):
    told, window = [now - timedelta(minutes=m) for m in minutes], timedelta(hours=hours)
    free = first_moment_with_room(now, told, limit, window)
    assert sum(each > free - window for each in told) < limit
    if free > now:
        before = free - timedelta(seconds=1)
        assert sum(each > before - window for each in told) >= limit
