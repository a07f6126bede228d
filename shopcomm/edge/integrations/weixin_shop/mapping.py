"""An order as `order/get` tells it, read into the parts that are told here. Money comes in 分, ids may be numbers."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orders.reading.couriers import courier_code
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.reading import whole_number
from shopcomm.edge.integrations.members import object_in, objects_in, text_in, yuan_text
from shopcomm.edge.integrations.weixin_shop.codes import CANCELLED, COURIERS, REFUNDED

OUR_COURIER = {theirs: ours for ours, theirs in reversed(COURIERS.items())}
OURS_FOR_ANY = "other"
CENTS = Decimal(100)
# What stands in a phone or a street that WeChat shows in part only.
MASK = "*"


@dataclass(frozen=True)
class ReadOrder:
    """An order as WeChat has it.

    `parts` are what is compared with what it said before, each with the fields that tell of it; `first` is what only a
    new order needs. `goods` say which of its goods is which SKU; `review` is the address that the buyer asks for.
    """

    external_id: str
    changed_at: int
    parts: dict[str, dict[str, Any]]
    first: dict[str, Any] = field(default_factory=dict)
    goods: list[dict[str, Any]] = field(default_factory=list)
    waybills: list[str] = field(default_factory=list)
    review: dict[str, Any] = field(default_factory=dict)
    after_sales: list[str] = field(default_factory=list)


def read_weixin_order(order: dict[str, Any]) -> ReadOrder:
    """Read an order; what is missing or no such thing is left out, and refused where it is needed."""
    detail = object_in(order, "order_detail")
    delivery, price = object_in(detail, "delivery_info"), object_in(detail, "price_info")
    goods, address = _goods(detail), address_of(object_in(delivery, "address_info"))
    parcels = _parcels(delivery, goods)
    money = _sums(detail, price)
    paid = {"payment": _payment(detail, price)} if detail.get("pay_info") else {}
    shipped = {"shipments": parcels} if parcels else {}
    parts: dict[str, dict[str, Any]] = {
        "address": {"address": address},
        "items": {"items": [_item(each) for each in goods]},
        "note": {"note": _note(object_in(detail, "ext_info"))},
        "status": {"status": _status(order, detail), **paid, **shipped},
    }
    customer = {"name": address["name"], "phone": address["phone"]}
    return ReadOrder(
        external_id=str(order.get("order_id", "")),
        changed_at=number_in(order.get("update_time")),
        parts=parts,
        first={"customer": customer, "source": Source.WECHAT.value, **money},
        goods=goods,
        waybills=[each["tracking_number"] for each in parcels],
        review=_review(delivery),
        after_sales=_after_sales(order),
    )


def yuan_of(cents: Any) -> str:
    """An amount in 分 as one in yuan with two decimals."""
    return yuan_text(Decimal(number_in(cents)) / CENTS)


def address_of(info: dict[str, Any]) -> dict[str, str]:
    """A receiver as WeChat writes one. A virtual number stands in where the true one is not told."""
    extra = object_in(info, "tel_number_ext_info")
    phone = text_in(info, "tel_number") or text_in(extra, "real_tel_number")
    if not phone or MASK in phone:
        phone = text_in(info, "virtual_order_tel_number") or text_in(extra, "virtual_tel_number") or phone
    street, house = text_in(info, "detail_info"), text_in(info, "house_number")
    return {
        "name": text_in(info, "user_name"),
        "phone": phone,
        "province": text_in(info, "province_name"),
        "city": text_in(info, "city_name"),
        "district": text_in(info, "county_name"),
        "street": street if house in street else f"{street} {house}",
    }


def is_masked(address: dict[str, str]) -> bool:
    """Whether parts of a receiver are hidden, so that no parcel would find them."""
    return any(MASK in text for text in address.values())


def courier_of_weixin(delivery_id: str) -> str:
    """Our code of a courier; one that we do not know is another one."""
    return OUR_COURIER.get(delivery_id) or courier_code(delivery_id) or OURS_FOR_ANY


# --- parts ------------------------------------------------------------------------------------------
def _status(order: dict[str, Any], detail: dict[str, Any]) -> str:
    """Its code. A cancelled order that had been paid has its money back."""
    code = str(order.get("status", ""))
    is_paid = bool(number_in(object_in(detail, "pay_info").get("pay_time")))
    return REFUNDED if code == CANCELLED and is_paid else code


def _goods(detail: dict[str, Any]) -> list[dict[str, Any]]:
    """What was bought: the SKU as the shop calls it, and the two ids by which WeChat does."""
    return [
        {
            "sku": text_in(each, "sku_code") or text_in(each, "out_sku_id"),
            "product_id": str(each.get("product_id", "")),
            "sku_id": str(each.get("sku_id", "")),
            "count": number_in(each.get("sku_cnt")),
            "price": "0.00" if each.get("is_free_gift") else yuan_of(each.get("sale_price")),
        }
        for each in objects_in(detail, "product_infos")
    ]


def _item(goods: dict[str, Any]) -> dict[str, Any]:
    return {"sku": goods["sku"], "quantity": goods["count"], "unit_price": goods["price"]}


def _sums(detail: dict[str, Any], price: dict[str, Any]) -> dict[str, str]:
    """Freight, and what was taken off: whatever the goods cost more than is paid for them."""
    freight = number_in(price.get("freight"))
    listed = sum(
        number_in(each.get("sale_price")) * number_in(each.get("sku_cnt"))
        for each in objects_in(detail, "product_infos")
        if not each.get("is_free_gift")
    )
    off = max(listed + freight - number_in(price.get("order_price")), 0)
    return {"discount": yuan_of(off), "shipping_fee": yuan_of(freight)}


def _payment(detail: dict[str, Any], price: dict[str, Any]) -> dict[str, str]:
    reference = text_in(object_in(detail, "pay_info"), "transaction_id")
    return {"method": "wechat", "reference": reference[:80], "amount": yuan_of(price.get("order_price"))}


def _note(extra: dict[str, Any]) -> str:
    """The buyer's words, which no note of the shop's pushes out, and the shop's."""
    theirs, ours = text_in(extra, "customer_notes"), text_in(extra, "merchant_notes")
    return ours if theirs in ours else "；".join(filter(None, (theirs, ours)))


def _parcels(delivery: dict[str, Any], goods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    skus = {(each["product_id"], each["sku_id"]): each["sku"] for each in goods}
    return [
        {
            "carrier": courier_of_weixin(text_in(each, "delivery_id")),
            "tracking_number": text_in(each, "waybill_id"),
            "lines": [
                {"sku": skus.get(_ids(row), ""), "quantity": number_in(row.get("product_cnt"))}
                for row in objects_in(each, "product_infos")
            ],
        }
        for each in objects_in(delivery, "delivery_product_info")
        if text_in(each, "waybill_id")
    ]


def _review(delivery: dict[str, Any]) -> dict[str, Any]:
    asked = object_in(delivery, "address_under_review")
    if not asked:
        return {}
    return {"applied_at": number_in(delivery.get("address_apply_time")), "address": address_of(asked)}


def _after_sales(order: dict[str, Any]) -> list[str]:
    rows = objects_in(object_in(order, "aftersale_detail"), "aftersale_order_list")
    return [str(each["aftersale_order_id"]) for each in rows if each.get("aftersale_order_id")]


# --- what came --------------------------------------------------------------------------------------
def _ids(row: dict[str, Any]) -> tuple[str, str]:
    return str(row.get("product_id", "")), str(row.get("sku_id", ""))


def number_in(value: Any) -> int:
    """A count as it came; nothing for what is none."""
    return whole_number(value) or 0
