"""What waits unread for whom: the numbers that are kept are those that a look at every message finds."""

import importlib
from datetime import timedelta
from itertools import product
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Conversation, Membership, Message, Sender, Side
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.inbox_rows import folder_number
from messaging.selectors.own import unread_of_orders
from messaging.selectors.rows import conversation_summaries, orders_with_unread
from messaging.selectors.unread import (
    COUNTS_FOR_CUSTOMER,
    COUNTS_FOR_SHOP,
    count_unread_conversations,
    counted_messages,
    counting_side,
    having_unread,
    membership_of,
    side_of,
    with_unread,
)
from messaging.services.conversations import open_enquiry
from messaging.services.custody import close_conversation, reopen_conversation
from messaging.services.memberships import open_read_positions
from messaging.services.messages import mark_read, recall_message, send_message
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.database import batches
from shopcomm.core.database.prepared import ask_numbers
from tests.deadlocks import WAITS_FOR_ME
from tests.factories import CustomerFactory, StaffFactory, make_order

KINDS = [
    {"sender_kind": sender, "kind": kind, "internal": internal, "acknowledges": thanks}
    for sender, kind, internal, thanks in product(
        Sender.values, ("text", "card", "event"), (False, True), (False, True)
    )
]


def test_a_message_is_unread_for_the_other_side_unless_it_is_an_acknowledgement() -> None:
    sides = {
        (each["sender_kind"], each["kind"], each["internal"], each["acknowledges"]): counting_side(
            Message(**each)
        )
        for each in KINDS
    }
    assert sides["customer", "text", False, False] == Side.SHOP
    assert sides["customer", "text", False, True] is None
    assert sides["staff", "text", False, False] == sides["system", "card", False, False] == Side.CUSTOMER
    assert sides["assistant", "text", False, False] == Side.CUSTOMER
    assert sides["staff", "text", True, False] is sides["system", "event", False, False] is None


@pytest.mark.django_db
def test_every_sql_statement_counts_unread_messages_by_the_same_rule(conversation: Conversation) -> None:
    rows = Message.objects.bulk_create(
        Message(
            **each,
            conversation=conversation,
            seq=100 + place,
            client_id=uuid4(),
            created_at=conversation.created_at,
        )
        for place, each in enumerate(KINDS)
    )
    for side, counts in ((Side.SHOP, COUNTS_FOR_SHOP), (Side.CUSTOMER, COUNTS_FOR_CUSTOMER)):
        expected = {row.pk for row in rows if counting_side(row) == side}
        found = {row.pk for row in counted_messages(conversation.pk, side, after=99)}
        raw = Message.objects.raw(
            f"SELECT id FROM messaging_message WHERE conversation_id = %s AND seq > 99 AND {counts}",
            [conversation.pk],
        )
        assert expected == found == {row.pk for row in raw}


@pytest.mark.django_db
@pytest.mark.parametrize("seq", [0, 1, 2, 99])
def test_those_who_open_a_conversation_together_stand_where_each_would_alone(
    conversation: Conversation, customer, sales, manager, seq: int
) -> None:
    readers = [Actor.customer(customer), Actor.staff(sales), Actor.staff(manager)]
    for actor in (readers[0], readers[1], readers[0]):
        send_message(actor=actor, conversation_id=conversation.pk, client_id=uuid4(), body="还有货吗")
    stand = Membership.objects.order_by("member_kind", "member_id").values_list(
        "member_kind", "member_id", "side", "read_seq", "read_total"
    )
    for actor in readers:
        mark_read(actor=actor, conversation_id=conversation.pk, seq=seq)
    alone = list(stand)
    Membership.objects.all().delete()

    open_read_positions(readers=readers, conversation_id=conversation.pk, seq=seq)

    assert list(stand) == alone


def looked_up(talk: Conversation, side: Side, read: int) -> int:
    """What a look at every message finds."""
    after = max(read, talk.closed_seq) if side == Side.SHOP else read
    messages = Message.objects.filter(conversation=talk, recalled_at=None, seq__gt=after)
    return sum(counting_side(each) == side for each in messages)


WHO = st.sampled_from(["customer", "seller", "boss"])
STEPS = st.one_of(
    st.tuples(st.just("say"), WHO, st.sampled_from(["在吗", "谢谢"]), st.booleans()),
    st.tuples(st.just("read"), WHO, st.integers(0, 12)),
    st.tuples(st.just("recall"), WHO, st.integers(0, 5)),
    st.tuples(st.sampled_from(["close", "reopen"])),
)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_stored_unread_counts_always_equal_a_recount_of_all_messages(steps) -> None:
    with transaction.atomic():
        customer = CustomerFactory()
        people = {
            "customer": Actor.customer(customer),
            "seller": Actor.staff(StaffFactory(role="sales")),
            "boss": Actor.staff(StaffFactory(role="manager")),
        }
        talk = open_enquiry(actor=Actor.system(), customer=customer)
        for step in steps:
            take_step(talk.pk, people, *step)
            talk.refresh_from_db()
            assert talk.shop_unread == looked_up(talk, Side.SHOP, 0)
            assert talk.customer_unread == looked_up(talk, Side.CUSTOMER, 0)
            for actor in people.values():
                [row] = with_unread(Conversation.objects.filter(pk=talk.pk), actor)
                read = membership_of(actor, talk.pk).values_list("read_seq", flat=True).first() or 0
                assert row.unread == looked_up(talk, side_of(actor), read)
        transaction.set_rollback(True)


