"""Webhooks of another order system: how many are taken in a second, and how long one waits for its answer at 200/s."""

import http.client
import json
import statistics
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from standardwebhooks import Webhook

from benchmarks.measuring import Figure, in_turn
from benchmarks.servers import Bench

PATH = "/api/v1/inbound/orders/"
LINES = 16
PACE = 200.0
Call = tuple[bytes, dict[str, str]]


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    bench.start("empty-view")
    count = 1000 if quick else 4000
    for side in ("product", "empty-view"):
        accepted(bench, side, 200)
    ours, theirs = in_turn(rounds, lambda side: accepted(bench, side, count), floor="empty-view")
    waits = [slowest_at_pace(bench, 3.0 if quick else 10.0) for _ in range(rounds)]
    return [
        Figure("inbound", "accepted by 16 lines", "calls/s", ours, theirs, "≥ 0.4"),
        Figure("inbound", "p99 of an answer at 200/s", "ms", waits, goal="≤ 100"),
    ]


def calls(count: int) -> list[Call]:
    """Signed orders, all different."""
    from shopcomm.edge.integrations.services.connections import credentials_of
    from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
    from tests.outside_orders import outside_order

    signer, made = Webhook(credentials_of(webhook_source())["secret"]), []
    for _ in range(count):
        body = json.dumps(outside_order("BENCH", external_id=uuid.uuid4().hex), ensure_ascii=False)
        message_id, at = uuid.uuid4().hex, datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signer.sign(message_id, at, body),
        }
        made.append((body.encode(), headers))
    return made


def accepted(bench: Bench, side: str, count: int) -> float:
    """How many calls a second are answered when 16 lines send as fast as they may."""
    waiting = calls(count)
    shares = [waiting[place::LINES] for place in range(LINES)]
    started = time.perf_counter()
    with ThreadPoolExecutor(LINES) as pool:
        list(pool.map(lambda share: send_all(bench.ports[side], share), shares))
    return count / (time.perf_counter() - started)


def send_all(port: int, share: list[Call], wait: Callable[[int], float] = lambda _number: 0.0) -> list[float]:
    """Send calls over one line, each after so many seconds. Returns how long each took, from when it was due."""
    line, took = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
    for number, (body, headers) in enumerate(share):
        due = time.perf_counter() + (pause := wait(number))
        time.sleep(pause)
        line.request("POST", PATH, body, headers)
        answer = line.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"answered with {answer.status}")
        took.append(time.perf_counter() - due)
    line.close()
    return took


def slowest_at_pace(bench: Bench, seconds: float) -> float:
    """The 99th percentile of the milliseconds until an answer, at PACE calls a second over 16 lines."""
    waiting, begun = calls(int(PACE * seconds)), time.perf_counter() + 0.2
    shares = [list(enumerate(waiting))[place::LINES] for place in range(LINES)]

    def send(share: list[tuple[int, Call]]) -> list[float]:
        def wait(number: int) -> float:
            return max(0.0, begun + share[number][0] / PACE - time.perf_counter())

        return send_all(bench.ports["product"], [call for _place, call in share], wait)

    with ThreadPoolExecutor(LINES) as pool:
        took = [each for some in pool.map(send, shares) for each in some]
    return statistics.quantiles(took, n=100)[98] * 1000
