"""A rule played through past days: tables of cases, without a database."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from messaging.policies.notifications.rehearsal import PastDays, play_through
from messaging.policies.notifications.timing import DeliveryRequest, OutsideHours, Reason
from shopcomm.core.configuration.hours import QuietWindow, Span, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_NINE = WorkingCalendar(SHANGHAI, ((Span(time(9), time(21)),),) * 7)
WU, LI = "吴", "李"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=SHANGHAI)


NOW = at("27 12:00")


def played(*asked: tuple[str, str], rule: dict | None = None, **past) -> list[tuple[datetime | None, Reason]]:
    """What becomes of notices that are asked for at these moments, by whom."""
    known = PastDays(NINE_TO_NINE, past.get("resting", {}), past.get("budgets", {}), past.get("others", {}))
    requests = [(DeliveryRequest(at(moment), **(rule or {})), person) for moment, person in asked]
    return [(each.send_at, each.reason) for each in play_through(requests, known, NOW)]


@pytest.mark.parametrize(
    ("moment", "rule", "sent", "reason"),
    [
        ("24 10:00", {}, "24 10:00", Reason.AT_ONCE),
        ("24 10:00", {"delay": timedelta(minutes=30)}, "24 10:30", Reason.DELAYED),
        # Why it went only in the morning is what it waited for.
        ("24 22:00", {}, "25 09:00", Reason.OUTSIDE_HOURS),
        ("24 22:00", {"outside": OutsideHours.SEND}, "24 22:00", Reason.AT_ONCE),
        ("24 20:45", {"delay": timedelta(minutes=30)}, "25 09:00", Reason.OUTSIDE_HOURS),
        # Still held when the days end: when it is to go.
        ("27 11:50", {"delay": timedelta(minutes=30)}, "27 12:20", Reason.DELAYED),
    ],
)
def test_a_rehearsed_notice_has_the_time_at_which_it_would_have_been_sent(moment, rule, sent, reason):
    assert played((moment, WU), rule=rule) == [(at(sent), reason)]


def test_a_rehearsed_notice_waits_for_the_end_of_quiet_hours():
    nap = {WU: QuietWindow(time(12), time(14), SHANGHAI)}
    assert played(("24 12:30", WU), ("24 12:30", LI), resting=nap) == [
        (at("24 14:00"), Reason.RESTING),
        (at("24 12:30"), Reason.AT_ONCE),
    ]


def test_a_rehearsal_counts_the_cap_per_person_and_for_its_own_rule_only():
    capped = {"cap": 1, "cap_window": timedelta(hours=2)}
    assert played(("24 10:00", WU), ("24 10:10", WU), ("24 10:20", LI), rule=capped) == [
        (at("24 10:00"), Reason.AT_ONCE),
        (at("24 12:00"), Reason.OVER_CAP),
        (at("24 10:20"), Reason.AT_ONCE),
    ]


def test_a_rehearsed_budget_counts_earlier_notices_of_other_rules_and_not_later_ones():
    others = {WU: [at("24 08:00"), at("26 08:00")]}
    assert played(("24 10:00", WU), ("25 10:00", WU), budgets={WU: 1}, others=others) == [
        # The eight o'clock notice of this day holds it, that of two days later is not known yet.
        (at("25 09:00"), Reason.OVER_BUDGET),
        # What the budget has promised for a moment goes then, whatever was told meanwhile.
        (at("26 09:00"), Reason.OVER_BUDGET),
    ]


def test_a_rehearsal_without_a_budget_sends_every_notice_at_once():
    others = {WU: [at("24 09:30")] * 20}
    assert played(("24 10:00", WU), others=others) == [(at("24 10:00"), Reason.AT_ONCE)]


def test_notices_outside_the_budget_are_sent_and_use_up_budget_for_others():
    outside = {"in_budget": False}
    assert played(("24 10:00", WU), ("24 11:00", WU), rule=outside, budgets={WU: 1}) == [
        (at("24 10:00"), Reason.AT_ONCE),
        (at("24 11:00"), Reason.AT_ONCE),
    ]


def test_rehearsal_outcomes_keep_the_order_of_their_requests():
    moments = [each for each, _reason in played(("24 22:00", WU), ("24 10:00", WU), ("24 21:30", LI))]
    assert moments == [at("25 09:00"), at("24 10:00"), at("25 09:00")]


def test_a_rehearsal_of_no_requests_has_no_outcomes():
    assert played() == []
