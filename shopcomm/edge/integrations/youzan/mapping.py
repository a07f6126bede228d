"""An order as 有赞 pushes it, read into what every other system tells. Money comes in yuan."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.reading import decimal_amount, json_object, whole_number
from shopcomm.edge.integrations.youzan.codes import ABOUT_ORDERS, STATUS_OF_TYPE

Body = dict[str, Any]


def read_youzan_push(push: Body) -> Body | None:
    """What a push says of an order; None for one that is about something else. What is missing is left out."""
    kind, message = str(push.get("type", "")), json_object(unquote(str(push.get("msg", ""))))
    if message is None or not kind.startswith(ABOUT_ORDERS):
        return None
    whole = _object(message, "full_order_info")
    info = _object(whole, "order_info")
    tid = _text(info, "tid") or _text(message, "tid")
    if not tid:
        return None
    told: Body = {
        "external_id": tid,
        "version": whole_number(push.get("version")),
        "occurred_at": _moment(_text(info, "update_time") or _text(message, "update_time")),
        "status": _text(info, "status") or STATUS_OF_TYPE.get(kind, ""),
        "source": Source.WEB.value,
        **(_whole(whole) if whole else {}),
    }
    return {name: value for name, value in told.items() if value not in ("", None, [], {})}


def _whole(order: Body) -> Body:
    """The parts that come when an order is made or paid."""
    address, paid = _object(order, "address_info"), _object(order, "pay_info")
    goods = [each for each in order.get("orders") or [] if isinstance(each, dict)]
    receiver = _address(address)
    phone = _text(_object(order, "buyer_info"), "buyer_phone") or receiver["phone"]
    return {
        "customer": {"name": receiver["name"], "phone": phone},
        "address": receiver,
        "items": [
            {
                "sku": _text(each, "outer_sku_id") or _text(each, "outer_item_id"),
                "quantity": whole_number(each.get("num")) or 0,
                "unit_price": _money(each.get("price")),
            }
            for each in goods
        ],
        "note": _text(_object(order, "remark_info"), "buyer_message"),
        "payment": _payment(paid) if _text(_object(order, "order_info"), "pay_time") else None,
        **_sums(goods, paid),
    }


def _address(info: Body) -> dict[str, str]:
    return {
        "name": _text(info, "receiver_name"),
        "phone": _text(info, "receiver_tel"),
        "province": _text(info, "delivery_province"),
        "city": _text(info, "delivery_city"),
        "district": _text(info, "delivery_district"),
        "street": _text(info, "delivery_address"),
    }


def _payment(paid: Body) -> dict[str, str]:
    numbers = paid.get("outer_transactions") or paid.get("transaction")
    reference = str(numbers[0]) if isinstance(numbers, list) and numbers else ""
    return {"method": "wechat", "amount": _money(paid.get("payment")), "reference": reference[:80]}


def _sums(goods: list[Body], paid: Body) -> dict[str, str]:
    freight = _amount(paid.get("post_fee"))
    listed = sum(
        (_amount(each.get("price")) * (whole_number(each.get("num")) or 0) for each in goods), Decimal(0)
    )
    off = max(listed + freight - _amount(paid.get("payment")), Decimal(0))
    return {"discount": f"{off:.2f}", "shipping_fee": f"{freight:.2f}"}


# --- what came --------------------------------------------------------------------------------------
def _amount(value: Any) -> Decimal:
    return decimal_amount(value) or Decimal(0)


def _money(value: Any) -> str:
    return f"{_amount(value):.2f}"


def _moment(text: str) -> str:
    """A moment of Beijing, as ISO 8601 writes it."""
    return f"{text.replace(' ', 'T')}+08:00" if text else ""


def _object(found: Body, name: str) -> Body:
    inside = found.get(name)
    return inside if isinstance(inside, dict) else {}


def _text(found: Body, name: str) -> str:
    inside = found.get(name)
    return str(inside).strip() if isinstance(inside, str | int) else ""
