from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable, QueryCanceled

from orders.errors import GuardFailed, NotAllowed
from orders.models import Order
from orders.services.after_sales import CaseInput, CaseLine, open_case, withdraw_case
from orders.services.payments import record_payment
from orders.services.refunds import pay_refund
from orders.tasks import auto_complete, expire_unpaid, sweeps
from shopcomm.celery import app
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.relay import relay
from tests.factories import integration, make_order, move

pytestmark = pytest.mark.django_db


def travel_later(**span: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**span))


def test_the_scheduled_tasks_are_registered_under_their_names():
    assert {"orders.expire_unpaid", "orders.auto_complete"} <= set(app.tasks)


def test_unpaid_orders_are_cancelled_after_their_deadline(order, variant):
    part_paid = move(make_order(), "paid", amount="1.00")
    assert expire_unpaid() == 0
    with travel_later(days=1, minutes=1):
        assert expire_unpaid() == 1
        assert expire_unpaid() == 0
    order.refresh_from_db()
    part_paid.refresh_from_db()
    variant.refresh_from_db()
    assert (order.status, part_paid.status, variant.reserved) == ("cancelled", "pending_payment", 0)


def test_delivered_orders_are_completed_after_the_set_days():
    order = make_order(status="delivered")
    assert auto_complete() == 0
    with travel_later(days=7, minutes=1):
        assert (auto_complete(), auto_complete()) == (1, 0)
    order.refresh_from_db()
    assert order.status == "completed"


def test_an_order_with_an_open_case_is_not_auto_completed():
    disputed, quiet = make_order(status="delivered"), make_order(status="delivered")
    wanted = CaseInput("return", "damaged", [CaseLine(disputed.lines.get().pk, 1)])
    buyer = Actor.customer(disputed.customer)
    case = open_case(actor=buyer, order_id=disputed.pk, wanted=wanted)
    with travel_later(days=8):
        assert auto_complete() == 1
        disputed.refresh_from_db()
        quiet.refresh_from_db()
        assert (disputed.status, quiet.status) == ("delivered", "completed")
        withdraw_case(actor=buyer, case_id=case.pk)
        assert auto_complete() == 1


def test_a_refusal_for_one_order_does_not_stop_the_sweep(monkeypatch, order):
    stuck = make_order()
    monkeypatch.setattr("orders.tasks.sweeps.unpaid_too_long", lambda now: [stuck.pk, 10**9, order.pk])
    Order.objects.filter(pk=stuck.pk).update(pay_by=timezone.now() + timedelta(days=9))
    with travel_later(days=2):
        assert expire_unpaid() == 1


def ended_by(cause: psycopg.Error) -> OperationalError:
    """As Django raises it."""
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error", [ValueError("a broken row"), ended_by(LockNotAvailable()), ended_by(QueryCanceled())], ids=repr
)
@pytest.mark.parametrize(
    ("sweep", "listed", "service"),
    [
        (sweeps.expire_unpaid, "unpaid_too_long", "transition_order"),
        (sweeps.auto_complete, "delivered_long_enough", "transition_order"),
        (sweeps.escalate_changes, "overdue_request_ids", "escalate_change"),
        (sweeps.expire_quotes, "overdue_quotes", "expire_quote"),
        (sweeps.allocate_stock_to_orders, "fillable_orders", "allocate_stock_to_shortage"),
        (sweeps.sweep_shortages, "lapsed_waits", "expire_wait"),
    ],
)
def test_an_exception_for_one_row_does_not_stop_the_sweep(monkeypatch, db, sweep, listed, service, error):
    taken = []

    def work(**given) -> bool:
        taken.append(next(each for name, each in given.items() if name.endswith("_id")))
        if taken[-1] == 2:
            raise error
        return True

    monkeypatch.setattr(sweeps, listed, lambda *_now: [1, 2, 3])
    monkeypatch.setattr(sweeps, service, work)

    assert (sweep(), taken) == (2, [1, 2, 3])


def test_a_sweep_stops_when_the_database_is_unavailable(monkeypatch):
    monkeypatch.setattr(sweeps, "overdue_quotes", lambda _now: [1, 2])
    away = ended_by(psycopg.OperationalError("server closed the connection unexpectedly"))
    monkeypatch.setattr(sweeps, "expire_quote", lambda **_given: (_ for _ in ()).throw(away))
    with pytest.raises(OperationalError, match="server closed"):
        sweeps.expire_quotes()


def test_restocked_goods_start_the_allocation_to_short_orders(
    monkeypatch, variant, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr("orders.handlers.wake_task", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        relay()
    assert asked == ["orders.fill_short_orders"]
    assert "orders.fill_short_orders" in app.tasks


def test_a_payment_for_a_cancelled_order_opens_a_refund():
    order = make_order(status="cancelled")
    order = record_payment(actor=integration(), order_id=order.pk, amount="398.00", reference="W9")
    assert (order.status, order.paid_amount, order.version) == ("cancelled", Decimal("398.00"), 3)
    refund = order.refunds.get()
    assert (refund.amount, refund.state, refund.purpose) == (Decimal("398.00"), "approved", "cancelled")
    paid_out = pay_refund(actor=integration(), refund_id=refund.pk)
    assert (paid_out.state, Order.objects.get(pk=order.pk).refunded_amount) == (
        "succeeded",
        Decimal("398.00"),
    )
    order.refresh_from_db()
    assert (
        record_payment(actor=integration(), order_id=order.pk, amount="398.00", reference="W9").version == 4
    )


def test_record_payment_applies_the_same_guards_as_the_transition(order, as_actor):
    for amount, method, name in (
        ("0", "", "amount_invalid"),
        ("398", "", "amount_settles_order"),
        ("1", "x", "method_unknown"),
    ):
        with pytest.raises(GuardFailed) as refusal:
            record_payment(actor=integration(), order_id=order.pk, amount=amount, method=method)
        assert refusal.value.names == [name]
    with pytest.raises(NotAllowed):
        record_payment(actor=as_actor("warehouse"), order_id=order.pk, amount="1")
