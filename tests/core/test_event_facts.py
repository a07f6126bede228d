"""A row of the log is read back as the fact it was written from, however old it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import events
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.facts import fact_of, is_history
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import as_row
from shopcomm.core.realtime import quietly

MOVE = {"number": "XB-1", "version": 3, "status_from": "paid", "status_to": "paid"}
TEXT = st.sampled_from(["", "0.00", "12.50", "-3.00", "转账：微信 ’"])


@given(
    order_id=st.integers(1, 2**60),
    amount=TEXT,
    method=TEXT,
    balance=TEXT,
    late=st.booleans(),
    version=st.integers(),
)
def test_what_was_published_is_what_is_read(order_id, amount, method, balance, late, version):
    fact = events.PaymentRecorded(
        **MOVE | {"version": version},
        order_id=order_id,
        amount=amount,
        method=method,
        balance=balance,
        late=late,
    )
    row = as_row(fact, actor=Actor.system())
    assert fact_of(row, events.OrderPaid, events.PaymentRecorded) == fact


def test_a_row_of_another_kind_is_no_such_fact():
    row = as_row(events.OrderDelivered(**MOVE, order_id=7), actor=Actor.system())
    assert fact_of(row, events.OrderPaid, events.OrderChanged) is None


@pytest.mark.parametrize(
    "data", [{"note": "急"}, {"note": "急", "balance": None, "before": None, "gone_field": 1}]
)
def test_a_row_older_than_its_class_says_what_the_class_says_by_default(data):
    fact = fact_of(DomainEvent(type="order.changed", order_id=7, data=data), events.OrderChanged)
    assert fact == events.OrderChanged(
        order_id=7, number="", version=0, status_from="", status_to="", note="急", balance="", before={}
    )


def test_what_was_loaded_from_elsewhere_is_history():
    with quietly():
        old = as_row(events.OrderDelivered(**MOVE, order_id=7), actor=Actor.system())
    new = as_row(events.OrderDelivered(**MOVE, order_id=7), actor=Actor.system())
    assert (is_history(old), is_history(new)) == (True, False)
    assert fact_of(old, events.OrderDelivered) == fact_of(new, events.OrderDelivered)
