"""Which column is what: headers in Chinese, in English, and of the UCI Online Retail file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from orders.errors import ImportRefused

# Names are compared without case, blanks and punctuation.
NAMES: dict[str, tuple[str, ...]] = {
    "invoice": ("invoiceno", "invoice", "ordernumber", "orderno", "orderid", "订单号", "订单编号", "单号", "发票号"),
    "sku": ("stockcode", "sku", "itemcode", "productcode", "货号", "商品编码", "商品编号", "款号", "编码"),
    "name": ("description", "productname", "itemname", "product", "品名", "商品名称", "商品", "名称"),
    "quantity": ("quantity", "qty", "数量", "件数"),
    "placed_at": ("invoicedate", "orderdate", "date", "placedat", "下单时间", "下单日期", "日期", "时间", "订单时间"),
    "unit_price": ("unitprice", "price", "单价", "价格", "成交价"),
    "customer_id": ("customerid", "customercode", "客户编号", "客户编码", "会员号"),
    "customer_name": ("customername", "customer", "name", "客户", "客户姓名", "客户名称", "姓名", "买家"),
    "phone": ("phone", "mobile", "telephone", "手机", "电话", "手机号", "联系电话"),
    "country": ("country", "国家"),
    "province": ("province", "state", "省", "省份"),
    "city": ("city", "市", "城市"),
    "district": ("district", "county", "区", "区县"),
    "street": ("street", "address", "地址", "详细地址", "收货地址"),
    "color": ("color", "colour", "颜色"),
    "size": ("size", "尺寸", "规格", "尺码"),
    "currency": ("currency", "币种"),
    "note": ("note", "remark", "remarks", "备注"),
}  # fmt: skip
REQUIRED = ("invoice", "sku", "quantity", "placed_at", "unit_price")
UCI = (
    "invoiceno",
    "stockcode",
    "description",
    "quantity",
    "invoicedate",
    "unitprice",
    "customerid",
    "country",
)
MARKS = re.compile(r"[\s_\-./()（）:：#*]+")


@dataclass(frozen=True)
class Columns:
    """Where each field stands. `is_uci`: the file of a British wholesaler, so its money is pounds."""

    places: dict[str, int]
    is_uci: bool

    def of(self, cells: Sequence[Any]) -> dict[str, Any]:
        """The fields of a row; a short row lacks its last ones."""
        return {name: cells[place] for name, place in self.places.items() if place < len(cells)}


def match_columns(header: Sequence[Any]) -> Columns:
    """Find the fields in a header. Raises ImportRefused that names what is missing."""
    said = [MARKS.sub("", str(cell or "")).lower() for cell in header]
    places: dict[str, int] = {}
    for field, names in NAMES.items():
        found = [said.index(name) for name in names if name in said]
        free = [place for place in found if place not in places.values()]
        if free:
            places[field] = free[0]
    missing = [f"{NAMES[field][0]}/{_chinese(field)}" for field in REQUIRED if field not in places]
    if missing:
        raise ImportRefused(_("表头缺少这些列：%(names)s") % {"names": "、".join(missing)})
    return Columns(places, is_uci=tuple(said[: len(UCI)]) == UCI)


def _chinese(field: str) -> str:
    return next(name for name in NAMES[field] if not name.isascii())
