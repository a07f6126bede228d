"""Persisted and delivered messages a second, with 2, 20 and 200 people in a conversation, and what each costs the CPU."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from itertools import cycle

from benchmarks import wire
from benchmarks.measuring import Figure, each_in_turn
from benchmarks.peers import socket_io
from benchmarks.people import conversations, cookie
from benchmarks.servers import Bench

SOCKETS = 200
# By the other side and the people in a conversation: the bare floor, and peers, which are to be left behind.
GOALS: dict[str, dict[int, float]] = {
    "bare": {2: 0.75, 20: 0.75, 200: 0.75},
    "socket.io": {2: 1.3, 20: 1.3, 200: 1.3},
    "socket.io batched": {20: 1.0, 200: 1.0},
}
# Messages of one run, and how many may be without an acknowledgement at a time.
MESSAGES = {2: 12_000, 20: 6_000, 200: 2_000}
WINDOW = 200


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    sides = ["product", "bare", *(socket_io.SIDES if bench.peers else ())]
    for side in sides[1:]:
        bench.start(side)
    for side in sides:
        asyncio.run(rate(bench, side, 20, 400))
    bench.analyze()
    figures = []
    for people in MESSAGES:
        count = MESSAGES[people] // (4 if quick else 1)
        found = each_in_turn(
            rounds, sides, lambda side, n=people, m=count: asyncio.run(rate(bench, side, n, m))
        )
        for side in sides[1:]:
            figures += compare(people, side, found["product"], found[side])
    return figures


def compare(people: int, side: str, ours: "list[Run]", theirs: "list[Run]") -> list[Figure]:
    """The lines of one conversation's size beside one other side."""
    what = f"N={people}" if side == "bare" else f"N={people}, {side}"
    goal = GOALS[side].get(people)
    rates, spent = (
        [[getattr(each, name) for each in one] for one in (ours, theirs)]
        for name in ("per_second", "cpu_microseconds")
    )
    return [
        Figure("chat", what, "messages/s", *rates, f"≥ {goal}" if goal else ""),
        Figure("chat", what, "µs CPU a message", *spent),
    ]


@dataclass(frozen=True)
class Run:
    """How many messages a second, and what one cost server, database and Valkey together."""

    per_second: float
    cpu_microseconds: float


async def room_clients(bench: Bench, side: str, people: int) -> tuple[list[wire.Client], list[int]]:
    """200 sockets, `people` of them in each conversation."""
    rooms = await asyncio.to_thread(conversations, SOCKETS // people)
    marks = (wire.NEW, wire.ACK, wire.SUBSCRIBED, wire.REFUSED)
    if side in socket_io.SIDES:
        clients = await socket_io.connect_many(bench.ports[side], SOCKETS, *marks)
    else:
        who = await asyncio.to_thread(cookie)
        clients = await wire.connect_many(bench.ports[side], who, SOCKETS, *marks)
    places = [room for room in rooms for _ in range(people)]
    for client, room in zip(clients, places, strict=True):
        client.send(type="subscribe", conversation=room, after=0)
    await wire.until(lambda: all(each.counts[wire.SUBSCRIBED] for each in clients), 60, "all have subscribed")
    # Presence is told to all; let it pass.
    await asyncio.sleep(0.5)
    return clients, places


async def rate(bench: Bench, side: str, people: int, count: int) -> Run:
    """So many messages from everybody in turn; the clock stops when the last person has the last one."""
    clients, places = await room_clients(bench, side, people)
    acked = asyncio.Semaphore(WINDOW)
    for client in clients:
        client.changed = changed_of(client, acked)
    before, started = bench.cpu_seconds(side), time.perf_counter()
    turns = cycle(zip(clients, places, strict=True))
    for _ in range(count):
        await asyncio.wait_for(acked.acquire(), 30)
        client, room = next(turns)
        client.send(
            type="message.send",
            conversation=room,
            client_id=str(uuid.uuid4()),
            kind="text",
            body="这款还有黑色吗",
        )
    wanted = count * people
    await wire.until(lambda: sum(each.counts[wire.NEW] for each in clients) >= wanted, 120, "all delivered")
    spent, cpu = time.perf_counter() - started, bench.cpu_seconds(side) - before
    refused = sum(client.counts[wire.REFUSED] for client in clients)
    wire.close(clients)
    if refused:
        raise RuntimeError(f"{refused} messages were refused")
    return Run(count / spent, cpu * 1e6 / count)


def changed_of(client: wire.Client, gate: asyncio.Semaphore):
    """Open the gate once for each acknowledgement of this client."""
    seen = 0

    def changed() -> None:
        nonlocal seen
        for _ in range(client.counts[wire.ACK] - seen):
            gate.release()
        seen = client.counts[wire.ACK]

    return changed
