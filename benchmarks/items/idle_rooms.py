"""Messages a second with a hundred conversations open that nobody speaks in, beside the same without them."""

import asyncio

from benchmarks import wire
from benchmarks.items.chat import rate
from benchmarks.measuring import Figure, in_turn
from benchmarks.people import conversations, cookie
from benchmarks.servers import Bench

ROOMS, PEOPLE, MESSAGES = 100, 20, 6_000


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count = MESSAGES // (4 if quick else 1)
    asyncio.run(rate(bench, "product", PEOPLE, 400))
    bench.analyze()
    ours, alone = in_turn(
        rounds,
        lambda side: asyncio.run(beside(bench, ROOMS if side == "product" else 0, count)),
        floor="alone",
    )
    return [Figure("idle-rooms", f"N={PEOPLE}, {ROOMS} idle rooms", "messages/s", ours, alone, "≥ 0.95")]


async def beside(bench: Bench, idle: int, count: int) -> float:
    """Messages a second while so many sockets each have a conversation of their own open."""
    rooms = await asyncio.to_thread(conversations, idle)
    who = await asyncio.to_thread(cookie)
    clients = await wire.connect_many(bench.ports["product"], who, idle, wire.SUBSCRIBED)
    for client, room in zip(clients, rooms, strict=True):
        client.send(type="subscribe", conversation=room, after=0)
    await wire.until(lambda: all(each.counts[wire.SUBSCRIBED] for each in clients), 60, "all have subscribed")
    measured = await rate(bench, "product", PEOPLE, count)
    wire.close(clients)
    return measured.per_second
