"""Endpoints over HTTP."""

import pytest

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
