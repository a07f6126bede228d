"""When a delivery is tried again, and what is final."""

from datetime import UTC, datetime, timedelta

import pytest

from shopcomm.edge.integrations.webhooks_out.policies.retries import (
    LONGEST_RETRY_AFTER,
    MOST_JITTER,
    PAUSES,
    is_given_up,
    judge_answer,
    next_spell,
    pause_before_retry,
    retry_after,
)

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)


def test_pauses_grow_from_a_second_to_hours_and_last_three_days():
    assert PAUSES[:4] == (1, 2, 3, 5)
    assert timedelta(days=2, hours=20) < timedelta(seconds=sum(PAUSES)) < timedelta(days=3, hours=1)
    assert pause_before_retry(len(PAUSES), jitter=1) == timedelta(hours=8)
    assert pause_before_retry(len(PAUSES) + 1, jitter=1) is None


def test_six_failures_in_a_row_are_over_within_forty_seconds():
    assert sum(PAUSES[:6]) * MOST_JITTER < 40


@pytest.mark.parametrize(
    ("status", "final"),
    [
        (301, False), (302, False), (307, False), (400, True), (401, True), (403, True), (404, True), (408, False),
        (409, False), (413, True), (422, True), (425, False), (429, False), (500, False), (502, False), (503, False),
        (504, False),
    ],
)  # fmt: skip
def test_a_refusal_is_final_unless_its_status_says_not_now(status, final):
    verdict = judge_answer(status, {}, NOW)
    assert (verdict.taken, verdict.final, verdict.disable) == (False, final, False)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_status_of_two_hundred_and_more_takes_a_delivery(status):
    assert judge_answer(status, {}, NOW).taken


@pytest.mark.parametrize(
    ("status", "headers", "disable", "aborted"),
    [
        (410, {}, True, False),
        (200, {"webhook-delivery": "disable"}, True, False),
        (500, {"webhook-delivery": " Disable "}, True, False),
        (500, {"webhook-delivery": "abort-message"}, False, True),
    ],
)
def test_a_receiver_can_end_a_delivery_or_all_of_them(status, headers, disable, aborted):
    verdict = judge_answer(status, headers, NOW)
    assert (verdict.final, verdict.disable, verdict.aborted) == (True, disable, aborted)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 30 Nov 2026 10:05:00 GMT", 300),
        ("Mon, 30 Nov 2026 09:00:00 GMT", 0),
        ("9" * 40, None),
        ("86400000", LONGEST_RETRY_AFTER.total_seconds()),
        ("Mon, 30 Nov 2099 10:05:00 GMT", LONGEST_RETRY_AFTER.total_seconds()),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_within_bounds(text, seconds):
    assert retry_after(text, NOW) == (None if seconds is None else timedelta(seconds=seconds))


def test_a_retry_comes_no_sooner_than_the_receiver_asked():
    asked = timedelta(seconds=600)
    assert pause_before_retry(1, jitter=1, wait=asked) == asked
    assert pause_before_retry(12, jitter=1, wait=asked) == timedelta(seconds=PAUSES[11])


def test_an_endpoint_is_given_up_only_after_three_days_and_failures_half_a_day_apart():
    first = NOW - timedelta(days=3)
    assert not is_given_up(first + timedelta(seconds=1), 10, NOW)
    # One burst, however long ago, is no reason.
    assert not is_given_up(first, 2, NOW)
    assert is_given_up(first, 3, NOW)
    assert next_spell(1, NOW - timedelta(hours=11, minutes=59), NOW) is None
    assert next_spell(1, NOW - timedelta(hours=12), NOW) == 2
