"""Due notices drained into conversations, and an order's event on its way to the customer's screen."""

import asyncio
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from benchmarks import wire
from benchmarks.floor.notices import insert_messages
from benchmarks.measuring import Figure, in_turn, tree_cpu_seconds
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
FROM (SELECT id, customer_id FROM orders_order WHERE number LIKE 'DRAIN-%%' ORDER BY id LIMIT %(count)s) o,
    messaging_notificationrule r WHERE r.key = 'paid'
"""
# What both workers have told before anything is measured: a batch each, so that every module is loaded.
WARM = 4_000


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count = 10_000 if quick else 100_000
    prepare(count)
    bench.start_background()
    try:
        drain(bench, WARM)
        ours, theirs = in_turn(
            rounds, lambda side: drain(bench, count) if side == "product" else Drained(insert_messages(count))
        )
        delays = [asyncio.run(arrivals(bench, TRIALS // 4 if quick else TRIALS)) for _ in range(rounds)]
    finally:
        bench.stop_background()
    seconds, rate = [each.seconds for each in ours], [count / each.seconds for each in ours]
    return [
        Figure(
            "notices",
            f"{count:,} due notices, two workers",
            "s",
            seconds,
            [each.seconds for each in theirs],
            "≤ 6",
        ),
        Figure("notices", "the same", "notices/s", rate, goal="≥ 5000"),
        Figure("notices", "the workers' CPU a notice", "µs", [each.worker * 1e6 / count for each in ours]),
        Figure(
            "notices", "the database's CPU a notice", "µs", [each.database * 1e6 / count for each in ours]
        ),
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


class Drained(NamedTuple):
    """Seconds that it took, and what the workers and the database spent on the CPU meanwhile."""

    seconds: float
    worker: float = 0
    database: float = 0


def drain(bench: Bench, count: int) -> Drained:
    """Have the workers of `make shop`, which run already, tell so many notices."""
    from messaging.models import Notification
    from messaging.services.notifications.planning import wake_release

    spenders = [bench.pid("worker"), bench.services.processes["postgres"].pid]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE messaging_message, messaging_conversation")
        with connection.transaction():
            connection.execute(DUE, {"turn": time.time_ns(), "count": count})
            connection.execute("ANALYZE messaging_notification")
        before = [tree_cpu_seconds(pid) for pid in spenders]
        started = time.perf_counter()
        for _worker in range(WORKERS):
            wake_release()
        while connection.execute(LEFT).fetchone()[0]:
            # Each look goes over the places of all that was told already.
            time.sleep(0.1)
        spent = time.perf_counter() - started
        worker, database = (tree_cpu_seconds(pid) - then for pid, then in zip(spenders, before, strict=True))
    if Notification.objects.exclude(state="sent").exists():
        raise RuntimeError("some were not told")
    # As if of yesterday: the customers' budget of today is free for the next round.
    Notification.objects.all().delete()
    return Drained(spent, worker, database)


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
