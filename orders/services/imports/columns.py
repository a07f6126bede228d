"""Matching columns: headers in Chinese and English, of 1688, Taobao and Shopify, and of the UCI Online Retail file."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from orders.errors import ImportRefused
from orders.services.imports.reading import Numbered, Table
from orders.services.imports.values import CODES, CURRENCIES

# Names are compared without case, blanks and punctuation; of several the first counts that holds something.
NAMES: dict[str, str] = {
    "invoice": "主订单编号 主订单号 订单号 订单编号 订单id 交易编号 交易号 单号 发票号 invoiceno invoice ordernumber orderno orderid",
    "sku": "sku sku编码 skucode 商家编码 商家sku 规格编码 单品货号 货号 商品编码 商品编号 产品编码 款号 编码 外部编码 stockcode "
    "itemcode productcode itemno skuid",
    "name": "品名 商品名称 商品标题 货品标题 货品名称 宝贝标题 宝贝名称 产品名称 产品标题 商品 名称 description productname "
    "itemname product",
    "quantity": "数量 件数 商品数量 购买数量 宝贝数量 订购数量 采购数量 货品数量 quantity qty",
    "unit_price": "单价 商品单价 货品单价 销售单价 成交单价 商品价格 成交价 价格 unitprice price",
    "placed_at": "下单时间 下单日期 订单创建时间 创建时间 订单提交时间 拍下时间 订单时间 订单日期 成交时间 日期 时间 "
    "invoicedate orderdate date placedat createdat",
    "paid_at": "订单付款时间 付款时间 买家付款时间 支付时间 付款日期 paidat paymentdate paymenttime",
    "shipped_at": "发货时间 卖家发货时间 订单发货时间 发货日期 shippedat shipdate fulfilledat",
    "closed_at": "确认收货时间 交易完成时间 交易成功时间 订单完成时间 完成时间 交易结束时间 签收时间 completedat deliveredat",
    "carrier": "物流公司 物流公司名称 快递公司 快递公司名称 承运商 carrier courier shippingcompany trackingcompany",
    "tracking": "运单号 运单号码 运单编号 快递单号 快递编号 物流单号 物流编号 物流运单号 trackingnumber trackingno trackingnumbers waybill",
    "customer_id": "客户编号 客户编码 会员号 customerid customercode",
    "member": "买家会员名 买家会员 买家昵称 买家账号 买家旺旺 会员名 用户昵称",
    "customer_name": "客户 客户姓名 客户名称 姓名 买家 买家姓名 买家公司名 customername customer name",
    "receiver": "收货人姓名 收货人 收件人姓名 收件人 receiver receivername recipient",
    "phone": "手机 手机号 手机号码 联系手机 收货人手机 收货人手机号 收件人手机 收件人电话 收货电话 收货人电话 联系电话 电话 联系方式 "
    "phone mobile telephone tel",
    "country": "国家 country",
    "province": "省 省份 收货省份 province state",
    "city": "市 城市 收货城市 city",
    "district": "区 区县 收货区县 district county",
    "street": "地址 详细地址 收货地址 收货人地址 收件地址 收件人地址 street address",
    "color": "颜色 颜色分类 color colour",
    "size": "尺寸 规格 尺码 size",
    "currency": "币种 货币 currency",
    "note": "备注 买家留言 买家备注 note remark remarks",
    "status": "订单状态 交易状态 状态 orderstatus status",
    "freight": "运费 邮费 快递费 物流费 配送费 买家应付邮费 买家应付运费 shipping shippingfee freight postage",
    "adjustment": "涨价或折扣 改价",
    "discount": "优惠 折扣 优惠金额 折扣金额 优惠总额 商家优惠 店铺优惠 discount discountamount",
    "paid": "实付款 实付 实付金额 买家实付 买家实付款 买家实际支付金额 订单实付金额 实际支付 实际支付金额 实收款 实收 实收金额 已付金额 "
    "paidamount amountpaid",
    "refunded": "退款金额 已退款金额 已退金额 refundedamount refundamount",
}
SHOPIFY: dict[str, str] = {
    "invoice": "name",
    "sku": "lineitemsku",
    "name": "lineitemname",
    "quantity": "lineitemquantity",
    "unit_price": "lineitemprice",
    "line_discount": "lineitemdiscount",
    "placed_at": "createdat",
    "paid_at": "paidat",
    "shipped_at": "fulfilledat",
    "carrier": "trackingcompany",
    "tracking": "trackingnumber trackingnumbers",
    "member": "email",
    "customer_name": "billingname shippingname",
    "receiver": "shippingname",
    "phone": "shippingphone billingphone phone",
    "country": "shippingcountry",
    "province": "shippingprovincename shippingprovince",
    "city": "shippingcity",
    "street": "shippingstreet shippingaddress1",
    "currency": "currency",
    "note": "notes",
    "status": "financialstatus",
    "fulfilment": "fulfillmentstatus",
    "cancelled": "cancelledat",
    "freight": "shipping",
    "tax": "taxes",
    "discount": "discountamount",
    "paid": "total",
    "refunded": "refundedamount",
}
# What an order cannot be read without, and how people call it.
REQUIRED = {
    "invoice": "InvoiceNo/订单号",
    "sku": "SKU/货号",
    "quantity": "Quantity/数量",
    "placed_at": "Date/下单时间",
    "unit_price": "Price/单价",
}
UCI = [
    "invoiceno",
    "stockcode",
    "description",
    "quantity",
    "invoicedate",
    "unitprice",
    "customerid",
    "country",
]
# What our own list of refused rows begins with; it is taken in like any file.
OWN = ("行号", "原因", "line", "reason")
SEARCHED_ROWS = 50
_MARKS = re.compile(r"[\s_\-./:#*\"'\ufeff]+")
_ASIDE = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")


class Dialect(StrEnum):
    """Who wrote the file. The British wholesaler's has returns, carriage and stock movements among its sales."""

    GENERAL = "general"
    SHOPIFY = "shopify"
    UCI = "uci"


