"""Deadlock after deadlock: a service begins again a few times and then says that it is busy; nothing is half done."""

from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from django.test import Client

from orders.models import Order, Status
from orders.selectors.items import ItemInput
from orders.services.locks import lock_order, lock_variants
from orders.tasks import expire_unpaid
from shopcomm.core.deadlocks import BUSY_SECONDS, TRIES, DatabaseBusy
from tests.deadlocks import Other, ended_soon
from tests.deadlocks import in_the_way as crossing
from tests.factories import VariantFactory, make_order, move
from tests.orders.test_sweeps import travel_later

__all__ = ["ended_soon"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ended_soon")]


def in_the_way(order: Order, times: int = TRIES) -> AbstractContextManager[Other]:
    """Somebody who takes the order's stock before the order."""
    variant_id = order.lines.get().variant_id
    return crossing(
        kept=lambda: lock_variants([variant_id]), wanted=lambda: lock_order(order.pk), times=times
    )


@pytest.fixture
def order(db) -> Order:
    return make_order(items=[ItemInput(VariantFactory(on_hand=5).sku, 2)])


def order_state(order: Order) -> tuple[str, int]:
    now = Order.objects.get(pk=order.pk)
    return now.status, now.lines.get().variant.reserved


def test_a_service_succeeds_when_only_its_last_try_meets_no_deadlock(order):
    with in_the_way(order, TRIES - 1) as other:
        move(order, "cancelled")
    assert (other.crossed, order_state(order)) == (TRIES - 1, ("cancelled", 0))


def test_a_service_deadlocked_on_every_try_raises_busy_and_changes_nothing(order):
    with in_the_way(order) as other, pytest.raises(DatabaseBusy):
        move(order, "cancelled")
    assert (other.crossed, order_state(order)) == (TRIES, ("pending_payment", 2))
    move(order, "cancelled")
    assert order_state(order) == ("cancelled", 0)


def test_a_deadlocked_api_call_answers_retry_after_and_keeps_its_idempotency_key_usable(api, order):
    call = {
        "path": f"/api/v1/orders/{order.number}/transitions/",
        "data": {"to": "cancelled", "version": order.version},
        "content_type": "application/json",
        "headers": {"Idempotency-Key": str(uuid4())},
    }
    with in_the_way(order) as other:
        answer = api.post(**call)
    assert (other.crossed, answer.status_code, answer.json()["code"]) == (TRIES, 503, "unavailable")
    assert (answer["Retry-After"], order_state(order)) == (str(BUSY_SECONDS), ("pending_payment", 2))
    again = api.post(**call)
    assert (again.status_code, again.json()["status"], order_state(order)) == (
        200,
        "cancelled",
        ("cancelled", 0),
    )


def test_a_deadlocked_page_answers_busy_and_not_500(manager, order):
    client = Client(raise_request_exception=False)
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    form = {"version": order.version, "reason": "不要了"}
    with in_the_way(order) as other:
        page = client.post(f"/orders/{order.number}/to/cancelled/", form)
    assert (other.crossed, page.status_code, page["Retry-After"]) == (TRIES, 503, str(BUSY_SECONDS))
    assert order_state(order) == ("pending_payment", 2)


def test_a_sweep_skips_a_deadlocked_row_and_handles_it_next_time(order):
    free = make_order(items=[ItemInput(VariantFactory(on_hand=5).sku, 2)])
    with travel_later(days=1, minutes=1):
        with in_the_way(order):
            assert expire_unpaid() == 1
        assert (order_state(order)[0], order_state(free)[0]) == (Status.PENDING_PAYMENT, Status.CANCELLED)
        assert expire_unpaid() == 1
    assert order_state(order)[0] == Status.CANCELLED
