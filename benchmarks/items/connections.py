"""Memory for each idle logged-in socket, and how many connect in a second."""

import asyncio
import time

from benchmarks import wire
from benchmarks.measuring import Figure, in_turn, resident_bytes
from benchmarks.people import cookie
from benchmarks.servers import Bench


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count = 1000 if quick else 5000

    def afresh(side: str) -> tuple[float, float]:
        # Memory that an earlier round has left would be used again and not show.
        bench.start(side)
        return asyncio.run(hold(bench, side, count))

    found = in_turn(rounds, afresh)
    memory = [[pair[0] for pair in side] for side in found]
    speed = [[pair[1] for pair in side] for side in found]
    return [
        Figure("connections", f"memory of {count:,} idle", "KiB each", *memory, "≤ 1.5"),
        Figure("connections", "log-in and handshake", "connects/s", *speed),
    ]


async def hold(bench: Bench, side: str, count: int) -> tuple[float, float]:
    who = await asyncio.to_thread(cookie)
    # What the first connection alone makes the server load is not a connection's cost.
    first = await wire.connect_many(bench.ports[side], who, 20)
    before, started = resident_bytes(bench.pid(side)), time.perf_counter()
    clients = await wire.connect_many(bench.ports[side], who, count)
    spent = time.perf_counter() - started
    await asyncio.sleep(1)
    each = (resident_bytes(bench.pid(side)) - before) / count / 1024
    wire.close(first + clients)
    return each, count / spent
