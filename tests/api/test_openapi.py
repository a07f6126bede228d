"""The OpenAPI description is true: what it promises is what is answered, for made-up input too."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from jsonschema import Draft202012Validator

from shopcomm.core.sealing import seal_text
from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.couriers.services.accounts import Wanted, create_account
from shopcomm.edge.integrations.webhook_secrets import new_webhook_secret
from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests stay in the test's transaction; outside a test each closes its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def delivery(db: None) -> WebhookDelivery:
    """What an endpoint did not take, with its attempt."""
    endpoint = WebhookEndpoint.objects.create(
        url="https://erp.example.com/hook", event_types=["*"], sealed_secret=seal_text(new_webhook_secret())
    )
    row = WebhookDelivery.objects.create(
        endpoint=endpoint, message_id="evt_1", type="stock.low", payload="{}", state="failed", status=404
    )
    WebhookAttempt.objects.create(delivery=row, number=1, started_at=timezone.now(), status=404)
    return row


@pytest.fixture
def tracking(db: None) -> CourierAccount:
    """A tracking service that may push."""
    return create_account(adapter="kuaidi100", wanted=Wanted("快递100", credentials={"key": "k"}))


def test_placing_an_order_answers_as_the_schema_describes(post, body, api) -> None:
    described = jsonschema_of(api, "OrderOutput")

    Draft202012Validator(described).validate(post("orders/", body).json())


def jsonschema_of(api, name: str) -> dict:
    document = api.get("/api/schema/", headers={"accept": "application/json"}).json()
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_the_schema_describes_every_call_of_the_contract(client) -> None:
    described = client.get("/api/schema/", headers={"accept": "application/json"}).json()
    calls = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, methods in described["paths"].items()
        for method in methods
    }

    assert described["openapi"].startswith("3.1")
    assert {
        "POST orders/",
        "GET orders/",
        "GET orders/{number}/",
        "POST orders/{number}/transitions/",
        "POST orders/{number}/changes/",
        "GET events/",
        "GET products/",
        "PATCH products/{sku}/stock/",
        "GET conversations/",
        "GET conversations/{id}/messages/",
        "POST conversations/{id}/messages/",
        "POST attachments/",
        "GET search/messages/",
        "POST inbound/tracking/{carrier}/",
    } <= calls


def test_the_docs_page_refuses_options_requests(client):
    assert client.options("/api/docs/").status_code == 405


def test_the_docs_page_loads_nothing_from_other_hosts(client) -> None:
    page = client.get("/api/docs/").text

    assert "://" not in page.replace("http://testserver", "").replace("http://www.w3.org", "")
