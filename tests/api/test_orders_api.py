"""Orders over REST: taken, listed, moved and changed by other systems, with the contract's answers."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from orders.models import Order, Status
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.models import Customer
from tests.factories import integration, make_order, make_orders, move, parcel

pytestmark = pytest.mark.django_db


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, checked for its fixed members. Source: RFC 9457."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"]
    assert body["title"]
    assert body["detail"]
    return body


def test_a_placed_order_is_returned_with_all_its_fields(post, body) -> None:
    answer = post("orders/", body)

    assert answer.status_code == 201
    given = answer.json()
    order = Order.objects.get(number=given["number"])
    assert given["external_id"] == "TB-1001"
    assert (given["status"], given["version"], given["urgent"]) == ("pending_payment", 1, True)
    assert (given["total"], given["currency"]) == ("398.00", "CNY")
    assert given["items"][0] | {"id": 0} == given["items"][0] | {
        "id": 0,
        "sku": "DJX-20-BLK",
        "quantity": 2,
        "unit_price": "199.00",
    }
    assert given["address"]["street"] == "机场路 88 号"
    assert given["conversation"] == order.conversation.pk  # type: ignore[attr-defined]
    assert "/o/" in given["customer_url"]
    assert order.customer.phone == "+8613800138000"
    assert timezone.datetime.fromisoformat(given["placed_at"]).utcoffset() is not None


def test_customer_url_opens_its_own_order_and_no_other(post, body, client) -> None:
    first = post("orders/", body).json()
    foreign = make_order()

    page = client.get(first["customer_url"])

    assert first["number"] in page.text
    assert foreign.number not in page.text


def test_repeating_an_external_id_returns_the_same_order(post, body) -> None:
    first, second = post("orders/", body), post("orders/", body)

    assert first.json()["number"] == second.json()["number"]
    assert Order.objects.count() == 1


def test_two_orders_with_the_same_phone_belong_to_one_customer(post, body) -> None:
    post("orders/", body)
    post("orders/", body | {"external_id": "TB-1002", "customer": {"name": "吴", "phone": "+8613800138000"}})

    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customer": {"name": "吴丽华", "phone": "12"}}, "customer"),
        ({"items": []}, "items"),
        ({"items": [{"sku": "DJX-20-BLK", "quantity": 0}]}, "items"),
        ({"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": "-1"}]}, "items"),
        ({"source": "pigeon"}, "source"),
        ({"address": {"name": "吴丽华"}}, "address"),
        ({"note": "长" * 5001}, "note"),
        ({"note": "\x00"}, "note"),
    ],
)
def test_validation_errors_are_listed_by_field(post, body, change: dict[str, Any], field: str) -> None:
    refused = problem(post("orders/", body | change), 400, "invalid")

    assert field in refused["errors"]
    assert Order.objects.count() == 0


@pytest.mark.parametrize("sku", ["NO-SUCH-SKU", "DJX-20-BLK"])
def test_an_order_beyond_the_stock_is_refused(post, body, sku: str) -> None:
    wanted = {"items": [{"sku": sku, "quantity": 101}]}

    answer = post("orders/", body | wanted)

    assert answer.status_code in (400, 422)
    assert sku in answer.content.decode()
    # Nor does whoever wanted them become a customer.
    assert (Order.objects.count(), Customer.objects.count()) == (0, 0)


def test_a_body_that_is_not_json_is_refused_as_malformed(api) -> None:
    answer = api.post("/api/v1/orders/", "{", content_type="application/json")

    problem(answer, 400, "malformed")


def test_a_body_that_is_not_sent_as_json_is_refused(api) -> None:
    problem(api.post("/api/v1/orders/", "a=b", content_type="text/plain"), 415, "unsupported_media_type")


def test_a_method_that_a_url_does_not_offer_is_refused(api) -> None:
    problem(api.delete("/api/v1/orders/"), 405, "method_not_allowed")


def test_pages_of_orders_follow_each_other_without_gaps_or_repeats(api) -> None:
    numbers = [order.number for order in make_orders(7)]
    url, found = "/api/v1/orders/?limit=3", []

    while url:
        page = api.get(url).json()
        found += [each["number"] for each in page["results"]]
        url, before = page["next"], url

    assert found == numbers[::-1]
    back = api.get(api.get(before).json()["previous"]).json()
    assert [each["number"] for each in back["results"]] == numbers[::-1][3:6]


def test_an_order_placed_between_two_pages_does_not_shift_the_second(api) -> None:
    numbers = [order.number for order in make_orders(4)][::-1]
    first = api.get("/api/v1/orders/?limit=2").json()
    make_order()

    second = api.get(first["next"]).json()

    assert [each["number"] for each in first["results"] + second["results"]] == numbers


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=paid", {"paid"}),
        ("status=paid,shipped", {"paid", "shipped"}),
        ("urgent=true", {"urgent"}),
        ("source=phone", {"phone"}),
        ("q=6612", {"tail"}),
        ("q=' OR 1=1 --", set()),
        ("created_after=2999-01-01T00:00:00%2B08:00", set()),
        ("created_before=2000-01-01T00:00:00Z", set()),
    ],
)
def test_filters_of_the_api_narrow_the_list_of_orders(api, query: str, found: set[str]) -> None:
    from tests.factories import CustomerFactory

    tail = CustomerFactory(phone="+8613800006612", phone_tail="6612")
    orders = {
        "paid": make_order(status=Status.PAID),
        "shipped": make_order(status=Status.SHIPPED),
        "urgent": make_order(urgent=True),
        "phone": make_order(source="phone"),
        "tail": make_order(customer=tail),
    }

    results = api.get(f"/api/v1/orders/?{query}").json()["results"]

    assert {each["number"] for each in results} == {orders[name].number for name in found}


@pytest.mark.parametrize(
    "query", ["status=lost", "limit=0", "limit=x", "created_after=yesterday", "urgent=maybe"]
)
def test_an_invalid_filter_value_is_refused(api, query: str) -> None:
    problem(api.get(f"/api/v1/orders/?{query}"), 400, "invalid")


def test_a_broken_cursor_answers_400(api, order) -> None:
    assert api.get("/api/v1/orders/?cursor=@@@").status_code in (200, 400)


def test_an_order_is_read_by_its_number(api, order) -> None:
    assert api.get(f"/api/v1/orders/{order.number}/").json()["number"] == order.number
    problem(api.get("/api/v1/orders/XB-000000-0000/"), 404, "not_found")


def test_an_order_goes_from_placed_to_completed_over_the_api(post, order) -> None:
    steps: list[dict[str, Any]] = [
        {"to": "paid", "method": "wechat", "reference": "4200001"},
        {"to": "picking"},
        {"to": "shipped", **parcel()},
        {"to": "delivered"},
        {"to": "completed"},
    ]
    for step in steps:
        answer = post(f"orders/{order.number}/transitions/", step)
        assert (answer.status_code, answer.json()["status"]) == (200, step["to"])

    assert answer.json()["shipments"][0]["carrier"] == "shunfeng"
    assert Decimal(answer.json()["paid_amount"]) == order.total


def test_an_illegal_transition_names_the_allowed_ones(post, order) -> None:
    refused = problem(
        post(f"orders/{order.number}/transitions/", {"to": "shipped"}), 409, "illegal_transition"
    )

    assert (refused["from"], refused["to"]) == ("pending_payment", "shipped")
    assert set(refused["allowed"]) == {"paid", "cancelled", "picking"} & set(refused["allowed"])
    assert "paid" in refused["allowed"]


def test_a_cancelled_order_allows_no_transition(post) -> None:
    ended = make_order(status=Status.CANCELLED)

    refused = problem(post(f"orders/{ended.number}/transitions/", {"to": "paid"}), 409, "illegal_transition")

    assert refused["allowed"] == []


def test_a_call_with_a_stale_version_is_refused_with_the_current_one(post, order) -> None:
    moved = move(order, "paid")

    refused = problem(
        post(f"orders/{order.number}/transitions/", {"to": "picking", "version": order.version}),
        409,
        "stale_version",
    )

    assert refused["version"] == moved.version
    assert Order.objects.get(pk=order.pk).status == Status.PAID


def test_shipping_without_a_tracking_number_fails_its_guard(post) -> None:
    order = make_order(status=Status.PICKING)

    refused = problem(
        post(f"orders/{order.number}/transitions/", {"to": "shipped", "carrier": "shunfeng"}),
        422,
        "guard_failed",
    )

    assert refused["guards"]
    assert all(guard["name"] and guard["text"] for guard in refused["guards"])


def test_an_order_cannot_ship_while_a_change_waits_for_the_warehouse(post) -> None:
    order = make_order(status=Status.PICKING)
    acknowledge_order(actor=integration(), order_id=order.pk)
    changed = post(
        f"orders/{order.number}/changes/", {"kind": "address", "data": {"street": "文一西路 969 号"}}
    )
    assert (changed.status_code, changed.json()["status"]) == (201, "pending")

    refused = problem(
        post(f"orders/{order.number}/transitions/", {"to": "shipped", **parcel()}), 423, "change_pending"
    )

    assert refused["request"]


@pytest.mark.parametrize(
    ("kind", "data", "check"),
    [
        ("address", {"street": "文一西路 969 号"}, lambda order: order.street == "文一西路 969 号"),
        ("urgent", {"urgent": True}, lambda order: order.urgent),
        ("note", {"note": "周末不收货"}, lambda order: order.note == "周末不收货"),
        ("items", {"items": [{"sku": "DJX-20-BLK", "quantity": 5}]}, lambda order: order.total == 995),
        ("cancel", {"reason": "不要了"}, lambda order: order.status == Status.CANCELLED),
    ],
)
def test_every_change_of_an_unpaid_order_is_applied_at_once(post, order, kind, data, check) -> None:
    answer = post(f"orders/{order.number}/changes/", {"kind": kind, "data": data})

    assert (answer.status_code, answer.json()["status"]) == (201, "applied"), answer.content
    assert check(Order.objects.get(pk=order.pk))


def test_a_new_address_for_a_shipped_parcel_is_declined(post) -> None:
    order = make_order(status=Status.SHIPPED)

    answer = post(f"orders/{order.number}/changes/", {"kind": "address", "data": {"street": "x"}}).json()

    assert answer["status"] == "rejected"
    assert answer["reason"]


def test_created_after_and_created_before_select_the_orders_between_them(api, order) -> None:
    hour = timedelta(hours=1)
    span = f"created_after={(order.placed_at - hour):%Y-%m-%dT%H:%M:%SZ}"
    span += f"&created_before={(order.placed_at + hour):%Y-%m-%dT%H:%M:%SZ}"

    assert len(api.get(f"/api/v1/orders/?{span}").json()["results"]) == 1
