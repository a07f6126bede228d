"""Counting up to a thousand variants in one call."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import ShortageTask, StockMovement, Variant
from orders.services.orders import ItemInput
from shopcomm.core.events.models import DomainEvent
from tests.api.test_orders_api import problem
from tests.factories import ProductFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db
PATH = "/api/v1/products/stock/"


def send(api, *rows: dict, method: str = "patch", key: str = ""):
    headers = {"idempotency-key": key} if key else {}
    return getattr(api, method)(PATH, {"rows": rows}, content_type="application/json", headers=headers)


def many(count: int, **fields) -> list[Variant]:
    product = ProductFactory()
    return Variant.objects.bulk_create(
        Variant(product=product, sku=f"SKU-{place:04}", price="10.00", **fields) for place in range(count)
    )


@pytest.mark.parametrize("method", ["patch", "post"])
def test_each_row_is_taken_or_refused_by_itself_and_answered_in_its_place(api, variant, method: str) -> None:
    other = VariantFactory(sku="FB01-NV", on_hand=5)
    make_order(items=[ItemInput(variant.sku, 2)])

    answer = send(
        api,
        {"sku": variant.sku, "on_hand": 30, "reason": "盘点"},
        {"sku": "fb01-nv", "delta": -6},
        {"sku": "NO-SUCH", "delta": 1},
        {"sku": " djx-20-blk ", "delta": 1},
        method=method,
    )

    assert answer.status_code == 200
    told = answer.json()
    assert (told["applied"], told["refused"]) == (1, 3)
    assert [(row["sku"], row["status"], row.get("code")) for row in told["results"]] == [
        (variant.sku, 200, None),
        ("FB01-NV", 422, "stock_invalid"),
        ("NO-SUCH", 404, "sku_unknown"),
        (variant.sku, 422, "sku_repeated"),
    ]
    first = told["results"][0]
    assert (first["on_hand"], first["reserved"], first["available"], first["shortages"]) == (30, 2, 28, [])
    other.refresh_from_db()
    assert other.on_hand == 5
    assert StockMovement.objects.filter(variant=variant).latest("pk").reason == "盘点"


def test_orders_whose_pieces_a_row_did_not_find_are_named_in_that_row_and_become_tasks(api) -> None:
    first, second, third = (VariantFactory(sku=f"A{place}", on_hand=5) for place in range(3))
    orders = [make_order(items=[ItemInput(each.sku, 3)]) for each in (first, second)]

    told = send(api, *({"sku": each.sku, "on_hand": 1} for each in (third, second, first))).json()

    assert [[(row["order"], row["missing"]) for row in each["shortages"]] for each in told["results"]] == [
        [],
        [(orders[1].number, 2)],
        [(orders[0].number, 2)],
    ]
    assert sorted(ShortageTask.objects.values_list("sku", "missing")) == [("A0", 2), ("A1", 2)]
    assert list(Variant.objects.order_by("sku").values_list("on_hand", "reserved")) == [
        (1, 1),
        (1, 1),
        (1, 0),
    ]


def test_a_thousand_rows_take_as_few_statements_as_ten(api) -> None:
    many(1000, on_hand=100, threshold=50)

    def statements(count: int, pieces: int) -> int:
        rows = [{"sku": f"SKU-{place:04}", "on_hand": pieces} for place in range(count)]
        with CaptureQueriesContext(connection) as asked:
            assert send(api, *rows).json()["applied"] == count
        return len(asked)

    statements(1, 59)
    few, lots, lots_low = statements(10, 60), statements(1000, 61), statements(1000, 3)

    # Another one for the facts that they are low, and one for the place of the feeds.
    assert (lots, lots_low) == (few, few + 2)
    assert DomainEvent.objects.filter(type="stock.low").count() == 1000


def test_the_same_call_with_its_idempotency_key_moves_the_stock_once(api, variant) -> None:
    answers = [send(api, {"sku": variant.sku, "delta": 5}, key="k1") for _again in range(2)]

    assert [answer.json()["results"][0]["on_hand"] for answer in answers] == [105, 105]
    assert answers[1]["Idempotent-Replay"] == "true"
    variant.refresh_from_db()
    assert variant.on_hand == 105
    problem(send(api, {"sku": variant.sku, "delta": 6}, key="k1"), 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"sku": "A"}],
        [{"sku": "A", "on_hand": 1, "delta": 1}],
        [{"sku": "A", "on_hand": -1}],
        [{"sku": "", "on_hand": 1}],
        [{"on_hand": 1}],
        [{"sku": "A", "on_hand": 1.5}],
        "A",
        [{"sku": "A", "on_hand": 1}] * 1001,
    ],
)
def test_a_body_that_cannot_be_read_changes_nothing(api, variant, rows) -> None:
    before = StockMovement.objects.count()
    refused = api.patch(PATH, {"rows": rows}, content_type="application/json")

    problem(refused, 400, "invalid")
    assert StockMovement.objects.count() == before


def test_a_key_needs_the_scope_for_stock(with_scopes) -> None:
    problem(send(with_scopes("products:read"), {"sku": "A", "on_hand": 1}), 403, "not_allowed")
