"""From one person's send to everybody's screen, 20 in a conversation: at 50/s and at half the product's maximum."""

import asyncio
import statistics
import time
import uuid
from itertools import cycle

from benchmarks import wire
from benchmarks.items.chat import rate, room_clients
from benchmarks.measuring import Figure, in_turn
from benchmarks.servers import Bench

PEOPLE = 20


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    most = statistics.median(asyncio.run(rate(bench, "product", PEOPLE, 1000)).per_second for _ in range(3))
    bench.start("bare")
    bench.analyze()
    figures = []
    for label, pace in (("50/s", 50.0), (f"{most / 2:.0f}/s", most / 2)):
        seconds = 3.0 if quick else 6.0
        found = in_turn(
            rounds, lambda side, p=pace, s=seconds: asyncio.run(delays(bench, side, p, s)), floor="bare"
        )
        for place, (name, goal) in enumerate((("p50", "≤ 1.3"), ("p99", "≤ 1.5"))):
            ours, theirs = ([pair[place] for pair in side] for side in found)
            figures.append(Figure("latency", f"{name} at {label}", "ms", ours, theirs, goal))
    return figures


async def delays(bench: Bench, side: str, pace: float, seconds: float) -> tuple[float, float]:
    """The median and the 99th percentile of all deliveries, at an open-loop rate."""
    clients, places = await room_clients(bench, side, PEOPLE)
    noted: list[float] = []
    for client in clients:
        client.delays = noted
    turns, count = cycle(zip(clients, places, strict=True)), int(pace * seconds)
    started = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / pace - time.perf_counter()))
        client, room = next(turns)
        body = f"T{time.time_ns():019d}"
        client.send(
            type="message.send", conversation=room, client_id=str(uuid.uuid4()), kind="text", body=body
        )
    await wire.until(lambda: sum(c.counts[wire.NEW] for c in clients) >= count * PEOPLE, 30, "all delivered")
    wire.close(clients)
    cuts = statistics.quantiles(noted, n=100)
    return cuts[49], cuts[98]
