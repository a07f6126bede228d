"""Due notices drained into conversations, and an order's event on its way to the customer's screen."""

import asyncio
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from benchmarks import wire
from benchmarks.floor.notices import insert_messages
from benchmarks.measuring import Figure, in_turn
from benchmarks.people import customer_cookie
from benchmarks.servers import Bench

if TYPE_CHECKING:
    from orders.models import Order

NOTICE = b'"notice":"paid"'
TRIALS = 40
WORKERS = 2
LEFT = "SELECT EXISTS (SELECT FROM messaging_notification WHERE state = 'waiting')"

DUE = """
INSERT INTO messaging_notification (rule_id, rule_version, trigger, cause, event_id, order_id, recipient_kind,
    recipient_id, priority, urgent, data, happened_at, state, send_at, reason, body, created_at)
SELECT r.id, r.version, 'paid', 'drain:' || %(turn)s || ':' || o.id, NULL, o.id, 'customer', o.customer_id, r.priority,
    false, '{"status_to": "paid"}', now(), 'waiting', now(), 'on_time', '', now()
FROM orders_order o, messaging_notificationrule r WHERE o.number LIKE 'DRAIN-%%' AND r.key = 'paid'
"""


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count = 10_000 if quick else 100_000
    prepare(count)
    bench.start_background()
    try:
        ours, theirs = in_turn(rounds, lambda side: drain(side, count))
        delays = [asyncio.run(arrivals(bench, TRIALS // 4 if quick else TRIALS)) for _ in range(rounds)]
    finally:
        bench.stop_background()
    rate = [count / seconds for seconds in ours]
    return [
        Figure("notices", f"{count:,} due notices, two workers", "s", ours, theirs, "≤ 8"),
        Figure("notices", "the same", "notices/s", rate, goal="≥ 5000"),
        Figure("notices", "event to customer's screen, p50", "ms", [median for median, _most in delays]),
        Figure(
            "notices",
            "event to customer's screen, p95",
            "ms",
            [most for _median, most in delays],
            goal="≤ 300",
        ),
    ]


def prepare(count: int) -> None:
    """Orders that wait to be told of, and rules that tell at any hour the bench may run."""
    from messaging.models import NotificationRule

    sql = (Path(__file__).parent / "notices.sql").read_text().format(count=count)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql)
    NotificationRule.objects.update(outside="send")


def drain(side: str, count: int) -> float:
    """Seconds until the workers of `make run` have told all of them."""
    if side == "floor":
        return insert_messages(count)
    from messaging.models import Notification
    from messaging.services.notifications.planning import wake_release

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE messaging_message, messaging_conversation")
        with connection.transaction():
            connection.execute(DUE, {"turn": time.time_ns()})
            connection.execute("ANALYZE messaging_notification")
        started = time.perf_counter()
        for _worker in range(WORKERS):
            wake_release()
        while connection.execute(LEFT).fetchone()[0]:
            time.sleep(0.02)
        spent = time.perf_counter() - started
    if Notification.objects.exclude(state="sent").exists():
        raise RuntimeError("some were not told")
    # As if of yesterday: the customers' budget of today is free for the next round.
    Notification.objects.all().delete()
    return spent


async def arrivals(bench: Bench, trials: int) -> tuple[float, float]:
    """Milliseconds from a payment's commit to the notice in its customer's socket: median, 95th percentile."""
    people = await asyncio.to_thread(customers, trials)
    clients = []
    for order, cookie in people:
        client = await wire.connect(bench.ports["product"], cookie, NOTICE, wire.SUBSCRIBED)
        client.send(type="subscribe", conversation=order.conversation.pk, after=0)
        clients.append(client)
    await wire.until(lambda: all(each.counts[wire.SUBSCRIBED] for each in clients), 30, "all have subscribed")
    # What placing the orders set off is told first.
    await asyncio.sleep(2)
    spent = []
    for client, (order, _cookie) in zip(clients, people, strict=True):
        started = time.perf_counter()
        await asyncio.to_thread(pay, order)
        await wire.until(lambda c=client: c.counts[NOTICE] > 0, 20, "the notice has come")
        spent.append((time.perf_counter() - started) * 1000)
    wire.close(clients)
    return statistics.median(spent), statistics.quantiles(spent, n=20)[18]


def customers(count: int) -> "list[tuple[Order, str]]":
    """Orders that wait for payment, each with the session of its customer."""
    from tests.factories import make_orders

    return [(order, customer_cookie(order)) for order in make_orders(count)]


def pay(order: "Order") -> None:
    """The whole amount, as the desk notes it down."""
    from django.db import connection

    from tests.factories import move

    move(order, "paid")
    connection.close()
