"""Nobody is left in a room that was thrown away, whatever comes in between."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.consumers import fanout as fanout_module
from messaging.consumers.fanout import Fanout
from messaging.consumers.rooms import MOVES, UNDER_WAY, Signal, State
from messaging.consumers.send_queue import Frames
from shopcomm.core.audiences import SHOP, Audience, for_all_audiences
from shopcomm.core.realtime import conversation_group

GROUP = conversation_group(1)


class Ear:
    """A socket that notes what it is shown."""

    def __init__(self, name: str) -> None:
        self.id, self.audience, self.heard = name, SHOP, []

    def send_frame(self, text: str) -> None:
        if not text.startswith("{"):
            self.heard.append(int(text))

    def send_frames(self, frames: Frames) -> None:
        for text in frames.texts:
            self.send_frame(text)

    async def send_frames_with_backpressure(self, frames: Frames) -> None:
        self.send_frames(frames)

    def may_see(self, group: str, text: str) -> bool:
        return True

    def recheck_access(self) -> None: ...


def message(seq: int) -> dict:
    return {"seq": seq, "texts": {"shop": str(seq), "customer": str(seq)}}


class World:
    """A fanout, a log of messages, and a layer and a database whose answers come when the test lets them."""

    def __init__(self, monkeypatch) -> None:
        self.stored, self.members, self.waiting, self.tasks = 0, set(), [], []
        self.fanout = Fanout()
        self.fanout._tasks, self.fanout._channel = [None], "fanout-1"
        monkeypatch.setattr(fanout_module, "get_channel_layer", lambda: self)
        monkeypatch.setattr(fanout_module, "_heads", self.heads)
        monkeypatch.setattr(fanout_module, "_missed", self.missed)

    async def turn(self) -> None:
        """An answer that the test releases; True: it fails."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        if await answer:
            raise OSError("no answer")

    async def group_add(self, group: str, channel: str) -> None:
        await self.turn()
        self.members.add((group, channel))

    async def group_discard(self, group: str, channel: str) -> None:
        await self.turn()
        self.members.discard((group, channel))

    async def heads(self, ids: list[int]) -> dict[int, dict[Audience, int]]:
        found = for_all_audiences(self.stored)
        await self.turn()
        return {1: found}

    async def missed(self, conversation: int, after: int) -> list[dict]:
        found = [message(seq) for seq in range(after + 1, self.stored + 1)]
        await self.turn()
        return found

    @property
    def joined(self) -> bool:
        return (GROUP, self.fanout._channel) in self.members

    def publish(self, *, lost: bool = False) -> None:
        self.stored += 1
        if not lost and self.joined:
            self.fanout.receive({"group": GROUP, "messages": [message(self.stored)]})

    def begin(self, work) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def breathe(self) -> None:
        for _ in range(6):
            await asyncio.sleep(0)

    async def answer(self, *, fails: bool = False) -> None:
        while self.waiting:
            waiting = self.waiting.pop(0)
            if not waiting.done():
                waiting.set_result(fails)
                break
        await self.breathe()

    async def calm(self) -> None:
        """Everything is answered, and the fanout has looked once."""
        for _ in range(2):
            await self.breathe()
            while self.waiting:
                await self.answer()
            self.begin(self.fanout.catch_up_all())
            await self.breathe()
        while self.waiting:
            await self.answer()
        await asyncio.gather(*self.tasks, return_exceptions=True)


ACTS = ("a in", "a out", "b in", "b out", "publish", "lose one", "answer", "fail", "layer lost")
# What comes with the next act in one turn of the loop, before anything that was begun has run.
AT_ONCE = " at once"


