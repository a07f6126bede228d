"""What is dropped because it is out of date, seen to or unwanted: tables of cases, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.policies.notifications.relevance import (
    Claim,
    News,
    OrderNow,
    Task,
    Wanted,
    drop_reason,
    first_served,
    has_answered,
    is_order_settled,
    is_overtaken,
    is_passed,
    is_task_done,
    is_urge_answered,
    unserved_claims,
)

PICKING = {"trigger": "picking", "tells_status": True, "status_told": "picking", "event_id": 7}
SCAN = {"trigger": "tracking", "event_id": 7}


@pytest.mark.parametrize(
    ("known", "passed"),
    [
        ({**PICKING, "status": "picking"}, False),
        ({**PICKING, "status": "shipped"}, True),
        ({**PICKING, "status": "cancelled"}, True),
        # Without an order there is no status that could be another.
        ({**PICKING, "status": ""}, False),
        # Money that came stays true whatever becomes of the order.
        ({"trigger": "payment_recorded", "event_id": 7, "status": "cancelled"}, False),
        # A courier's report is old once the parcel is there, or another report has come.
        ({**SCAN, "status": "shipped"}, False),
        ({**SCAN, "status": "delivered"}, True),
        ({**SCAN, "status": "completed"}, True),
        ({**SCAN, "status": "refunded"}, True),
        ({**SCAN, "status": "shipped", "latest_scan": 7}, False),
        ({**SCAN, "status": "shipped", "latest_scan": 8}, True),
        ({**SCAN, "status": "", "latest_scan": 8}, False),
    ],
)
def test_a_notice_is_obsolete_when_the_order_has_left_its_status(known, passed):
    assert is_passed(News(**known)) is passed


@pytest.mark.parametrize(
    ("known", "overtaken"),
    [
        ({**PICKING, "status": "shipped"}, False),
        ({**PICKING, "status": "shipped", "latest_event": 7}, False),
        ({**PICKING, "status": "shipped", "latest_event": 8}, True),
        # Nothing more comes of a closed order: nobody waits for its earlier news.
        ({**PICKING, "status": "cancelled"}, True),
        ({**PICKING, "status": "completed"}, True),
        ({**PICKING, "status": "delivered"}, False),
        # The next report of a courier is on its way anyhow.
        ({**SCAN, "status": "shipped"}, True),
        ({**SCAN, "status": ""}, False),
        # A timer has no number of its own: any news of its order is later.
        ({"trigger": "unpaid", "status": "paid", "latest_event": 1}, True),
        ({"trigger": "unpaid", "status": "pending_payment"}, False),
    ],
)
def test_a_notice_is_superseded_by_a_later_notice_of_its_order(known, overtaken):
    assert is_overtaken(News(**known)) is overtaken


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({}, ""),
        ({"rule_enabled": False}, "rule_off"),
        # A manager who tries a rule hears of it before it is on.
        ({"rule_enabled": False, "is_trial": True}, ""),
        ({"is_trial": True, "present": False}, "nobody"),
        ({"present": False, "muted": True}, "nobody"),
        ({"rule_enabled": False, "present": False}, "rule_off"),
        ({"muted": True}, "muted"),
        ({"muted": True, "always": True}, ""),
        ({"muted": True, "always": True, "done": True}, "taken_back"),
        ({"muted": True, "done": True}, "muted"),
        ({"done": True, "answered": True}, "taken_back"),
        ({"answered": True}, "answered"),
        ({"always": True, "answered": True}, "answered"),
    ],
)
def test_a_dropped_notice_names_the_first_reason_that_applies(known, reason):
    assert drop_reason(Wanted(**known)) == reason


@pytest.mark.parametrize(
    ("reminded_seq", "last_customer_seq", "answered"),
    [(None, 5, False), (0, 5, False), (4, 5, True), (5, 5, False), (6, 5, False), (4, 0, False)],
)
def test_a_message_after_the_reminder_counts_as_the_customers_answer(
    reminded_seq, last_customer_seq, answered
):
    assert has_answered(reminded_seq, last_customer_seq) is answered


@pytest.mark.parametrize(
    ("now", "done"),
    [
        (Task("open", "warehouse"), False),
        # Laid before somebody else: the notice to the first is of no use any more.
        (Task("open", "sales"), True),
        (Task("accepted", "warehouse"), True),
        (Task("open"), True),
        (None, True),
    ],
)
def test_a_task_notice_is_done_once_its_state_or_responsible_side_has_changed(now, done):
    assert is_task_done(Task("open", "warehouse"), now) is done


@pytest.mark.parametrize(
    ("then", "now", "answered"),
    [
        ("paid", "paid", False),
        ("paid", "picking", False),
        ("paid", "shipped", True),
        # Who pressed while the parcel was under way waits for the courier.
        ("shipped", "shipped", False),
        ("shipped", "delivered", True),
        ("paid", "cancelled", True),
    ],
)
def test_an_urge_notice_is_done_once_the_parcel_is_shipped_or_delivered(then, now, answered):
    may_urge_in = {"paid", "picking", "shipped"}
    assert is_urge_answered(then, now, may_urge_in=may_urge_in) is answered


@pytest.mark.parametrize(
    ("trigger", "order", "settled"),
    [
        ("unpaid", None, True),
        ("unpaid", OrderNow(status="pending_payment", owes=True), False),
        ("unpaid", OrderNow(status="paid", owes=True), True),
        ("unpaid", OrderNow(status="cancelled"), True),
        ("picking_long", OrderNow(status="picking"), False),
        ("picking_long", OrderNow(status="shipped"), True),
        ("money_to_return", OrderNow(status="paid", must_return=True), False),
        ("money_to_return", OrderNow(status="refunding"), False),
        ("money_to_return", OrderNow(status="refunded"), True),
        ("balance_due", OrderNow(status="paid", owes=True), False),
        ("balance_due", OrderNow(status="paid"), True),
        ("debt_due", OrderNow(status="shipped", owes=True), False),
        ("debt_overdue", OrderNow(status="completed"), True),
        ("debt_overdue", None, True),
    ],
)
def test_a_reminder_is_done_once_its_order_no_longer_waits_for_it(trigger, order, settled):
    assert is_order_settled(trigger, order) is settled


@pytest.mark.parametrize(
    ("pieces", "wanted", "unserved", "told"),
    [
        (10, [4, 4, 4], {3}, [1, 2]),
        (12, [4, 4, 4], set(), [1, 2, 3]),
        (0, [1], {1}, []),
        # One who is to be told may still be served behind one for whom there is too little; an arrival is not
        # given to them before the first.
        (3, [4, 2], {1}, []),
        (5, [], set(), []),
    ],
)
def test_restocked_pieces_are_announced_to_the_earliest_watchers_first(pieces, wanted, unserved, told):
    queue = [Claim(place, 1, quantity) for place, quantity in enumerate(wanted, start=1)]
    assert unserved_claims(queue, {1: pieces}) == unserved
    assert first_served(queue, pieces) == told


def test_reserved_pieces_count_against_their_own_variant_and_withdrawn_ones_not():
    queue = [Claim(1, 1, 5, cancelled=True), Claim(2, 1, 5), Claim(3, 2, 5), Claim(4, 3, 1)]
    assert unserved_claims(queue, {1: 5, 2: 4}) == {1, 3, 4}


quantities = st.lists(st.integers(1, 9), max_size=8)


@given(quantities, st.integers(0, 30))
def test_never_more_pieces_are_announced_than_are_in_stock(wanted, pieces):
    queue = [Claim(place, 1, quantity) for place, quantity in enumerate(wanted)]
    told = first_served(queue, pieces)
    kept = [claim.quantity for claim in queue if claim.id not in unserved_claims(queue, {1: pieces})]
    assert told == list(range(len(told)))
    assert sum(wanted[: len(told)]) <= pieces
    assert sum(kept) <= pieces
    assert len(kept) >= len(told)
