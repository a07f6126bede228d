"""What the desk's list shows of each order's conversation: the last message and the unread count."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from messaging.models import Conversation
from messaging.presenters import preview_line
from messaging.selectors.unread import SHOP_UNREAD, having_unread, with_unread
from orders.hooks import ConversationSummary
from orders.models import Order
from shopcomm.core.accounts.actors import Actor

SHOWN = 60
# Written out: building it from models costs more than it costs to run, and the desk asks it with every list.
LAST_WORDS = f"""
SELECT c.order_id, {SHOP_UNREAD},
       left(coalesce(m.data->'said'->>%s::text, m.body), %s), m.kind, m.sender_kind, m.sender_name, m.internal, m.recalled_at
FROM messaging_conversation c
CROSS JOIN LATERAL (
    SELECT * FROM messaging_message s WHERE s.conversation_id = c.id AND s.kind <> 'event'
    ORDER BY s.seq DESC LIMIT 1) m
LEFT JOIN messaging_membership own
       ON own.conversation_id = c.id AND own.member_kind = 'staff' AND own.member_id = %s
WHERE c.order_id = ANY(%s)
"""


def conversation_summaries(order_ids: list[int], actor: Actor) -> dict[int, ConversationSummary]:
    """What a person said last and how much is unread in each order's conversation, in one query.

    Status lines are left out: the row's tag says as much.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_WORDS, [get_language(), SHOWN, actor.id or 0, order_ids])
        return {order_id: ConversationSummary(_words(*rest), unread) for order_id, unread, *rest in cursor}


def _words(body: str, kind: str, sender_kind: str, sender_name: str, internal: bool, recalled: Any) -> str:
    text = preview_line(kind, body, sender_kind, sender_name, internal=internal, recalled=bool(recalled))
    # The row is headed by the order, so the customer's words are marked as theirs.
    return _("客户：%(text)s") % {"text": text} if sender_kind == "customer" else text


def orders_with_unread(orders: QuerySet[Order], actor: Actor) -> QuerySet[Order]:
    """Those orders whose conversation holds something of the customer's that this reader has not read."""
    waiting = having_unread(with_unread(Conversation.objects.all(), actor), actor)
    return orders.filter(conversation__in=waiting.values("pk"))
