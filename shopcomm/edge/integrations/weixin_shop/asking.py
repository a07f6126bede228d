"""What the shop at WeChat is asked, for each thing that it is to be told; or that there is nothing to say any more."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from orders.models import AfterSalesCase, Order, Shipment
from orders.selectors.addresses import AddressInput, receiver_of_order
from shopcomm.edge.integrations.weixin_shop.codes import COURIERS, OTHER_COURIER
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument

Kind = WeixinCall.Kind
CaseState = AfterSalesCase.State
UNDECIDED, GOODS_BACK = "MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT"
BUYERS_TURN = "USER_WAIT_RETURN"
# 1: they may come back. 2: they are back, and the money goes.
ACCEPT_RETURN, ACCEPT_RECEIPT = 1, 2
LONGEST_NOTE, LONGEST_REASON = 500, 200


@dataclass(frozen=True)
class Asked:
    """A path of the interface and what is sent there."""

    path: str
    body: dict[str, Any]


class NotNow(Exception):
    """It cannot be said yet; it is looked at again later."""


class CannotBeSaid(Exception):
    """It can never be said; the text says why to a person."""


def asked_of_weixin(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    """What is to be sent, as things are by now; None for nothing. Raises NotNow, CannotBeSaid.

    `document` is what WeChat said last of the order, of an after-sale for what concerns that.
    """
    return ASKED[call.kind](call, document)


# --- parcels ----------------------------------------------------------------------------------------
def _delivery(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    parcel = Shipment.objects.filter(pk=call.data["shipment"]).first()
    if parcel is None or parcel.tracking_number in waybills_there(document):
        return None
    if document.review:
        # The buyer's wish is answered first.
        raise NotNow
    if not call.data.get("products"):
        call.data["products"] = _products(parcel, call, document)
    sent = {
        "delivery_id": COURIERS.get(parcel.carrier, OTHER_COURIER),
        "waybill_id": parcel.tracking_number,
        "deliver_type": 1,
        "product_infos": call.data["products"],
    }
    return Asked("order/delivery/send", {"order_id": call.external_id, "delivery_list": [sent]})


def waybills_there(document: WeixinDocument) -> set[str]:
    """The parcels that WeChat knows of an order."""
    rows = document.said.get("status", {}).get("shipments", [])
    return {each["tracking_number"] for each in rows}


def _products(parcel: Shipment, call: WeixinCall, document: WeixinDocument) -> list[dict[str, Any]]:
    """The parcel's pieces as WeChat's goods: one SKU may be there twice, such as a gift."""
    left = Counter({place: each["count"] for place, each in enumerate(document.goods)})
    left.subtract(_told_before(call, document))
    found: list[dict[str, Any]] = []
    for line in parcel.lines.select_related("line").order_by("pk"):
        wanted = line.quantity
        for place, goods in enumerate(document.goods):
            if goods["sku"].casefold() != line.line.sku.casefold() or not wanted:
                continue
            taken = min(wanted, max(left[place], 0))
            wanted, left[place] = wanted - taken, left[place] - taken
            if taken:
                ids = {name: goods[name] for name in ("product_id", "sku_id")}
                found.append({**ids, "product_cnt": taken})
        if wanted:
            text = _("微信小店的订单里没有这么多 %(sku)s，请到微信小店后台发货")
            raise CannotBeSaid(text % {"sku": line.line.sku})
    return found


def _told_before(call: WeixinCall, document: WeixinDocument) -> Counter[int]:
    """How many of each of WeChat's goods other parcels have taken."""
    places = {(each["product_id"], each["sku_id"]): place for place, each in enumerate(document.goods)}
    others = WeixinCall.objects.filter(
        connection_id=call.connection_id, order_id=call.order_id, kind=Kind.DELIVERY
    ).exclude(pk=call.pk)
    told: Counter[int] = Counter()
    for other in others.exclude(state__in=[WeixinCall.State.FAILED, WeixinCall.State.VOID]):
        for row in other.data.get("products", []):
            told[places.get((row["product_id"], row["sku_id"]), -1)] += row["product_cnt"]
    return told


# --- addresses and notes ----------------------------------------------------------------------------
def _review_answer(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    """Of the wish that was asked about, and of no later one."""
    review = document.review
    if not review or review.get("gone") or str(review["applied_at"]) != call.data["applied_at"]:
        return None
    answer = "accept" if call.kind == Kind.ADDRESS_ACCEPT else "reject"
    return Asked(f"order/addressmodify/{answer}", {"order_id": call.external_id})


def _address(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    address = receiver_of_order(Order.objects.get(pk=call.order_id))
    there = (document.said.get("address", {}).get("address"), document.review.get("address"))
    if any(AddressInput(**known).columns() == address.columns() for known in there if known):
        return None
    if document.review:
        raise NotNow
    sent = {
        "user_name": address.name,
        "tel_number": address.phone,
        "province_name": address.province,
        "city_name": address.city,
        "county_name": address.district,
        "detail_info": address.street,
    }
    return Asked("order/address/update", {"order_id": call.external_id, "user_address": sent})


def _note(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    note = Order.objects.values_list("note", flat=True).get(pk=call.order_id)
    if note == document.said.get("note", {}).get("note", ""):
        return None
    sent = {"order_id": call.external_id, "merchant_notes": note[:LONGEST_NOTE]}
    return Asked("order/merchantnotes/update", sent)


# --- after-sales ------------------------------------------------------------------------------------
def _case_accept(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    status, is_return = document.said.get("status"), document.said.get("type") == "RETURN"
    body: dict[str, Any] = {"after_sale_order_id": call.data["case"]}
    pays = call.data.get("state") != CaseState.WAITING_RETURN
    if status == UNDECIDED:
        return Asked("aftersale/acceptapply", body | ({"accept_type": ACCEPT_RETURN} if is_return else {}))
    if status == GOODS_BACK and pays:
        return Asked("aftersale/acceptapply", body | {"accept_type": ACCEPT_RECEIPT})
    if status == BUYERS_TURN and pays:
        # The goods are here before the buyer has said by which parcel: WeChat takes the receipt once they have.
        raise NotNow
    return None


def _case_reject(call: WeixinCall, document: WeixinDocument) -> Asked | None:
    if document.said.get("status") not in (UNDECIDED, GOODS_BACK):
        return None
    reason = (call.data.get("reason") or _("商家没有同意"))[:LONGEST_REASON]
    return Asked("aftersale/rejectapply", {"after_sale_order_id": call.data["case"], "reject_reason": reason})


ASKED: dict[str, Callable[[WeixinCall, WeixinDocument], Asked | None]] = {
    Kind.DELIVERY: _delivery,
    Kind.ADDRESS_ACCEPT: _review_answer,
    Kind.ADDRESS_REJECT: _review_answer,
    Kind.ADDRESS: _address,
    Kind.NOTE: _note,
    Kind.AFTER_SALE_ACCEPT: _case_accept,
    Kind.AFTER_SALE_REJECT: _case_reject,
}
