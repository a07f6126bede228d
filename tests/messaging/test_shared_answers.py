"""What many sockets ask at once is asked once, and anew as soon as it may have changed."""

import asyncio

import pytest

from messaging.consumers import shared_answers
from messaging.consumers.rooms import Room
from messaging.consumers.shared_answers import SharedAnswers
from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.realtime import encode_frame


class Question:
    """Counts how often it is asked, and is answered when the test lets it be."""

    def __init__(self) -> None:
        self.times = 0
        self.free = asyncio.Event()
        self.fails = False

    async def ask(self) -> int:
        self.times += 1
        asked = self.times
        await self.free.wait()
        if self.fails:
            raise OSError("the database is away")
        return asked


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    time = {"now": 100.0}
    monkeypatch.setattr(shared_answers.time, "monotonic", lambda: time["now"])
    return time


async def test_those_who_ask_at_once_get_one_answer_even_if_the_first_leaves() -> None:
    question, answers = Question(), SharedAnswers(2.0)
    first, *others = [asyncio.create_task(answers.get("head", question.ask)) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    question.free.set()
    assert await asyncio.gather(*others) == [1, 1, 1, 1]


async def test_an_answer_is_good_for_its_seconds_and_asked_anew_after_them(clock) -> None:
    question, answers = Question(), SharedAnswers(2.0)
    question.free.set()
    found = []
    for later in (0.0, 1.9, 0.2):
        clock["now"] += later
        found.append(await answers.get("head", question.ask))
    assert found == [1, 1, 2]


async def test_a_failure_is_told_to_all_who_asked_and_asked_anew_by_the_next() -> None:
    question, answers = Question(), SharedAnswers(2.0)
    question.fails = True
    question.free.set()
    told = await asyncio.gather(
        *(answers.get("head", question.ask) for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in told] == [OSError] * 3
    question.fails = False
    assert await answers.get("head", question.ask) == 2


async def test_one_key_is_forgotten_without_the_others() -> None:
    question, answers = Question(), SharedAnswers(2.0)
    question.free.set()
    assert [await answers.get(key, question.ask) for key in "ab"] == [1, 2]
    answers.forget("a")
    assert [await answers.get(key, question.ask) for key in "ab"] == [3, 2]


async def test_a_read_marker_is_asked_anew_once_somebody_has_read() -> None:
    question, room = Question(), Room("conversation.1", 1)
    question.free.set()
    assert [await room.peer_marks.get(True, question.ask) for _ in range(2)] == [1, 1]
    for kind in ("typing", "message.read"):
        room.send_frame(encode_frame(room.group, for_all_audiences({"type": kind})))
    assert await room.peer_marks.get(True, question.ask) == 2
