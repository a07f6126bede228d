"""A room among others: messages that are known already, a layer that answers badly, and a socket that comes twice."""

import asyncio

import pytest

from messaging.consumers import fanout as fanout_module
from messaging.consumers.fanout import Fanout
from messaging.consumers.rooms import Room, State
from messaging.consumers.send_queue import Frames
from shopcomm.core.audiences import CUSTOMER, SHOP, Audience
from shopcomm.core.realtime import ORDERS_FEED, conversation_group

GROUP = conversation_group(1)


class Ear:
    """A socket of either side that notes what it is shown."""

    def __init__(self, *, audience: Audience = SHOP, id_: str = "a") -> None:
        self.audience, self.id, self.shown, self.looked = audience, id_, [], 0

    def send_frames(self, frames: Frames) -> None:
        self.shown += frames.texts

    def may_see(self, group: str, text: str) -> bool:
        return True

    def recheck_access(self) -> None:
        self.looked += 1


class Deaf(Ear):
    """One whose connection has just broken."""

    def send_frames(self, frames: Frames) -> None:
        raise OSError("gone")


def message(seq: int, *, note: bool = False) -> dict:
    return {
        "seq": seq,
        "texts": dict.fromkeys(["shop"] if note else ["shop", "customer"], str(seq)),
    }


def room_of(*ears: Ear, last: int = 0) -> Room:
    room = Room(GROUP, 1)
    room.state, room.last = State.IN, last
    room.listeners.update(ears)
    return room


@pytest.fixture
async def fanout(monkeypatch) -> Fanout:
    made = Fanout()
    made._tasks, made._channel = [None], "fanout-1"
    return made


async def breathe() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def test_a_room_delivers_only_messages_after_the_last_one_shown():
    ear = Ear()
    assert room_of(ear, last=2).deliver([message(1), message(2), message(3)])

    assert ear.shown == ["3"]


def test_an_internal_note_advances_the_head_of_the_shop_and_not_of_the_customer():
    shop, customer = Ear(), Ear(audience=CUSTOMER)
    room = room_of(shop, customer)
    room.deliver([message(1, note=True)])

    assert (shop.shown, customer.shown, room.head, room.heads) == (["1"], [], 1, {SHOP: 1})
    room.deliver([message(2)])
    assert (shop.shown, customer.shown, room.heads) == (["1", "2"], ["2"], {SHOP: 2, CUSTOMER: 2})


def test_messages_after_a_gap_are_not_delivered_yet():
    ear = Ear()
    room = room_of(ear, last=1)

    assert not room.deliver([message(3)])
    assert (ear.shown, room.head, room.last) == ([], 3, 1)


def test_a_frame_reaches_all_but_its_sender_and_a_failing_listener_stops_nobody():
    here, there, broken = Ear(id_="a"), Ear(id_="b"), Deaf(id_="c")
    room_of(broken, here, there).send_frame({"texts": {"shop": "typing", "customer": "typing"}, "skip": "a"})

    assert (here.shown, there.shown) == ([], ["typing"])


def test_access_is_rechecked_only_when_a_frame_asks_for_it():
    ear = Ear()
    room = room_of(ear)
    room.send_frame({"texts": {"shop": "x", "customer": "x"}})
    room.send_frame({"texts": {"shop": "y", "customer": "y"}, "recheck_access": True})

    assert (ear.shown, ear.looked) == (["x", "y"], 1)


async def test_a_resubscribing_socket_gets_its_history_before_live_messages(fanout, monkeypatch):
    heads = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(fanout_module, "_heads", lambda ids: heads)
    ear, other = Ear(), Ear(id_="b")
    fanout.rooms[GROUP] = room_of(ear, other, last=3)
    entering = asyncio.create_task(fanout.enter(1, ear, 3))
    await breathe()
    fanout.receive({"group": GROUP, "messages": [message(4)]})

    assert (ear.shown, other.shown) == ([], ["4"])
    entering.cancel()
    await breathe()
    assert ear not in fanout.rooms[GROUP].listeners
    assert other in fanout.rooms[GROUP].listeners


