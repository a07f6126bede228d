"""The same POST twice: done once, answered the same."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connections

from orders.models import Order
from orders.services import orders as taking
from shopcomm.core.http.models import IdempotencyRecord
from tests.api.test_orders_api import problem

pytestmark = pytest.mark.django_db


def test_the_same_key_and_body_answer_as_the_first_time(post, body) -> None:
    del body["external_id"]

    first, second = post("orders/", body, key="k1"), post("orders/", body, key="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"
    assert not first.has_header("Idempotent-Replay")
    assert Order.objects.count() == 1


def test_a_stored_answer_is_sealed_and_holds_no_names_or_links_in_plain_text(post, body) -> None:
    answer = post("orders/", body, key="k1").json()
    token = answer["customer_url"].split("/")[-2]

    (kept,) = IdempotencyRecord.objects.all()

    columns = " ".join(str(value) for value in vars(kept).values())
    assert [
        secret for secret in (token, token.partition(".")[2], "机场路", "13800138000") if secret in columns
    ] == []
    assert post("orders/", body, key="k1").json()["customer_url"] == answer["customer_url"]


def test_a_replay_after_the_secret_key_was_lost_answers_409_replay_lost(post, body, settings) -> None:
    post("orders/", body, key="k1")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of this installation" * 2

    problem(post("orders/", body, key="k1"), 409, "replay_lost")
    settings.SECRET_KEY_FALLBACKS = [old]

    assert post("orders/", body, key="k1")["Idempotent-Replay"] == "true"
    assert Order.objects.count() == 1


def test_another_body_with_the_same_idempotency_key_is_refused(post, body) -> None:
    post("orders/", body, key="k1")

    problem(post("orders/", body | {"note": "别的"}, key="k1"), 422, "idempotency_key_reused")


def test_an_idempotency_key_belongs_to_one_url(post, body, order) -> None:
    post("orders/", body, key="k1")

    problem(post(f"orders/{order.number}/changes/", body, key="k1"), 422, "idempotency_key_reused")


def test_an_idempotency_key_belongs_to_one_integration(post, body, with_scopes) -> None:
    del body["external_id"]
    post("orders/", body, key="k1")

    post("orders/", body, key="k1", client=with_scopes("orders:write"))

    assert Order.objects.count() == 2


def test_repeating_an_idempotency_key_repeats_a_refusal_too(post, order) -> None:
    path, wish = f"orders/{order.number}/transitions/", {"to": "shipped"}

    first, second = post(path, wish, key="k1"), post(path, wish, key="k1")

    assert first.status_code == second.status_code == 409
    assert first.json() == second.json()
    assert second["Content-Type"].startswith("application/problem+json")


def test_a_payment_sent_twice_with_one_idempotency_key_is_booked_once(post, order) -> None:
    path = f"orders/{order.number}/transitions/"

    answers = [post(path, {"to": "paid"}, key="pay-1").json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert order.payments.count() == 1


def test_an_idempotency_key_of_300_characters_is_refused(post, body) -> None:
    problem(post("orders/", body, key="k" * 300), 400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_a_repeat_while_the_first_call_still_runs_answers_in_progress(post, body, monkeypatch) -> None:
    inside, done = Event(), Event()
    place_order = taking.place_order

    def slow(**given: Any) -> Order:
        inside.set()
        done.wait(10)
        return place_order(**given)

    monkeypatch.setattr("orders.api.orders.place_order", slow)

    def first() -> Any:
        try:
            return post("orders/", body, key="k1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert inside.wait(10)
        problem(post("orders/", body, key="k1"), 409, "in_progress")
        done.set()
        assert running.result().status_code == 201
    assert post("orders/", body, key="k1")["Idempotent-Replay"] == "true"
    assert Order.objects.count() == 1
