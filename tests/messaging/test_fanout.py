"""What a process tells the others, and how seldom it asks the database while nothing was lost."""

import asyncio
from contextvars import ContextVar

import pytest
from django.conf import settings

from messaging.consumers import fanout as fanout_module
from messaging.consumers.fanout import Fanout
from messaging.consumers.rooms import Room, State
from messaging.consumers.send_queue import Frames
from shopcomm.core.audiences import SHOP, Audience, for_all_audiences
from shopcomm.core.layer import PipelinedChannelLayer
from shopcomm.core.realtime import ORDERS_FEED, PROCESSES, conversation_group

GROUP = conversation_group(1)


class Ear:
    """A member of staff's socket that notes what it is shown."""

    def __init__(self) -> None:
        self.id, self.audience, self.shown = "ear", SHOP, []
        self.more = asyncio.Event()

    def may_see(self, group: str, text: str) -> bool:
        return True

    def send_frames(self, frames: Frames) -> None:
        self.shown += frames.texts
        self.more.set()


class Layer:
    """A channel layer that answers when the test lets it, and notes what it was told."""

    def __init__(self) -> None:
        self.told, self.answers = [], asyncio.Queue()

    async def new_channel(self, prefix: str) -> str:
        return f"{prefix}-1"

    async def group_add(self, group: str, channel: str) -> None:
        assert (group, channel) == (PROCESSES, "fanout-1")

    async def receive(self, channel: str) -> dict:
        return await asyncio.get_running_loop().create_future()

    async def group_send_all(self, messages: list[dict]) -> None:
        [sent] = messages
        self.told.append([each["text"] for each in sent.get("frames", messages)])
        if not await self.answers.get():
            raise OSError("no answer")


@pytest.fixture
async def layer(monkeypatch) -> Layer:
    made = Layer()
    monkeypatch.setattr(fanout_module, "get_channel_layer", lambda: made)
    return made


@pytest.fixture
async def fanout() -> Fanout:
    made = Fanout()
    made._tasks, made._channel = [None], "fanout-1"
    return made


async def breathe() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def publish(fanout: Fanout, *texts: str) -> None:
    for text in texts:
        await fanout.publish({"group": "somebody else's", "text": text})
    await breathe()


async def test_queued_frames_are_published_together_and_in_order(fanout, layer):
    telling = asyncio.create_task(fanout._publish_outgoing())
    await publish(fanout, "1")
    await publish(fanout, "2", "3", "4")
    layer.answers.put_nowait(True)
    await breathe()
    telling.cancel()

    assert layer.told == [["1"], ["2", "3", "4"]]


async def test_one_publish_call_carries_at_most_the_batch_limit(fanout, layer, monkeypatch):
    monkeypatch.setattr(fanout_module, "TOGETHER", 2)
    telling = asyncio.create_task(fanout._publish_outgoing())
    for _ in range(3):
        layer.answers.put_nowait(True)
    await fanout.publish(*({"group": "somebody else's", "text": text} for text in "123"))
    await breathe()
    telling.cancel()

    assert layer.told == [["1", "2"], ["3"]]


async def test_frames_queued_while_the_layer_was_down_are_dropped_and_not_sent_late(fanout, layer):
    telling = asyncio.create_task(fanout._publish_outgoing())
    await publish(fanout, "1")
    await publish(fanout, "2", "3")
    layer.answers.put_nowait(False)
    await breathe()
    layer.answers.put_nowait(True)
    await publish(fanout, "4")
    telling.cancel()

    assert layer.told == [["1"], ["4"]]


async def test_a_frame_alone_goes_to_its_group_and_several_to_every_process(fanout):
    [one, two] = [{"group": GROUP, "text": text} for text in "12"]

    assert fanout._outgoing_message([one]) == one | {"from": fanout.id}
    both = {"type": "fan.out", "group": PROCESSES, "frames": [one, two], "from": fanout.id}
    assert fanout._outgoing_message([one, two]) == both


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rooms", [1, 3])
async def test_frames_of_one_or_several_rooms_reach_another_process_in_order_and_not_their_own_twice(
    rooms, monkeypatch
):
    here, there = Fanout(), Fanout()
    # Each as in a process of its own; what a fanout does later goes on in the context it was begun in.
    own_layer = ContextVar("own_layer")
    monkeypatch.setattr(fanout_module, "get_channel_layer", own_layer.get)
    groups = [conversation_group(pk) for pk in range(1, rooms + 1)]
    ears = {fanout: Ear() for fanout in (here, there)}
    for fanout, ear in ears.items():
        own_layer.set(PipelinedChannelLayer(**settings.CHANNEL_LAYERS["default"]["CONFIG"]))
        for group in groups:
            await fanout.join(group, ear)
        async with asyncio.timeout(10):
            while any(room.state is not State.IN for room in fanout.rooms.values()):
                await asyncio.sleep(0)
    for number, group in enumerate([*groups, *groups]):
        await here.publish({"type": "fan.out", "group": group, "texts": {"shop": str(number)}})
    wanted = [str(number) for number in range(2 * rooms)]
    async with asyncio.timeout(10):
        while ears[there].shown != wanted:
            ears[there].more.clear()
            await ears[there].more.wait()

    assert ears[here].shown == wanted
    for fanout in ears:
        for task in fanout._tasks:
            task.cancel()


