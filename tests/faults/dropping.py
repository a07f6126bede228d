"""Runs in the stack's own environment: events of so many orders, one transaction each, those of the poisoned one first and
last."""

from django.db import transaction

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.publish import publish
from tests.faults.handler import POISONED, BagDropped


def main(orders: int) -> None:
    for order in (POISONED, *range(POISONED + 1, POISONED + 1 + orders), POISONED):
        with transaction.atomic():
            publish(BagDropped(order_id=order), actor=Actor.system())
