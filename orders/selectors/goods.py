"""Product names for events, and how lines are written in them."""

from collections.abc import Iterable
from typing import Any

from orders.models import OrderLine, Variant


def goods_names(logged: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Name and spec of all goods in fields as they were logged, by SKU; nothing is asked where there are none."""
    skus = {row["sku"] for fields in logged for row in fields.get("items") or [] if row.get("sku")}
    if not skus:
        return {}
    variants = Variant.objects.filter(sku__in=skus).select_related("product")
    names = {each.sku: f"{each.product.name} {each.spec}".strip() for each in variants}
    # Goods that were never in the catalogue, such as those of an import, are called what their order calls them.
    if strange := skus - names.keys():
        lines = OrderLine.objects.filter(sku__in=strange).order_by("id").values_list("sku", "name", "spec")
        names |= {sku: f"{name} {spec}".strip() for sku, name, spec in lines}
    return names


def items_as_logged(lines: Iterable[OrderLine]) -> list[dict[str, Any]]:
    """Lines as the log and a request keep them."""
    return [{"sku": row.sku, "quantity": row.quantity, "unit_price": str(row.unit_price)} for row in lines]
