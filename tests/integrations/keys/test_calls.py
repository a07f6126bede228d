"""The record of what each key called."""

from datetime import timedelta

import pytest
import redis
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.purging import purge_by_age
from shopcomm.edge.integrations.keys.models import KeyCall
from shopcomm.edge.integrations.keys.services import recording
from shopcomm.edge.integrations.keys.tasks import write_key_calls
from tests.integrations.keys.test_pages import LIST, caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_calls_wait")]


def add_calls(key: ApiKey, *statuses: int, **more: object) -> None:
    base = {"at": timezone.now(), "method": "GET", "path": "/api/v1/orders/", "duration_ms": 5} | more
    KeyCall.objects.bulk_create([KeyCall(key=key, status=status, **base) for status in statuses])


def test_every_call_of_a_key_is_on_its_page_with_method_path_status_time_and_address(office, order):
    key, secret = create_api_key(name="ERP", scopes=["orders:read"])
    client = caller(secret)
    client.get(f"/api/v1/orders/{order.number}/")
    client.get("/api/v1/statements/?phone=13800138000&since=nonsense")
    client.get("/api/v1/products/")
    client.post("/api/v1/repayments/", {"phone": "13800138000"}, content_type="application/json")
    caller("sk_unknown_x").get("/api/v1/orders/")
    assert write_key_calls() == 4

    rows = KeyCall.objects.filter(key=key).order_by("pk")
    assert [(row.method, row.path, row.status, row.address) for row in rows] == [
        ("GET", f"/api/v1/orders/{order.number}/", 200, "127.0.0.1"),
        ("GET", "/api/v1/statements/", 400, "127.0.0.1"),
        ("GET", "/api/v1/products/", 403, "127.0.0.1"),
        ("POST", "/api/v1/repayments/", 403, "127.0.0.1"),
    ]
    assert all(abs(row.at - timezone.now()) < timedelta(minutes=1) for row in rows)
    page = office.get(f"{LIST}{key.pk}/").text
    assert f"/api/v1/orders/{order.number}/" in page
    assert "13800138000" not in page


def test_what_was_refused_before_the_call_was_looked_at_is_on_record_as_well(settings):
    key, secret = create_api_key(
        name="ERP", scopes=["*"], expires_at=timezone.now() - timedelta(days=1), rate=1
    )
    caller(secret).get("/api/v1/orders/")
    ApiKey.objects.filter(pk=key.pk).update(expires_at=None)
    for _call in range(4):
        caller(secret).get("/api/v1/orders/")
    write_key_calls()

    assert {row.status for row in KeyCall.objects.filter(key=key)} == {200, 401, 429}


def test_a_secret_in_an_address_is_not_kept():
    _key, secret = create_api_key(name="ERP", scopes=["*"])
    caller(secret).get(f"/api/v1/orders/{secret}/")
    caller(secret).get("/api/v1/orders/whsec_abcdef==/")
    caller(secret).get(f"/api/v1/orders/{'x' * 500}/")
    write_key_calls()

    assert [row.path for row in KeyCall.objects.order_by("pk")] == [
        "/api/v1/orders/•••/",
        "/api/v1/orders/•••/",
        f"/api/v1/orders/{'x' * 500}/"[:200],
    ]


def test_a_call_costs_no_statement_and_many_calls_are_written_by_one(order):
    _key, secret = create_api_key(name="ERP", scopes=["*"])
    client = caller(secret)
    client.get("/api/v1/events/")
    with CaptureQueriesContext(connection) as asked:
        for _call in range(50):
            client.get("/api/v1/events/")
    with CaptureQueriesContext(connection) as written:
        assert write_key_calls() == 51

    assert [each["sql"] for each in asked if "INSERT" in each["sql"]] == []
    assert len([each for each in written if "INSERT" in each["sql"]]) == 1


def test_the_newest_two_hundred_are_shown_and_narrowed_by_their_answer(office):
    key, _secret = create_api_key(name="ERP", scopes=["*"])
    add_calls(key, *[200] * 201, 404, 500)
    shown = {
        answers: office.get(f"{LIST}{key.pk}/?answers={answers}").text.count("calls__path")
        for answers in ("", "ok", "refused", "failed", "nonsense")
    }
    part = office.get(f"{LIST}{key.pk}/", headers={"X-Fragment": "list"}).text

    assert shown == {"": 200, "ok": 200, "refused": 1, "failed": 1, "nonsense": 200}
    assert part.lstrip().startswith("<div data-deliveries")
    assert part.count("calls__path") == 200


def test_calls_go_by_age_and_stay_for_ever_where_the_age_is_0(settings):
    key, _secret = create_api_key(name="ERP", scopes=["*"])
    add_calls(key, 200, 201, at=timezone.now() - timedelta(days=15))
    add_calls(key, 202)
    settings.PURGE_KEY_CALLS_DAYS = 0
    purge_by_age()
    assert KeyCall.objects.count() == 3
    settings.PURGE_KEY_CALLS_DAYS = 14
    purge_by_age()
    assert [row.status for row in KeyCall.objects.all()] == [202]


def test_calls_that_the_database_does_not_take_wait_in_their_order(monkeypatch):
    _key, secret = create_api_key(name="ERP", scopes=["*"])
    for path in ("orders", "events", "products"):
        caller(secret).get(f"/api/v1/{path}/")

    def refuse(_rows):
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(KeyCall.objects, "bulk_create", refuse)
        with pytest.raises(DatabaseError):
            write_key_calls()
    assert write_key_calls() == 3
    assert [row.path for row in KeyCall.objects.order_by("pk")] == [
        "/api/v1/orders/", "/api/v1/events/", "/api/v1/products/",
    ]  # fmt: skip


def test_with_redis_away_calls_are_answered_and_it_is_not_asked_each_time(monkeypatch):
    _key, secret = create_api_key(name="ERP", scopes=["*"])
    asked = []

    def away():
        asked.append(1)
        raise redis.ConnectionError("away")

    monkeypatch.setattr(recording, "_redis", away)
    monkeypatch.setattr(recording, "_rests_until", 0.0)
    answers = [caller(secret).get("/api/v1/orders/").status_code for _call in range(3)]

    assert (answers, asked) == ([200] * 3, [1])


def test_only_so_many_calls_wait_while_no_worker_comes(monkeypatch):
    monkeypatch.setattr(recording, "MOST_WAITING", 3)
    _key, secret = create_api_key(name="ERP", scopes=["*"])
    for _call in range(5):
        caller(secret).get("/api/v1/orders/")

    assert write_key_calls() == 3
