"""Runs in the stack's own environment.

Each thread publishes its events one transaction each, and some stay open for a while, so that ids commit out
of order.
"""

import random
import threading

from django.db import connection, transaction

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.publish import publish
from tests.faults.handler import BagScanned


def write(writer: int, events: int) -> None:
    dice, pause = random.Random(writer), threading.Event()
    for number in range(events):
        with transaction.atomic():
            publish(BagScanned(writer=writer, number=number), actor=Actor.system())
            if dice.random() < 0.3:
                pause.wait(dice.random() * 0.03)
    connection.close()


def main(threads: int, events: int) -> None:
    running = [threading.Thread(target=write, args=(writer, events)) for writer in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
