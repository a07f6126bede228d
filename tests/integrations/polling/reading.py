"""What the tests of polling do again and again."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from orders.models import Order
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services.polling import poll_source
from shopcomm.edge.integrations.polling.source_settings import SourceSettings
from shopcomm.edge.integrations.tasks import apply_inbound

# As `outside_order` writes an order.
FIELDS = {
    "external_id": "external_id",
    "occurred_at": "occurred_at",
    "version": "version",
    "status": "status",
    "customer.name": "customer.name",
    "customer.phone": "customer.phone",
    "address.name": "address.name",
    "address.phone": "address.phone",
    "address.province": "address.province",
    "address.city": "address.city",
    "address.district": "address.district",
    "address.street": "address.street",
    "items.sku": "items[*].sku",
    "items.quantity": "items[*].quantity",
    "note": "note",
    "urgent": "urgent",
    "shipments.carrier": "shipments[*].carrier",
    "shipments.tracking_number": "shipments[*].tracking_number",
}
# How the other system is paged through, by its ways of answering.
BY_NUMBER: dict[str, Any] = {
    "style": "page",
    "page_param": "page",
    "size_param": "size",
    "size": 2,
    "since_param": "since",
}
BY_OFFSET = BY_NUMBER | {"style": "offset", "page_param": "offset", "size": 50}
BY_LINK = {"style": "link", "page_param": "", "since_param": "since"}
FEED = {
    "style": "cursor", "page_param": "cursor", "next": "data.next", "more": "data.more", "since_param": "",
}  # fmt: skip
AT_ONCE = {"style": "single", "since_param": ""}


def plain_settings(url: str) -> SourceSettings:
    """A source whose rows are orders as `outside_order` writes them."""
    return SourceSettings(url=url, rows="data.orders", fields=FIELDS)


def read_now(source: Connection) -> int:
    """Read it as if it were due, and apply what came. Returns the pages that were read."""
    PolledSource.objects.filter(connection=source).update(due_at=timezone.now() - timedelta(seconds=1))
    pages = poll_source(source.pk)
    apply_inbound()
    source.refresh_from_db()
    return pages


def polled(source: Connection) -> PolledSource:
    return PolledSource.objects.get(connection=source)


def numbers_of_records() -> list[str]:
    """The orders of what was taken, in the order in which it was."""
    return list(InboundRecord.objects.order_by("pk").values_list("external_id", flat=True))


def our_orders() -> list[str]:
    """The numbers that our orders have there, without the source's name."""
    found = Order.objects.order_by("pk").values_list("external_id", flat=True)
    return [(each or "").partition(":")[2] for each in found]
