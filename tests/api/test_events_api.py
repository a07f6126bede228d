"""The event log over REST."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shopcomm.core.events.positions import position_new_events
from tests.api.test_orders_api import problem
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db


def read(api, **query) -> dict:
    """As after a commit, which gives positions; a test's transaction never commits."""
    position_new_events()
    return api.get("/api/v1/events/", query).json()


def test_events_are_listed_in_order_and_the_cursor_continues_after_the_last(api, order) -> None:
    move(order, "paid")
    first = read(api, limit=1)
    second = read(api, after=first["next_cursor"])

    types = [event["type"] for event in first["results"] + second["results"]]
    # The goods came in first, then the order.
    assert types[:2] == ["stock.back", "order.created"]
    assert "order.paid" in types
    assert read(api, after=second["next_cursor"])["results"] == []
    assert read(api, after=second["next_cursor"])["next_cursor"] == second["next_cursor"]


def test_an_event_names_its_type_time_and_actor(api, order) -> None:
    event = read(api, type="order.created")["results"][0]

    assert event["data"]["number"] == order.number
    assert event["actor"]["name"] == "测试接口"
    assert event["occurred_at"].endswith(("+08:00", "Z", "+00:00"))


def test_the_type_parameter_filters_events(api) -> None:
    make_order(status="shipped")

    assert {event["type"] for event in read(api, type="order.shipped")["results"]} == {"order.shipped"}


@pytest.mark.parametrize("query", ["after=abc", "after=-1", "limit=0", "limit=x"])
def test_a_made_up_cursor_is_refused(api, query: str) -> None:
    problem(api.get(f"/api/v1/events/?{query}"), 400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_an_event_is_listed_as_soon_as_its_call_has_answered_and_listing_writes_nothing(
    api,
) -> None:
    order = make_order(status="paid")
    with CaptureQueriesContext(connection) as asked:
        found = api.get("/api/v1/events/?type=order.paid").json()["results"]

    assert [event["data"]["order_id"] for event in found] == [order.pk]
    said = " ".join(each["sql"] for each in asked.captured_queries)
    assert "pg_advisory" not in said
    assert 'UPDATE "events' not in said
