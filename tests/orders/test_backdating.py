"""Orders of the past for a shop that is looked at: their times agree with each other."""

from datetime import UTC, datetime, timedelta

import pytest

from orders.models import Status
from orders.services.backdating import backdate_debt, backdate_order
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from tests.factories import CustomerFactory, make_order, move

pytestmark = pytest.mark.django_db
PLACED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def test_backdating_a_cancelled_order_keeps_the_length_of_its_payment_deadline():
    order = move(make_order(), Status.CANCELLED)

    backdate_order(order_id=order.pk, placed_at=PLACED, times={"cancelled": PLACED + timedelta(hours=3)})

    order.refresh_from_db()
    assert (order.placed_at, order.pay_by) == (PLACED, PLACED + timedelta(hours=24))
    assert order.closed_at == PLACED + timedelta(hours=3)
    assert order.paid_at is None


def test_backdating_a_paid_order_moves_its_payment_to_the_paid_time():
    order = move(make_order(), Status.PAID)

    backdate_order(order_id=order.pk, placed_at=PLACED, times={"paid": PLACED + timedelta(hours=1)})

    order.refresh_from_db()
    assert order.paid_at == order.payments.get().received_at == PLACED + timedelta(hours=1)
    assert order.closed_at is None


def test_backdating_can_make_a_debt_overdue():
    order = make_order(customer=CustomerFactory(credit_limit=100_000))
    transition_order(actor=Actor.system(), order_id=order.pk, to=Status.PAID, data={"method": "on_account"})

    backdate_debt(order_id=order.pk, due_on=PLACED.date())

    order.refresh_from_db()
    assert order.due_on == PLACED.date()
