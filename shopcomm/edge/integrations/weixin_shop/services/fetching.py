"""Fetching an order that somebody spoke of, and telling it as what every other system tells: one record, applied by the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from orders.models import Order, Status
from shopcomm.edge.integrations.members import object_in, without_blanks
from shopcomm.edge.integrations.models import Connection, OutsideOrder
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.weixin_shop.mapping import (
    ReadOrder,
    address_of,
    is_masked,
    read_weixin_order,
)
from shopcomm.edge.integrations.weixin_shop.models import WeixinDocument
from shopcomm.edge.integrations.weixin_shop.services.client import call_weixin
from shopcomm.edge.integrations.weixin_shop.services.documents import want_documents
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinRefused

# A document that WeChat does not give is asked for again so often, and then shown.
MOST_FAILURES = 6
FIRST_PAUSE = timedelta(seconds=30)
# Where a parcel is, only its courier knows: what WeChat calls shipped may have arrived here.
BEYOND_SHIPPED = frozenset({Status.DELIVERED, Status.COMPLETED})


def due_documents(connection: Connection, most: int) -> list[WeixinDocument]:
    """What is to be fetched now, the longest waiting first."""
    waiting = WeixinDocument.objects.filter(connection=connection, wanted__gt=F("fetched"))
    return list(waiting.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")[:most])


def fetch_order(document: WeixinDocument) -> None:
    """Fetch an order and store what WeChat has changed of it. Raises WeixinAway, and WeixinRefused where it concerns all."""
    wanted, connection = document.wanted, document.connection
    try:
        found = call_weixin(connection, "order/get", {"order_id": document.external_id}).get("order")
        order = read_weixin_order(_unmasked(connection, found if isinstance(found, dict) else {}))
    except WeixinRefused as error:
        if error.concerns_all:
            raise
        put_off_document(document, str(error))
        return
    keep_order(document, order, wanted)


@transaction.atomic
def keep_order(document: WeixinDocument, order: ReadOrder, wanted: int) -> None:
    """Store what is new of an order as a record, and remember it as said: both or neither."""
    row = WeixinDocument.objects.select_for_update().get(pk=document.pk)
    outside = OutsideOrder.objects.select_related("order").filter(
        connection=row.connection, external_id=row.external_id
    )
    here = next((each.order for each in outside), None)
    told = {name: part for name, part in order.parts.items() if row.said.get(name) != part}
    if here is None and told:
        # A new order is told whole, or not at all.
        told = dict(order.parts)
    if order.review and here is not None:
        # Until it is answered, what WeChat has is what the buyer wants no more.
        told.pop("address", None)
    if here is not None and _is_older_than_here(here, told):
        row.said["status"] = told.pop("status")
    row.looks += 1
    if told:
        _store(row, order, told, is_new=here is None)
    row.said = row.said | told
    row.goods, row.review = order.goods, _merged_review(row.review, order.review)
    row.is_open = bool(row.review) and (row.review.get("gone", False) or not row.review.get("asked"))
    row.fetched, row.failures, row.error = max(row.fetched, wanted), 0, ""
    row.save()
    want_documents(row.connection, WeixinDocument.Kind.AFTER_SALE, _unknown_cases(row, order.after_sales))


def put_off_document(document: WeixinDocument, error: str) -> None:
    """It could not be fetched for its own sake: later, with growing pauses, and in the end never."""
    failures = document.failures + 1
    rows = WeixinDocument.objects.filter(pk=document.pk)
    rows.update(
        failures=failures, error=error[:300], due_at=timezone.now() + FIRST_PAUSE * 4 ** (failures - 1)
    )
    if failures >= MOST_FAILURES:
        rows.update(fetched=document.wanted)


def _store(row: WeixinDocument, order: ReadOrder, told: dict[str, Any], *, is_new: bool) -> None:
    body: dict[str, Any] = {
        "external_id": row.external_id,
        "occurred_at": _moment(order.changed_at).isoformat(),
        # One look at an order comes after the other, and what a later one sees is newer.
        "version": row.looks,
    }
    for part in told.values():
        body |= part
    if is_new:
        body |= order.first
    store_record(
        connection=row.connection,
        message_id=f"order:{row.external_id}:{row.looks}",
        body=without_blanks(body, may_be_blank=("note",)),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC) if seconds else timezone.now()


def _is_older_than_here(here: Order, told: dict[str, Any]) -> bool:
    code = told.get("status", {}).get("status")
    return code in ("21", "30") and here.status in BEYOND_SHIPPED


def _merged_review(known: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What is asked for by now; what was done about the same wish is kept with it, and one that is gone is followed up."""
    if not told:
        return known | {"gone": True} if known else {}
    return known if known.get("applied_at") == told["applied_at"] and not known.get("gone") else told


def _unknown_cases(row: WeixinDocument, ids: list[str]) -> list[str]:
    cases = WeixinDocument.objects.filter(
        connection=row.connection, kind=WeixinDocument.Kind.AFTER_SALE, external_id__in=ids
    )
    known = set(cases.values_list("external_id", flat=True))
    return [each for each in ids if each not in known]


def _unmasked(connection: Connection, order: dict[str, Any]) -> dict[str, Any]:
    """The order with its receiver in full, where WeChat shows it in part only."""
    delivery = order.get("order_detail", {}).get("delivery_info", {})
    info = delivery.get("address_info")
    if isinstance(info, dict) and is_masked(address_of(info)):
        asked = {"order_id": str(order.get("order_id", ""))}
        found = call_weixin(connection, "order/sensitiveinfo/decode", asked)
        delivery["address_info"] = info | object_in(found, "address_info")
    return order
