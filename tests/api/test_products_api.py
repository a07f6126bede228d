"""Goods and stock over REST."""

import pytest

from orders.models import StockMovement, Variant
from tests.api.test_orders_api import problem
from tests.factories import VariantFactory

pytestmark = pytest.mark.django_db


def patch_stock(api, sku: str, **data):
    return api.patch(f"/api/v1/products/{sku}/stock/", data, content_type="application/json")


def test_the_product_list_has_one_row_for_each_variant(api, order, variant) -> None:
    row = api.get("/api/v1/products/").json()["results"][0]

    assert row == {
        "sku": "DJX-20-BLK",
        "name": variant.product.name,
        "color": "曜石黑",
        "size": "20 寸",
        "price": "199.00",
        "currency": "CNY",
        "on_hand": 100,
        "reserved": 2,
        "available": 98,
        "threshold": 0,
    }


def test_the_product_list_is_paged_by_cursor(api) -> None:
    made = {VariantFactory().sku for _ in range(5)}
    first = api.get("/api/v1/products/?limit=3").json()
    second = api.get(first["next"]).json()

    assert len(first["results"]) == 3
    assert {row["sku"] for row in first["results"] + second["results"]} == made
    assert second["next"] is None


@pytest.mark.parametrize(("given", "left"), [({"on_hand": 30}, 30), ({"delta": 5}, 105), ({"delta": -5}, 95)])
def test_stock_is_set_or_adjusted_and_the_movement_is_recorded(api, variant, given, left: int) -> None:
    answer = patch_stock(api, variant.sku, reason="盘点", **given)

    assert (answer.status_code, answer.json()["on_hand"]) == (200, left)
    assert StockMovement.objects.filter(variant=variant).latest("pk").reason == "盘点"


@pytest.mark.parametrize(
    "given", [{}, {"on_hand": 1, "delta": 1}, {"on_hand": -1}, {"on_hand": "many"}, {"delta": 10**12}]
)
def test_an_invalid_stock_count_is_refused(api, variant, given) -> None:
    problem(patch_stock(api, variant.sku, **given), 400, "invalid")


def test_stock_cannot_be_reduced_below_zero(api, variant) -> None:
    answer = patch_stock(api, variant.sku, delta=-101, reason="报损")

    assert answer.status_code == 422
    assert Variant.objects.get(pk=variant.pk).on_hand == 100


def test_an_unknown_sku_answers_404(api) -> None:
    problem(patch_stock(api, "NO-SUCH", on_hand=1), 404, "not_found")
