"""Endpoints over HTTP."""

from typing import Any

import pytest

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from tests.factories import make_order
from tests.integrations.webhooks_out.driving import deliver
from tests.integrations.webhooks_out.receiver import Reply

pytestmark = pytest.mark.django_db


def test_a_new_endpoint_answers_201_with_a_secret_that_is_never_shown_again(api, post, receiver):
    made = post("webhook-endpoints/", {"url": receiver.url, "event_types": ["*"]})

    assert made.status_code == 201, made.json()
    assert made.json()["secret"].startswith("whsec_")
    listed = api.get("/api/v1/webhook-endpoints/").json()["results"]
    assert [each["id"] for each in listed] == [made.json()["id"]]
    assert "secret" not in listed[0]
    assert made.json()["secret"] not in api.get(f"/api/v1/webhook-endpoints/{made.json()['id']}/").text


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://localhost:22/",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://10.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://user:secret@example.com/",
        "https://nobody.invalid/",
    ],
)
def test_an_address_that_may_not_be_reached_is_refused(post, url):
    refused = post("webhook-endpoints/", {"url": url, "event_types": ["*"]})

    assert (refused.status_code, refused.json()["code"]) == (422, "address_refused")
    assert list(refused.json()["errors"]) == ["url"]


def test_an_unknown_event_type_is_refused(post, receiver):
    refused = post("webhook-endpoints/", {"url": receiver.url, "event_types": ["order.exploded"]})

    assert refused.status_code == 400
    assert "event_types" in refused.json()["errors"]


@pytest.fixture
def made(post, receiver) -> dict[str, Any]:
    """An endpoint that was made over HTTP, with its secret."""
    asked = {"url": receiver.url, "event_types": ["order.created"], "headers": {"X-Shop": "1"}}
    return post("webhook-endpoints/", asked).json()


def test_a_repeated_post_makes_one_endpoint_and_shows_the_same_secret(post, receiver):
    body = {"url": receiver.url, "event_types": ["*"]}
    first, second = (post("webhook-endpoints/", body, key="k1") for _ in range(2))

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replay"] == "true"
    assert WebhookEndpoint.objects.count() == 1


def test_an_endpoint_is_changed_in_what_is_named_and_keeps_the_rest(api, made, receiver):
    at = f"/api/v1/webhook-endpoints/{made['id']}/"
    changed = api.patch(at, {"description": "ERP", "state": "paused"}, content_type="application/json").json()
    wanted = made | {"description": "ERP", "state": "paused"}
    assert changed == {name: value for name, value in wanted.items() if name != "secret"}
    assert changed["header_names"] == ["X-Shop"]
    assert api.patch(at, {"state": "active"}, content_type="application/json").json()["state"] == "active"
    for wrong, status in (
        ({"state": "disabled"}, 400),
        ({"url": "http://10.0.0.1/"}, 422),
        ({"event_types": []}, 400),
    ):
        assert api.patch(at, wrong, content_type="application/json").status_code == status


def test_an_endpoint_is_deleted_and_then_not_found(api, made):
    at = f"/api/v1/webhook-endpoints/{made['id']}/"
    assert [api.delete(at).status_code, api.delete(at).status_code, api.get(at).status_code] == [
        204,
        404,
        404,
    ]


def test_a_rotation_shows_the_new_secret_and_how_long_the_old_one_signs(post, made, receiver):
    rotated = post(f"webhook-endpoints/{made['id']}/rotate/", {}).json()
    post(f"webhook-endpoints/{made['id']}/test/", {})
    deliver()

    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"]
    for secret in (made["secret"], rotated["secret"]):
        assert receiver.got[0].verified_with(secret)["type"] == "webhook.test"


def test_deliveries_are_listed_by_cursor_with_every_attempt_and_sent_again(api, post, made, receiver):
    receiver.answer = lambda _got: Reply(404, b"gone fishing")
    for _ in range(3):
        make_order()
    deliver()
    at = f"/api/v1/webhook-endpoints/{made['id']}/deliveries/"
    page = api.get(f"{at}?limit=2").json()
    rest = api.get(page["next"]).json()
    found = page["results"] + rest["results"]
    assert [len(page["results"]), len(rest["results"]), rest["next"]] == [2, 1, None]
    assert {each["state"] for each in found} == {"failed"}
    assert [(each["status"], each["answer"]) for each in found[0]["attempts"]] == [(404, "gone fishing")]

    receiver.answer = lambda _got: Reply()
    again = post(f"deliveries/{found[2]['id']}/retry/", {})
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    deliver()
    since = {"since": "2000-01-01T00:00:00Z"}
    assert post(f"webhook-endpoints/{made['id']}/replay/", since).json() == {"count": 2}
    deliver()
    assert {each["state"] for each in api.get(at).json()["results"]} == {"delivered"}
    chosen = {"deliveries": [found[0]["id"]]}
    assert post(f"webhook-endpoints/{made['id']}/replay/", chosen).json() == {"count": 1}
    assert post(f"webhook-endpoints/{made['id']}/replay/", since | chosen).status_code == 400
    assert post("deliveries/999999/retry/", {}).status_code == 404


def test_nothing_is_sent_again_to_a_disabled_endpoint(post, made, receiver):
    receiver.answer = lambda _got: Reply(410)
    make_order()
    deliver()
    refused = post(f"deliveries/{WebhookDelivery.objects.get().pk}/retry/", {})

    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint_disabled")


def test_a_key_reads_or_sets_up_endpoints_only_with_the_scope_for_it(with_scopes, post, made):
    reader, other = with_scopes("webhooks:read"), with_scopes("events:read")
    at = f"webhook-endpoints/{made['id']}/"
    assert reader.get(f"/api/v1/{at}deliveries/").status_code == 200
    assert [post(f"{at}{what}/", {}, client=reader).status_code for what in ("rotate", "test", "replay")] == [
        403
    ] * 3
    assert [other.get(f"/api/v1/{at}").status_code, reader.delete(f"/api/v1/{at}").status_code] == [403, 403]
