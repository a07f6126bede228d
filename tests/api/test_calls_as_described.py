"""What the description of the API allows is taken, and what it forbids is refused; one rule for lines and SKUs."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orders.models import Order, Status
from tests.factories import VariantFactory, make_order, parcel

pytestmark = pytest.mark.django_db

ADDRESS = {
    "name": "吴丽华",
    "phone": "13800138000",
    "province": "广东省",
    "city": "广州市",
    "street": "机场路 88 号",
}
ORDER = {
    "customer": {"name": "吴丽华", "phone": "13800138000"},
    "items": [{"sku": "DJX-20-BLK", "quantity": 1}],
    "address": ADDRESS,
}
PLACE, MOVE, CHANGE, STOCK = (
    "orders/",
    "orders/{number}/transitions/",
    "orders/{number}/changes/",
    "products/{sku}/stock/",
)
BODIES: list[tuple[str, dict[str, Any]]] = [
    (PLACE, ORDER),
    (PLACE, ORDER | {"note": ""}),
    (PLACE, ORDER | {"external_id": None, "deliver_on": None}),
    (PLACE, ORDER | {"external_id": ""}),
    (PLACE, ORDER | {"external_id": "  "}),
    (PLACE, ORDER | {"items": []}),
    (PLACE, ORDER | {"items": [{"sku": "", "quantity": 1}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1.5}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 0}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": "9.90"}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": 9.5}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": None}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": ""}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": "-"}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": "1.234"}]}),
    (PLACE, ORDER | {"items": [{"sku": "DJX-20-BLK", "quantity": 1, "unit_price": -1}]}),
    (PLACE, ORDER | {"customer": {"name": "", "phone": "13800138000"}}),
    (PLACE, ORDER | {"customer": {"name": "x" * 121, "phone": "13800138000"}}),
    (PLACE, ORDER | {"address": ADDRESS | {"street": ""}}),
    (PLACE, ORDER | {"source": "fax"}),
    (PLACE, {name: ORDER[name] for name in ("customer", "items")}),
    (MOVE, {"to": "paid"}),
    (MOVE, {"to": "paid", "amount": "1.00"}),
    (MOVE, {"to": "paid", "amount": None}),
    (MOVE, {"to": "paid", "amount": "one"}),
    (MOVE, {"to": "paid", "version": 1}),
    (MOVE, {"to": "paid", "version": -1}),
    (MOVE, {"to": ""}),
    (MOVE, {}),
    (MOVE, {"to": "cancelled", "reason": ""}),
    (MOVE, {"to": "shipped", "lines": [{"sku": "DJX-20-BLK", "quantity": 0}]}),
    (CHANGE, {"kind": "urgent"}),
    (CHANGE, {"kind": "urgent", "data": {}}),
    (CHANGE, {"kind": "urgent", "data": None}),
    (CHANGE, {"kind": "note", "data": {"note": "要发票"}}),
    (CHANGE, {"kind": "note", "data": {}}),
    (CHANGE, {"kind": "note", "data": {"note": 1.5}, "wish_of": "nobody"}),
    (CHANGE, {"kind": "address", "data": {"street": "文一西路 969 号"}}),
    (CHANGE, {"kind": "address", "data": {"address": {"street": "文一西路 969 号"}}}),
    (CHANGE, {"kind": "address", "data": {"street": "x" * 301}}),
    (CHANGE, {"kind": "delivery_date", "data": {"deliver_on": None}}),
    (CHANGE, {"kind": "delivery_date", "data": {}}),
    (CHANGE, {"kind": "items", "data": {"items": [{"sku": "DJX-20-BLK", "quantity": 3}]}}),
    (CHANGE, {"kind": "items", "data": {"items": [{"sku": "DJX-20-BLK"}]}}),
    (CHANGE, {"kind": "items", "data": {"items": "DJX-20-BLK"}}),
    (CHANGE, {"kind": "cancel", "data": {"reason": "买错了"}}),
    (CHANGE, {"kind": "price"}),
    (CHANGE, {"kind": ""}),
    (STOCK, {"on_hand": 5}),
    (STOCK, {"on_hand": -1}),
    (STOCK, {"delta": 1, "reason": ""}),
    (STOCK, {"delta": None}),
]  # fmt: skip


@pytest.fixture
def described(api) -> dict[str, Any]:
    return api.get("/api/schema/", headers={"accept": "application/json"}).json()


@pytest.mark.parametrize(("path", "body"), BODIES, ids=lambda value: str(value)[:60])
def test_every_call_answers_as_the_openapi_schema_describes(
    api, described, order, path: str, body: dict[str, Any]
) -> None:
    method = "patch" if path == STOCK else "post"
    call = described["paths"][f"/api/v1/{path}"][method]
    schema = call["requestBody"]["content"]["application/json"]["schema"]
    allowed = Draft202012Validator(schema | {"components": described["components"]}).is_valid(body)

    answer = getattr(api, method)(
        f"/api/v1/{path.format(number=order.number, sku='DJX-20-BLK')}", body, content_type="application/json"
    )

    # A move that is not in the table is an answer of its own: 409 with what is allowed.
    assert (answer.status_code in (400, 409)) == (not allowed), answer.json()


@pytest.mark.parametrize(
    ("path", "query", "allowed"),
    [
        ("orders/", "limit=", False),
        ("orders/", "limit=null", False),
        ("orders/", "limit=0", False),
        ("orders/", "status=", True),
        ("orders/", "status=paid,picking", True),
        ("orders/", "urgent=maybe", False),
        ("events/", "type=", True),
        ("events/", "after=x", False),
        ("events/", "limit=", False),
        ("search/messages/", "q=包&order=", True),
        ("search/messages/", "q=", False),
        ("search/messages/", "q=包&has=film", False),
    ],
)
def test_query_parameters_are_accepted_or_refused_as_the_schema_describes(
    api, path: str, query: str, allowed: bool
) -> None:
    assert (api.get(f"/api/v1/{path}?{query}").status_code == 200) == allowed


def picking_order() -> Order:
    return make_order(status=Status.PICKING)


@pytest.mark.parametrize("quantity", [1.9, "1.9", 0, -1, True, "²", None, "1e400"])
def test_a_fractional_quantity_is_never_shipped(post, quantity: Any) -> None:
    order = picking_order()
    line = order.lines.get()

    answer = post(
        f"orders/{order.number}/transitions/",
        {"to": "shipped", **parcel(), "lines": [{"line": line.pk, "quantity": quantity}]},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    line.refresh_from_db()
    assert line.shipped_quantity == 0


@pytest.mark.parametrize("name", ["id", "line", "sku", "small"])
def test_a_shipment_names_its_lines_by_line_id_or_by_sku(post, api, name: str) -> None:
    order = picking_order()
    item = api.get(f"/api/v1/orders/{order.number}/").json()["items"][0]
    named = {
        "id": {"id": item["id"]},
        "line": {"line": item["id"]},
        "sku": {"sku": item["sku"]},
        "small": {"sku": item["sku"].lower()},
    }

    answer = post(
        f"orders/{order.number}/transitions/",
        {"to": "shipped", **parcel(), "lines": [named[name] | {"quantity": 1}]},
    )

    assert answer.status_code == 200, answer.json()
    assert answer.json()["items"][0]["shipped_quantity"] == 1


def test_a_line_id_that_is_not_on_the_order_is_refused_by_field(post) -> None:
    order, other = picking_order(), picking_order()
    path, foreign = f"orders/{order.number}/", other.lines.get().pk

    shipped = post(
        f"{path}transitions/", {"to": "shipped", **parcel(), "lines": [{"id": foreign, "quantity": 1}]}
    )
    changed = post(f"{path}changes/", {"kind": "items", "data": {"items": [{"id": foreign, "quantity": 1}]}})
    unnamed = post(f"{path}transitions/", {"to": "shipped", **parcel(), "lines": [{"quantity": 1}]})

    assert (shipped.status_code, shipped.json()["guards"][0]["name"]) == (422, "lines_unknown")
    assert (changed.status_code, changed.json()["guards"][0]["name"]) == (422, "lines_unknown")
    assert unnamed.status_code == 400


def test_a_change_request_names_lines_by_their_id_from_the_api(post, api, order) -> None:
    more = VariantFactory(sku="FB01-NV")
    item = api.get(f"/api/v1/orders/{order.number}/").json()["items"][0]
    wanted = [{"id": item["id"], "quantity": 5}, {"sku": "fb01-nv", "quantity": 1}]

    answer = post(f"orders/{order.number}/changes/", {"kind": "items", "data": {"items": wanted}})

    assert answer.json()["status"] == "applied"
    assert list(order.lines.order_by("pk").values_list("sku", "quantity")) == [
        ("DJX-20-BLK", 5),
        (more.sku, 1),
    ]


@pytest.mark.parametrize("sku", ["fb01-nv", "FB01-nv", "FB01-NV"])
def test_a_sku_may_be_written_in_lower_case(post, api, body, sku: str) -> None:
    VariantFactory(sku="FB01-NV")

    placed = post("orders/", body | {"items": [{"sku": sku, "quantity": 1}]})
    counted = api.patch(f"/api/v1/products/{sku}/stock/", {"delta": 1}, content_type="application/json")

    assert (placed.status_code, counted.status_code) == (201, 200), placed.json()
    assert placed.json()["items"][0]["sku"] == counted.json()["sku"] == "FB01-NV"


def test_a_sku_that_the_shop_keeps_in_lower_case_is_found(post, body) -> None:
    VariantFactory(sku="fb01-nv")
    VariantFactory(sku="FB01-NV")

    placed = post("orders/", body | {"items": [{"sku": "fb01-nv", "quantity": 1}]})

    assert placed.json()["items"][0]["sku"] == "fb01-nv"


def test_an_external_id_used_for_another_body_is_refused_with_its_order(post, body) -> None:
    first = post("orders/", body).json()
    other = body | {"items": [{"sku": "DJX-20-BLK", "quantity": 7}]}

    again, refused = post("orders/", body), post("orders/", other)

    assert again.json()["number"] == first["number"]
    assert (refused.status_code, refused.json()["code"]) == (422, "external_id_reused")
    assert refused.json()["number"] == first["number"]
    assert Order.objects.get().lines.get().quantity == 2


def test_repeating_an_external_id_returns_the_order_even_after_it_has_changed(post, body) -> None:
    number = post("orders/", body).json()["number"]
    post(
        f"orders/{number}/changes/",
        {"kind": "items", "data": {"items": [{"sku": "DJX-20-BLK", "quantity": 9}]}},
    )

    again = post("orders/", body)

    assert (again.status_code, again.json()["number"]) == (201, number)
