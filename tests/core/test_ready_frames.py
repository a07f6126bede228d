"""The WebSocket protocol that takes ready frames: what comes in is read as the library reads it, however it is cut."""

import asyncio
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from shopcomm.core.http.ready_frames import (
    EXTENSION,
    LARGEST_READ,
    MOST_UNREAD,
    MOST_UNSENT,
    ReadyFramesProtocol,
    text_frame,
)

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


class Network:
    """A transport that notes what is written and when reading is held up."""

    def __init__(self) -> None:
        self.written, self.closed, self.reading = [], False, True

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> Any:
        return None

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def accept(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


async def opened(kind: type, *, headers: bytes = b"", behind: bytes = b"", **options: Any) -> Any:
    """A protocol of a kind whose handshake is over, on a network of its own; `behind` came with the handshake."""
    protocol = kind(
        Config(accept, lifespan="off", log_level="critical", **options),
        ServerState(),
        {},
        asyncio.get_running_loop(),
    )
    protocol.connection_made(Network())
    protocol.data_received(HANDSHAKE + headers + b"\r\n" + behind)
    await asyncio.gather(*protocol.tasks)
    # The application has said all it says; the test goes on as it would.
    protocol.transport.closed = False
    protocol.transport.written.clear()
    return protocol


def events_of(protocol: Any) -> list[dict[str, Any]]:
    found = []
    while not protocol.queue.empty():
        found.append(protocol.queue.get_nowait())
    return found


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


TEXTS = st.text(max_size=300).map(lambda text: [masked(Opcode.TEXT, text.encode())])
LONG = st.sampled_from([126, 65_535, LARGEST_READ]).map(lambda size: [masked(Opcode.TEXT, b"a" * size)])
BINARY = st.binary(max_size=40).map(lambda data: [masked(Opcode.BINARY, data)])
PINGS = st.binary(max_size=20).map(lambda data: [masked(Opcode.PING, data)])
PIECES = st.lists(st.sampled_from("好的ab"), min_size=2, max_size=5).map(
    lambda parts: [
        masked(Opcode.CONT if place else Opcode.TEXT, part.encode(), fin=place == len(parts) - 1)
        for place, part in enumerate(parts)
    ]
)
CLOSING = st.sampled_from(
    [[masked(Opcode.CLOSE, struct.pack("!H", 1000) + b"bye")], [masked(Opcode.CLOSE, b"")]]
)
BROKEN = st.sampled_from(
    [
        [b"\x81\x02hi"],
        [masked(Opcode.TEXT, b"\xff\xfe")],
        [b"\xc1" + masked(Opcode.TEXT, b"compressed")[1:]],
        [b"\x83" + masked(Opcode.TEXT, b"reserved")[1:]],
        [masked(Opcode.CONT, b"of nothing")],
        [masked(Opcode.TEXT, b"never ended", fin=False), masked(Opcode.TEXT, b"another")],
        [b"\x81\xff" + struct.pack("!Q", 1 << 40) + b"\0\0\0\0"],
    ]
)
STREAMS = st.lists(
    st.one_of(TEXTS, TEXTS, TEXTS, LONG, BINARY, PINGS, PIECES, CLOSING, BROKEN), min_size=1, max_size=8
)


@given(stream=STREAMS, cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_frames_split_at_any_byte_are_read_and_answered_as_by_the_library(stream, cuts) -> None:
    frames = [frame for frames in stream for frame in frames]
    data = b"".join(frames)
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    chunks = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    async def read_by(kind: type, chunks: list[bytes]) -> tuple[Any, bytes, bool]:
        protocol = await opened(kind, ws_ping_interval=None, ws_max_size=1 << 24)
        for chunk in chunks:
            if not protocol.transport.closed:
                protocol.data_received(chunk)
        return events_of(protocol), b"".join(protocol.transport.written), protocol.transport.closed

    # The library is given one frame at a time: of what comes together with a broken one it forgets all.
    expected = asyncio.run(read_by(WebSocketsSansIOProtocol, frames))
    assert asyncio.run(read_by(ReadyFramesProtocol, chunks)) == expected


async def test_an_oversized_frame_and_all_later_ones_are_left_to_the_library() -> None:
    protocol = await opened(ReadyFramesProtocol, ws_max_size=1 << 24)
    data = masked(Opcode.TEXT, b"a" * (LARGEST_READ + 1)) + masked(Opcode.TEXT, b"after")
    for start in range(0, len(data), 5000):
        protocol.data_received(data[start : start + 5000])
    assert [len(each["text"]) for each in events_of(protocol)] == [LARGEST_READ + 1, 5]
    assert protocol.write_frames(text_frame("and answered")) is None


@given(texts=st.lists(st.text(max_size=70_000), min_size=1, max_size=3))
def test_a_client_reads_a_ready_frame_as_its_original_text(texts) -> None:
    client = ClientProtocol(parse_uri("ws://shop/ws/"), max_size=None)
    client.state = client.state.OPEN
    client.parser = super(ClientProtocol, client).parse()
    next(client.parser)
    client.receive_data(b"".join(map(text_frame, texts)))

    assert [bytes(frame.data).decode() for frame in client.events_received()] == texts


def test_a_lone_surrogate_in_a_frame_becomes_a_replacement_character() -> None:
    assert text_frame("a\ud83d") == b"\x81\x02a?"


async def test_frames_of_one_turn_of_the_event_loop_are_written_together() -> None:
    protocol = await opened(ReadyFramesProtocol)
    assert protocol.scope["extensions"][EXTENSION] is protocol
    assert protocol.write_frames(b"one") is None
    assert protocol.write_frames(b"two") is None
    assert protocol.transport.written == []
    await asyncio.sleep(0)
    assert protocol.transport.written == [b"onetwo"]


async def test_many_frames_are_written_at_once_and_then_respect_backpressure() -> None:
    protocol = await opened(ReadyFramesProtocol)
    protocol.write_frames(b"x" * (MOST_UNSENT + 1))
    assert len(protocol.transport.written) == 1
    await asyncio.sleep(0)
    assert len(protocol.transport.written) == 1


async def test_frames_wait_in_order_while_the_transport_is_paused() -> None:
    protocol = await opened(ReadyFramesProtocol)
    protocol.pause_writing()
    waits = asyncio.ensure_future(protocol.write_frames(b"later"))
    await asyncio.sleep(0)
    assert not waits.done()
    protocol.resume_writing()
    await waits
    await asyncio.sleep(0)
    assert protocol.transport.written == [b"later"]


async def test_a_close_frame_is_written_after_all_queued_frames() -> None:
    protocol = await opened(ReadyFramesProtocol)
    protocol.write_frames(text_frame("last words"))
    await protocol.send({"type": "websocket.close", "code": 4408})
    assert protocol.transport.written[0] == text_frame("last words")
    assert protocol.transport.written[1].endswith(struct.pack("!H", 4408))
    with pytest.raises(ClientDisconnected):
        protocol.write_frames(b"too late")


async def test_a_stopping_server_first_writes_the_queued_frames() -> None:
    protocol = await opened(ReadyFramesProtocol)
    protocol.write_frames(text_frame("last words"))
    protocol.shutdown()
    assert protocol.transport.written[0] == text_frame("last words")
    assert protocol.transport.written[1].endswith(struct.pack("!H", 1012))


async def test_nothing_is_written_to_a_disconnected_client() -> None:
    protocol = await opened(ReadyFramesProtocol)
    protocol.write_frames(b"unsent")
    protocol.connection_lost(OSError("reset"))
    protocol.transport.closed = True
    await asyncio.sleep(0)
    assert protocol.transport.written == []
    with pytest.raises(ClientDisconnected):
        protocol.write_frames(b"too late")


async def test_reading_pauses_while_the_application_has_a_backlog() -> None:
    protocol = await opened(ReadyFramesProtocol)
    text = masked(Opcode.TEXT, b"a" * (MOST_UNREAD // 2))
    protocol.data_received(text)
    assert protocol.transport.reading
    protocol.data_received(text)
    assert not protocol.transport.reading
    await protocol.receive()
    assert not protocol.transport.reading
    await protocol.receive()
    assert protocol.transport.reading
    protocol.data_received(text)
    assert protocol.transport.reading


async def test_a_text_is_taken_at_once_unless_another_waits_before_it() -> None:
    protocol = await opened(ReadyFramesProtocol)
    shown: list[str] = []

    def take(text: str) -> bool:
        shown.append(text)
        return text != "slow"

    protocol.take_at_once(take)
    protocol.data_received(masked(Opcode.TEXT, b"before anybody asks"))
    first = await protocol.receive()
    asking = asyncio.create_task(protocol.receive())
    await asyncio.sleep(0)
    for text in (b"quick", b"slow", b"quick, but behind it"):
        protocol.data_received(masked(Opcode.TEXT, text))

    assert shown == ["quick", "slow"]
    read = [first, await asking, await protocol.receive()]
    assert [each["text"] for each in read] == ["before anybody asks", "slow", "quick, but behind it"]


async def test_frames_sent_together_with_the_handshake_are_not_lost() -> None:
    protocol = await opened(ReadyFramesProtocol, behind=masked(Opcode.TEXT, b"early")[:3])
    protocol.data_received(masked(Opcode.TEXT, b"early")[3:])
    protocol = await opened(ReadyFramesProtocol, behind=masked(Opcode.TEXT, b"early"))
    protocol.data_received(masked(Opcode.TEXT, b"late"))
    assert [each["text"] for each in events_of(protocol)] == ["early", "late"]


async def test_a_client_with_compression_gets_its_frames_from_the_library() -> None:
    asked = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    protocol = await opened(ReadyFramesProtocol, headers=asked, ws_per_message_deflate=True)
    assert EXTENSION not in protocol.scope["extensions"]
