"""Readers are rows: any kind of them, paused ones, several relays for one, readers that need no order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.handlers import Handler, forget_handler, on
from shopcomm.core.events.holding import MAX_FAILURES
from shopcomm.core.events.lags import trouble_of_readers
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.publish import publish
from shopcomm.core.events.readers import add_reader, forget_reader_kind, reader_kind
from shopcomm.core.events.relay import relay
from shopcomm.core.realtime import without_pushes
from tests.core.bags import BagCounted, BagLost, Recorder, count_bag, number_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def notebooks() -> Iterator[dict[str, list[int]]]:
    """A kind of reader that no handler is: each row writes the numbers of its own colour into its own book."""
    books: dict[str, list[int]] = {}

    @reader_kind("notebook")
    def notebook(reader: Reader) -> Handler:
        def write(event: DomainEvent) -> None:
            books.setdefault(reader.configuration["colour"], []).append(number_of(event))

        return Handler(reader.name, frozenset({BagCounted.type}), write)

    yield books
    forget_reader_kind("notebook")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A handler that needs no order."""
    note = Recorder()

    @on(BagCounted, in_order=False)
    def record(event: DomainEvent) -> None:
        note(event)

    yield note
    forget_handler(f"{record.__module__}.{record.__qualname__}")


def test_a_new_reader_row_reads_events_from_the_moment_it_was_added(notebooks):
    count_bag(1)
    add_reader(name="notebook:1", kind="notebook", configuration={"colour": "red"})
    count_bag(2)
    add_reader(name="notebook:2", kind="notebook", configuration={"colour": "blue"})
    add_reader(name="notebook:3", kind="notebook", configuration={"colour": "all"}, from_the_start=True)
    add_reader(name="notebook:1", kind="notebook", configuration={"colour": "green"})
    count_bag(3)
    relay()

    assert notebooks == {"red": [2, 3], "blue": [3], "all": [1, 2, 3]}


def test_a_paused_reader_resumes_at_its_cursor(notebooks):
    reader = add_reader(name="notebook:1", kind="notebook", configuration={"colour": "red"})
    office = admin.site._registry[Reader]
    count_bag(1)
    relay()
    Reader.objects.filter(pk=reader.pk).update(state=Reader.State.PAUSED)
    count_bag(2)
    relay()
    assert notebooks == {"red": [1]}
    shown = office.get_queryset(RequestFactory().get("/")).get(pk=reader.pk)
    assert (office.behind(shown), office.held(shown)) == (1, 0)
    Reader.objects.filter(pk=reader.pk).update(state=Reader.State.ACTIVE)
    relay()

    assert notebooks == {"red": [1, 2]}


def test_a_reader_of_an_unknown_kind_is_skipped(notebooks):
    add_reader(name="letterbox:1", kind="letterbox")
    add_reader(name="notebook:1", kind="notebook", configuration={"colour": "red"})
    count_bag(1)
    relay()

    assert (Reader.objects.get(pk="letterbox:1").position, notebooks) == (0, {"red": [1]})


def test_a_reader_whose_next_event_is_old_is_reported_as_behind(notebooks):
    add_reader(name="notebook:1", kind="notebook", configuration={"colour": "red"})
    event = count_bag(1)
    now = event.occurred_at
    Reader.objects.exclude(kind="notebook").delete()
    assert trouble_of_readers(now + timedelta(minutes=4)).behind == []
    assert trouble_of_readers(now + timedelta(minutes=6)).behind == ["notebook:1"]
    relay()

    assert trouble_of_readers(now + timedelta(minutes=6)).behind == []


def test_imported_events_are_given_only_to_handlers_that_ask_for_history(recorder, notebooks):
    heard: list[int] = []

    @on(BagCounted, history=True)
    def chronicle(event: DomainEvent) -> None:
        heard.append(number_of(event))

    with without_pushes():
        for number in range(3):
            count_bag(number)
    count_bag(3)
    try:
        relay()
    finally:
        forget_handler(f"{chronicle.__module__}.{chronicle.__qualname__}")

    assert (recorder.seen, heard) == ([3], [0, 1, 2, 3])
    assert set(Reader.objects.values_list("position", flat=True)) == {4}


def test_concurrent_relays_hand_over_each_event_once_and_in_order(recorder):
    for number in range(60):
        count_bag(number, order_id=number % 3)

    def run(_: int) -> None:
        try:
            relay()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    # Whoever found the reader taken has passed on; the last word is the clock's.
    relay()

    assert recorder.seen == list(range(60))


def test_a_reader_without_ordering_continues_past_a_failed_event_and_retries_it(recorder):
    poison = count_bag(0)
    count_bag(1)
    recorder.fails = lambda number: ValueError("broken bag") if number == 0 else None
    relay()
    assert recorder.seen == [0, 1]
    held = HeldEvent.objects.get(event=poison)
    assert (held.failures, held.error, held.stream) == (1, "ValueError('broken bag')", "")
    relay()
    assert recorder.seen == [0, 1]
    HeldEvent.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    recorder.fails = lambda number: None
    relay()

    assert recorder.seen == [0, 1, 0]
    assert not HeldEvent.objects.exists()


def test_an_event_that_keeps_failing_becomes_a_dead_letter_after_max_failures(recorder):
    count_bag(0)
    recorder.fails = lambda number: ValueError("broken bag")
    for _ in range(MAX_FAILURES + 2):
        relay()
        HeldEvent.objects.update(retry_at=timezone.now() - timedelta(seconds=1))

    assert (recorder.seen, DeadLetter.objects.get().failures) == ([0] * MAX_FAILURES, MAX_FAILURES)


def test_an_order_that_always_fails_delays_none_of_200_others():
    note = Recorder()

    @on(BagCounted)
    def record(event: DomainEvent) -> None:
        note(event)

    note.fails = lambda number: ValueError("this order cannot be read") if number == 0 else None
    bags = [(0, 7), *((number, 1000 + number) for number in range(1, 201)), (201, 7)]
    try:
        with transaction.atomic():
            for number, order in bags:
                publish(BagCounted(number=number, order_id=order), actor=Actor.system())
            publish(BagLost(), actor=Actor.system())
        relay()
    finally:
        forget_handler(f"{record.__module__}.{record.__qualname__}")

    # It may have been tried again meanwhile.
    assert [number for number in note.seen if number] == list(range(1, 201))
    assert [number_of(row.event) for row in HeldEvent.objects.order_by("position")] == [0, 201]
