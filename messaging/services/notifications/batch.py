"""A batch of notices: what a sweep needs to know of them, fetched at once, and what becomes of them, written at once."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Max, prefetch_related_objects
from django.db.models.functions import Coalesce

from messaging.models import Conversation, Notification, NotificationRule, RecipientKind
from messaging.policies.notifications.merge import PendingNotice
from messaging.policies.notifications.relevance import (
    News,
    Wanted,
    drop_reason,
    has_answered,
    is_overtaken,
    is_passed,
)
from messaging.policies.notifications.templates import Words, choose_words
from messaging.policies.notifications.timing import (
    BUDGET_WINDOW,
    DeliveryContext,
    DeliveryRequest,
    delivery_request,
    waiting_request,
)
from messaging.policies.notifications.triggers import ABOUT_STOCK, Trigger
from messaging.services.notifications.matters import notices_already_settled
from messaging.services.notifications.recipients import (
    Recipient,
    preferences_of,
    quiet_windows,
    recipient_of,
)
from orders.models import Order, Shipment, Variant
from orders.policies.transitions import TRANSITIONS
from orders.services.locks import lock_free_orders
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import ShopSettings, shop_settings

State = Notification.State
ABOUT_STATUS = frozenset(row.notice for row in TRANSITIONS if row.notice)
# Notices that say how many pieces there are.
COUNTED = ABOUT_STOCK | {Trigger.BACK_IN_STOCK}
GOODS = re.compile(r"\{\{\s*(商品摘要|items)\s*\}\}")
OUTCOMES = """
UPDATE messaging_notification n SET state = o.state, send_at = o.send_at, reason = o.reason, sent_at = o.sent_at,
    body = o.body, seq = o.seq, merged_into_id = o.merged_into, conversation_id = o.conversation
FROM json_to_recordset(%s::json) AS o(id bigint, state text, send_at timestamptz, reason text, sent_at timestamptz,
    body text, seq bigint, merged_into bigint, conversation bigint)
