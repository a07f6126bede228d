"""What readers of the log are given: handlers that fail, a relay that dies, two relays at once, a clock set back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.handlers import forget_handler, on
from shopcomm.core.events.holding import MAX_FAILURES, retry_dead_letter
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.publish import publish
from shopcomm.core.events.relay import relay
from tests.core.bags import BagCounted, BagLost, Recorder, count_bag, number_of, numbers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    note = Recorder()

    @on(BagCounted)
    def record(event: DomainEvent) -> None:
        note(event)

    yield note
    forget_handler(f"{record.__module__}.{record.__qualname__}")


def reader_of() -> Reader:
    return Reader.objects.get(name__endswith="recorder.<locals>.record")


def no_more_waiting() -> None:
    HeldEvent.objects.exclude(retry_at=None).update(retry_at=timezone.now() - timedelta(seconds=1))


def test_a_handler_gets_each_event_of_its_kind_once_and_in_order(recorder: Recorder):
    for number in range(3):
        count_bag(number)
    with transaction.atomic():
        publish(BagLost(), actor=Actor.system())
    relay()
    relay()

    assert recorder.seen == [0, 1, 2]
    assert reader_of().position == 4


def test_one_relay_run_hands_over_more_than_one_batch(recorder: Recorder):
    rows = [DomainEvent(type=BagCounted.type, data={"number": number}) for number in range(450)]
    DomainEvent.objects.bulk_create(rows)
    relay()

    assert recorder.seen == list(range(450))


def test_a_failing_event_is_retried_with_back_off_and_later_events_of_its_order_wait(recorder: Recorder):
    for number, order in [(0, 1), (1, 1), (2, 2), (3, None)]:
        count_bag(number, order)
    recorder.fails = lambda number: ValueError("no") if number == 0 else None
    waits = []
    for _ in range(3):
        no_more_waiting()
        relay()
        relay()  # too early: nothing is tried
        head = HeldEvent.objects.get(failures__gt=0)
        waits.append((head.retry_at - timezone.now()).total_seconds())

    assert recorder.seen == [0, 2, 3, 0, 0]
    assert (reader_of().position, head.failures, head.error) == (4, 3, "ValueError('no')")
    assert waits == pytest.approx([2, 4, 8], abs=1)
    behind = HeldEvent.objects.get(failures=0)
    assert (number_of(behind.event), behind.retry_at, behind.stream) == (1, None, "order:1")


def test_an_order_whose_failed_event_succeeds_continues_in_sequence(recorder: Recorder):
    count_bag(0)
    count_bag(1)
    recorder.fails = lambda number: ValueError("no")
    relay()
    # Later than the failure: it must not overtake what waits.
    count_bag(2)
    recorder.fails = lambda number: None
    no_more_waiting()
    relay()
    count_bag(3)
    relay()

    assert recorder.seen == [0, 0, 1, 2, 3]
    assert (HeldEvent.objects.count(), DeadLetter.objects.count()) == (0, 0)


def test_an_event_that_always_fails_becomes_a_dead_letter_and_its_order_continues(recorder: Recorder):
    poison = count_bag(0)
    count_bag(1)
    recorder.fails = lambda number: ValueError("broken bag") if number == 0 else None
    for _ in range(MAX_FAILURES):
        no_more_waiting()
        relay()

    assert recorder.seen == [0] * MAX_FAILURES + [1]
    letter = DeadLetter.objects.get()
    assert (letter.reader, letter.event_id, letter.error, letter.failures, letter.resolved_at) == (
        reader_of().name,
        poison.pk,
        "ValueError('broken bag')",
        MAX_FAILURES,
        None,
    )
    assert HeldEvent.objects.count() == 0


def test_a_dead_letter_can_be_retried_until_it_succeeds_and_not_after(recorder: Recorder):
    event = count_bag(0)
    recorder.fails = lambda number: ValueError("first")
    for _ in range(MAX_FAILURES):
        no_more_waiting()
        relay()
    letter = DeadLetter.objects.get(event=event)
    recorder.fails = lambda number: ValueError("second")
    assert not retry_dead_letter(letter)
    letter.refresh_from_db()
    assert (letter.error, letter.resolved_at) == ("ValueError('second')", None)
    recorder.fails = lambda number: None

    assert (retry_dead_letter(letter), retry_dead_letter(letter)) == (True, True)
    letter.refresh_from_db()
    assert letter.resolved_at is not None
    assert recorder.seen == [0] * (MAX_FAILURES + 2)


def test_a_clock_set_back_an_hour_delays_no_event(recorder: Recorder):
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        count_bag(0)
        recorder.fails = lambda number: ValueError("no")
        relay()
    recorder.fails = lambda number: None
    count_bag(1)
    relay()

    assert recorder.seen == [0, 0, 1]


def test_writes_of_a_failing_handler_are_rolled_back(recorder: Recorder):
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


def test_a_failing_handler_delays_no_other_handler(recorder: Recorder):
    heard: list[int] = []

    @on(BagCounted)
    def zealous(event: DomainEvent) -> None:
        heard.append(number_of(event))

    recorder.fails = lambda number: ValueError("no")
    count_bag(0)
    count_bag(1)
    try:
        relay()
    finally:
        forget_handler(f"{zealous.__module__}.{zealous.__qualname__}")

    assert (recorder.seen, heard) == ([0], [0, 1])


def test_a_relay_killed_between_two_events_has_committed_the_first(recorder: Recorder):
    for number in range(4):
        count_bag(number)
    # Not an Exception: the process ends, nothing gets to note a failure.
    recorder.fails = lambda number: SystemExit() if number == 2 else None
    with pytest.raises(SystemExit):
        relay()
    assert (reader_of().position, HeldEvent.objects.count()) == (2, 0)
    recorder.fails = lambda number: None
    relay()

    assert recorder.seen == [0, 1, 2, 2, 3]
    assert reader_of().position == 4


def test_locks_of_a_handler_are_released_before_the_next_event(recorder: Recorder):
    free = []

    def lock(number: int) -> None:
        if number:
            with ThreadPoolExecutor(1) as pool:
                free.extend(pool.submit(locked_now, number - 1).result())
        list(DomainEvent.objects.select_for_update().filter(data__number=number))

    recorder.fails = lock
    for number in range(3):
        count_bag(number, order_id=number)
    relay()

    assert free == [0, 1]


def locked_now(number: int) -> list[int]:
    """The number, where the event's row is free."""
    try:
        with transaction.atomic():
            rows = DomainEvent.objects.select_for_update(skip_locked=True).filter(data__number=number)
            return numbers(list(rows))
    finally:
        connection.close()


def test_two_concurrent_relays_hand_no_event_to_a_handler_twice(recorder: Recorder):
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
