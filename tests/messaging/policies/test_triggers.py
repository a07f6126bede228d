"""The groups that notices are treated by, as tables of cases without a database."""

import pytest

from messaging.policies.notifications.triggers import (
    ALWAYS_TOLD,
    OUTSIDE_BUDGET,
    TIMERS,
    Trigger,
    counts_in_budget,
    is_always_told,
    trigger_label,
    trigger_names,
)


@pytest.mark.parametrize(
    ("trigger", "audience", "always"),
    [
        ("paid", "customer", True),
        ("refunded", "customer", True),
        ("balance_due", "customer", True),
        # The same money is no news to the shop.
        ("paid", "assigned", False),
        ("balance_due", "role", False),
        ("shipped", "customer", False),
        ("debt_due", "customer", False),
        ("stocktaking.begun", "customer", False),
    ],
)
def test_money_notices_cannot_be_turned_off(trigger, audience, always):
    assert is_always_told(trigger, audience) is always


@pytest.mark.parametrize(
    ("trigger", "parcel_state", "counts"),
    [
        ("order_confirmed", "", True),
        ("picking", "", True),
        ("unpaid", "", True),
        ("paid", "", False),
        ("shipped", "", False),
        ("change_for_customer", "", False),
        ("back_in_stock", "", False),
        ("debt_overdue", "", False),
        ("tracking", "", True),
        ("tracking", "handed_over", True),
        ("tracking", "in_transit", True),
        # At the door, signed for or lost: that cannot wait for another day.
        ("tracking", "out_for_delivery", False),
        ("tracking", "signed", False),
        ("tracking", "problem", False),
    ],
)
def test_the_daily_budget_applies_only_to_notices_that_can_wait(trigger, parcel_state, counts):
    assert counts_in_budget(trigger, parcel_state) is counts


def test_triggers_that_are_always_sent_are_outside_the_budget():
    assert ALWAYS_TOLD < OUTSIDE_BUDGET


def test_a_trigger_equals_its_stored_text_and_has_a_label():
    assert (Trigger.UNPAID, f"{Trigger.UNPAID}") == ("unpaid", "unpaid")
    assert trigger_label("unpaid") == str(Trigger.UNPAID.label) == "下单后超过时间未付款"
    assert Trigger.UNPAID in TIMERS
    assert "unpaid" in TIMERS


def test_forms_offer_every_trigger_and_show_an_unknown_one_by_its_stored_text():
    assert list(trigger_names())[: len(Trigger)] == [each.value for each in Trigger]
    assert trigger_label("of_another_release") == "of_another_release"
