"""Reading a source page by page: every order once, however it pages and whatever changes meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from orders.models import Order, Status
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.polling.services.polling import replay_source
from tests.integrations.polling.conftest import Make
from tests.integrations.polling.order_system import Asked, OrderSystem, Reply
from tests.integrations.polling.reading import (
    AT_ONCE,
    BY_LINK,
    BY_NUMBER,
    BY_OFFSET,
    FEED,
    numbers_of_records,
    our_orders,
    polled,
    read_now,
)
from tests.outside_orders import NOON, outside_order

pytestmark = pytest.mark.django_db
WAYS = {
    "number": ("by_number", BY_NUMBER),
    "offset": ("by_offset", BY_OFFSET),
    "link": ("by_link", BY_LINK),
    "cursor": ("by_cursor", FEED),
    "once": ("at_once", AT_ONCE),
}


def some(sku: str, count: int, status: str = "paid") -> list[dict[str, Any]]:
    return [outside_order(sku, status, minute=place, external_id=f"E{place}") for place in range(count)]


@pytest.mark.parametrize("way", WAYS)
def test_every_order_of_every_page_is_taken_once_and_only_what_changes_is_taken_again(
    system: OrderSystem, make_source: Make, sku: str, way: str
) -> None:
    answer, style = WAYS[way]
    system.answer, system.rows = getattr(system, answer), some(sku, 7)
    source = make_source(**style)
    read_now(source)
    assert our_orders() == [f"E{place}" for place in range(7)]
    read_now(source)
    assert InboundRecord.objects.count() == 7
    # One goes on, and one is new.
    goes_on = outside_order(sku, "picking", minute=30, external_id="E3")
    news = [goes_on, outside_order(sku, minute=31, external_id="E7")]
    system.rows = (
        [*system.rows, *news]
        if way == "cursor"
        else [*[r for r in system.rows if r["external_id"] != "E3"], *news]
    )
    read_now(source)
    assert numbers_of_records()[7:] == ["E3", "E7"]
    assert Order.objects.get(external_id="erp:E3").status == Status.PICKING


def test_a_pass_begins_at_the_mark_and_a_little_before_it_so_that_late_commits_are_seen(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = [
        outside_order(sku, minute=0, external_id="E0"),
        outside_order(sku, minute=10, external_id="E1"),
    ]
    source = make_source(overlap=300)
    read_now(source)
    assert polled(source).mark == NOON + timedelta(minutes=10)
    # It was written down at 12:08 and committed after 12:10 had been read.
    system.rows.append(outside_order(sku, minute=8, external_id="LATE"))
    read_now(source)
    assert our_orders() == ["E0", "E1", "LATE"]
    assert {each.query["since"] for each in system.asked if "since" in each.query} == {
        "2026-11-30T12:05:00+08:00"
    }


def test_the_moment_asked_for_is_written_as_the_source_wants_it(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = [outside_order(sku, minute=0)]
    asked = {}
    for style in ("plain", "seconds", "milliseconds"):
        system.answer = lambda _asked: Reply(body={"data": {"orders": []}})
        read_now(make_source(style, since_style=style, since=NOON, overlap=60))
        asked[style] = system.asked[-1].query["since"]
    assert asked == {"plain": "2026-11-30 11:59:00", "seconds": "1796011140", "milliseconds": "1796011140000"}


def test_an_order_that_moves_to_a_later_page_while_we_page_hides_no_other(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    """The classic loss: a row of the first page changes, goes to the end, and the third row slips to the first page."""
    system.rows = some(sku, 6)
    moved = []

    def answer(asked: Asked) -> Reply:
        if asked.query["page"] == "2" and not moved:
            moved.append(system.rows.pop(0))
            system.rows.append(outside_order(sku, "picking", minute=50, external_id="E0"))
        return system.by_number(asked)

    system.answer = answer
    source = make_source()
    read_now(source)
    assert sorted(our_orders()) == [f"E{place}" for place in range(6)]


def test_a_server_that_serves_its_last_page_for_ever_comes_to_an_end(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = some(sku, 4)
    system.answer = lambda asked: system.by_number(
        Asked(asked.path, asked.query | {"page": str(min(int(asked.query["page"]), 2))}, asked.headers)
    )
    source = make_source()
    read_now(source)
    assert (len(our_orders()), source.last_error) == (4, "")
    assert len(system.asked) < 10


def test_a_page_behind_the_last_one_that_is_not_found_is_the_end(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = some(sku, 4)

    def answer(asked: Asked) -> Reply:
        reply = system.by_number(asked)
        return reply if reply.body["data"]["orders"] else Reply(404, body={"detail": "Invalid page."})

    system.answer = answer
    source = make_source()
    read_now(source)
    assert (len(our_orders()), source.failing_since) == (4, None)


def test_a_cursor_that_is_not_known_any_more_has_the_pass_begun_anew(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = some(sku, 5)
    broken = [True]

    def answer(asked: Asked) -> Reply:
        if broken and asked.query.get("cursor"):
            return Reply(410, body={"msg": "cursor expired"})
        return system.by_cursor(asked)

    system.answer = answer
    source = make_source(**FEED | {"since_param": "since"})
    read_now(source)
    assert "410" in source.last_error
    broken.clear()
    read_now(source)
    assert our_orders() == [f"E{place}" for place in range(5)]


def test_the_next_page_is_read_only_at_the_source_itself(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.answer = lambda _asked: Reply(
        body={"data": {"orders": some(sku, 1), "next": "https://evil.example.com/steal"}}
    )
    source = make_source(**BY_LINK | {"next": "data.next"}, auth="bearer", secret="tiger")
    read_now(source)
    assert "evil.example.com" in source.last_error
    assert not InboundRecord.objects.exists()


@pytest.mark.parametrize("written", [None, {}, []])
def test_a_page_without_orders_is_no_error(system: OrderSystem, make_source: Make, written: Any) -> None:
    body = {"data": {"orders": None if written == {} else written}}
    system.answer = lambda _asked: Reply(body=body)
    source = make_source()
    read_now(source)
    assert (source.last_error, polled(source).failures) == ("", 0)


# --- what is asked for by condition ----------------------------------------------------------------
def test_an_etag_spares_the_other_side_what_has_not_changed(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.answer, system.rows = system.at_once, some(sku, 2)
    source = make_source(**AT_ONCE)
    read_now(source)
    read_now(source)
    assert [bool(each.headers.get("if-none-match")) for each in system.asked] == [False, True]
    assert polled(source).rows == 0
    system.rows.append(outside_order(sku, minute=9, external_id="E9"))
    read_now(source)
    assert our_orders() == ["E0", "E1", "E9"]


def test_last_modified_is_sent_back_as_it_came(system: OrderSystem, make_source: Make, sku: str) -> None:
    stamp = "Mon, 30 Nov 2026 04:00:00 GMT"
    system.answer = lambda _asked: Reply(
        body={"data": {"orders": some(sku, 1)}}, headers={"Last-Modified": stamp}
    )
    source = make_source(**AT_ONCE)
    read_now(source)
    read_now(source)
    assert system.asked[-1].headers["if-modified-since"] == stamp


def test_a_first_page_that_has_not_changed_hides_no_second_one(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    """Of a list in pages only the first one carries the tag: it says nothing of the others."""
    system.rows = some(sku, 2)

    def answer(asked: Asked) -> Reply:
        reply = system.by_number(asked)
        return reply if asked.query["page"] != "1" else Reply(body=reply.body, headers={"ETag": '"1"'})

    system.answer = answer
    source = make_source(since_param="")
    read_now(source)
    system.rows.append(outside_order(sku, minute=9, external_id="E9"))
    read_now(source)
    assert not any("if-none-match" in each.headers for each in system.asked)
    assert our_orders() == ["E0", "E1", "E9"]


# --- what is otherwise -----------------------------------------------------------------------------
def test_a_version_tells_that_an_order_has_changed(system: OrderSystem, make_source: Make, sku: str) -> None:
    system.answer = system.at_once
    source = make_source(**AT_ONCE)
    # The note of the row is otherwise at each reading, and its version only at the last.
    for version, note in ((1, "a"), (1, "b"), (2, "c")):
        system.rows = [outside_order(sku, "paid", version=version, note=note)]
        read_now(source)
    assert InboundRecord.objects.count() == 2
    assert Order.objects.get().note == "c"


def test_an_order_without_version_or_time_that_goes_back_to_what_it_was_is_a_change(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.answer = system.at_once
    system.time_name = "none"
    source = make_source(**AT_ONCE)
    for note in ("a", "b", "a", "a"):
        row = outside_order(sku, "paid", note=note)
        del row["occurred_at"]
        system.rows = [row]
        read_now(source)
    assert InboundRecord.objects.count() == 3
    assert Order.objects.get().note == "a"


def test_a_replay_from_a_date_asks_from_there_and_doubles_nothing(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = some(sku, 5)
    source = make_source()
    read_now(source)
    versions = list(Order.objects.order_by("pk").values_list("version", flat=True))
    InboundRecord.objects.filter(external_id="E3").delete()
    system.asked.clear()
    replay_source(connection_id=source.pk, since=NOON + timedelta(minutes=10))
    read_now(source)
    assert system.asked[0].query["since"] == "2026-11-30T12:05:00+08:00"
    replay_source(connection_id=source.pk, since=NOON)
    read_now(source)
    # What was missing is there again; the orders are as they were.
    assert sorted(numbers_of_records()) == [f"E{place}" for place in range(5)]
    assert list(Order.objects.order_by("pk").values_list("version", flat=True)) == versions
