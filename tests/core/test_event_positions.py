"""Positions under concurrent writers: without gaps, in order, and read by nobody before they are settled."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.positions import POSITION_LOCK, position_new_events
from shopcomm.core.events.publish import publish
from shopcomm.core.events.selectors import events_after, events_after_and_new, last_position
from tests.core.bags import BagCounted, BagLost, count_bag, number_of, numbers

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_that_commits_late_gets_a_position_after_those_already_read():
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


def test_concurrent_relays_give_each_event_one_position_without_gaps():
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

    assert [(event.position, number_of(event)) for event in events_after(0, limit=10)] == [(1, 1), (2, 3)]
    assert last_position() == 2


def test_a_page_of_events_filtered_by_type_continues_where_it_stopped():
    for number in range(4):
        count_bag(number)
        with transaction.atomic():
            publish(BagLost(), actor=Actor.system())
    first = events_after(0, limit=3, event_type="test.bag_counted")
    second = events_after(first[-1].position, limit=3, event_type="test.bag_counted")

    assert (numbers(first), numbers(second)) == ([0, 1, 2], [3])


def test_reading_events_neither_waits_for_the_position_lock_nor_writes(django_assert_num_queries):
    count_bag(1)
    has_lock, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POSITION_LOCK])
            has_lock.set()
            may_end.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert has_lock.wait(10)
        DomainEvent.objects.create(type=BagCounted.type, data={"number": 2})
        with django_assert_num_queries(2) as asked:
            settled, with_new = events_after(0, limit=10), events_after_and_new(0, limit=10)
        may_end.set()
        holding.result()

    # What has no position yet is in no page; a live feed, which hears of the rest another way, is told of it as well.
    assert (numbers(settled), numbers(with_new)) == ([1], [1, 2])
    assert all(each["sql"].lstrip("(").startswith("SELECT") for each in asked.captured_queries)


def test_a_transaction_with_many_events_assigns_positions_and_wakes_the_relay_once(monkeypatch):
    woken = []
    monkeypatch.setattr("shopcomm.core.events.publish.wake_relay", lambda: woken.append(last_position()))
    with transaction.atomic():
        for number in range(3):
            publish(BagCounted(number=number), actor=Actor.system())
        with transaction.atomic():
            publish(BagLost(), actor=Actor.system())
            transaction.set_rollback(True)
        assert woken == []

    assert woken == [3]
