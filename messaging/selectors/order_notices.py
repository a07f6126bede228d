"""The notices of one order, with all that their page and the order's timeline say of them, in one query."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, Q, Subquery
from django.utils import timezone

from messaging.models import (
    Conversation,
    Delivery,
    Membership,
    Notification,
    NotificationRule,
    RecipientKind,
    RuleVersion,
)
from messaging.policies.notifications.timing import BUDGET_WINDOW
from orders.models import Order
from orders.selectors.order_parts import THIS_ORDER
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.database.prepared import Given, Number, PreparedCount
from shopcomm.core.database.together import Asked, PreparedRows, attach_one, attach_rows, read_together
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order

Names = dict[tuple[str, int], str]
# Nobody is told more in a day.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class OrderNotices:
    """Notices, oldest first, each with its rule; and the names of who got them."""

    rows: list[Notification]
    names: Names

    def name_of(self, row: Notification) -> str:
        """The receiver's name; blank for somebody who is gone."""
        return self.names.get((row.recipient_kind, row.recipient_id), "")


@dataclass(frozen=True)
class NoticeHistory(OrderNotices):
    """Notices with their ways outside; what happened, all rules, who has read how far, and how many notices the
    customer had lately."""

    events: list[DomainEvent]
    rules: list[NotificationRule]
    members: list[Membership]
    used: int


def told_notices(order: Order) -> OrderNotices:
    """What the timeline says of an order's notices."""
    rows, rules, *people = read_together(*_told(order))
    attach_one(rows, "rule", rules)
    return OrderNotices(rows, _names(*people))


def notice_history(order: Order) -> NoticeHistory:
    """What the page about an order's notices explains."""
    rows, rules, customers, staff, merged, deliveries, members, events, versions, used = read_together(
        *_told(order, every_rule=True),
        *(prepared.given(order=order.pk) for prepared in _explained()),
        _had_lately(order.customer_id),
    )
    attach_one(rows, "rule", rules)
    attach_one(rows, "merged_into", merged)
    attach_rows(rows, "deliveries", deliveries)
    attach_rows(rules, "versions", versions)
    return NoticeHistory(rows, _names(customers, staff), events, rules, members, used)


def _told(order: Order, *, every_rule: bool = False) -> list[Asked[Any]]:
    return [prepared.given(order=order.pk) for prepared in _prepared(every_rule=every_rule)]


def _had_lately(customer_id: int) -> Number:
    return _sent_since().given(customer=customer_id, since=timezone.now() - BUDGET_WINDOW)


def _names(customers: list[Customer], staff: list[Staff]) -> Names:
    found = {(RecipientKind.CUSTOMER.value, each.pk): str(each) for each in customers}
    return found | {(RecipientKind.STAFF.value, each.pk): str(each) for each in staff}


def _about() -> Any:
    """An order's notices, and those of its conversation that are about goods."""
    talk = Conversation.objects.filter(order=THIS_ORDER).values("pk")[:1]
    return Notification.objects.filter(Q(order=THIS_ORDER) | Q(order=None, conversation=Subquery(talk)))


@cache
def _prepared(*, every_rule: bool) -> tuple[PreparedRows[Any], ...]:
    told, rules = _about(), NotificationRule.objects.order_by("pk")

    def whose(kind: str) -> Any:
        return told.filter(recipient_kind=kind).values("recipient_id")

    return (
        PreparedRows(told.order_by("pk")),
        PreparedRows(rules if every_rule else rules.filter(pk__in=told.values("rule"))),
        PreparedRows(Customer.objects.filter(pk__in=whose(RecipientKind.CUSTOMER))),
        PreparedRows(Staff.objects.filter(pk__in=whose(RecipientKind.STAFF))),
    )


@cache
def _explained() -> tuple[PreparedRows[Any], ...]:
    told, happened = _about(), events_of_order(THIS_ORDER)
    merged = Notification.objects.filter(pk__in=told.values("merged_into"))
    first = happened.order_by("occurred_at").values("occurred_at")[:1]
    # What was in force all the time needs no look at what it was before.
    changed = RuleVersion.objects.filter(changed_at__gt=Subquery(first)).values("rule")
    return (
        PreparedRows(merged),
        PreparedRows(Delivery.objects.filter(notification__in=told.values("pk"))),
        PreparedRows(Membership.objects.filter(conversation__in=told.values("conversation"))),
        PreparedRows(happened),
        PreparedRows(RuleVersion.objects.filter(rule__in=changed)),
    )


@cache
def _sent_since() -> PreparedCount:
    sent = Notification.objects.filter(
        recipient_kind=RecipientKind.CUSTOMER,
        recipient_id=Given("customer", BigIntegerField()),
        state=Notification.State.SENT,
        sent_at__gt=Given("since", DateTimeField()),
    )
    return PreparedCount.of([sent], most=MOST_COUNTED)
