"""An order as 聚水潭 lists it, read into what every other system tells. Money comes in yuan, moments are Beijing's."""

from decimal import Decimal
from typing import Any

from orders.reading.couriers import courier_code
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.reading import decimal_amount, whole_number

Body = dict[str, Any]
# Lines that are no part of the order any more.
GONE = frozenset({"Merged", "Cancelled", "Replaced"})


def read_jushuitan_order(order: Body) -> Body:
    """What an order says; what is missing is left out. It is known by `o_id`: of one that was split several have one `so_id`."""
    goods = [
        each
        for each in order.get("items") or []
        if isinstance(each, dict) and each.get("item_status") not in GONE
    ]
    receiver = _address(order)
    shipped = _text(order, "l_id")
    carrier = courier_code(_text(order, "logistics_company")) or "other"
    told: Body = {
        "external_id": _text(order, "o_id"),
        "occurred_at": _moment(_text(order, "modified")),
        "status": _text(order, "status"),
        "source": Source.API.value,
        "customer": {"name": receiver["name"], "phone": receiver["phone"]},
        "address": receiver,
        "items": [
            {
                "sku": _text(each, "sku_id"),
                "quantity": whole_number(each.get("qty")) or 0,
                "unit_price": _money(each.get("price")),
            }
            for each in goods
        ],
        "note": _note(order),
        "payment": _payment(order),
        "shipments": [{"carrier": carrier, "tracking_number": shipped}] if shipped else None,
        **_sums(order, goods),
    }
    return {name: value for name, value in told.items() if value not in ("", None, [], {})}


def _address(order: Body) -> dict[str, str]:
    return {
        "name": _text(order, "receiver_name"),
        "phone": _text(order, "receiver_mobile") or _text(order, "receiver_phone"),
        "province": _text(order, "receiver_state"),
        "city": _text(order, "receiver_city"),
        "district": _text(order, "receiver_district"),
        "street": _text(order, "receiver_address"),
    }


def _note(order: Body) -> str:
    """The number by which the customer knows the order, and what both sides wrote."""
    words = (_text(order, "so_id"), _text(order, "buyer_message"), _text(order, "remark"))
    return "；".join(filter(None, words))


def _payment(order: Body) -> Body | None:
    paid = _amount(order.get("paid_amount"))
    pays = [each for each in order.get("pays") or [] if isinstance(each, dict)]
    reference = _text(pays[0], "outer_pay_id") if pays else ""
    return {"amount": f"{paid:.2f}", "reference": reference[:80]} if paid else None


def _sums(order: Body, goods: list[Body]) -> dict[str, str]:
    freight = _amount(order.get("freight"))
    listed = sum(
        (_amount(each.get("price")) * (whole_number(each.get("qty")) or 0) for each in goods), Decimal(0)
    )
    off = max(listed + freight - _amount(order.get("pay_amount")), Decimal(0))
    return {"discount": f"{off:.2f}", "shipping_fee": f"{freight:.2f}"}


def _amount(value: Any) -> Decimal:
    return decimal_amount(value) or Decimal(0)


def _money(value: Any) -> str:
    return f"{_amount(value):.2f}"


def _moment(text: str) -> str:
    return f"{text[:19].replace(' ', 'T')}+08:00" if text else ""


def _text(found: Body, name: str) -> str:
    inside = found.get(name)
    return str(inside).strip() if isinstance(inside, str | int) else ""
