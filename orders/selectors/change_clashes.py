"""What of a request clashes with what happened to its order since: in facts for services, in words for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders.labels import empty_text, field_label, field_text
from orders.models import ChangeKind, ChangeRequest, Order, OrderLine, Variant
from orders.policies.change_merging import NEVER_WRITTEN, Clash, merge_change
from orders.policies.contact_masks import masked_phones
from orders.selectors.asked_prices import LIST_PRICE, price_clashes
from orders.selectors.goods import goods_names, items_as_logged


@dataclass(frozen=True)
class ClashText:
    """A clash as people read it: what it is about, how it was when asked, how it is now, how it is wanted."""

    label: str
    was: str
    now: str
    wanted: str

    @property
    def sentence(self) -> str:
        """The clash on one line."""
        values = {"label": self.label, "was": self.was, "now": self.now, "wanted": self.wanted}
        return _("%(label)s：提出时 %(was)s，现在 %(now)s，申请 %(wanted)s") % values


def fields_now(order: Order, lines: Iterable[OrderLine], names: Iterable[str]) -> dict[str, Any]:
    """Fields of an order as requests and the log keep them; `items` are its lines."""
    return {
        name: items_as_logged(lines) if name == "items" else _stored(getattr(order, name))
        for name in names
        if name not in NEVER_WRITTEN
    }


def _stored(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def clashes_of(
    request: ChangeRequest,
    order: Order,
    lines: Iterable[OrderLine],
    variants: dict[str, Variant] | None = None,
) -> list[Clash]:
    """What somebody else has changed since a request was made that wants it otherwise, and prices that moved.

    Who shows many requests at once passes the `variants` of all goods at a price of the list.
    """
    if request.kind == ChangeKind.CANCEL:
        return []
    now = fields_now(order, lines, request.data)
    merged = merge_change(request.data, request.before, now)
    return merged.clashes + price_clashes(merged.data, skus_of(now), order.customer, variants)


def skus_of(fields: Mapping[str, Any]) -> set[str]:
    """The goods in an order's fields."""
    return {row["sku"] for row in fields.get("items") or []}


def clash_texts(
    clashes: Iterable[Clash], names: Mapping[str, str] | None = None, *, whole: bool = False
) -> list[ClashText]:
    """Clashes as people read them, phones masked unless the reader may see them `whole`.

    Who shows many at once passes the `names` of all their goods.
    """
    clashes = list(clashes)
    if names is None and clashes:
        names = goods_names([{"items": [{"sku": each.sku} for each in clashes if each.sku]}])
    return [_text(each, names or {}, whole=whole) for each in clashes]


def _text(clash: Clash, names: Mapping[str, str], *, whole: bool) -> ClashText:
    label = names.get(clash.sku, clash.sku)
    if clash.field == LIST_PRICE:
        label = _("%(goods)s 的单价") % {"goods": label}
        return ClashText(label, clash.was, clash.now, clash.wanted)
    if clash.sku:
        return ClashText(label, *(_pieces(rows) for rows in (clash.was, clash.now, clash.wanted)))
    shown = [{clash.field: value} for value in (clash.was, clash.now, clash.wanted)]
    if not whole:
        shown = [masked_phones(state) for state in shown]
    return ClashText(field_label(clash.field), *(field_text(clash.field, s[clash.field]) for s in shown))


def _pieces(rows: list[dict[str, Any]]) -> str:
    """The lines of one SKU: how many, and at which price where one is named."""
    told = [
        f"×{row['quantity']}" + (f" @{row['unit_price']}" if row.get("unit_price") is not None else "")
        for row in rows
    ]
    return _("，").join(told) or empty_text()
