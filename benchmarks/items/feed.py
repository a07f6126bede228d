"""One order event to 200 warehouse screens: time until the last has it, and the server's CPU for it."""

import asyncio
import json
import os
import statistics
import time
from typing import Any

from redis.asyncio import Redis

from benchmarks import wire
from benchmarks.measuring import Figure, cpu_seconds, in_turn
from benchmarks.people import cookie
from benchmarks.servers import Bench

SCREENS = 200


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    found = in_turn(rounds, lambda side: asyncio.run(fan_out(bench, side, 20 if quick else 60)))
    figures = []
    for place, name in enumerate(("time to the last", "CPU")):
        ours, theirs = ([pair[place] for pair in side] for side in found)
        figures.append(Figure("feed", f"{name} of {SCREENS} screens", "ms", ours, theirs, "≤ 2.0"))
    return figures


async def fan_out(bench: Bench, side: str, events: int) -> tuple[float, float]:
    """The medians over so many events, each sent by another process when the one before has arrived."""
    who = await asyncio.to_thread(cookie, "warehouse")
    clients = await wire.connect_many(bench.ports[side], who, SCREENS, wire.EVENT, wire.SUBSCRIBED)
    for client in clients:
        client.send(type="subscribe", feed="warehouse")
    await wire.until(lambda: all(each.counts[wire.SUBSCRIBED] for each in clients), 60, "all have subscribed")
    redis = Redis.from_url(os.environ["REDIS_URL"])
    send = publish_ours if side == "product" else redis_sender(redis)
    times = []
    before = cpu_seconds(bench.pid(side))
    for number in range(1, events + 1):
        started = time.perf_counter()
        await send(event_frame(number))
        arrived = arrivals(clients, number)
        await asyncio.wait_for(arrived, 20)
        times.append((time.perf_counter() - started) * 1000)
    spent = (cpu_seconds(bench.pid(side)) - before) * 1000 / events
    wire.close(clients)
    await redis.aclose()
    return statistics.median(times), spent


def arrivals(clients: list[wire.Client], number: int) -> "asyncio.Future[None]":
    """Done when everybody has so many events."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = {client for client in clients if client.counts[wire.EVENT] < number}

    def arrived(client: wire.Client) -> None:
        if client.counts[wire.EVENT] >= number:
            waiting.discard(client)
            if not waiting and not done.done():
                done.set_result(None)

    for client in clients:
        client.changed = lambda client=client: arrived(client)
    if not waiting:
        done.set_result(None)
    return done


def event_frame(number: int) -> dict[str, Any]:
    """What the desk and the stockroom are told of an order, as orders.services.saving makes it."""
    fact = {
        "type": "order.paid",
        "order_id": number,
        "number": f"XB-261123-{number:04d}",
        "status": "paid",
        "version": 2,
        "urgent": False,
        "assigned_to": None,
        "occurred_at": "2026-11-23T12:00:00+08:00",
        "actor": "周敏",
        "data": {"number": f"XB-261123-{number:04d}", "status_from": "pending_payment", "status_to": "paid"},
    }
    return {"type": "event", "feed": "warehouse", "id": number, "cursor": None, "event": fact}


async def publish_ours(text: dict[str, Any]) -> None:
    """The way a worker or another web process pushes."""
    from channels.layers import get_channel_layer

    from shopcomm.core.audiences import SHOP
    from shopcomm.core.realtime import WAREHOUSE_FEED, encode_frame

    message = encode_frame(WAREHOUSE_FEED, {SHOP: text})
    await get_channel_layer().group_send(message["group"], message)


def redis_sender(redis: Redis):
    async def send(text: dict[str, Any]) -> None:
        await redis.publish("floor", f"0 {json.dumps(text, ensure_ascii=False, separators=(',', ':'))}")

    return send
