"""Coming back after a process was started again: sockets that missed much, and what others notice of it."""

import asyncio
import json
import subprocess
import sys
import time
import uuid

from benchmarks import wire
from benchmarks.measuring import Figure
from benchmarks.people import conversations, cookie
from benchmarks.servers import Bench

SOCKETS, ROOMS, MISSED = 200, 10, 500
# How often others speak meanwhile.
EVERY_SECONDS = 0.02


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    talks = said_in(conversations(ROOMS))
    bench.analyze()
    back, delays = [], []
    for _ in range(rounds):
        # Nothing is known to the process from the round before.
        bench.start("product")
        seconds, slowest = asyncio.run(come_back(bench, talks))
        back.append(seconds)
        delays.append(slowest)
    what = f"{SOCKETS} sockets, {MISSED} messages missed each"
    return [
        Figure("catch-up", what, "s until live", back, goal="≤ 2"),
        Figure("catch-up", "slowest message of others meanwhile", "ms", delays, goal="≤ 100"),
    ]


def said_in(talks: list[int]) -> list[int]:
    """The conversations, each with as many messages as are missed."""
    from messaging.services.drafts import draft_message
    from messaging.services.messages import write_messages
    from shopcomm.core.accounts.actors import Actor

    actor = Actor.system()
    for talk in talks:
        said = [
            draft_message(
                actor=actor,
                conversation_id=talk,
                given={"client_id": str(uuid.uuid4()), "body": f"第 {number} 句：这款还有黑色吗"},
            )
            for number in range(MISSED)
        ]
        write_messages(said)
    return talks


async def come_back(bench: Bench, talks: list[int]) -> tuple[float, float]:
    """How long until all have connected and been shown everything, and the slowest message of two others meanwhile."""
    [quiet] = await asyncio.to_thread(conversations, 1)
    who = await asyncio.to_thread(cookie)
    others = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(bench.ports["product"]), who, str(quiet), stdout=subprocess.PIPE
    )
    # What they meet when nobody comes back.
    await asyncio.sleep(3)
    began, started = time.time(), time.perf_counter()
    marks = (wire.NEW, wire.SUBSCRIBED, wire.REFUSED)
    clients = await wire.connect_many(bench.ports["product"], who, SOCKETS, *marks)
    for place, client in enumerate(clients):
        client.send(type="subscribe", conversation=talks[place % len(talks)], after=0)
    await wire.until(lambda: all(each.counts[wire.NEW] >= MISSED for each in clients), 60, "all shown")
    seconds, ended = time.perf_counter() - started, time.time()
    await asyncio.sleep(0.5)
    others.terminate()
    told, _nothing = await others.communicate()
    wire.close(clients)
    noted = [json.loads(line) for line in told.splitlines()]
    return seconds, max(delay for came, delay in noted if began <= came <= ended + 0.3)


async def speak_and_listen(port: int, who: str, talk: int) -> None:
    """Two others who go on talking; prints when each message came, and its delay in milliseconds.

    In a process of their own: who counts what two hundred are shown would be late to notice what these are shown.
    """
    speaker, listener = await wire.connect_many(port, who, 2, wire.NEW, wire.SUBSCRIBED)
    listener.delays = noted = []
    listener.changed = lambda: told(noted)
    for each in (speaker, listener):
        each.send(type="subscribe", conversation=talk, after=0)
    while True:
        body = f"T{time.time_ns():019d}"
        speaker.send(
            type="message.send", conversation=talk, client_id=str(uuid.uuid4()), kind="text", body=body
        )
        await asyncio.sleep(EVERY_SECONDS)


def told(noted: list[float]) -> None:
    while noted:
        print(json.dumps([time.time(), noted.pop()]), flush=True)


if __name__ == "__main__":
    asyncio.run(speak_and_listen(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
