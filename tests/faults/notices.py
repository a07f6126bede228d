"""Run in the stack's own environment: so many orders, each with a notice that is due, and prints their ids as JSON."""

import json
import random
from datetime import timedelta

from django.utils import timezone

from messaging.models import Conversation, Notification, NotificationRule
from orders.models import Order
from shopcomm.core.accounts.models import Customer

State = Notification.State


def main(count: int, seconds: float = 0, over: float = 0) -> None:
    """Rows as the planner would have left them, due in so many seconds, one after the other `over` so many more."""
    mark, now = f"F{random.randrange(10**9)}", timezone.now()
    people = Customer.objects.bulk_create(
        [Customer(name=f"顾客{n}", phone="", source="wechat") for n in range(count)]
    )
    orders = Order.objects.bulk_create(
        Order(number=f"{mark}-{n}", customer=who, status="paid", source="wechat", placed_at=now)
        for n, who in enumerate(people)
    )
    Conversation.objects.bulk_create(
        Conversation(kind="order", order=order, customer_id=order.customer_id) for order in orders
    )
    NotificationRule.objects.filter(key="paid").update(outside="send")
    rule = NotificationRule.objects.get(key="paid")
    Notification.objects.bulk_create(
        Notification(
            rule=rule,
            rule_version=rule.version,
            trigger="paid",
            cause=f"event:{order.number}",
            order=order,
            recipient_kind="customer",
            recipient_id=order.customer_id,
            data={"status_to": "paid"},
            happened_at=now,
            send_at=now + timedelta(seconds=seconds + over * place / count),
            reason="on_time",
        )
        for place, order in enumerate(orders)
    )
    print(json.dumps([order.pk for order in orders]))  # noqa: T201
