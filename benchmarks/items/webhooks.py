"""Webhooks out: a backlog beside bare httpx, an event on its way to an idle receiver, and nine endpoints beside one that hangs."""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.measuring import Figure, in_turn, tree_cpu_seconds
from benchmarks.servers import ROOT, Bench
from shopcomm.core.embedded.services import free_port

TRIALS, ENDPOINTS = 40, 10
WARM = 100


class Receiver:
    """A process that takes deliveries; when each came, by its `webhook-id`."""

    def __init__(self) -> None:
        self.host = f"127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "benchmarks.floor.receiver", self.host.rpartition(":")[2]]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.came: dict[str, float] = {}
        assert self.process.stdout is not None
        self.process.stdout.readline()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            moment, name = line.split()
            self.came[name] = float(moment)

    def wait_for(self, names: "list[str]", seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not all(name in self.came for name in names):
            if time.monotonic() > until:
                missing = [name for name in names if name not in self.came]
                raise RuntimeError(f"{len(missing)} of {len(names)} deliveries did not arrive")
            time.sleep(0.005)


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count, trials = (500, TRIALS // 2) if quick else (2_000, TRIALS)
    with receiver(bench) as there:
        backlog_of(there, WARM)
        spent: list[float] = []
        ours, theirs = in_turn(
            rounds,
            lambda side: (
                backlog(bench, there, count, spent) if side == "product" else bare_calls(there, count)
            ),
        )
        alone = [arrivals(there, trials, hanging=0) for _ in range(rounds)]
        beside = [arrivals(there, trials, hanging=1) for _ in range(rounds)]
    p95 = (
        [statistics.quantiles(each, n=20)[18] for each in beside],
        [statistics.quantiles(each, n=20)[18] for each in alone],
    )
    return [
        Figure("webhooks", f"{count:,} that wait, one endpoint", "/s", ours, theirs, "≥ 0.4"),
        Figure("webhooks", "the worker's CPU a delivery", "µs", [each * 1e6 / count for each in spent]),
        Figure("webhooks", "commit to receiver, p50", "ms", [statistics.median(each) for each in alone]),
        Figure("webhooks", "commit to receiver, p95", "ms", p95[1], goal="≤ 500"),
        Figure("webhooks", "the same while 1 of 10 endpoints hangs", "ms", *p95, "≤ 1.2"),
    ]


@contextmanager
def receiver(bench: Bench) -> Iterator[Receiver]:
    """A receiver, and a worker that may call it."""
    import os

    from django.conf import settings

    there = Receiver()
    settings.WEBHOOK_ALLOWED_HOSTS = [there.host]
    os.environ["WEBHOOK_ALLOWED_HOSTS"] = there.host
    bench.start_background()
    try:
        yield there
    finally:
        bench.stop_background()
        there.process.terminate()


def endpoint_at(url: str) -> Any:
    from shopcomm.edge.integrations.webhooks_out.services.endpoints import EndpointSettings, create_endpoint

    wanted = EndpointSettings(url=url, event_types=["stock.low"])
    return create_endpoint(actor=manager(), wanted=wanted)[0]


def manager() -> Any:
    """Somebody who may set endpoints up."""
    from shopcomm.core.accounts.actors import Actor

    return Actor("staff", 0, "bench", "manager")


def clear() -> None:
    """The next measurement begins without endpoints."""
    from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint
    from shopcomm.edge.integrations.webhooks_out.services.endpoints import delete_endpoint

    for endpoint in WebhookEndpoint.objects.all():
        delete_endpoint(actor=manager(), endpoint_id=endpoint.pk)


def backlog_of(there: Receiver, count: int) -> float:
    """Seconds in which so many deliveries, each of its own order, are sent."""
    from uuid import uuid4

    from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery
    from shopcomm.edge.integrations.webhooks_out.services.waking import wake_webhooks

    endpoint = endpoint_at(f"http://{there.host}/")
    rows = [
        WebhookDelivery(
            endpoint=endpoint,
            message_id=f"bench_{uuid4().hex}",
            type="stock.low",
            stream=f"order:{number}",
            position=number,
            payload=BODY,
        )
        for number in range(count)
    ]
    started = time.perf_counter()
    WebhookDelivery.objects.bulk_create(rows)
    wake_webhooks()
    there.wait_for([row.message_id for row in rows])
    seconds = time.perf_counter() - started
    time.sleep(0.5)
    clear()
    return seconds


BODY = (
    '{"type":"stock.low","timestamp":"2026-11-30T10:00:00+00:00","data":{"sku":"DJX-20-BLK","available":3,'
    '"threshold":10,"event_id":1042,"order_id":null,"conversation_id":null,'
    '"actor":{"kind":"system","id":null,"name":"系统"}}}'
)


def backlog(bench: Bench, there: Receiver, count: int, spent: list[float]) -> float:
    """Deliveries a second."""
    before = tree_cpu_seconds(bench.pid("worker"))
    seconds = backlog_of(there, count)
    spent.append(tree_cpu_seconds(bench.pid("worker")) - before)
    return count / seconds


def bare_calls(there: Receiver, count: int) -> float:
    """The same bodies, signed and posted one after the other by a client that does nothing else; calls a second."""
    from datetime import UTC, datetime
    from uuid import uuid4

    import httpx
    from standardwebhooks import Webhook

    signer = Webhook("whsec_" + "A" * 43 + "=")
    started = time.perf_counter()
    with httpx.Client() as client:
        for _ in range(count):
            name, now = f"bare_{uuid4().hex}", datetime.now(UTC)
            headers = {
                "webhook-id": name,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": signer.sign(name, now, BODY),
            }
            client.post(f"http://{there.host}/", content=BODY.encode(), headers=headers).raise_for_status()
    return count / (time.perf_counter() - started)


def arrivals(there: Receiver, trials: int, *, hanging: int) -> list[float]:
    """Milliseconds from an event's commit to its arrival at a healthy endpoint, while so many others hang."""
    endpoint_at(f"http://{there.host}/")
    for number in range(ENDPOINTS - 1):
        endpoint_at(f"http://{there.host}/{'slow' if number < hanging else 'quick'}")
    found = []
    for _ in range(trials):
        name = f"evt_{publish_one()}"
        committed = time.time()
        there.came.pop(name, None)
        there.wait_for([name], 30)
        found.append((there.came[name] - committed) * 1000)
        time.sleep(0.1)
    clear()
    return found


def publish_one() -> int:
    """A variant that runs low, as the log says it; the event's key."""
    from django.db import transaction

    from orders.events import StockLow
    from shopcomm.core.accounts.actors import Actor
    from shopcomm.core.events.publish import publish

    with transaction.atomic():
        event = publish(StockLow(sku="DJX-20-BLK", available=3, threshold=10), actor=Actor.system())
    return event.pk
