"""Lines that are cut or stand still: to Valkey again and again, and to readers who read nothing."""

import asyncio
import json
import random
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed

from tests.faults.clients import ChatClient, Crowd, open_socket
from tests.faults.stack import Stack
from tests.faults.waiting import soon

ROOMS, CUTS = 20, 100
TOO_SLOW = 4408
# 13 MiB: more than a socket may have waiting (1 MiB) and the kernel's buffers take (4 MiB) together.
READERS, LONG, MESSAGES = 12, "很长的话" * 1000, 900
MIB = 1024 * 1024


@pytest.mark.usefixtures("second_web")
async def test_after_a_hundred_cut_connections_every_room_is_live_in_three_seconds_without_gaps(
    stack: Stack,
):
    redis, dice = Redis.from_url(stack.services.redis_url), random.Random(7)
    rooms, cookies = stack.cast["conversations"][-ROOMS:], stack.cast["staff"]
    far = [ChatClient(stack.ws_url("web2"), cookies[1], room) for room in rooms]
    near = [ChatClient(stack.ws_url("web"), cookies[0], room, messages=20, pace=0.2) for room in rooms]
    async with Crowd(far), Crowd(near):
        await soon(lambda: all(each.subscribed for each in [*far, *near]))
        for _ in range(CUTS):
            kind = dice.choice(["normal", "pubsub"])
            await asyncio.to_thread(redis.client_kill_filter, _type=kind, skipme=True)
            await asyncio.sleep(dice.random() / 10)
        await soon(lambda: all(each.done for each in near), 20, "all is acknowledged")
        connections = [each.connections for each in far]
        last = [ChatClient(stack.ws_url("web"), cookies[0], room, messages=1) for room in rooms]
        async with Crowd(last):
            await soon(lambda: all(each.done for each in last), 5, "the last words are acknowledged")
            stored = [await asyncio.to_thread(stack.messages, room) for room in rooms]
            await soon(
                lambda: all(each.history == kept for each, kept in zip(far, stored, strict=True)),
                3,
                "every room is live again",
            )
    assert [each.connections for each in far] == connections == [1] * ROOMS
    assert {tuple(each.doubled) for each in far} == {()}


def memory_of(stack: Stack) -> int:
    status = Path(f"/proc/{stack.processes['web'].pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


async def closed_with(reader) -> int:
    """Read on until the end, and return the code of the close."""
    try:
        while True:
            await asyncio.wait_for(reader.recv(), 20)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else 0


async def deaf(stack: Stack, conversation: int, after: int):
    """A connection with small buffers that subscribes and then reads nothing."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", stack.ports["web"]))
    reader = await open_socket(stack.ws_url("web"), stack.cast["staff"][1], sock=line, max_queue=1)
    await reader.send(json.dumps({"type": "subscribe", "conversation": conversation, "after": after}))
    return reader


async def test_clients_that_never_read_are_closed_without_cost_in_memory_or_delay_for_others(stack: Stack):
    conversation = stack.cast["foreign_conversation"]
    listener = ChatClient(stack.ws_url("web"), stack.cast["staff"][0], conversation)
    async with Crowd([listener]), AsyncExitStack() as ends:
        await soon(lambda: listener.subscribed)
        # As much as the same talk costs when everybody reads.
        await say_much(stack, conversation, listener)
        before = memory_of(stack)
        readers = [await deaf(stack, conversation, listener.last) for _ in range(READERS)]
        for reader in readers:
            ends.push_async_callback(reader.close)
        await say_much(stack, conversation, listener)
        grown = memory_of(stack) - before
        codes = await asyncio.gather(*(closed_with(reader) for reader in readers))
    assert codes == [TOO_SLOW] * READERS
    # Without a bound, what the kernel does not take would wait here: more than 9 MiB for each.
    assert grown < READERS * 5 * MIB, f"{grown / MIB:.0f} MiB"


async def say_much(stack: Stack, conversation: int, listener: ChatClient) -> None:
    """By several tabs, each within its limit, until the listener who reads has had everything."""
    each, begun = MESSAGES // 4, listener.last
    speakers = [
        Speaker(stack.ws_url("web"), stack.cast["staff"][0], conversation, messages=each) for _ in range(4)
    ]
    for speaker in speakers:
        speaker.after = begun
    async with Crowd(speakers):
        await soon(lambda: all(speaker.done for speaker in speakers), 60, "all is acknowledged")
    await soon(lambda: listener.last >= begun + 4 * each, 20, "the listener who reads has had everything")


class Speaker(ChatClient):
    """Says long things."""

    body = LONG
    after = 0

    @property
    def last(self) -> int:
        return max(self.after, super().last)
