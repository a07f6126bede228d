"""Positions under concurrent writers, handlers that fail, letters nobody could deliver, a relay that dies."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.handlers import on, unregister
from shopcomm.core.events.models import DeadLetter, DomainEvent, HandlerCursor
from shopcomm.core.events.publish import Event, publish
from shopcomm.core.events.relay import MAX_FAILURES, position_new_events, relay, retry_dead_letter
from shopcomm.core.events.selectors import events_after, last_position

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, kw_only=True)
class BagCounted(Event):
    type: ClassVar[str] = "test.bag_counted"
    number: int


@dataclass(frozen=True, kw_only=True)
class BagLost(Event):
    type: ClassVar[str] = "test.bag_lost"


def count_bag(number: int) -> DomainEvent:
    with transaction.atomic():
        return publish(BagCounted(number=number), actor=Actor.system())


def numbers(events: list[DomainEvent]) -> list[int]:
    return [event.data["number"] for event in events]


class Recorder:
    """A handler that notes what it was given, and fails as often as it is told."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.fails: Callable[[int], BaseException | None] = lambda number: None

    def __call__(self, event: DomainEvent) -> None:
        self.seen.append(event.data["number"])
        if error := self.fails(event.data["number"]):
            raise error


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    note = Recorder()

    @on(BagCounted)
    def record(event: DomainEvent) -> None:
        note(event)

    yield note
    unregister(f"{record.__module__}.{record.__qualname__}")


def cursor_of() -> HandlerCursor:
    return HandlerCursor.objects.get(name__endswith="recorder.<locals>.record")


def no_more_waiting() -> None:
    HandlerCursor.objects.update(retry_at=timezone.now() - timedelta(seconds=1))


# --- positions -----------------------------------------------------------------------------------
def test_an_event_that_commits_late_comes_after_what_was_read_already():
    may_commit, has_published = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            publish(BagCounted(number=1), actor=Actor.system())
            has_published.set()
            may_commit.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slow_writer)
        assert has_published.wait(10)
        count_bag(2)
        first = events_after(0, limit=10)
        may_commit.set()
        slow.result()
    second = events_after(first[-1].position, limit=10)

    assert (numbers(first), numbers(second)) == ([2], [1])
    assert second[0].pk < first[0].pk
    assert (first[0].position, second[0].position) == (1, 2)


def test_a_reader_beside_twelve_writers_sees_every_event_once_and_each_writer_in_order():
    pause = threading.Event()

    def write(writer: int) -> None:
        for number in range(15):
            with transaction.atomic():
                publish(BagCounted(number=writer * 100 + number), actor=Actor.system())
                pause.wait((writer * 7 + number * 3) % 5 / 500)
        connection.close()

    read: list[int] = []
    with ThreadPoolExecutor(12) as pool:
        writing = [pool.submit(write, writer) for writer in range(12)]
        position, finished = 0, False
        while not finished:
            finished = all(writer.done() for writer in writing)
            while page := events_after(position, limit=7):
                read += numbers(page)
                position = page[-1].position
        assert [writer.result() for writer in writing] == [None] * 12

    assert len(read) == len(set(read)) == 180
    for writer in range(12):
        assert [n for n in read if n // 100 == writer] == [writer * 100 + number for number in range(15)]
    given = DomainEvent.objects.order_by("position").values_list("position", flat=True)
    assert list(given) == list(range(1, 181))


def test_relays_at_the_same_time_give_each_event_one_position_without_gaps():
    DomainEvent.objects.bulk_create([DomainEvent(type="test.bag_lost") for _ in range(1200)])

    def give(_: int) -> int:
        try:
            return position_new_events()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(give, range(6))) == 1200
    given = DomainEvent.objects.order_by("position").values_list("position", "id")
    assert [position for position, _id in given] == list(range(1, 1201))
    assert [pk for _position, pk in given] == sorted(pk for _position, pk in given)


def test_a_rolled_back_event_leaves_no_gap():
    count_bag(1)
    with transaction.atomic():
        publish(BagCounted(number=2), actor=Actor.system())
        transaction.set_rollback(True)
    count_bag(3)

    assert [(event.position, event.data["number"]) for event in events_after(0, limit=10)] == [(1, 1), (2, 3)]
    assert last_position() == 2


def test_a_page_by_type_goes_on_where_it_stopped():
    for number in range(4):
        count_bag(number)
        with transaction.atomic():
            publish(BagLost(), actor=Actor.system())
    first = events_after(0, limit=3, event_type="test.bag_counted")
    second = events_after(first[-1].position, limit=3, event_type="test.bag_counted")

    assert (numbers(first), numbers(second)) == ([0, 1, 2], [3])


# --- handlers ------------------------------------------------------------------------------------
def test_a_handler_sees_its_kind_of_event_in_order_and_once(recorder: Recorder):
    for number in range(3):
        count_bag(number)
    with transaction.atomic():
        publish(BagLost(), actor=Actor.system())
    relay()
    relay()

    assert recorder.seen == [0, 1, 2]
    assert cursor_of().position == 4


def test_a_handler_sees_more_than_one_batch_in_one_relay(recorder: Recorder):
    rows = [DomainEvent(type=BagCounted.type, data={"number": number}) for number in range(1100)]
    DomainEvent.objects.bulk_create(rows)
    relay()

    assert recorder.seen == list(range(1100))


def test_a_failing_handler_waits_longer_each_time_and_holds_its_place(recorder: Recorder):
    count_bag(0)
    count_bag(1)
    recorder.fails = lambda number: ValueError("no") if number == 0 else None
    waits = []
    for _ in range(3):
        no_more_waiting()
        relay()
        relay()  # too early: nothing is tried
        waits.append((cursor_of().retry_at - timezone.now()).total_seconds())

    assert recorder.seen == [0, 0, 0]
    assert (cursor_of().position, cursor_of().failures) == (0, 3)
    assert waits == pytest.approx([2, 4, 8], abs=1)


