"""Which channels a notice goes through, and when it counts as told: tables of cases, without a database."""

import pytest

from messaging.policies.notifications.channels import (
    counts_as_told,
    fails_for_good,
    usable_channels,
    wants_channels,
)

REACHED = {"push": {"吴"}, "sms": {"吴", "郑"}, "email": set()}


@pytest.mark.parametrize(
    ("person", "channels", "usable"),
    [
        ("吴", ["push", "sms"], ["push", "sms"]),
        # In the order of the rule, not of the channels.
        ("吴", ["sms", "push"], ["sms", "push"]),
        ("郑", ["push", "sms"], ["sms"]),
        ("吴", ["email"], []),
        # A channel that the product does not have, or no longer.
        ("吴", ["fax", "sms"], ["sms"]),
        ("王", ["push", "sms"], []),
        ("吴", [], []),
    ],
)
def test_a_notice_uses_the_channels_of_its_rule_that_reach_the_person(person, channels, usable):
    assert usable_channels(person, channels, REACHED) == usable


@pytest.mark.parametrize(
    ("trigger", "muted", "wanted"),
    [("paid", [], True), ("paid", ["shipped"], True), ("paid", ["paid"], False)],
)
def test_a_muted_notice_uses_no_channel_outside_even_about_money(trigger, muted, wanted):
    assert wants_channels(trigger, muted) is wanted


@pytest.mark.parametrize(
    ("taken", "refused", "resting", "one_is_enough", "every"),
    [
        (1, 0, 0, True, True),
        # One browser of two woke.
        (1, 1, 0, True, False),
        # A group whose bot rests has not been told.
        (1, 0, 1, True, False),
        (2, 0, 0, True, True),
        (0, 1, 0, False, False),
        (0, 0, 1, False, False),
        (0, 0, 0, False, False),
    ],
)
def test_a_delivery_succeeds_by_one_endpoint_or_needs_all_of_them(
    taken, refused, resting, one_is_enough, every
):
    given = {"taken": taken, "refused": refused, "resting": resting}
    assert counts_as_told(**given, every=False) is one_is_enough
    assert counts_as_told(**given, every=True) is every


@pytest.mark.parametrize(
    ("finals", "resting", "final"),
    [
        ([True], 0, True),
        ([True, True], 0, True),
        ([True, False], 0, False),
        # Whoever rests may take it later.
        ([True], 1, False),
        ([False], 0, False),
    ],
)
def test_an_attempt_fails_for_good_when_a_retry_could_not_help(finals, resting, final):
    assert fails_for_good(finals, resting=resting) is final
