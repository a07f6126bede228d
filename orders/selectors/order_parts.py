"""All that the pages of one order show of it, from the many tables that have a few rows of it, in one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.db.models import BigIntegerField

from orders.models import (
    AfterSalesCase,
    AfterSalesLine,
    ChangeRequest,
    ContactChange,
    DebtReduction,
    Order,
    OrderLine,
    Payment,
    Refund,
    Shipment,
    ShipmentLine,
    ShortageTask,
    StockReservation,
    TrackingNode,
    Variant,
    WarehouseAlert,
)
from shopcomm.core.accounts.models import OrderLink
from shopcomm.core.database.prepared import Given
from shopcomm.core.database.together import PreparedRows, attach_one, attach_rows, read_together
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order

# Typed as what it stands for: querysets take either.
THIS_ORDER = cast(int, Given("order", BigIntegerField()))
# So many requests are shown, the newest.
REQUESTS_SHOWN = 20
Rows = dict[str, list[Any]]
SHARED = ("lines", "shipments", "nodes", "pieces", "refunds", "cases", "case_lines", "requests")
SHOPS = (
    "payments", "reductions", "alerts", "tasks", "siblings", "reservations", "events", "contacts", "links",
)  # fmt: skip


@dataclass(frozen=True)
class OrderLog:
    """What the timeline of an order is made of: events oldest first, what they say only masked, scans newest first."""

    events: list[DomainEvent]
    contacts: dict[int, ContactChange]
    scans: list[TrackingNode]


@dataclass(frozen=True)
class OrderParts:
    """What the shop's page shows beside what is attached to the order itself."""

    requests: list[ChangeRequest]
    tasks: list[ShortageTask]
    # Pieces that are held for the order.
    held: int
    alerts: list[WarehouseAlert]
    log: OrderLog
    link_is_live: bool


def read_customers_parts(order: Order) -> list[ChangeRequest]:
    """Attach what the customer's page shows to the order: lines with goods, parcels, refunds, cases. Returns the newest requests."""
    found = _read(order, SHARED)
    _attach(order, found)
    return found["requests"]


def read_shops_parts(order: Order) -> OrderParts:
    """Attach the same and the money that came in, and return the rest of what the shop's page shows."""
    found = _read(order, SHARED + SHOPS)
    _attach(order, found)
    attach_rows([order], "payments", found["payments"])
    attach_rows([order], "debt_reductions", found["reductions"])
    _attach_to_tasks(order, found)
    return OrderParts(
        requests=found["requests"],
        tasks=found["tasks"],
        held=sum(each.quantity for each in found["reservations"]),
        alerts=found["alerts"],
        log=OrderLog(found["events"], {each.pk: each for each in found["contacts"]}, found["nodes"]),
        link_is_live=bool(found["links"]),
    )


def _read(order: Order, names: Iterable[str]) -> Rows:
    prepared = _prepared()
    found = read_together(*(prepared[name].given(order=order.pk) for name in names))
    return dict(zip(names, found, strict=True))


def _attach(order: Order, found: Rows) -> None:
    for kind in ("lines", "requests"):
        for row in found[kind]:
            row.order = order
    lines = found["lines"]
    attach_rows([order], "lines", (each for each in lines if each.quantity > each.cancelled_quantity))
    attach_rows([order], "shipments", found["shipments"])
    attach_rows(found["shipments"], "nodes", found["nodes"])
    attach_rows(found["shipments"], "lines", found["pieces"])
    attach_rows([order], "refunds", found["refunds"])
    attach_rows([order], "after_sales", found["cases"])
    attach_rows(found["cases"], "lines", found["case_lines"])
    attach_rows(found["cases"], "refunds", found["refunds"])
    attach_one(found["pieces"], "line", lines)
    attach_one(found["case_lines"], "line", lines)


def _attach_to_tasks(order: Order, found: Rows) -> None:
    for task in found["tasks"]:
        task.order = order
    attach_one(found["tasks"], "line", found["lines"])
    own = [task.line.variant for task in found["tasks"] if task.is_open and task.line and task.line.variant]
    attach_rows([variant.product for variant in own], "variants", found["siblings"])


@cache
def _prepared() -> dict[str, PreparedRows[Any]]:
    lines = OrderLine._base_manager.filter(order=THIS_ORDER).order_by("pk")
    parcels = Shipment.objects.filter(order=THIS_ORDER).order_by("pk")
    cases = AfterSalesCase.objects.filter(order=THIS_ORDER).order_by("-pk")
    tasks = ShortageTask.objects.filter(order=THIS_ORDER).order_by("-pk")
    missing = tasks.filter(state__in=(ShortageTask.State.OPEN, ShortageTask.State.OFFERED)).order_by()
    requests = ChangeRequest.objects.filter(order=THIS_ORDER).order_by("-pk")
    links = OrderLink.objects.filter(order_id=THIS_ORDER, revoked_at=None)
    return {
        "lines": PreparedRows(lines, "variant", "variant__product"),
        "shipments": PreparedRows(parcels),
        "nodes": PreparedRows(TrackingNode.objects.filter(shipment__order=THIS_ORDER)),
        "pieces": PreparedRows(ShipmentLine.objects.filter(shipment__order=THIS_ORDER).order_by("pk")),
        "refunds": PreparedRows(Refund.objects.filter(order=THIS_ORDER).order_by("pk")),
        "cases": PreparedRows(cases, "replacement"),
        "case_lines": PreparedRows(
            AfterSalesLine.objects.filter(case__order=THIS_ORDER).order_by("pk"), "wanted", "wanted__product"
        ),
        "requests": PreparedRows(requests[:REQUESTS_SHOWN]),
        "payments": PreparedRows(Payment.objects.filter(order=THIS_ORDER).order_by("pk")),
        "reductions": PreparedRows(DebtReduction.objects.filter(order=THIS_ORDER).order_by("pk")),
        "alerts": PreparedRows(WarehouseAlert.objects.filter(order=THIS_ORDER, acknowledged_at=None)),
        "tasks": PreparedRows(tasks),
        # What goods that are missing may be swapped for.
        "siblings": PreparedRows(
            Variant.objects.filter(product__in=missing.values("line__variant__product"))
        ),
        "reservations": PreparedRows(StockReservation.objects.filter(line__order=THIS_ORDER)),
        "events": PreparedRows(events_of_order(THIS_ORDER)),
        "contacts": PreparedRows(ContactChange.objects.filter(order=THIS_ORDER)),
        "links": PreparedRows(links[:1]),
    }