async def test_the_first_frame_of_a_process_reaches_the_other_processes(layer):
    fanout = Fanout()
    await publish(fanout, "1")
    for task in fanout._tasks:
        task.cancel()

    assert layer.told == [["1"]]


async def test_what_goes_to_our_own_sockets_leaves_before_other_processes_are_told(layer):
    fanout, order = Fanout(), []
    tell = layer.group_send_all

    async def noted(messages: list[dict]) -> None:
        order.append("others")
        await tell(messages)

    layer.group_send_all = noted
    layer.answers.put_nowait(True)
    # So does a socket: what is written in one turn of the loop leaves in the next.
    fanout.receive = lambda _frame: asyncio.get_running_loop().call_soon(order.append, "ours")
    fanout._start()
    await breathe()
    await publish(fanout, "one")
    for task in fanout._tasks:
        task.cancel()

    assert order == ["ours", "others"]


async def test_a_full_publish_queue_blocks_nobody(fanout, layer, monkeypatch):
    monkeypatch.setattr(fanout_module, "MOST_OUTGOING", 1)
    await publish(fanout, "1", "2")

    assert [each["text"] for each in fanout._outgoing] == ["1"]


async def test_nothing_to_show_wakes_no_publisher(fanout, layer):
    telling = asyncio.create_task(fanout._publish_outgoing())
    await fanout.publish()
    await publish(fanout, "1")
    telling.cancel()

    assert layer.told == [["1"]]


def in_room(fanout: Fanout, seen: int) -> list[str]:
    """A room of one listener, who was shown everything up to `seen`."""
    ear, room = Ear(), Room(GROUP, 1)
    room.state, room.last, room.head = State.IN, seen, seen
    room.listeners.add(ear)
    fanout.rooms[GROUP] = room
    return ear.shown


def message(seq: int) -> dict:
    return {"seq": seq, "texts": {"shop": str(seq), "customer": str(seq)}}


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """From which number on the database was asked for messages. It has three."""
    asked: list[int] = []

    async def missed(_conversation: int, after: int) -> list[dict]:
        asked.append(after)
        return [message(seq) for seq in range(after + 1, 4)]

    async def heads(_ids: list[int]) -> dict[int, dict[Audience, int]]:
        return {1: for_all_audiences(3)}

    monkeypatch.setattr(fanout_module, "_missed", missed)
    monkeypatch.setattr(fanout_module, "_heads", heads)
    return asked


async def test_the_next_message_in_sequence_needs_no_query(fanout, asked):
    shown = in_room(fanout, seen=1)
    fanout.receive({"group": GROUP, "messages": [message(2)]})
    await breathe()

    assert (asked, shown) == ([], ["2"])


async def test_messages_after_a_gap_are_fetched_with_one_query(fanout, asked):
    shown = in_room(fanout, seen=0)
    for seq in (2, 3):
        fanout.receive({"group": GROUP, "messages": [message(seq)]})
    await breathe()

    # Once for what was missing, once for whether that was all.
    assert (asked, shown) == ([0, 3], ["1", "2", "3"])


async def test_catch_up_fetches_nothing_when_no_message_was_missed(fanout, asked):
    in_room(fanout, seen=3)
    await fanout.catch_up_all()

    assert asked == []


async def test_catch_up_delivers_messages_whose_frames_were_lost(fanout, asked):
    shown = in_room(fanout, seen=1)
    await fanout.catch_up_all()

    assert (asked, shown) == ([1, 3], ["2", "3"])


async def test_catch_up_sends_no_resync_to_a_feed_that_lost_nothing(fanout):
    ear, room = Ear(), Room(ORDERS_FEED)
    room.state = State.IN
    room.listeners.add(ear)
    fanout.rooms[ORDERS_FEED] = room
    await fanout.catch_up_all()

    assert ear.shown == []
