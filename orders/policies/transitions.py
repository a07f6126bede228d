"""The state machine of an order as data: T1 to T22, read by the service, drawn on a page and walked by tests.

A guard is named after the answer it gives when it fails; `orders/services/guards.py` holds one function for each
name, `orders/services/effects.py` one for each effect.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders import events
from orders.models import Order, Status
from shopcomm.core.accounts.rights import RIGHT

TERMINAL = frozenset({Status.REFUNDED, Status.CANCELLED})


@dataclass(frozen=True)
class Transition:
    """One row of the table. `from_` is empty for a new order."""

    key: str
    from_: str
    to: str
    command: str
    label: str | Promise
    event: type[events.OrderEvent]
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    notice: str = ""
    needs: tuple[str, ...] = ()
    # False: reached by another call (placing, a partial shipment) or kept for a later one.
    direct: bool = True

    @property
    def right(self) -> str:
        """What `actor.may` is asked before this move."""
        return f"orders.{self.command}"

    @property
    def actors(self) -> frozenset[str]:
        """Who may call for it, for the diagram and for a refusal to name."""
        return RIGHT[self.right].roles

    @property
    def number(self) -> int:
        """The number in its key: T2 comes before T10."""
        return int(self.key[1:])


PLACE_GUARDS = (
    "lines_required",
    "sku_unknown",
    "quantity_invalid",
    "qty_below_minimum",
    "price_invalid",
    "address_incomplete",
    "insufficient_stock",
)
PARCEL_GUARDS = (
    "carrier_unknown",
    "tracking_required",
    "tracking_is_goods",
    "tracking_used",
    "lines_unknown",
    "qty_exceeds_open",
    "change_pending",
    "balance_due",
)
PARCEL_NEEDS = ("carrier", "tracking_number", "lines")
REFUND_GUARDS = (
    "reason_required",
    "nothing_paid",
    "refund_open",
    "after_sales_open",
    "amount_invalid",
    "amount_not_whole",
)
REFUND_NEEDS = ("reason", "amount")

_placing = (
    Transition(
        "T1", "", Status.PENDING_PAYMENT, "place", _("下单"), events.OrderCreated,
        PLACE_GUARDS, ("reserve_stock",), "order_confirmed", ("items", "address"), direct=False,
    ),
    Transition(
        "T3", Status.PENDING_PAYMENT, Status.PAID, "pay", _("登记收款"),
        events.OrderPaid, ("amount_invalid", "method_unknown", "payment_seen", "voucher_required"), ("book_payment", "check_allocation"), "paid", ("amount", "method", "reference"),
    ),
    # An order that is placed on account is placed and put on account in one transaction; both are written.
    Transition(
        "T2", Status.PENDING_PAYMENT, Status.PAID, "put_on_account", _("挂账"),
        events.OrderPaid, ("credit_exceeded",), ("book_on_account", "check_allocation"), "on_account",
    ),
    Transition(
        "T4", Status.PENDING_PAYMENT, Status.CANCELLED, "cancel", _("取消订单"),
        events.OrderCancelled, ("deposit_kept",), ("release_stock", "close_order", "return_deposit", "void_changes"), "cancelled",
        ("reason", "keep_deposit"),
    ),
    Transition(
        "T5", Status.PENDING_PAYMENT, Status.CANCELLED, "expire", _("超时关闭"),
        events.OrderCancelled, ("not_due", "payment_captured"), ("release_stock", "close_order", "return_deposit", "void_changes"),
        "expired",
    ),
)  # fmt: skip

_picking = (
    Transition(
        "T6", Status.PAID, Status.PICKING, "start_pick", _("开始配货"), events.OrderPicking,
        ("on_hold", "shortage"), ("claim_pick",), "picking",
    ),
    Transition(
        "T7", Status.PICKING, Status.PAID, "release_pick", _("放回待配货"), events.OrderPickReleased,
        ("not_picker", "parcel_handed_over"), ("unclaim_pick",),
    ),
    Transition(
        "T8", Status.PICKING, Status.PICKING, "ship_parcel", _("部分发货"), events.ShipmentUpdated,
        ("shortage", *PARCEL_GUARDS), ("hand_over_parcel",), "parcel_shipped", PARCEL_NEEDS, direct=False,
    ),
    Transition(
        "T9", Status.PICKING, Status.SHIPPED, "ship_parcel", _("发货"), events.OrderShipped,
        ("shortage", *PARCEL_GUARDS), ("hand_over_parcel", "void_changes"), "shipped", PARCEL_NEEDS,
    ),
    Transition(
        "T10", Status.PAID, Status.SHIPPED, "quick_ship", _("直接发货"), events.OrderShipped,
        ("on_hold", "shortage", *PARCEL_GUARDS), ("claim_pick", "hand_over_parcel", "void_changes"), "shipped", PARCEL_NEEDS,
    ),
)  # fmt: skip

_delivery = (
    Transition(
        "T11", Status.SHIPPED, Status.DELIVERED, "mark_delivered", _("登记签收"),
        events.OrderDelivered, ("parcels_open",), ("sign_parcels",), "delivered",
    ),
    Transition(
        "T12", Status.SHIPPED, Status.PICKING, "parcel_returned", _("包裹退回重发"),
        events.OrderPicking, ("nothing_to_send_again",), ("take_parcels_back",), "parcel_returned",
    ),
    Transition(
        "T13", Status.DELIVERED, Status.COMPLETED, "confirm", _("确认收货"),
        events.OrderCompleted, ("after_sales_open",), ("close_order",), "completed",
    ),
    # Who has heard on the phone that all is well need not wait for the timer.
    Transition(
        "T22", Status.DELIVERED, Status.COMPLETED, "complete", _("完成订单"),
        events.OrderCompleted, ("after_sales_open",), ("close_order",), "completed",
    ),
    Transition(
        "T14", Status.DELIVERED, Status.COMPLETED, "auto_complete", _("自动完成"),
        events.OrderCompleted, ("not_due", "case_open", "after_sales_open"), ("close_order",), "completed",
    ),
    Transition(
        "T15", Status.SHIPPED, Status.COMPLETED, "confirm", _("确认收货"),
        events.OrderCompleted, ("after_sales_open",), ("sign_parcels", "close_order"), "completed",
    ),
)  # fmt: skip

_refunds = (
    *(
        Transition(
            "T16", status, Status.REFUNDING, "request_full_refund", _("申请退款"),
            events.OrderRefunding, REFUND_GUARDS, ("open_refund", "void_changes"), "refund_requested", REFUND_NEEDS,
        )
        for status in (Status.PICKING, Status.SHIPPED, Status.DELIVERED)
    ),
    Transition(
        "T17", Status.COMPLETED, Status.REFUNDING, "request_full_refund", _("售后退款"),
        events.OrderRefunding, (*REFUND_GUARDS, "after_sales_over"), ("open_refund", "void_changes"), "refund_requested",
        REFUND_NEEDS,
    ),
    Transition(
        "T18", Status.REFUNDING, Status.REFUNDED, "refund_settled", _("退款到账"),
        events.OrderRefunded, ("refund_sum", "voucher_required"), ("complete_refund", "release_stock", "close_order"),
        "refunded", ("reference", "restock"),
    ),
    *(
        Transition(
            "T19", Status.REFUNDING, status, "reject_refund", _("驳回退款"),
            events.OrderRefundRejected, ("reason_required",), ("drop_refund",), "refund_rejected", ("reason",),
        )
        for status in (Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED, Status.COMPLETED)
    ),
    *(
        Transition(
            "T20", Status.REFUNDING, status, "downgrade_to_partial", _("改为部分退款"),
            events.OrderRefundRejected, ("reason_required", "amount_not_part"), ("drop_refund", "promise_part"),
            "refund_partial", ("reason", "amount"),
        )
        for status in (Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED, Status.COMPLETED)
    ),
    Transition(
        "T21", Status.PAID, Status.REFUNDING, "cancel_paid", _("取消并退款"),
        events.OrderRefunding, REFUND_GUARDS, ("open_refund", "void_changes"), "cancelled_refunding", REFUND_NEEDS,
    ),
)  # fmt: skip

TRANSITIONS: tuple[Transition, ...] = (*_placing, *_picking, *_delivery, *_refunds)


def transition_by_key(key: str, from_: str | None = None) -> Transition:
    """One row of the table. Raises StopIteration for a key it does not have."""
    return next(row for row in TRANSITIONS if row.key == key and from_ in (None, row.from_))


def transitions_from(status: str, status_before: str = "") -> tuple[Transition, ...]:
    """What may be called for in a status; out of a refund the only way back is to where the order was."""
    return tuple(
        row
        for row in TRANSITIONS
        if row.direct
        and row.from_ == status
        and (row.key not in ("T19", "T20") or status_before in ("", row.to))
    )


def rows_between(order: Order, to: str) -> tuple[Transition, ...]:
    """Every row that leads this order to a status, whoever may call for it."""
    return tuple(row for row in transitions_from(order.status, order.status_before) if row.to == to)


def rows_meant(rows: tuple[Transition, ...], data: dict[str, Any]) -> tuple[Transition, ...]:
    """Of parallel ways the one that is asked for.

    An order is paid on account by that name only, and by money with any other; out of a refund an amount means that
    part of the money goes back.
    """
    on_account, part = data.get("method") == "on_account", data.get("amount") not in (None, "")
    wanted = {"put_on_account": on_account, "pay": not on_account}
    wanted |= {"downgrade_to_partial": part, "reject_refund": not part}
    return tuple(row for row in rows if wanted.get(row.command, True))
