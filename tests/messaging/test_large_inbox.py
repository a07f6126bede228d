"""The inbox with ten thousand conversations: as many queries as with one, along indexes, page by page to the end."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Conversation, Membership, Side
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.selectors.inbox_rows import COUNT_CAP, FOLDERS, folder_number
from messaging.services.conversations import open_enquiry
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.prepared import ask_numbers
from tests.factories import CustomerFactory, StaffFactory

pytestmark = pytest.mark.django_db
ROWS = Path(__file__).parents[2] / "benchmarks" / "items" / "inbox.sql"
# Session, reader, rows, and all the numbers of the page.
MOST_QUERIES = 4
MOST_WITH_A_SEARCH = 8
SCANNED = re.compile(r"Seq Scan on messaging_(message|conversation)\b")


def fill(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ROWS.read_text().replace("{count}", str(count)))


def plans(queries: list[dict[str, Any]]) -> dict[str, str]:
    """How the database goes about each of these statements that asks for conversations."""
    asked = [each["sql"] for each in queries if "messaging_" in each["sql"]]
    found = {}
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}".replace("%", "%%"), [])
            found[sql] = "\n".join(row[0] for row in cursor.fetchall())
    return found


@pytest.mark.parametrize(("role", "more"), [("manager", 0), ("sales", 1)])
def test_an_inbox_of_ten_thousand_conversations_takes_few_indexed_queries(client, role, more) -> None:
    """`more`: sales also ask whether the shop shows them everything."""
    fill(10_000)
    reader = StaffFactory(role=role)
    # Half of them were read.
    Membership.objects.bulk_create(
        Membership(
            conversation_id=pk,
            member_kind="staff",
            member_id=reader.pk,
            side=Side.SHOP,
            read_seq=4,
            read_total=2,
        )
        for pk in Conversation.objects.order_by("pk").values_list("pk", flat=True)[:5000]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_membership")
    client.force_login(reader)
    client.get("/inbox/")
    last = inbox_page(Actor.staff(reader), InboxFilters(limit=300)).next_cursor
    folders = [f"/inbox/?folder={folder}" for folder in FOLDERS]
    said_everywhere = "/inbox/?q=现货"
    searches = ["/inbox/?q=INBOX-0000777", said_everywhere]
    for path in ("/inbox/", f"/inbox/?after={last}", *folders, *searches):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        assert len(captured) <= (MOST_WITH_A_SEARCH if "q=" in path else MOST_QUERIES) + more, path
        # Most of the table is what such a word finds.
        asked = [] if path == said_everywhere else captured.captured_queries
        for sql, plan in plans(asked).items():
            scanned = {*SCANNED.findall(plan)}
            # The folders' numbers may read the list of conversations once, when most of them are unread.
            assert scanned <= ({"conversation"} if f"LIMIT {COUNT_CAP}) few" in sql else set()), (
                f"{path}\n{sql}\n{plan}"
            )


def test_inbox_pages_contain_every_conversation_once_and_in_order(manager) -> None:
    fill(60)
    actor = Actor.staff(manager)
    for place, pk in enumerate(Conversation.objects.filter(state="open").values_list("pk", flat=True)):
        if place % 2:
            Membership.objects.create(
                conversation_id=pk,
                member_kind="staff",
                member_id=manager.pk,
                side=Side.SHOP,
                read_seq=4,
                read_total=2,
            )
    silent = [open_enquiry(actor=actor, customer=CustomerFactory()).pk for _ in range(4)]
    # Equal moments are told apart by the key.
    Conversation.objects.exclude(last_message_at=None).filter(pk__lt=min(silent) - 30).update(
        last_message_at="2026-01-01T00:00:00+08:00"
    )
    whole = inbox_page(actor, InboxFilters(limit=500))
    assert whole.next_cursor is None
    rows, cursor = [], ""
    while cursor is not None:
        page = inbox_page(actor, InboxFilters(limit=7, cursor=cursor))
        rows += page.rows
        cursor = page.next_cursor
    assert [row.pk for row in rows] == [row.pk for row in whole]
    assert len({row.pk for row in rows}) == Conversation.objects.count() == 64
    bands = [
        0 if row.unread else 3 if row.is_closed else 2 if row.last_message_at is None else 1 for row in rows
    ]
    assert bands == sorted(bands)
    assert [bands.count(band) for band in range(4)] == [27, 27, 4, 6]
    assert [row.pk for row in rows if row.last_message_at is None] == sorted(silent, reverse=True)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_contains_as_many_conversations_as_its_count_says(folder, manager) -> None:
    fill(40)
    actor = Actor.staff(manager)
    open_enquiry(actor=actor, customer=CustomerFactory())
    assert ask_numbers(folder_number(folder, actor)) == [
        len(inbox_page(actor, InboxFilters(folder=folder, limit=100)))
    ]


def test_search_results_can_be_paged_by_cursor_too(manager) -> None:
    fill(30)
    actor, rows, cursor = Actor.staff(manager), [], ""
    while cursor is not None:
        page = inbox_page(actor, InboxFilters(q="现货", limit=8, cursor=cursor))
        rows += [row.pk for row in page]
        cursor = page.next_cursor
    assert rows == [row.pk for row in inbox_page(actor, InboxFilters(limit=100))]


@pytest.mark.parametrize("cursor", ["x", "MHw", "OXx8MQ", "8J-YgA", "MHwyMDI2fDE", "Mnx8MA", "MHx8MQ"])
def test_an_unreadable_inbox_cursor_starts_at_the_first_page(cursor, client, manager) -> None:
    fill(3)
    client.force_login(manager)
    page = client.get("/inbox/", {"after": cursor})
    assert len(page.context["rows"]) == 3