def take_step(pk: int, people: dict[str, Actor], name: str, who: str = "boss", *given: Any) -> None:
    actor = people[who]
    if name == "say":
        body, internal = given
        internal = internal and not actor.is_customer
        send_message(actor=actor, conversation_id=pk, client_id=uuid4(), body=body, internal=internal)
    elif name == "read":
        mark_read(actor=actor, conversation_id=pk, seq=given[0])
    elif name == "recall":
        own = Message.objects.filter(
            conversation=pk, sender_kind=actor.sender_kind, sender_id=actor.id_or_zero
        ).exclude(kind="event")
        for message in own.order_by("-seq")[given[0] :][:1]:
            recall_message(actor=actor, conversation_id=pk, seq=message.seq)
    else:
        {"close": close_conversation, "reopen": reopen_conversation}[name](actor=actor, conversation_id=pk)


@pytest.mark.django_db
def test_inbox_badge_rows_and_lists_show_the_same_unread_counts(
    order: Order, manager, conversation, say
) -> None:
    boss, buyer = Actor.staff(manager), Actor.customer(order.customer)
    for body in ("在吗", "有货吗", "谢谢"):
        say(buyer, body)
    say(boss, "在的")
    [row] = with_unread(Conversation.objects.filter(pk=conversation.pk), boss)
    assert row.unread == conversation_summaries([order.pk], boss)[order.pk].unread == 2
    assert count_folder(boss) == count_unread_conversations(boss) == 1
    assert list(orders_with_unread(Order.objects.all(), boss)) == [order]
    assert unread_of_orders(buyer, [order.pk])[order.pk].unread == count_unread_conversations(buyer) == 1
    for actor in (boss, buyer):
        mark_read(actor=actor, conversation_id=conversation.pk, seq=99)
        assert count_unread_conversations(actor) == 0
    assert (count_folder(boss), unread_of_orders(buyer, [order.pk])) == (0, {})
    assert list(orders_with_unread(Order.objects.all(), boss)) == []