async def play(world: World, acts: tuple[str, ...]) -> None:
    """Let it happen; whoever is in at the end and was not refused must hear everything from there on."""
    ears = {"a": Ear("a"), "b": Ear("b")}
    entered: dict[str, asyncio.Task | None] = {"a": None, "b": None}
    for given_act in acts:
        act = given_act.removesuffix(AT_ONCE)
        who, _, what = act.partition(" ")
        if what == "in":
            work = world.fanout.enter(1, ears[who], ears[who].heard[-1] if ears[who].heard else 0)
            entered[who] = asyncio.create_task(work)
            # Until it waits for the first time; what it has begun meanwhile has not run yet.
            await asyncio.sleep(0)
        elif what == "out":
            world.fanout.leave(GROUP, ears[who])
            entered[who] = None
        elif act == "layer lost":
            world.members.clear()
            world.fanout._lose_layer()
            world.fanout._channel = f"fanout-{acts.index(given_act)}-{len(world.tasks)}-{world.stored}"
            world.fanout._join_rooms()
        elif act in ("publish", "lose one"):
            world.publish(lost=act == "lose one")
        else:
            await world.answer(fails=act == "fail")
        if act == given_act:
            await world.breathe()
    await world.calm()
    world.publish()
    await world.calm()
    for who, task in entered.items():
        if task is None or task.exception() is not None:
            continue
        assert ears[who].heard[-1:] == [world.stored], f"{who} is deaf after {acts}"
        fresh = list(dict.fromkeys(ears[who].heard))
        assert fresh == list(range(1, world.stored + 1)), f"{who} has a gap after {acts}"
    wanted = any(task is not None and task.exception() is None for task in entered.values())
    assert (GROUP in world.fanout.rooms) == wanted, f"the room is kept or thrown away wrongly after {acts}"
    # Having left may fail: frames of a room that nobody has are passed over.
    assert world.joined or not wanted, f"nothing comes from other processes after {acts}"
    assert wanted or not world.joined or any("fail" in act for act in acts), (
        f"a group is kept for nobody after {acts}"
    )


# Who enters while another leaves, each step before, between and after the layer's answers.
CORE = ("a out", "b in", "publish", "answer", "answer", "answer")


async def test_no_interleaving_of_join_leave_and_publish_leaves_a_listener_without_messages(monkeypatch):
    seen = set(itertools.permutations(CORE))
    for order in seen:
        with monkeypatch.context() as patch:
            await play(World(patch), ("a in", "answer", "answer", *order))
    assert len(seen) == 120


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "acts",
    [
        ("a in at once", "a out"),
        ("a in", "answer", "answer", "a out at once", "b in"),
        ("a in", "answer", "answer", "a out at once", "b in at once", "b out"),
    ],
    ids="/".join,
)
async def test_joining_and_leaving_in_one_turn_of_the_event_loop_blocks_nobody(monkeypatch, acts):
    await play(World(monkeypatch), acts)


@settings(max_examples=400, deadline=None)
@given(acts=st.lists(st.sampled_from((*ACTS, *(act + AT_ONCE for act in ACTS))), max_size=30))
def test_in_any_sequence_of_steps_every_listener_gets_every_message(acts):
    async def run() -> None:
        with pytest.MonkeyPatch.context() as patch:
            await play(World(patch), tuple(acts))

    asyncio.run(run())


def test_every_room_state_is_reachable():
    reached, edge = {State.OUT}, [State.OUT]
    while edge:
        state = edge.pop()
        for (origin, _signal), goal in MOVES.items():
            if origin is state and goal not in reached:
                reached.add(goal)
                edge.append(goal)
    assert reached == set(State)
    for state in set(State) - {State.GONE}:
        assert any(origin is state for origin, _signal in MOVES), state
    ends = {Signal.ADDED, Signal.REFUSED, Signal.DISCARDED}
    for state in UNDER_WAY:
        assert any((state, signal) in MOVES for signal in ends), state


async def test_a_lost_frame_is_detected_by_the_next_one(monkeypatch):
    world, ear = World(monkeypatch), Ear("a")
    world.begin(world.fanout.enter(1, ear, 0))
    await world.breathe()
    while world.waiting:
        await world.answer()
    world.publish(lost=True)
    world.publish()
    await world.breathe()
    assert ear.heard == []
    while world.waiting:
        await world.answer()

    assert ear.heard == [1, 2]


async def test_a_listener_joining_a_room_with_a_gap_sees_no_message_twice(monkeypatch):
    world, here, back = World(monkeypatch), Ear("a"), Ear("b")
    world.begin(world.fanout.enter(1, here, 0))
    await world.calm()
    for _ in range(3):
        world.publish(lost=True)
    # Has had two of the three elsewhere.
    world.begin(world.fanout.enter(1, back, 2))
    await world.calm()

    assert (here.heard, back.heard) == ([1, 2, 3], [3])
