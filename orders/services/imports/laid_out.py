"""Files of orders as somebody laid them out on a page, and what a page needs to know of their fields."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.errors import ImportRefused
from orders.services.file_lists.layout import Field, Layout
from orders.services.imports.columns import NAMES, REQUIRED, SHOPIFY, Header, match_columns
from orders.services.imports.reading import Table

LABELS: dict[str, str | Promise] = {
    "invoice": gettext_lazy("订单号"),
    "sku": "SKU",
    "name": gettext_lazy("品名"),
    "quantity": gettext_lazy("数量"),
    "unit_price": gettext_lazy("单价"),
    "placed_at": gettext_lazy("下单时间"),
    "paid_at": gettext_lazy("付款时间"),
    "shipped_at": gettext_lazy("发货时间"),
    "closed_at": gettext_lazy("完成时间"),
    "carrier": gettext_lazy("快递公司"),
    "tracking": gettext_lazy("运单号"),
    "customer_id": gettext_lazy("客户编号"),
    "member": gettext_lazy("会员名"),
    "customer_name": gettext_lazy("客户"),
    "receiver": gettext_lazy("收货人"),
    "phone": gettext_lazy("手机"),
    "country": gettext_lazy("国家"),
    "province": gettext_lazy("省"),
    "city": gettext_lazy("市"),
    "district": gettext_lazy("区县"),
    "street": gettext_lazy("详细地址"),
    "color": gettext_lazy("颜色"),
    "size": gettext_lazy("尺寸"),
    "currency": gettext_lazy("币种"),
    "note": gettext_lazy("备注"),
    "status": gettext_lazy("订单状态"),
    "freight": gettext_lazy("运费"),
    "adjustment": gettext_lazy("涨价或折扣"),
    "discount": gettext_lazy("优惠"),
    "line_discount": gettext_lazy("这一行的优惠"),
    "tax": gettext_lazy("税费"),
    "paid": gettext_lazy("实付款"),
    "refunded": gettext_lazy("退款金额"),
    "fulfilment": gettext_lazy("发货状态"),
    "cancelled": gettext_lazy("取消时间"),
}
FIELDS = tuple(
    Field(
        name,
        label,
        (NAMES | SHOPIFY).get(name, ""),
        name in REQUIRED,
        instead="paid_at" if name == "placed_at" else "",
    )
    for name, label in LABELS.items()
)


def match_order_fields(cells: Sequence[Any], _fields: Iterable[Field]) -> dict[str, tuple[int, ...]]:
    """The columns of each field, by the heads of every system that the import knows."""
    return match_columns(cells)[0].places


def header_of(table: Table, layout: Layout) -> Header:
    """The header of a table as it was laid out; who wrote the file and in which currency, its heads still say."""
    cells = next((row for line, row in table.rows(layout.sheet) if line == layout.line), None)
    if cells is None:
        raise ImportRefused(_("表头所在的行不见了：请重新对列"))
    columns, _missing = match_columns(cells)
    if layout.places != columns.places:
        places = dict(layout.places)
        if times := (*places.get("placed_at", ()), *places.get("paid_at", ())):
            places["placed_at"] = tuple(dict.fromkeys(times))
        taken = {at for found in places.values() for at in found}
        unused = tuple(
            str(cell).strip() for at, cell in enumerate(cells) if str(cell).strip() and at not in taken
        )
        columns = replace(columns, places=places, unused=unused)
    return Header(layout.sheet, table.names[layout.sheet], layout.line, cells, columns)
