"""Product names for events, and how lines are written in them."""

from collections.abc import Iterable
from typing import Any

from orders.models import OrderLine, Variant


def goods_names(logged: Iterable[dict[str, Any]], known: Iterable[Variant] = ()) -> dict[str, str]:
    """Name and spec of all goods in fields as they were logged, by SKU; nothing is asked where all are `known`."""
    skus = {row["sku"] for fields in logged for row in fields.get("items") or [] if row.get("sku")}
    names = _names(each for each in known if each.sku in skus)
    if not skus - names.keys():
        return names
    names |= _names(Variant.objects.filter(sku__in=skus - names.keys()).select_related("product"))
    # Goods that were never in the catalogue, such as those of an import, are called what their order calls them.
    if strange := skus - names.keys():
        lines = OrderLine.objects.filter(sku__in=strange).order_by("id").values_list("sku", "name", "spec")
        names |= {sku: f"{name} {spec}".strip() for sku, name, spec in lines}
    return names


def _names(variants: Iterable[Variant]) -> dict[str, str]:
    return {each.sku: f"{each.product.name} {each.spec}".strip() for each in variants}


def items_as_logged(lines: Iterable[OrderLine]) -> list[dict[str, Any]]:
    """Lines as the log and a request keep them."""
    return [{"sku": row.sku, "quantity": row.quantity, "unit_price": str(row.unit_price)} for row in lines]
