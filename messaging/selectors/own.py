"""A customer's own conversations: the last message and the unread count."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F
from django.utils.translation import get_language

from messaging.models import StockWatch
from messaging.presenters import preview_line
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.unread import CUSTOMER_UNREAD
from shopcomm.core.accounts.actors import Actor

PAGE_SIZE = 30
SHOWN = 80
# The system's lines come in the reader's language. Internal notes, and what was taken back, are not there for customers.
TALK = f"""
SELECT c.id, {CUSTOMER_UNREAD},
       left(coalesce(m.data->'said'->>%s::text, m.body), %s), m.kind, m.sender_kind, m.sender_name, m.recalled_at
FROM messaging_conversation c
LEFT JOIN LATERAL (
    SELECT * FROM messaging_message s WHERE s.conversation_id = c.id AND NOT s.internal
    ORDER BY s.seq DESC LIMIT 1) m ON true
LEFT JOIN messaging_membership own
       ON own.conversation_id = c.id AND own.member_kind = 'customer' AND own.member_id = %s
WHERE c.id = ANY(%s)
"""


@dataclass(frozen=True)
class Talk:
    """One conversation in a customer's list."""

    pk: int
    order_number: str
    order_status: str
    at: datetime | None
    text: str
    unread: int


def own_conversations(actor: Actor, *, page: int = 1) -> tuple[list[Talk], bool]:
    """A page of an actor's conversations, the latest first, and whether there are more."""
    start = (max(page, 1) - 1) * PAGE_SIZE
    newest = (F("last_message_at").desc(nulls_last=True), "-id")
    found = conversations_visible_to(actor).filter(last_seq__gt=0).order_by(*newest)
    columns = ("pk", "order__number", "order__status", "last_message_at")
    rows = list(found.values_list(*columns)[start : start + PAGE_SIZE + 1])
    told = _told(actor, [row[0] for row in rows])
    talks = [
        Talk(pk, number or "", status or "", at, *told.get(pk, ("", 0)))
        for pk, number, status, at in rows[:PAGE_SIZE]
    ]
    return talks, len(rows) > PAGE_SIZE


class Waiting(NamedTuple):
    """How many messages of the shop wait, and in which conversation."""

    conversation: int
    unread: int


def unread_of_orders(actor: Actor, order_ids: list[int]) -> dict[int, Waiting]:
    """What waits in each order's conversation; orders without anything are left out."""
    found = conversations_visible_to(actor).filter(order__in=order_ids)
    orders: dict[int, Any] = dict(found.values_list("pk", "order_id"))
    told = _told(actor, list(orders))
    return {orders[pk]: Waiting(pk, unread) for pk, (_text, unread) in told.items() if unread}


def _told(actor: Actor, ids: list[int]) -> dict[int, tuple[str, int]]:
    """The last word and the count of unread messages of each conversation, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(TALK, [get_language(), SHOWN, actor.id or 0, ids])
        return {pk: (_words(*last), unread) for pk, unread, *last in cursor}


def _words(body: str | None, kind: str, sender_kind: str, sender_name: str, recalled: Any) -> str:
    if kind is None:
        return ""
    return preview_line(kind, body or "", sender_kind, sender_name, recalled=bool(recalled)).replace(
        "\n", " "
    )


def watches_of_product(actor: Actor, product_id: int) -> dict[str, StockWatch]:
    """What this customer waits for of a product, by SKU."""
    waiting = StockWatch.objects.filter(told_at=None, cancelled_at=None, variant__product=product_id)
    mine = waiting.filter(conversation__in=conversations_visible_to(actor))
    return {watch.variant.sku: watch for watch in mine.select_related("variant")}
