"""An order as 有赞 pushes it, read into what every other system tells. Money comes in yuan."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.reading import json_object, whole_number
from shopcomm.edge.integrations.members import (
    amount_of,
    object_in,
    objects_in,
    sums_of,
    text_in,
    without_blanks,
    yuan_text,
)
from shopcomm.edge.integrations.moments import BEIJING, moment_text
from shopcomm.edge.integrations.youzan.codes import ABOUT_ORDERS, STATUS_OF_TYPE

Body = dict[str, Any]


def read_youzan_push(push: Body) -> Body | None:
    """What a push says of an order; None for one that is about something else. What is missing is left out."""
    kind, message = str(push.get("type", "")), json_object(unquote(str(push.get("msg", ""))))
    if message is None or not kind.startswith(ABOUT_ORDERS):
        return None
    whole = object_in(message, "full_order_info")
    info = object_in(whole, "order_info")
    tid = text_in(info, "tid") or text_in(message, "tid")
    if not tid:
        return None
    told: Body = {
        "external_id": tid,
        "version": whole_number(push.get("version")),
        "occurred_at": moment_text(text_in(info, "update_time") or text_in(message, "update_time"), BEIJING),
        "status": text_in(info, "status") or STATUS_OF_TYPE.get(kind, ""),
        "source": Source.WEB.value,
        **(_whole(whole) if whole else {}),
    }
    return without_blanks(told)


def _whole(order: Body) -> Body:
    """The parts that come when an order is made or paid."""
    address, paid = object_in(order, "address_info"), object_in(order, "pay_info")
    goods = objects_in(order, "orders")
    receiver = _address(address)
    phone = text_in(object_in(order, "buyer_info"), "buyer_phone") or receiver["phone"]
    return {
        "customer": {"name": receiver["name"], "phone": phone},
        "address": receiver,
        "items": [
            {
                "sku": text_in(each, "outer_sku_id") or text_in(each, "outer_item_id"),
                "quantity": whole_number(each.get("num")) or 0,
                "unit_price": yuan_text(amount_of(each.get("price"))),
            }
            for each in goods
        ],
        "note": text_in(object_in(order, "remark_info"), "buyer_message"),
        "payment": _payment(paid) if text_in(object_in(order, "order_info"), "pay_time") else None,
        **_sums(goods, paid),
    }


def _address(info: Body) -> dict[str, str]:
    return {
        "name": text_in(info, "receiver_name"),
        "phone": text_in(info, "receiver_tel"),
        "province": text_in(info, "delivery_province"),
        "city": text_in(info, "delivery_city"),
        "district": text_in(info, "delivery_district"),
        "street": text_in(info, "delivery_address"),
    }


def _payment(paid: Body) -> dict[str, str]:
    numbers = paid.get("outer_transactions") or paid.get("transaction")
    reference = str(numbers[0]) if isinstance(numbers, list) and numbers else ""
    return {
        "method": "wechat",
        "amount": yuan_text(amount_of(paid.get("payment"))),
        "reference": reference[:80],
    }


def _sums(goods: list[Body], paid: Body) -> dict[str, str]:
    listed = sum(
        (amount_of(each.get("price")) * (whole_number(each.get("num")) or 0) for each in goods), Decimal(0)
    )
    return sums_of(listed, amount_of(paid.get("post_fee")), amount_of(paid.get("payment")))
