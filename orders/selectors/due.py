"""Orders whose deadline has passed."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from orders.models import Order, Status
from shopcomm.core.configuration.models import PartPaid, shop_settings


def unpaid_too_long(now: datetime) -> QuerySet[Order, int]:
    """Ids of orders that were not paid in time. Part-paid ones only where the shop has said what becomes of the money."""
    due = Order.objects.filter(status=Status.PENDING_PAYMENT, pay_by__lt=now)
    if shop_settings().part_paid_orders == PartPaid.ASK:
        due = due.filter(paid_amount=F("refunded_amount"))
    return due.order_by("pay_by").values_list("pk", flat=True)


def is_ended_by_timer(order: Order) -> bool:
    """Whether an order that is not paid in time is ended by the sweep; with a deposit only where the shop has a rule."""
    return shop_settings().part_paid_orders != PartPaid.ASK or order.paid_amount <= order.refunded_amount


def deposits_to_decide(now: datetime) -> QuerySet[Order]:
    """Orders with a deposit that were not paid in full in time, and of which a person has to say what becomes."""
    due = Order.objects.filter(
        status=Status.PENDING_PAYMENT, pay_by__lt=now, paid_amount__gt=F("refunded_amount")
    )
    return due.order_by("pay_by", "pk")


def delivered_long_enough(now: datetime) -> QuerySet[Order, int]:
    """Ids of signed orders past the days for confirming; the guard takes refunds in between into account."""
    until = now - timedelta(days=shop_settings().complete_after_days)
    due = Order.objects.filter(status=Status.DELIVERED, delivered_at__lt=until)
    return due.order_by("delivered_at").values_list("pk", flat=True)
