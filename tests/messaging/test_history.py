"""What a room has said is read once for all who come back together, and never as it was before it changed."""

import asyncio
from itertools import pairwise

import pytest

from messaging.consumers import shared_answers
from messaging.consumers.history import BLOCK, KEEP_SECONDS, PIECE_BYTES, ByAudience, RoomHistory
from messaging.consumers.rooms import Room
from messaging.models import Message
from messaging.services import messages as messages_module
from messaging.services.messages import recall_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.realtime import encode_frame


def message(seq: int, *, note: bool = False, body: str = "在吗") -> dict:
    names = ["shop"] if note else ["shop", "customer"]
    return {"seq": seq, "public": not note, "texts": dict.fromkeys(names, f"{seq} {body}")}


class Log:
    """A conversation's messages, read when the test lets them be; notes each time somebody looks."""

    def __init__(self, said: int) -> None:
        self.messages = [message(seq, note=seq % 10 == 0) for seq in range(1, said + 1)]
        self.reads: list[int] = []
        self.free = asyncio.Event()
        self.free.set()
        self.fails = False

    async def read(self, after: int) -> list[dict]:
        self.reads.append(after)
        await self.free.wait()
        if self.fails:
            raise OSError("the database is away")
        return self.messages[after : after + BLOCK]


async def all_behind(history: RoomHistory, after: int, head: int) -> list[int]:
    found: list[int] = []
    while after < head:
        block = await history.block_after(after, head)
        found += [each["seq"] for each in block.messages]
        after = found[-1]
    return found


async def test_many_reconnecting_sockets_share_one_read_of_each_history_block() -> None:
    log = Log(said=2 * BLOCK + 30)
    history, head = RoomHistory(log.read), 2 * BLOCK + 30
    starts = [0, 0, 0, 17, 17, BLOCK, BLOCK + 1, 2 * BLOCK + 29]
    shown = await asyncio.gather(*(all_behind(history, after, head) for after in starts))
    assert shown == [list(range(after + 1, head + 1)) for after in starts]
    assert sorted(log.reads) == [0, BLOCK, 2 * BLOCK]


async def test_frames_of_a_history_block_are_encoded_once_for_each_audience() -> None:
    history = RoomHistory(Log(said=BLOCK).read)
    first, second = [await history.block_after(0, BLOCK) for _ in range(2)]
    assert first.pieces_for(SHOP) is second.pieces_for(SHOP)
    assert len(first.frames_for(SHOP).texts) == BLOCK
    assert len(first.frames_for(CUSTOMER).texts) == BLOCK - BLOCK // 10


async def test_messages_after_a_cached_block_are_read_for_the_next_socket() -> None:
    log = Log(said=5)
    history = RoomHistory(log.read)
    assert await all_behind(history, 0, 5) == [1, 2, 3, 4, 5]
    log.messages.append(message(6))
    assert await all_behind(history, 5, 6) == [6]
    assert log.reads == [0, 0]


@pytest.mark.parametrize("frame", ["message.recalled", "attachment.changed"])
async def test_a_socket_joining_after_a_message_changed_gets_its_current_state(frame: str) -> None:
    log = Log(said=3)
    room = Room("conversation.1", 1, RoomHistory(log.read))
    await room.history.block_after(0, 3)
    log.messages[1] = message(2, body="")
    room.send_frame({"frame": frame, "texts": {"shop": "{}"}})
    block = await room.history.block_after(0, 3)
    assert block.frames_for(SHOP).texts == ["1 在吗", "2 ", "3 在吗"]


async def test_typing_and_presence_frames_keep_the_cached_history() -> None:
    log = Log(said=3)
    room = Room("conversation.1", 1, RoomHistory(log.read))
    for _ in range(3):
        await room.history.block_after(0, 3)
        room.send_frame({"frame": "typing", "texts": {"shop": "{}"}})
    assert log.reads == [0]


async def test_a_cached_history_block_expires(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr(shared_answers.time, "monotonic", lambda: now[0])
    log = Log(said=3)
    history = RoomHistory(log.read)
    for now[0] in (100.0, 100.0 + KEEP_SECONDS, 101.0 + KEEP_SECONDS):
        await history.block_after(0, 3)
    assert log.reads == [0, 0]


async def test_a_socket_that_leaves_during_a_history_read_does_not_cancel_it_for_others() -> None:
    log = Log(said=3)
    log.free.clear()
    history = RoomHistory(log.read)
    leaves, stays = (asyncio.create_task(history.block_after(0, 3)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    log.free.set()
    assert len((await stays).messages) == 3


async def test_a_failed_history_read_is_retried_by_the_next_socket() -> None:
    log = Log(said=3)
    log.fails = True
    history = RoomHistory(log.read)
    answers = await asyncio.gather(*(history.block_after(0, 3) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in answers] == [OSError] * 3
    log.fails = False
    assert len((await history.block_after(0, 3)).messages) == 3


def test_long_history_is_sent_in_pieces_so_that_live_frames_get_through() -> None:
    messages = [message(seq, body="好" * 3000) for seq in range(1, 41)]
    pieces = ByAudience(messages).pieces_for(SHOP)
    assert [text for piece in pieces for text in piece.texts] == [each["texts"]["shop"] for each in messages]
    assert all(PIECE_BYTES <= len(piece.ready) < PIECE_BYTES + 9100 for piece, _next in pairwise(pieces))


@pytest.mark.django_db
def test_frames_that_change_messages_are_marked_as_such(monkeypatch, customer, conversation, say) -> None:
    frames = []
    monkeypatch.setattr(
        messages_module, "push_on_commit", lambda group, bodies: frames.append(encode_frame(group, bodies))
    )
    said: Message = say(Actor.customer(customer), "要十个")
    recall_message(actor=Actor.customer(customer), conversation_id=conversation.pk, seq=said.seq)
    assert [each["frame"] for each in frames] == ["message.recalled"]
