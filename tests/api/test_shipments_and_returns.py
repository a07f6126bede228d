"""Parcels, and what comes back, over REST."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import AfterSalesCase, Order, Status
from orders.policies.parcel_way import Scan
from orders.services.orders import ItemInput
from orders.services.tracking import record_scans
from shopcomm.core.configuration.models import ShopSettings
from tests.api.test_orders_api import problem
from tests.factories import VariantFactory, integration, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(customer, variant) -> Order:
    """Three of the variant, on their way."""
    return make_order(customer=customer, items=[ItemInput(variant.sku, 3)], status=Status.SHIPPED)


def get(api, path: str):
    answer = api.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def claim(order: Order, **more) -> dict:
    line = {"line": order.lines.get().pk, "quantity": 2}
    return {"order": order.number, "kind": "return", "reason": "damaged", "lines": [line], **more}


def test_a_parcel_is_told_with_its_contents_and_its_way_the_newest_scan_first(api, shipped) -> None:
    (parcel,) = shipped.shipments.all()
    for hours, text in ((2, "快件已到达广州"), (1, "快件已揽收")):
        scan = Scan(timezone.now() + timedelta(hours=hours), "in_transit", text)
        record_scans(actor=integration(), shipment_id=parcel.pk, scans=[scan])
    told = get(api, f"shipments/{parcel.pk}/")

    line = shipped.lines.get()
    assert (told["order"], told["carrier"], told["state"]) == (shipped.number, parcel.carrier, "in_transit")
    assert told["lines"] == [{"line": line.pk, "sku": line.sku, "quantity": 3}]
    assert [scan["text"] for scan in told["tracking"]] == ["快件已到达广州", "快件已揽收"]
    assert get(api, f"shipments/?order={shipped.number}")["results"] == [told]


def test_parcels_are_narrowed_and_paged_by_cursor_at_the_same_number_of_queries(api, shipped) -> None:
    others = [make_order(status=Status.SHIPPED) for _each in range(4)]
    number = others[0].shipments.get().tracking_number
    first = get(api, "shipments/?limit=3")
    rest = api.get(first["next"]).json()

    assert [len(page["results"]) for page in (first, rest)] == [3, 2]
    assert len({row["id"] for row in first["results"] + rest["results"]}) == 5
    assert [row["order"] for row in get(api, f"shipments/?tracking_number={number.lower()}")["results"]] == [
        others[0].number
    ]
    assert get(api, "shipments/?state=returned")["results"] == []
    later = (timezone.now() + timedelta(days=1)).isoformat().replace("+", "%2B")
    assert get(api, f"shipments/?shipped_after={later}")["results"] == []
    problem(api.get("/api/v1/shipments/?state=lost"), 400, "invalid")
    counts = []
    for limit in (1, 5):
        with CaptureQueriesContext(connection) as asked:
            get(api, f"shipments/?limit={limit}")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_case_is_opened_agreed_to_sent_back_inspected_and_refunded(api, post, shipped) -> None:
    ShopSettings.objects.update_or_create(pk=1, defaults={"return_address": "广州市白云区机场路 1 号"})
    made = post("returns/", claim(shipped, note="拉链坏了"), key="k1")
    assert made.status_code == 201, made.json()
    case = made.json()
    assert (case["order"], case["state"], case["kind"]) == (shipped.number, "applied", "return")
    assert post("returns/", claim(shipped, note="拉链坏了"), key="k1").json()["id"] == case["id"]
    path, line = f"returns/{case['id']}/decisions/", case["lines"][0]

    agreed = post(
        path, {"decision": "approve", "answer": "请寄回", "pieces": [{"id": line["id"], "quantity": 1}]}
    )
    assert agreed.status_code == 200, agreed.json()
    assert agreed.json()["state"] == "waiting_return"
    assert (agreed.json()["lines"][0]["quantity"], agreed.json()["lines"][0]["asked"]) == (1, 2)
    sent = post(
        path, {"decision": "send", "carrier": "shunfeng", "tracking_number": "SF1234567890123"}
    ).json()
    assert (sent["state"], sent["return_parcel"]["tracking_number"]) == (
        "return_in_transit",
        "SF1234567890123",
    )
    counted = post(
        path, {"decision": "inspect", "lines": [{"id": line["id"], "good": 0, "damaged": 1}]}
    ).json()
    assert (counted["state"], counted["lines"][0]["damaged"]) == ("inspecting", 1)
    done = post(path, {"decision": "conclude", "amount": "50.00", "answer": "有折旧"}).json()
    assert (done["state"], done["amount"], done["refunds"][0]["amount"]) == ("refund_due", "50.00", "50.00")
    assert get(api, f"returns/{case['id']}/") == done
    assert get(api, f"returns/?order={shipped.number}&state=refund_due&kind=return")["results"] == [done]
    assert get(api, "returns/?kind=exchange")["results"] == []


def test_a_case_is_refused_with_a_reason_or_withdrawn(post, shipped) -> None:
    first = post("returns/", claim(shipped)).json()["id"]
    refused = post(f"returns/{first}/decisions/", {"decision": "reject", "reason": "超出范围"}).json()
    second = post("returns/", claim(shipped)).json()["id"]
    taken_back = post(f"returns/{second}/decisions/", {"decision": "withdraw"}).json()

    assert (refused["state"], refused["answer"]) == ("rejected", "超出范围")
    assert taken_back["state"] == "withdrawn"
    problem(post(f"returns/{second}/decisions/", {"decision": "approve"}), 422, "guard_failed")


def test_an_exchange_names_the_goods_by_sku_in_capitals_or_not(post, customer, variant) -> None:
    other = VariantFactory(sku="DJX-20-RED", product=variant.product, on_hand=5)
    order = make_order(customer=customer, items=[ItemInput(variant.sku, 1)], status=Status.DELIVERED)
    lines = [{"sku": variant.sku.lower(), "quantity": 1, "wanted_sku": "djx-20-red"}]
    made = post("returns/", claim(order, kind="exchange", reason="wrong_color", lines=lines))

    assert made.status_code == 201, made.json()
    assert made.json()["lines"][0]["wanted_sku"] == other.sku
    agreed = post(f"returns/{made.json()['id']}/decisions/", {"decision": "approve"}).json()
    assert Order.objects.filter(number=agreed["replacement"]).exists()


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"order": "XB-NO-SUCH"}, 404, "not_found"),
        ({"lines": []}, 400, "invalid"),
        ({"lines": [{"line": 1, "quantity": 1}]}, 422, "guard_failed"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}]}, 422, "guard_failed"),
        ({"lines": [{"quantity": 1}]}, 400, "invalid"),
        ({"kind": "gift"}, 400, "invalid"),
        ({"lines": [{"sku": "DJX-20-BLK", "quantity": 4}]}, 422, "guard_failed"),
    ],
)
def test_a_case_that_cannot_be_is_not_opened(post, shipped, more, status: int, code: str) -> None:
    problem(post("returns/", claim(shipped) | more), status, code)
    assert not AfterSalesCase.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "eat"},
        {"decision": ["approve"]},
        {"decision": "reject"},
        {"decision": "approve", "pieces": [{"id": 0, "quantity": 1}]},
        {"decision": "inspect", "lines": [{"id": 1}]},
        {"decision": "send"},
        ["approve"],
    ],
)
def test_a_decision_that_cannot_be_read_changes_nothing(post, shipped, body) -> None:
    case = post("returns/", claim(shipped)).json()["id"]

    problem(post(f"returns/{case}/decisions/", body), 400, "invalid")
    assert AfterSalesCase.objects.get().state == "applied"


def test_reading_needs_the_scope_to_read_orders_and_deciding_the_one_to_write(
    with_scopes, post, shipped
) -> None:
    case = post("returns/", claim(shipped)).json()["id"]
    reader, writer = with_scopes("orders:read"), with_scopes("orders:write")
    paths = ("shipments/", f"shipments/{shipped.shipments.get().pk}/", "returns/", f"returns/{case}/")

    assert {reader.get(f"/api/v1/{path}").status_code for path in paths} == {200}
    assert {writer.get(f"/api/v1/{path}").status_code for path in paths} == {403}
    problem(post(f"returns/{case}/decisions/", {"decision": "approve"}, client=reader), 403, "not_allowed")
    problem(post("returns/", claim(shipped), client=reader), 403, "not_allowed")


@pytest.mark.parametrize("path", ["shipments/1/", "returns/1/", "shipments/99999999999999999999/"])
def test_what_is_not_there_is_404(api, path: str) -> None:
    problem(api.get(f"/api/v1/{path}"), 404, "not_found")