def test_a_handler_that_works_again_goes_on_and_forgets_its_failures(recorder: Recorder):
    count_bag(0)
    count_bag(1)
    recorder.fails = lambda number: ValueError("no")
    relay()
    recorder.fails = lambda number: None
    no_more_waiting()
    relay()

    assert recorder.seen == [0, 0, 1]
    assert (cursor_of().position, cursor_of().failures, cursor_of().retry_at) == (2, 0, None)
    assert not DeadLetter.objects.exists()


def test_an_event_that_always_fails_is_parked_and_the_next_one_is_handled(recorder: Recorder):
    poison = count_bag(0)
    count_bag(1)
    recorder.fails = lambda number: ValueError("broken bag") if number == 0 else None
    for _ in range(MAX_FAILURES):
        no_more_waiting()
        relay()

    assert recorder.seen == [0] * MAX_FAILURES + [1]
    letter = DeadLetter.objects.get()
    assert (letter.event_id, letter.error, letter.resolved_at) == (
        poison.pk,
        "ValueError('broken bag')",
        None,
    )
    assert (cursor_of().position, cursor_of().failures) == (2, 0)


def test_a_dead_letter_can_be_retried_until_it_goes_well(recorder: Recorder):
    event = count_bag(0)
    recorder.fails = lambda number: ValueError("first")
    for _ in range(MAX_FAILURES):
        no_more_waiting()
        relay()
    letter = DeadLetter.objects.get(event=event)
    recorder.fails = lambda number: ValueError("second")
    assert not retry_dead_letter(letter)
    assert (letter.error, letter.resolved_at) == ("ValueError('second')", None)
    recorder.fails = lambda number: None

    assert retry_dead_letter(letter)
    letter.refresh_from_db()
    assert letter.resolved_at is not None


def test_what_a_failing_handler_wrote_is_undone(recorder: Recorder):
    count_bag(0)
    writes = iter([ValueError("after writing"), None])

    def write_then_maybe_fail(number: int) -> BaseException | None:
        DomainEvent.objects.create(type="test.written")
        return next(writes)

    recorder.fails = write_then_maybe_fail
    relay()
    assert not DomainEvent.objects.filter(type="test.written").exists()
    no_more_waiting()
    relay()

    assert DomainEvent.objects.filter(type="test.written").count() == 1


def test_one_failing_handler_holds_up_no_other(recorder: Recorder):
    heard: list[int] = []

    @on(BagCounted)
    def zealous(event: DomainEvent) -> None:
        heard.append(event.data["number"])

    recorder.fails = lambda number: ValueError("no")
    count_bag(0)
    count_bag(1)
    try:
        relay()
    finally:
        unregister(f"{zealous.__module__}.{zealous.__qualname__}")

    assert (recorder.seen, heard) == ([0], [0, 1])


def test_a_relay_that_dies_in_a_batch_leaves_the_cursor_and_the_next_one_repeats_the_batch(
    recorder: Recorder,
):
    for number in range(4):
        count_bag(number)
    # Not an Exception: the process ends, nothing gets to note a failure.
    recorder.fails = lambda number: SystemExit() if number == 2 else None
    with pytest.raises(SystemExit):
        relay()
    assert (cursor_of().position, cursor_of().failures) == (0, 0)
    recorder.fails = lambda number: None
    relay()

    assert recorder.seen == [0, 1, 2, 0, 1, 2, 3]
    assert cursor_of().position == 4


def test_two_relays_at_once_hand_no_event_to_a_handler_twice(recorder: Recorder):
    inside, go_on = threading.Event(), threading.Event()

    def hold(number: int) -> None:
        inside.set()
        go_on.wait(10)

    recorder.fails = hold
    for number in range(3):
        count_bag(number)

    def first() -> None:
        try:
            relay()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert inside.wait(10)
        relay()  # the cursor is taken: passes on at once
        go_on.set()
        running.result()

    assert recorder.seen == [0, 1, 2]


@pytest.fixture
def loose() -> Iterator[Recorder]:
    """A handler that needs no order."""
    note = Recorder()

    @on(BagCounted, in_order=False)
    def record(event: DomainEvent) -> None:
        note(event)

    yield note
    unregister(f"{record.__module__}.{record.__qualname__}")


def test_a_handler_that_needs_no_order_goes_on_past_what_fails_and_tries_it_again(loose: Recorder):
    poison = count_bag(0)
    count_bag(1)
    loose.fails = lambda number: ValueError("broken bag") if number == 0 else None
    relay()
    assert loose.seen == [0, 1]
    letter = DeadLetter.objects.get(event=poison)
    assert (letter.failures, letter.error, letter.resolved_at) == (1, "ValueError('broken bag')", None)
    relay()
    assert loose.seen == [0, 1]
    DeadLetter.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    loose.fails = lambda number: None
    relay()
    letter.refresh_from_db()
    assert loose.seen == [0, 1, 0]
    assert letter.resolved_at is not None
    assert letter.retry_at is None


def test_what_was_set_aside_is_left_to_a_person_after_as_many_failures(loose: Recorder):
    count_bag(0)
    loose.fails = lambda number: ValueError("broken bag")
    for _ in range(MAX_FAILURES + 2):
        relay()
        DeadLetter.objects.exclude(retry_at=None).update(retry_at=timezone.now() - timedelta(seconds=1))
    letter = DeadLetter.objects.get()
    assert (loose.seen, letter.failures, letter.retry_at) == ([0] * MAX_FAILURES, MAX_FAILURES, None)
    loose.fails = lambda number: None
    assert retry_dead_letter(letter)
