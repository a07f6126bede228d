"""A customer's pages are told once of one change, however many events and lines it writes."""

from functools import partial

import pytest
from django.db import transaction

from orders.models import AfterSalesCase, Order, Status
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from shopcomm.core.accounts.actors import Actor
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db(transaction=True)


def to_tell() -> list[str]:
    """The customer's groups that are told once this transaction commits."""
    works = [work for _savepoints, work, *_how in transaction.get_connection().run_on_commit]
    pushed = [work.args for work in works if isinstance(work, partial)]
    groups = [message["group"] for args in pushed for message in args if isinstance(message, dict)]
    return [group for group in groups if group.startswith(("customer.", "link."))]


def pages_of(order: Order) -> list[str]:
    return [f"customer.{order.customer_id}", f"link.{order.pk}"]


def test_one_transaction_with_several_events_sends_the_customer_one_frame(manager):
    order = make_order(status=Status.DELIVERED)
    line = order.lines.get()
    wanted = CaseInput(AfterSalesCase.Kind.REFUND, "damaged", [CaseLine(line.pk, line.quantity)])
    case = open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=wanted)
    before = order.conversation.messages.count()

    # The whole of the money goes back: the claim moves on, and so does the order.
    with transaction.atomic():
        approve_case(actor=Actor.staff(manager), case_id=case.pk)
        assert to_tell() == pages_of(order)

    assert order.conversation.messages.count() == before + 2


def test_a_rolled_back_savepoint_does_not_drop_the_frame_of_the_outer_transaction():
    order = make_order()

    with transaction.atomic():
        with transaction.atomic():
            move(order, Status.PAID)
            transaction.set_rollback(True)
        assert to_tell() == []
        move(Order.objects.get(pk=order.pk), Status.PAID)
        assert to_tell() == pages_of(order)
