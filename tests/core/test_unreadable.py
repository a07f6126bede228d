"""A request that cannot be read is answered with 400 and a word, wherever it comes in."""

import pytest
from django.db import DataError
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/orders/", "/inbox/", "/warehouse/scan/", "/my/login/", "/login/"])
def test_a_query_with_a_nul_is_refused_with_an_explanation(log_in, manager, address: str) -> None:
    answer = log_in(manager).get(address, {"q": "a\x00b"})

    assert answer.status_code == 400
    assert "读不懂" in answer.text


@pytest.mark.parametrize("address", ["/orders/new/", "/inbox/new/", "/rules/hours/", "/login/"])
def test_a_form_with_a_nul_is_refused_with_an_explanation(log_in, manager, address: str) -> None:
    answer = log_in(manager).post(address, {"name": "a\x00b"})

    assert answer.status_code == 400
    assert "读不懂" in answer.text


def test_the_admin_refuses_invalid_primary_keys(log_in, manager) -> None:
    office = log_in(manager)
    chosen = {"action": "delete_selected", "_selected_action": '{"a":1}', "index": "0"}

    assert office.get("/admin/messaging/notificationrule/99999999999999.9/change/").status_code == 404
    assert office.post("/admin/configuration/workinginterval/", chosen).status_code == 400


def test_a_script_gets_the_refusal_as_a_problem_document(log_in, manager) -> None:
    answer = log_in(manager).get("/orders/", {"q": "\x00"}, headers={"x-fragment": "list"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_a_cookie_with_a_nul_is_ignored() -> None:
    client = Client(headers={"cookie": r'sessionid="abc\000def"; csrftoken="\000"'})

    assert client.get("/orders/").status_code == 302
    assert client.get("/my/").status_code == 302


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("orders/", r'{"source": "\ud800"}', "source"),
        ("orders/", r'{"customer": {"name": "a\u0000"}}', "customer.name"),
        ("orders/", r'{"\ud800": 1}', "the body"),
        (
            "orders/{number}/changes/",
            r'{"kind": "items", "data": {"items": [{"sku": "\udfff"}]}}',
            "data.items[0].sku",
        ),
        ("conversations/{conversation}/messages/", r'{"client_id": "\udead"}', "client_id"),
    ],
)
def test_an_api_call_with_a_lone_surrogate_is_refused_without_echoing_it(
    api, order, path: str, body: str, place: str
) -> None:
    answer = api.post(
        f"/api/v1/{path.format(number=order.number, conversation=order.conversation.pk)}",
        body,
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert place in str(answer.json()["errors"])


@pytest.mark.parametrize(
    ("view", "address"),
    [
        ("orders.api.orders.order_list", "/api/v1/orders/"),
        ("orders.views.desk.newest_and_counts", "/orders/"),
    ],
)
def test_a_value_out_of_range_for_the_database_answers_400_and_not_500(
    api, log_in, manager, monkeypatch, view: str, address: str
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise DataError("value too long for type character varying(120)")

    monkeypatch.setattr(view, refuse)
    client = api if address.startswith("/api/") else log_in(manager)

    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/login/", {"username": "x" * 300, "password": "y"}),
        ("/inbox/new/", {"name": "长" * 200, "phone": "13800138000", "subject": "包"}),
        ("/inbox/new/", {"name": "吴", "phone": "13800138000", "subject": "包" * 500}),
        ("/my/login/", {"phone": "1" * 5000}),
    ],
)
def test_an_overlong_form_value_does_not_cause_a_server_error(
    log_in, manager, client, address: str, fields: dict[str, str]
) -> None:
    browser = client if "login" in address else log_in(manager)

    assert browser.post(address, fields).status_code in (200, 302, 422)


def test_a_form_sent_where_json_is_expected_is_refused_and_causes_no_500(log_in, manager, order) -> None:
    browser = log_in(manager)
    talk = f"/conversations/{order.conversation.pk}/messages/"

    # The test client sends a dictionary as a form with files, read from the line before any page looks at it.
    assert browser.post(talk, {"body": "在吗"}).status_code == 422
    assert browser.post("/push/", {"endpoint": "https://push.example"}).status_code == 422


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\x80\xff",
        "application/x-www-form-urlencoded; charset=utf-7",
    ],
)
@pytest.mark.parametrize("address", ["/login/", "/push/", "/orders/new/", "/attachments/"])
def test_a_malformed_multipart_form_is_refused_with_an_explanation(
    log_in, manager, address: str, kind: str
) -> None:
    browser = log_in(manager)
    browser.raise_request_exception = False

    answer = browser.generic("POST", address, b"--x\r\n", content_type=kind)

    assert answer.status_code == 400
    assert "ShopComm" in answer.text
