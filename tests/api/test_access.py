"""Who may call the API: keys, their scopes, their rate."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from messaging.services.messages import send_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import ApiKey, OrderLink
from shopcomm.core.accounts.services.order_links import link_url, open_link
from tests.api.test_orders_api import problem

pytestmark = pytest.mark.django_db

CALLS = {
    "orders:read": ("get", "orders/"),
    "orders:write": ("post", "orders/"),
    "products:read": ("get", "products/"),
    "products:write": ("patch", "products/DJX-20-BLK/stock/"),
    "conversations:read": ("get", "conversations/"),
    "conversations:write": ("post", "attachments/"),
    "customers:read": ("get", "customers/"),
    "customers:write": ("post", "customers/"),
    "rules:read": ("get", "rules/"),
    "events:read": ("get", "events/"),
    "webhooks:read": ("get", "webhook-endpoints/"),
    "webhooks:write": ("post", "webhook-endpoints/"),
}


def status_of_call(client: Client, method: str, path: str) -> int:
    return getattr(client, method)(f"/api/v1/{path}").status_code


@pytest.mark.parametrize("scope", CALLS)
def test_a_scope_allows_its_own_calls_and_no_others(with_scopes, scope: str) -> None:
    client = with_scopes(scope)

    allowed = {
        other for other, (method, path) in CALLS.items() if status_of_call(client, method, path) != 403
    }

    assert allowed == {scope}


def test_customer_url_is_null_for_a_key_without_the_links_scope(with_scopes, post, body, order) -> None:
    OrderLink.objects.all().delete()
    plain = with_scopes("orders:read", "orders:write")

    answers = [
        post("orders/", body, client=plain).json(),
        plain.get(f"/api/v1/orders/{order.number}/").json(),
        plain.get("/api/v1/orders/").json()["results"][0],
        post(f"orders/{order.number}/transitions/", {"to": "paid"}, client=plain).json(),
    ]

    assert [answer["customer_url"] for answer in answers] == [None] * 4
    # Nor is one made on the way.
    assert not OrderLink.objects.exists()
    told = with_scopes("orders:read", "orders:links").get(f"/api/v1/orders/{order.number}/").json()
    assert open_link(told["customer_url"].split("/")[-2]).order_id == order.pk


def test_customer_links_in_messages_are_masked_for_a_key_without_the_links_scope(
    with_scopes, order, sales
) -> None:
    url = link_url(customer=order.customer, order_id=order.pk)
    talk, token = order.conversation.pk, url.split("/")[-2]
    given = {"client_id": uuid4(), "kind": "text", "body": f"请打开看看 {url}"}
    send_message(actor=Actor.staff(sales), conversation_id=talk, **given)

    def told(*scopes: str) -> list[str]:
        client = with_scopes("conversations:read", *scopes)
        pages = [f"conversations/{talk}/messages/", "search/messages/?q=请打开"]
        return [client.get(f"/api/v1/{page}").text for page in pages]

    assert [token in page for page in told()] == [False, False]
    assert [token in page for page in told("orders:links")] == [True, True]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic eDp5", "Bearer sk_\x00", "Bearer 密钥"]
)
def test_every_call_without_a_valid_key_is_refused(header: str) -> None:
    headers = {"authorization": header.encode().decode("latin-1")} if header else {}

    for method, path in CALLS.values():
        refused = getattr(Client(headers=headers), method)(f"/api/v1/{path}")
        problem(refused, 401, "not_authenticated")
        assert refused["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_is_refused(api) -> None:
    ApiKey.objects.update(revoked_at=timezone.now())

    problem(api.get("/api/v1/orders/"), 401, "not_authenticated")


def test_the_api_refuses_a_staff_session(log_in, manager) -> None:
    problem(log_in(manager).get("/api/v1/orders/"), 401, "not_authenticated")


def test_pages_refuse_an_api_key(api) -> None:
    assert api.get("/orders/").status_code == 302


def test_a_key_over_its_rate_limit_is_told_when_to_retry(with_scopes, settings) -> None:
    settings.API_RATE = 5
    client = with_scopes("orders:read")

    answers = [client.get("/api/v1/orders/") for _ in range(40)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    problem(refused[0], 429, "rate_limited")
    assert int(refused[0]["Retry-After"]) >= 1


def test_the_rate_limit_of_one_key_does_not_slow_other_keys(with_scopes, settings) -> None:
    settings.API_RATE = 1
    hasty, calm = with_scopes("orders:read"), with_scopes("orders:read")

    while hasty.get("/api/v1/orders/").status_code == 200:
        pass

    assert calm.get("/api/v1/orders/").status_code == 200


def test_an_unknown_url_answers_with_a_problem_document(api) -> None:
    problem(api.get("/api/v1/orders/XB/nothing/"), 404, "not_found")


def test_an_order_number_with_a_nul_answers_404(api) -> None:
    for address in ("orders/%00/", "products/%00/stock/"):
        problem(api.get(f"/api/v1/{address}"), 404, "not_found")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000])
def test_json_that_is_nested_too_deeply_is_refused_as_malformed(api, body: bytes) -> None:
    problem(api.post("/api/v1/orders/", body, content_type="application/json"), 400, "malformed")


def test_a_body_that_is_too_large_answers_413(api) -> None:
    body = b'{"note":"' + b"a" * 3_000_000 + b'"}'

    problem(api.post("/api/v1/orders/", body, content_type="application/json"), 413, "body_too_large")