@dataclass(frozen=True)
class Columns:
    """Where each field stands, best first; the heads nobody reads; the currency that heads name, if they do."""

    places: dict[str, tuple[int, ...]]
    dialect: Dialect
    unused: tuple[str, ...] = ()
    currency: str = ""
    is_own: bool = False

    def of(self, cells: Sequence[Any]) -> dict[str, Any]:
        """The fields of a row that hold something; of several columns for a field the first that does."""
        fields: dict[str, Any] = {}
        width = len(cells)
        for name, places in self.places.items():
            for place in places:
                if place < width and says_something(value := cells[place]):
                    fields[name] = value
                    break
        return fields


def says_something(cell: Any) -> bool:
    """Whether a cell holds anything but blanks."""
    text = cell if type(cell) is str else "" if cell is None else str(cell)
    return text != "" and not text.isspace()


@dataclass(frozen=True)
class Header:
    """The header of a table: the table's place and name, the row's number, its cells and what they mean."""

    place: int
    name: str
    line: int
    cells: list[Any]
    columns: Columns

    @property
    def for_orders_ends(self) -> "Header":
        """The same with no more columns than it takes to see where orders end, and how dates are written."""
        if self.columns.dialect is not Dialect.UCI:
            # What an order says once may stand in any column.
            return self
        places = {name: self.columns.places[name] for name in ("invoice", "sku", "placed_at")}
        return replace(self, columns=replace(self.columns, places=places))


def find_header(table: Table, wanted: str = "") -> tuple[Header, list[str]]:
    """The first table with a header, below titles and notes, and the names of others that hold orders, too.

    `wanted`: read the worksheet of this name. Raises ImportRefused that names the columns that are missing.
    """
    if wanted and wanted not in table.names:
        raise ImportRefused(
            _("没有工作表“%(name)s”，只有：%(names)s") % {"name": wanted, "names": "、".join(table.names)}
        )
    found: list[Header] = []
    nearest: list[str] = list(REQUIRED)
    for place, name in enumerate(table.names):
        if wanted and name != wanted:
            continue
        header, missing = _header_of(table.rows(place), place, name)
        found += [header] if header else []
        nearest = min(nearest, missing, key=len)
    if not found:
        names = "、".join(REQUIRED[field] for field in nearest)
        raise ImportRefused(_("表头缺少这些列：%(names)s") % {"names": names})
    return found[0], [each.name for each in found[1:]]


def _header_of(rows: Iterable[Numbered], place: int, name: str) -> tuple[Header | None, list[str]]:
    nearest = list(REQUIRED)
    for count, (line, cells) in enumerate(rows):
        if count >= SEARCHED_ROWS:
            break
        columns, missing = match_columns(cells)
        if not missing:
            return Header(place, name, line, cells, columns), []
        nearest = min(nearest, missing, key=len)
    return None, nearest


def match_columns(cells: Sequence[Any]) -> tuple[Columns, list[str]]:
    """What the heads mean, and which needed ones are missing."""
    heads = [plain_head(cell) for cell in cells]
    is_uci = heads[: len(UCI)] == UCI
    shopify = "lineitemsku" in heads or "lineitemquantity" in heads
    dialect = Dialect.UCI if is_uci else Dialect.SHOPIFY if shopify else Dialect.GENERAL
    taken: set[int] = set()
    places: dict[str, tuple[int, ...]] = {}
    for field, names in (SHOPIFY if shopify else NAMES).items():
        found = [place for each in names.split() for place, head in enumerate(heads) if head == each]
        free = tuple(place for place in found if place not in taken or shopify)
        # Two numbers of an order are two things; two phones are one.
        if free := free[:1] if field in ("invoice", "currency", "status") else free:
            places[field] = free
            taken.update(free)
    # Who tells when an order was paid only, tells no other time.
    if times := places.get("placed_at", ()) + places.get("paid_at", ()):
        places["placed_at"] = times
    own = all(any(head == each for head in heads[:2]) for each in OWN[:2]) or heads[:2] == list(OWN[2:])
    unused = [
        str(cell).strip()
        for place, cell in enumerate(cells)
        if heads[place] and place not in taken and not (own and place < 2)
    ]
    currency = _currency_of(
        cells[place] for field in ("unit_price", "paid") for place in places.get(field, ())
    )
    return Columns(places, dialect, tuple(unused), currency, own), [f for f in REQUIRED if f not in places]


def plain_head(cell: Any) -> str:
    """A head as it is compared: without what stands in brackets, marks and case."""
    text = unicodedata.normalize("NFKC", str("" if cell is None else cell)).lower()
    return _MARKS.sub("", _ASIDE.sub("", text))


def _currency_of(heads: Iterable[Any]) -> str:
    """What stands in brackets behind 单价: (元), (USD), ($)."""
    for head in heads:
        for match in _ASIDE.finditer(unicodedata.normalize("NFKC", str(head))):
            said = (match[1] or match[2] or "").strip().upper()
            if code := said if said in CODES else dict(CURRENCIES).get(said):
                return code
    return ""
