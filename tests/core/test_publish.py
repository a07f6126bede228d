from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import pytest
from django.db import connection, transaction

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event, publish


@dataclass(frozen=True, kw_only=True)
class BagWeighed(Event):
    type: ClassVar[str] = "test.bag_weighed"
    grams: Decimal


@pytest.mark.django_db
def test_a_published_event_stores_its_actor_and_its_data():
    publish(BagWeighed(order_id=3, grams=Decimal("812.50")), actor=Actor("staff", 4, "周敏", "warehouse"))

    event = DomainEvent.objects.get()
    assert (event.type, event.order_id, event.data) == ("test.bag_weighed", 3, {"grams": "812.50"})
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("staff", 4, "周敏")
    assert event.position is None


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused():
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError, match="inside the transaction"):
        publish(BagWeighed(grams=Decimal(1)), actor=Actor.system())
    assert not DomainEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rolling_back_a_change_removes_its_event_too():
    with transaction.atomic():
        publish(BagWeighed(grams=Decimal(1)), actor=Actor.system())
        transaction.set_rollback(True)
    assert not DomainEvent.objects.exists()
