"""An order as 聚水潭 lists it, read into what every other system tells. Money comes in yuan, moments are Beijing's."""

from decimal import Decimal
from typing import Any

from orders.reading.couriers import courier_code
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.reading import whole_number
from shopcomm.edge.integrations.members import (
    amount_of,
    objects_in,
    sums_of,
    text_in,
    without_blanks,
    yuan_text,
)
from shopcomm.edge.integrations.moments import BEIJING, moment_text

Body = dict[str, Any]
# Lines that are no part of the order any more.
GONE = frozenset({"Merged", "Cancelled", "Replaced"})


def read_jushuitan_order(order: Body) -> Body:
    """What an order says; what is missing is left out. It is known by `o_id`: of one that was split several have one `so_id`."""
    goods = [each for each in objects_in(order, "items") if each.get("item_status") not in GONE]
    receiver = _address(order)
    shipped = text_in(order, "l_id")
    carrier = courier_code(text_in(order, "logistics_company")) or "other"
    told: Body = {
        "external_id": text_in(order, "o_id"),
        "occurred_at": moment_text(text_in(order, "modified"), BEIJING),
        "status": text_in(order, "status"),
        "source": Source.API.value,
        "customer": {"name": receiver["name"], "phone": receiver["phone"]},
        "address": receiver,
        "items": [
            {
                "sku": text_in(each, "sku_id"),
                "quantity": whole_number(each.get("qty")) or 0,
                "unit_price": yuan_text(amount_of(each.get("price"))),
            }
            for each in goods
        ],
        "note": _note(order),
        "payment": _payment(order),
        "shipments": [{"carrier": carrier, "tracking_number": shipped}] if shipped else None,
        **_sums(order, goods),
    }
    return without_blanks(told)


def _address(order: Body) -> dict[str, str]:
    return {
        "name": text_in(order, "receiver_name"),
        "phone": text_in(order, "receiver_mobile") or text_in(order, "receiver_phone"),
        "province": text_in(order, "receiver_state"),
        "city": text_in(order, "receiver_city"),
        "district": text_in(order, "receiver_district"),
        "street": text_in(order, "receiver_address"),
    }


def _note(order: Body) -> str:
    """The number by which the customer knows the order, and what both sides wrote."""
    words = (text_in(order, "so_id"), text_in(order, "buyer_message"), text_in(order, "remark"))
    return "；".join(filter(None, words))


def _payment(order: Body) -> Body | None:
    paid, pays = amount_of(order.get("paid_amount")), objects_in(order, "pays")
    reference = text_in(pays[0], "outer_pay_id") if pays else ""
    return {"amount": yuan_text(paid), "reference": reference[:80]} if paid else None


def _sums(order: Body, goods: list[Body]) -> dict[str, str]:
    listed = sum(
        (amount_of(each.get("price")) * (whole_number(each.get("qty")) or 0) for each in goods), Decimal(0)
    )
    return sums_of(listed, amount_of(order.get("freight")), amount_of(order.get("pay_amount")))