@pytest.mark.django_db
def test_a_muted_conversation_is_counted_but_not_on_the_badge(manager, customer, conversation, say) -> None:
    boss = Actor.staff(manager)
    mark_read(actor=boss, conversation_id=conversation.pk, seq=1)
    say(Actor.customer(customer), "在吗")
    assert count_unread_conversations(boss) == 1
    Membership.objects.update(muted=True)
    assert (count_unread_conversations(boss), count_folder(boss)) == (0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("sees_all", [False, True])
def test_the_badge_counts_the_unread_conversations_of_each_reader(
    sees_all, sales, other_sales, manager, warehouse, time_machine
) -> None:
    """Its statement is prepared once for all who are treated alike; the inbox and the lists build theirs each time."""
    ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": sees_all})
    buyers = [CustomerFactory() for _ in range(2)]
    orders = [
        make_order(customer=buyer, assigned_to=seller, actor=Actor.staff(manager))
        for buyer in buyers
        for seller in (sales, other_sales, None)
    ]
    for order in orders:
        for asker in (Actor.customer(order.customer), Actor.staff(manager)):
            send_message(
                actor=asker,
                conversation_id=order.conversation.pk,
                client_id=uuid4(),
                kind="text",
                body="在吗",
            )
    mark_read(actor=Actor.staff(sales), conversation_id=orders[0].conversation.pk, seq=99)
    mark_read(actor=Actor.customer(buyers[0]), conversation_id=orders[1].conversation.pk, seq=99)
    staff = [
        Actor.staff(each) for each in (sales, other_sales, StaffFactory(role="sales"), manager, warehouse)
    ]
    by_link = [Actor.customer(order.customer, order_id=order.pk) for order in orders]
    buying = [*map(Actor.customer, buyers), *by_link]

    counted = {actor: count_unread_conversations(actor) for actor in [*staff, *buying, *staff]}

    assert counted == {
        **{actor: count_folder(actor) for actor in staff},
        **{
            actor: having_unread(with_unread(conversations_visible_to(actor), actor), actor).count()
            for actor in buying
        },
    }
    assert [counted[actor] for actor in staff] == ([5, 6, 6, 6, 0] if sees_all else [3, 4, 2, 6, 0])
    assert [counted[actor] for actor in buying] == [2, 3, 1, 0, 1, 1, 1, 1]
    # What nobody has looked at for months is on no badge.
    now = timezone.now()
    time_machine.move_to(now + timedelta(days=31))
    assert [count_unread_conversations(actor) for actor in (staff[3], buying[1])] == [0, 3]
    time_machine.move_to(now + timedelta(days=91))
    assert count_unread_conversations(buying[1]) == 0


def count_folder(actor: Actor) -> int:
    return ask_numbers(folder_number("unread", actor))[0]


def unread_for(staff, talk: Conversation) -> int:
    return with_unread(Conversation.objects.filter(pk=talk.pk), Actor.staff(staff)).get().unread


def somebody_waits(cursor: Any) -> bool:
    # A transaction sees who is there once, and the writer came later.
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(WAITS_FOR_ME)
    return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_reader_whose_first_read_races_a_writer_gets_the_right_unread_count(
    customer, manager, conversation
) -> None:
    written = Event()

    def write() -> None:
        try:
            send_message(
                actor=Actor.customer(customer),
                conversation_id=conversation.pk,
                client_id=uuid4(),
                body="在吗",
            )
            written.set()
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        mark_read(actor=Actor.staff(manager), conversation_id=conversation.pk, seq=1)
        writer = Thread(target=write, daemon=True)
        writer.start()
        while not somebody_waits(cursor):
            assert writer.is_alive()
    assert written.wait(30)
    writer.join(30)
    assert unread_for(manager, conversation) == 1


@pytest.mark.django_db(transaction=True)
def test_reading_while_a_message_is_recalled_does_not_overcount_read_messages(
    customer, manager, conversation, say
) -> None:
    boss, buyer = Actor.staff(manager), Actor.customer(customer)
    first, taken_back = say(buyer, "在吗"), say(buyer, "要十个")
    mark_read(actor=boss, conversation_id=conversation.pk, seq=first.seq)

    def take_back() -> None:
        try:
            recall_message(actor=buyer, conversation_id=conversation.pk, seq=taken_back.seq)
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        mark_read(actor=boss, conversation_id=conversation.pk, seq=taken_back.seq)
        taker = Thread(target=take_back, daemon=True)
        taker.start()
        while not somebody_waits(cursor):
            assert taker.is_alive()
    taker.join(30)
    assert Message.objects.exclude(recalled_at=None).count() == 1
    assert unread_for(manager, conversation) == 0
    say(buyer, "要二十个")
    assert unread_for(manager, conversation) == 1


def counted_up_to(talk: Conversation, seq: int) -> int:
    messages = Message.objects.filter(conversation=talk, recalled_at=None, seq__lte=seq)
    return sum(counting_side(each) == Side.SHOP for each in messages)


class CutOff(Exception):
    """The migration's process ends."""


@pytest.fixture
def markers(db: None, manager) -> dict[int, tuple[int, int]]:
    """Read positions as they stood before, and what each has to become: by conversation, position and how many up to it."""
    wanted, boss = {}, Actor.staff(manager)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE messaging_readmarker (id bigserial PRIMARY KEY, conversation_id bigint, reader_kind text, "
            "reader_id bigint, seq bigint, read_at timestamptz, UNIQUE (conversation_id, reader_kind, reader_id))"
        )
        for place in range(7):
            order = make_order()
            talk = Conversation.objects.get(order=order)
            for body in ("在吗", "有货吗", "谢谢")[: place % 4]:
                send_message(
                    actor=Actor.customer(order.customer),
                    conversation_id=talk.pk,
                    client_id=uuid4(),
                    body=body,
                )
            if place == 3:
                close_conversation(actor=boss, conversation_id=talk.pk)
            talk.refresh_from_db()
            read = place % 3
            wanted[talk.pk] = (read, counted_up_to(talk, read))
            cursor.execute(
                "INSERT INTO messaging_readmarker (conversation_id, reader_kind, reader_id, seq, read_at) "
                "VALUES (%s, 'staff', %s, %s, now())",
                [talk.pk, manager.pk, read],
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    Conversation.objects.filter(pk__in=wanted).update(shop_unread=0, customer_unread=0, closed_total=0)
    return wanted


def test_the_membership_migration_can_be_interrupted_repeated_and_reversed(
    markers, manager, monkeypatch
) -> None:
    move: Any = importlib.import_module("messaging.migrations.0030_fill_memberships")
    editor, last_key, pages = connection.schema_editor(atomic=False), batches._last_key, 0

    def found() -> dict[int, tuple[int, int]]:
        return {row.conversation_id: (row.read_seq, row.read_total) for row in Membership.objects.all()}

    def cut_off(*given: Any) -> int | None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise CutOff
        return last_key(*given[:3], 3)

    monkeypatch.setattr(batches, "_last_key", cut_off)
    with pytest.raises(CutOff):
        move.fill(None, editor)
    assert found().items() <= markers.items()
    assert len(found()) == 3
    monkeypatch.undo()
    for _again in range(2):
        move.fill(None, editor)
        assert found() == markers
        for talk in Conversation.objects.filter(pk__in=markers):
            assert talk.shop_unread == looked_up(talk, Side.SHOP, 0)
            assert unread_for(manager, talk) == looked_up(talk, Side.SHOP, markers[talk.pk][0])

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM messaging_readmarker")
        move.put_back(None, editor)
        move.put_back(None, editor)
        cursor.execute(
            "SELECT conversation_id, seq FROM messaging_readmarker WHERE reader_id = %s", [manager.pk]
        )
        assert dict(cursor.fetchall()) == {pk: read for pk, (read, _unread) in markers.items()}
