"""Commands on their way out, as other systems read them: whole for whoever has to carry them out, masked for all others."""

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from orders.models import ChangeRequest, Order
from orders.services.change_requests.request import request_change, withdraw_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.positions import position_new_events
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.connections import ConnectionRefused
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.integrations.commands.asking import NEW_STREET, answer_to, commands
from tests.integrations.webhooks_out.driving import deliver

pytestmark = pytest.mark.django_db
State = ChangeRequest.State


def schema(name: str) -> Draft202012Validator:
    """A schema as a program fetches it."""
    answer = Client().get(f"/api/schemas/{name}.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/schema+json")
    found = json.loads(answer.content)
    assert found["$id"] == f"/api/schemas/{name}.json"
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found, format_checker=FormatChecker())


def told_by_events(client: Client) -> list[dict[str, Any]]:
    """The commands as `GET events/` has them."""
    position_new_events()
    answer = client.get("/api/v1/events/", {"type": "order.change_requested"}).json()
    return [each["data"]["command"] for each in answer["results"]]


def test_the_endpoint_that_a_connection_names_reads_its_commands_whole_and_others_masked(
    source: Connection, kept: Order, make_endpoint, new_receiver
) -> None:
    erp, other = new_receiver(), new_receiver()
    endpoint, secret = make_endpoint(erp.url, "order.change_requested")
    _other, _secret = make_endpoint(other.url, "*")
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, endpoint=endpoint.pk))
    asked = request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="address", data={"street": NEW_STREET}
    )
    deliver()
    (got,) = erp.got
    command = got.verified_with(secret)["data"]["command"]
    assert command["data"]["address"] == {
        "name": "吴丽华", "phone": "13800138000", "province": "广东省", "city": "广州市", "district": "白云区",
        "street": NEW_STREET,
    }  # fmt: skip
    assert (command["masked"], command["request"], command["system"]) == (False, asked.pk, "our-erp")
    schema("order.change_requested.v1").validate(command)
    (told,) = [body for body in map(_payload, other.got) if body["type"] == "order.change_requested"]
    assert (told["data"]["command"]["masked"], NEW_STREET in json.dumps(told, ensure_ascii=False)) == (
        True,
        False,
    )
    assert "13800138000" not in json.dumps(told)
    schema("order.change_requested.v1").validate(told["data"]["command"])


def _payload(got: Any) -> Any:
    return json.loads(got.body)


def test_a_key_that_may_write_orders_reads_commands_whole_in_the_log_and_one_that_may_not_masked(
    kept: Order, asked: ChangeRequest, with_scopes
) -> None:
    (whole,) = told_by_events(with_scopes("events:read", "orders:write"))
    (masked,) = told_by_events(with_scopes("events:read"))
    assert whole["data"]["address"]["street"] == NEW_STREET
    assert masked["data"]["address"]["street"] == "****"
    assert masked | {"data": 0, "masked": 0} == whole | {"data": 0, "masked": 0}


def test_every_kind_of_command_is_what_its_schema_says(kept: Order, sku: str, sales) -> None:
    customer, wanted = Actor.customer(kept.customer), schema("order.change_requested.v1")
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("address", {"phone": "13900139000"}),
        ("items", {"items": [{"sku": sku, "quantity": 3}]}),
        ("urgent", {}),
        ("note", {"note": "放前台"}),
        ("delivery_date", {"deliver_on": ""}),
        ("cancel", {"reason": "不要了"}),
    ]
    for kind, data in wishes:
        request_change(actor=customer, order_id=kept.pk, kind=kind, data=data)
    found = [event.fact.command for event in commands()]  # type: ignore[attr-defined]
    # No day was set, so there is none to take away.
    assert [each["kind"] for each in found] == ["address", "items", "urgent", "note", "cancel"]
    for command in found:
        wanted.validate(command)


def test_an_answer_as_the_schema_says_is_taken_also_with_the_request_as_text(
    asked: ChangeRequest, tell
) -> None:
    body = answer_to(asked, accepted=True, request=str(asked.pk))
    schema("order.change_answered.v1").validate(body)
    assert tell(body).state == InboundRecord.State.APPLIED


def test_a_schema_that_there_is_not_is_not_found() -> None:
    assert Client().get("/api/schemas/../operations.json").status_code == 404
    assert Client().get("/api/schemas/order.change_requested.v9.json").status_code == 404


def test_a_request_that_was_taken_back_is_told_after_its_command(
    source: Connection, kept: Order, make_endpoint, receiver
) -> None:
    endpoint, secret = make_endpoint(receiver.url, "order.change_requested", "order.change_rejected")
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, endpoint=endpoint.pk))
    customer = Actor.customer(kept.customer)
    asked = request_change(actor=customer, order_id=kept.pk, kind="note", data={"note": "放前台"})
    withdraw_change(actor=customer, request_id=asked.pk)
    deliver()
    told = [got.verified_with(secret) for got in receiver.got]
    assert [(each["type"], each["data"]["request_id"]) for each in told] == [
        ("order.change_requested", asked.pk),
        ("order.change_rejected", asked.pk),
    ]
    assert told[1]["data"]["state"] == "withdrawn"


def test_only_an_endpoint_that_is_told_of_requests_can_be_named(
    source: Connection, make_endpoint, receiver
) -> None:
    endpoint, _secret = make_endpoint(receiver.url, "order.created")
    with pytest.raises(ConnectionRefused):
        change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, endpoint=endpoint.pk))


# --- the answer over HTTP ---------------------------------------------------------------------------
def test_a_program_answers_over_http_and_again_without_harm(kept: Order, asked: ChangeRequest, post) -> None:
    path = f"orders/{kept.number}/changes/{asked.pk}/answer/"
    first = post(path, {"accepted": True})
    assert (first.status_code, first.json()) == (
        200,
        {"id": str(asked.pk), "status": "applied", "reason": ""},
    )
    kept.refresh_from_db()
    version = kept.version
    assert post(path, {"accepted": True}).json()["status"] == "applied"
    kept.refresh_from_db()
    assert (kept.version, kept.street) == (version, NEW_STREET)


def test_a_refusal_over_http_is_told_with_its_reason(kept: Order, asked: ChangeRequest, post) -> None:
    answer = post(f"orders/{kept.number}/changes/{asked.pk}/answer/", {"accepted": False, "reason": "已出库"})
    assert answer.json() == {"id": str(asked.pk), "status": "rejected", "reason": "已出库"}


@pytest.mark.parametrize("key", ["", "k1"])
def test_an_answer_over_http_that_contradicts_is_refused_and_kept_for_a_person(
    kept: Order, asked: ChangeRequest, post, key: str
) -> None:
    path = f"orders/{kept.number}/changes/{asked.pk}/answer/"
    withdraw_change(actor=Actor.customer(kept.customer), request_id=asked.pk)
    for _ in range(2):
        refused = post(path, {"accepted": True}, key=key)
        assert (refused.status_code, refused.json()["code"]) == (409, "change_answered")
        assert refused["Content-Type"] == "application/problem+json"
    apply_inbound()
    record = InboundRecord.objects.get(message_id__startswith="answer:")
    assert (record.state, record.order_id) == (InboundRecord.State.CONFLICT, kept.pk)


def test_only_what_was_laid_before_another_system_is_answered_over_http(
    kept: Order, asked: ChangeRequest, post, order
) -> None:
    assert post(f"orders/{order.number}/changes/{asked.pk}/answer/", {"accepted": True}).status_code == 404
    assert post(f"orders/{kept.number}/changes/{asked.pk}/answer/", {}).status_code == 400
    asked.refresh_from_db()
    assert asked.state == State.OPEN
