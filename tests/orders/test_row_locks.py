"""The look at every test's statements finds what it is for: a change without its lock, and a lock out of order."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.db import transaction

from messaging.services.conversations import lock_conversations_of
from messaging.services.messages import send_message
from orders.models import Order, UnfinishedDocument
from orders.services import warehouse
from orders.services.imports.bundle import Bundle, Keys
from orders.services.locks import lock_order
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.actors import Actor
from tests.row_locks import rows_locked_before_they_change

UNLOCKED = "orders/services/saving.py save_with_event changes [('orders_order', {pk})] without a lock"
Look = Callable[[], None]


@pytest.fixture
def look(order, as_actor) -> Look:
    """The stockroom looks at the order, which changes it."""
    stockroom = as_actor("warehouse")
    return lambda: acknowledge_order(actor=stockroom, order_id=order.pk) and None


@pytest.fixture
def unlocked_look(look, monkeypatch) -> Look:
    """The same as it must not be written."""
    monkeypatch.setattr(warehouse, "lock_order", lambda pk: Order.objects.get(pk=pk))
    return look


@pytest.fixture
def wrong() -> Iterator[list[str]]:
    """What is found meanwhile; for this test alone, which is about nothing else."""
    with rows_locked_before_they_change() as found:
        yield found


@pytest.mark.parametrize("within", [True, False], ids=["in the transaction of a test", "in its own"])
def test_the_lock_check_finds_a_write_without_a_lock(request, within):
    request.getfixturevalue("db" if within else "transactional_db")
    look, order, wrong = map(request.getfixturevalue, ("unlocked_look", "order", "wrong"))
    look()
    assert wrong == [UNLOCKED.format(pk=order.pk)]


@pytest.mark.django_db
def test_the_lock_check_does_not_count_a_lock_of_an_earlier_service(order, look, unlocked_look, wrong):
    with transaction.atomic():
        lock_order(order.pk)
    unlocked_look()
    assert wrong == [UNLOCKED.format(pk=order.pk)]


@pytest.mark.django_db(transaction=True)
def test_the_lock_check_forgets_locks_of_the_previous_transaction(order, unlocked_look, wrong):
    with transaction.atomic():
        lock_order(order.pk)
    bundle = Bundle(Keys())
    bundle.add(UnfinishedDocument, number="T1", missing=0)
    with transaction.atomic():
        bundle.write()
        unlocked_look()
    assert wrong == [UNLOCKED.format(pk=order.pk)]


@pytest.mark.django_db(transaction=True)
def test_the_lock_check_finds_an_order_locked_after_its_conversation(order, look, wrong):
    with transaction.atomic():
        lock_conversations_of([order.pk])
        look()
    (said,) = wrong
    assert said.startswith(
        f"orders/services/warehouse.py acknowledge_order locks [('orders_order', {order.pk})] after"
    )


@pytest.mark.django_db(transaction=True)
def test_the_lock_check_sees_a_written_message_as_a_lock_of_its_conversation(order, look, wrong):
    talk = order.conversation.pk
    with transaction.atomic():
        send_message(actor=Actor.system(), conversation_id=talk, client_id=uuid4(), body="在吗")
        look()
    (said,) = wrong
    assert said.endswith(f"after [('messaging_conversation', {talk})]")


@pytest.mark.django_db
def test_the_lock_check_accepts_a_write_under_its_lock(look, wrong):
    look()
    assert wrong == []