WHERE n.id = o.id
"""


def notice_position(row: Notification) -> tuple[datetime, int]:
    """Where a notice stands among others in time."""
    return row.happened_at, row.event_id or row.pk


class Batch:
    """The notices of one sweep, with their people, rules and orders, and recently sent notices.

    Their orders are locked, so what is told of them is true when it is told. With `tells` False nothing is told, and no order is locked.
    """

    def __init__(self, rows: Sequence[Notification], now: datetime, *, tells: bool = True) -> None:
        self.now, self._tells = now, tells
        locked = self._lock_orders(rows)
        # An order that somebody is changing right now is left to the next sweep.
        self.rows = {row.pk: row for row in rows if row.order_id is None or row.order_id in locked}
        self.orders = locked
        for row in self.rows.values():
            if row.order_id:
                row.order = locked[row.order_id]
        self.people = sorted({recipient_of(row) for row in self.rows.values()})
        self._touched: dict[int, Notification] = {}
        self._words: dict[tuple[int, str], Words] = {}
        self._by_person: dict[Recipient, list[Notification]] = defaultdict(list)
        for row in self.rows.values():
            self._by_person[recipient_of(row)].append(row)

    def _lock_orders(self, rows: Sequence[Notification]) -> dict[int, Order]:
        ids = sorted({row.order_id for row in rows if row.order_id})
        if not ids:
            return {}
        # Whoever has several orders here is read once.
        orders = Order.objects.filter(pk__in=ids).select_related("conversation").prefetch_related("customer")
        return (
            lock_free_orders(orders) if self._tells else {order.pk: order for order in orders.order_by("pk")}
        )

    def mark(self, pk: int, **fields: Any) -> Notification:
        """Change a notice; it is written at the end."""
        row = self.rows[pk]
        for name, value in fields.items():
            setattr(row, name, value)
        self._touched[pk] = row
        return row

    @property
    def touched(self) -> list[Notification]:
        """The changed notices."""
        return list(self._touched.values())

    def write_outcomes(self) -> None:
        """Write down what was changed, in one statement: Django's own for this is forty times slower."""
        outcomes = [
            {
                "id": row.pk,
                "state": row.state,
                "send_at": row.send_at.isoformat(),
                "reason": row.reason,
                "sent_at": row.sent_at and row.sent_at.isoformat(),
                "body": row.body,
                "seq": row.seq,
                "merged_into": row.merged_into_id,
                "conversation": row.conversation_id,
            }
            for row in self.touched
        ]
        with connection.cursor() as cursor:
            cursor.execute(OUTCOMES, [json.dumps(outcomes, ensure_ascii=False)])

    @cached_property
    def rules(self) -> dict[int, NotificationRule]:
        """The rules of these notices, with their templates."""
        ids = {row.rule_id for row in self.rows.values()}
        return NotificationRule.objects.prefetch_related("templates").in_bulk(ids)

    @cached_property
    def preferences(self) -> dict[Recipient, Any]:
        """What these people said of notices."""
        return preferences_of(self.people)

    def words(self, rule: NotificationRule, language: str) -> Words:
        """A rule's templates in a language."""
        if (rule.pk, language) not in self._words:
            self._words[rule.pk, language] = choose_words(rule.templates.all(), language)
        return self._words[rule.pk, language]

    def fetch_lines(self) -> None:
        """The goods of all orders at once, if the words of any rule speak of them."""
        bodies = (template.body for rule in self.rules.values() for template in rule.templates.all())
        if any(GOODS.search(body) for body in bodies):
            prefetch_related_objects(list(self.orders.values()), "lines")

    def refresh_stock_counts(self) -> None:
        """How many pieces there are now, for notices about goods: some have waited a night."""
        told = [row for row in self.rows.values() if row.trigger in COUNTED and row.sku]
        found = Variant.objects.filter(sku__in={row.sku for row in told}) if told else ()
        now = {variant.sku: variant.available for variant in found}
        for row in told:
            if row.sku in now:
                row.data = row.data | {"available": now[row.sku]}

    @cached_property
    def conversations(self) -> dict[int, Conversation]:
        """Conversations of notices without an order."""
        ids = {row.conversation_id for row in self.rows.values() if row.conversation_id and not row.order_id}
        return Conversation.objects.select_related("customer").in_bulk(ids)

    @cached_property
    def customers(self) -> dict[int, Customer]:
        """The customers among the people."""
        known = {order.customer_id: order.customer for order in self.orders.values()}
        ids = {person.id for person in self.people if person.kind == RecipientKind.CUSTOMER}
        return known | Customer.objects.in_bulk(ids - known.keys()) if ids - known.keys() else known

    @cached_property
    def staff(self) -> dict[int, Staff]:
        """The members of staff among the people who are still there."""
        ids = [person.id for person in self.people if person.kind == RecipientKind.STAFF]
        return Staff.objects.filter(is_active=True).in_bulk(ids)

    @cached_property
    def _told(self) -> dict[Recipient, list[tuple[int, datetime]]]:
        """What these people were told lately: the rule and the moment."""
        hours = max((rule.cap_hours for rule in self.rules.values() if rule.cap_count), default=0)
        since = self.now - max(BUDGET_WINDOW, timedelta(hours=hours))
        found: dict[Recipient, list[tuple[int, datetime]]] = defaultdict(list)
        for kind in RecipientKind.values:
            ids = [person.id for person in self.people if person.kind == kind]
            sent = Notification.objects.filter(
                recipient_kind=kind, recipient_id__in=ids, state=State.SENT, sent_at__gt=since
            )
            for pk, rule, moment in sent.values_list("recipient_id", "rule_id", "sent_at"):
                found[Recipient(kind, pk)].append((rule, moment))  # type: ignore[arg-type]
        return found

    @cached_property
    def _latest_news(self) -> dict[tuple[int, Recipient], int]:
        """The latest event that each person was told of an order, or is to be."""
        ids = [row.order_id for row in self.rows.values() if row.order_id]
        live = Notification.objects.filter(order_id__in=ids, trigger__in=ABOUT_STATUS)
        live = live.exclude(state__in=[State.DROPPED, State.CANCELLED, State.FAILED])
        found = live.values_list("order_id", "recipient_kind", "recipient_id").annotate(last=Max("event_id"))
        return {(order, Recipient(kind, pk)): last or 0 for order, kind, pk, last in found}

    @cached_property
    def _latest_scan(self) -> dict[int, int]:
        """The latest courier's report among these notices, by order."""
        scans: dict[int, int] = {}
        for row in self.rows.values():
            if row.trigger == Trigger.TRACKING and row.order_id:
                scans[row.order_id] = max(scans.get(row.order_id, 0), row.event_id or 0)
        return scans

    @cached_property
    def _calendar(self) -> Any:
        return working_calendar()

    @cached_property
    def _quiet(self) -> dict[Recipient, Any]:
        return quiet_windows(self.people, self.preferences)

    @cached_property
    def shop(self) -> ShopSettings:
        """The shop's settings."""
        return shop_settings()

    def context_of(self, person: Recipient) -> DeliveryContext:
        """The moment, as one person lives it. Only customers have a budget: staff are paid to be told."""
        told = [moment for _rule, moment in self._told.get(person, [])]
        budget = self.shop.customer_daily_budget if person.kind == RecipientKind.CUSTOMER else None
        return DeliveryContext(self.now, self._calendar, self._quiet.get(person), (), told, budget)

    def told_by_rule(self, person: Recipient) -> dict[int, Sequence[datetime]]:
        """When each rule last told a person something."""
        found: dict[int, list[datetime]] = defaultdict(list)
        for rule, moment in self._told.get(person, []):
            found[rule].append(moment)
        return dict(found)

    def pending_of(self, person: Recipient) -> list[PendingNotice]:
        """The notices that wait for a person, as the plan of a delivery takes them."""
        return [self._waiting(row, person) for row in self._by_person[person]]

    def _waiting(self, row: Notification, person: Recipient) -> PendingNotice:
        rule = self.rules[row.rule_id]
        request = self._request(row, rule)
        news = self._news(row, person)
        return PendingNotice(
            id=row.pk,
            rule_id=rule.pk,
            request=request,
            thread="" if person.kind == RecipientKind.STAFF else self._thread(row),
            place=notice_position(row),
            priority=row.priority,
            reason=row.reason,
            passed=is_passed(news),
            overtaken=is_overtaken(news),
            echo=row.data.get("state") == Shipment.State.SIGNED and self._tells_of_delivery,
            void=drop_reason(self._wanted(row, rule, person, request)),
        )

    def _request(self, row: Notification, rule: NotificationRule) -> DeliveryRequest:
        first = delivery_request(
            rule,
            trigger=row.trigger,
            happened_at=row.happened_at,
            urgent=row.urgent,
            parcel_state=row.data.get("state") or "",
        )
        return waiting_request(first, send_at=row.send_at, reason=row.reason)

    def _thread(self, row: Notification) -> str:
        """The conversation a notice is told in; nothing that is told crosses from one into another."""
        order = self.orders.get(row.order_id or 0)
        talk = order.conversation.pk if order and hasattr(order, "conversation") else row.conversation_id
        return f"conversation:{talk}" if talk else ""

    @cached_property
    def _tells_of_delivery(self) -> bool:
        """Whether the last parcel's signature is told as the order's delivery; then once is enough."""
        rules = NotificationRule.objects.filter(trigger=Trigger.DELIVERED, enabled=True)
        return rules.filter(audience=RecipientKind.CUSTOMER).exists()

    def _news(self, row: Notification, person: Recipient) -> News:
        """What a notice tells of its order, beside how the order is now."""
        order = self.orders.get(row.order_id or 0)
        return News(
            trigger=row.trigger,
            event_id=row.event_id or 0,
            tells_status=row.trigger in ABOUT_STATUS,
            status_told=row.data.get("status_to") or "",
            status=order.status if order else "",
            latest_event=self._latest_news.get((row.order_id or 0, person), 0),
            latest_scan=self._latest_scan.get(row.order_id or 0, 0),
        )

    def _wanted(
        self, row: Notification, rule: NotificationRule, person: Recipient, request: DeliveryRequest
    ) -> Wanted:
        wish = self.preferences.get(person)
        return Wanted(
            rule_enabled=rule.enabled,
            is_trial=row.cause.partition(":")[0] == "trial",
            present=person in self._present,
            muted=bool(wish and row.trigger in wish.muted),
            always=request.always,
            done=row.pk in self._settled,
            answered=row.trigger == Trigger.UNPAID and self._answered(row),
        )

    @cached_property
    def _settled(self) -> set[int]:
        """Notices whose matter is seen to by now."""
        return notices_already_settled(list(self.rows.values()), self.now)

    def _answered(self, row: Notification) -> bool:
        """Whether the customer has spoken since the last reminder: then people go on, not the machine."""
        order = self.orders.get(row.order_id or 0)
        talk = getattr(order, "conversation", None) if order else None
        if talk is None:
            return False
        return has_answered(self._reminded.get(row.order_id or 0), talk.last_customer_seq)

    @cached_property
    def _reminded(self) -> dict[int, int]:
        """Where the last reminder to pay stands in the conversation of each order."""
        ids = [row.order_id or 0 for row in self.rows.values() if row.trigger == Trigger.UNPAID]
        told = Notification.objects.filter(order_id__in=ids, trigger=Trigger.UNPAID, sent_at__isnull=False)
        mine = told.filter(recipient_kind=RecipientKind.CUSTOMER).values_list("order_id")
        return dict(mine.annotate(last=Max(Coalesce("merged_into__seq", "seq"))))  # type: ignore[arg-type]

    @cached_property
    def _present(self) -> set[Recipient]:
        customers = {Recipient(RecipientKind.CUSTOMER, pk) for pk in self.customers}
        return customers | {Recipient(RecipientKind.STAFF, pk) for pk in self.staff}
