"""When failures are tried again, as tables of cases without a database."""

from datetime import timedelta

import pytest

from messaging.policies.notifications.retries import (
    count_channel_failure,
    delivery_retry_wait,
    endpoint_pause,
    notice_retry_wait,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(1, 10 * MINUTE), (2, 20 * MINUTE), (3, 40 * MINUTE), (4, 80 * MINUTE), (5, None), (9, None)],
)
def test_a_failing_notice_is_retried_four_times_and_then_left_to_a_manager(failures, wait):
    assert notice_retry_wait(failures) == wait


@pytest.mark.parametrize(
    ("attempts", "final", "wait"),
    [
        (1, False, 20 * SECOND),
        (2, False, 40 * SECOND),
        (5, False, 320 * SECOND),
        (6, False, None),
        (7, False, None),
        # Trying again would not help: the next channel has it at once.
        (1, True, None),
    ],
)
def test_a_failing_delivery_doubles_its_delay_and_is_tried_six_times(attempts, final, wait):
    assert delivery_retry_wait(attempts, final=final, jitter=1) == wait


def test_deliveries_that_fail_together_are_retried_at_different_times():
    waits = [delivery_retry_wait(3, final=False, jitter=jitter) for jitter in (0.75, 1.25)]
    assert waits == [60 * SECOND, 100 * SECOND]


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(0, 20 * SECOND), (1, 40 * SECOND), (7, 2560 * SECOND), (8, HOUR), (10, HOUR), (10_000, HOUR)],
)
def test_a_failing_endpoint_pauses_twice_as_long_each_time_up_to_an_hour(failures, pause):
    assert endpoint_pause(failures) == pause


@pytest.mark.parametrize(
    ("failures", "counted"),
    [(0, (1, None)), (3, (4, None)), (4, (4, 2 * MINUTE)), (5, (4, 2 * MINUTE))],
)
def test_a_channel_pauses_after_five_failures_and_after_each_further_one(failures, counted):
    assert count_channel_failure(failures) == counted