class BadLayer:
    """A channel layer that answers everything with an error, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = []

    async def group_add(self, group: str, channel: str) -> None:
        self.asked.append("add")
        raise OSError("no answer")

    async def group_discard(self, group: str, channel: str) -> None:
        self.asked.append("discard")
        raise OSError("no answer")


@pytest.fixture
async def bad_layer(monkeypatch) -> BadLayer:
    layer = BadLayer()
    monkeypatch.setattr(fanout_module, "get_channel_layer", lambda: layer)
    return layer


async def test_a_failing_group_discard_leaves_no_empty_room_behind(fanout, bad_layer):
    ear = Ear()
    fanout.rooms[GROUP] = room_of(ear)
    fanout.leave(GROUP, ear)
    await breathe()

    assert (bad_layer.asked, fanout.rooms) == (["discard"], {})


async def test_a_failed_group_add_is_retried_by_the_next_catch_up(fanout, bad_layer):
    await fanout.join(ORDERS_FEED, Ear())
    assert (bad_layer.asked, fanout.rooms[ORDERS_FEED].state) == (["add"], State.OUT)
    await fanout.catch_up_all()
    await breathe()

    assert (bad_layer.asked, fanout.rooms[ORDERS_FEED].state) == (["add", "add"], State.OUT)


async def test_rejoining_a_group_is_retried_six_times_and_then_left_to_the_catch_up(
    fanout, bad_layer, monkeypatch
):
    monkeypatch.setattr(fanout_module, "REJOIN_SECONDS", 0)
    await fanout.join(ORDERS_FEED, Ear())
    await fanout._rejoin("fanout-1")
    await breathe()

    # Once for joining, six times again, and once by the look that follows.
    assert bad_layer.asked == ["add"] * 8


async def test_a_failing_catch_up_does_not_end_the_loop(fanout, monkeypatch):
    async def fails(ids: list[int]) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(fanout_module, "_heads", fails)
    fanout.rooms[GROUP] = room_of(Ear())
    await fanout._catch_up_all_logged()

    assert list(fanout.rooms) == [GROUP]


async def test_messages_that_could_not_be_fetched_are_fetched_with_the_next_frame(fanout, monkeypatch):
    answers = [OSError("the database is away"), [message(1), message(2)], []]

    async def missed(conversation: int, after: int) -> list[dict]:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(fanout_module, "_missed", missed)
    ear = Ear()
    fanout.rooms[GROUP] = room_of(ear)
    for _ in range(2):
        fanout.receive({"group": GROUP, "messages": [message(2)]})
        await breathe()

    assert ear.shown == ["1", "2"]


class RestlessLayer:
    """A channel layer that is away once, then tells one frame that nobody can read and one that somebody can."""

    def __init__(self) -> None:
        self.answers = [OSError("away"), {"group": None}, {"group": GROUP, "messages": [message(1)]}]
        self.channels = 0

    async def new_channel(self, prefix: str) -> str:
        self.channels += 1
        return f"{prefix}-{self.channels}"

    async def receive(self, channel: str) -> dict:
        if not self.answers:
            return await asyncio.get_running_loop().create_future()
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    async def group_add(self, group: str, channel: str) -> None: ...


async def test_after_losing_redis_the_fanout_waits_and_listens_on_a_new_channel(fanout, monkeypatch):
    layer, waited = RestlessLayer(), []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(fanout_module, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(fanout_module, "_heads", lambda ids: _nothing())
    ear, fanout._channel = Ear(), ""
    fanout.rooms[GROUP] = room_of(ear)
    breath = asyncio.sleep
    monkeypatch.setattr(fanout_module.asyncio, "sleep", wait)
    listening = asyncio.create_task(fanout._listen())
    for _ in range(20):
        await breath(0)
    listening.cancel()

    assert (ear.shown, layer.channels, waited) == (["1"], 2, [0.5])


async def _nothing() -> dict:
    return {}
