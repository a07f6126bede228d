import asyncio
import json
import uuid
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.faults.clients import open_socket
from tests.faults.stack import Stack


async def answer(socket: Any, *kinds: str) -> dict[str, Any]:
    """The next frame of one of these kinds."""
    async with asyncio.timeout(10):
        while (frame := json.loads(await socket.recv()))["type"] not in kinds:
            pass
    return frame


async def send_and_hear(socket: Any, text: str) -> str | bytes:
    await socket.send(text)
    return await asyncio.wait_for(socket.recv(), 10)


async def alive(socket: Any) -> bool:
    await socket.send('{"type":"ping"}')
    return (await answer(socket, "pong"))["type"] == "pong"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1.evil.example", "null"])
async def test_a_socket_with_a_forged_origin_is_refused(stack: Stack, origin: str):
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(stack.ws_url(), stack.cast["staff"][0], origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_socket_with_a_forged_cookie_is_closed_with_4401(stack: Stack):
    async with open_socket(stack.ws_url(), "forged" + "0" * 26) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_frame_of_ten_megabytes_is_refused_and_affects_nobody_else(stack: Stack):
    cookie = stack.cast["staff"][0]
    async with open_socket(stack.ws_url(), cookie) as other, open_socket(stack.ws_url(), cookie) as socket:
        await socket.send(json.dumps({"type": "ping", "body": "a" * 10_000_000}))
        assert (await answer(socket, "error"))["code"] == "frame_too_large"
        assert await alive(socket)
        assert await alive(other)


async def test_a_frame_beyond_the_server_limit_closes_only_its_own_socket(stack: Stack):
    cookie = stack.cast["staff"][0]
    async with open_socket(stack.ws_url(), cookie) as other, open_socket(stack.ws_url(), cookie) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await send_and_hear(socket, json.dumps({"type": "ping", "body": "a" * 20_000_000}))
        assert await alive(other)
    code = closed.value.rcvd.code if closed.value.rcvd else 1006
    assert code in (1009, 1006)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "1e999",
        '"ping"',
        '{"type":7}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","conversation":"1"}',
        '{"type":"subscribe","conversation":true}',
        '{"type":"subscribe","conversation":99999999999999999999}',
        '{"type":"no.such.type"}',
        "[" * 60_000,
    ],
)
async def test_an_unreadable_frame_is_answered_and_the_socket_stays_open(stack: Stack, text: str):
    async with open_socket(stack.ws_url(), stack.cast["staff"][0]) as socket:
        await socket.send(text)
        assert (await answer(socket, "error"))["code"] in ("bad_frame", "unknown_type")
        assert await alive(socket)


async def test_a_binary_frame_is_answered_and_the_socket_stays_open(stack: Stack):
    async with open_socket(stack.ws_url(), stack.cast["staff"][0]) as socket:
        await socket.send(b"\x00\xff\x80")
        assert (await answer(socket, "error"))["code"] == "bad_frame"
        assert await alive(socket)


@pytest.mark.parametrize("frame", [{"type": "subscribe"}, {"type": "message.send"}, {"type": "message.read"}])
async def test_a_customer_cannot_subscribe_to_a_foreign_conversation(stack: Stack, frame: dict[str, Any]):
    foreign = stack.cast["foreign_conversation"]
    before = stack.messages(foreign)
    words = {"conversation": foreign, "client_id": str(uuid.uuid4()), "kind": "text", "body": "x", "seq": 1}
    async with open_socket(stack.ws_url(), stack.cast["customer"]) as socket:
        await socket.send(json.dumps(frame | words))
        assert (await answer(socket, "error", "subscribed", "message.ack"))["code"] in (
            "not_found",
            "forbidden",
        )
        assert await alive(socket)
    assert stack.messages(foreign) == before


async def test_a_customer_cannot_subscribe_to_a_feed(stack: Stack):
    async with open_socket(stack.ws_url(), stack.cast["customer"]) as socket:
        for feed in ("orders", "warehouse"):
            await socket.send(json.dumps({"type": "subscribe", "feed": feed}))
            assert (await answer(socket, "error", "subscribed"))["code"] == "forbidden"


async def test_a_message_of_a_hundred_thousand_characters_is_refused_as_too_long(stack: Stack):
    words = {"conversation": stack.cast["conversations"][3], "kind": "text", "client_id": str(uuid.uuid4())}
    async with open_socket(stack.ws_url(), stack.cast["staff"][0]) as socket:
        await socket.send(json.dumps({"type": "message.send", "body": "a" * 20_000, **words}))
        refused = await answer(socket, "error", "message.ack")
        assert (refused["code"], refused["client_id"]) == ("body_too_long", words["client_id"])
        await socket.send(json.dumps({"type": "message.send", "body": "a" * 100_000, **words}))
        assert (await answer(socket, "error", "message.ack"))["code"] in ("frame_too_large", "body_too_long")
        assert await alive(socket)
    assert stack.messages(stack.cast["conversations"][3]) == []
