"""Which customers wait for an answer: one rule for the inbox, the badge, the queue and the timers."""

from datetime import timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from django.db.models.lookups import IsNull
from django.utils.translation import gettext as _

from messaging.models import Conversation, Message, Sender
from orders.models import Order

# Bounds what a badge looks at: the newest, by their index.
RECENT = timedelta(days=30)
# The rule of `messages_wanting_answer` and `is_unanswered` for statements that are written out, of a conversation `c`.
FIRST_UNANSWERED = """SELECT w.{column} FROM messaging_message w WHERE w.conversation_id = c.id
    AND w.seq > greatest(c.last_shop_seq, c.closed_seq) AND w.sender_kind = 'customer' AND w.recalled_at IS NULL
    AND NOT w.acknowledges ORDER BY w.seq LIMIT 1"""
IS_UNANSWERED = f"""c.last_customer_seq > c.last_shop_seq AND c.last_customer_seq > c.closed_seq
    AND ({FIRST_UNANSWERED.format(column="seq")}) IS NOT NULL"""


def messages_wanting_answer(conversation: int | Combinable, after: int | Combinable) -> QuerySet[Message]:
    """What the customer of a conversation has said after a number, oldest first, but for thanks and the like."""
    return Message.objects.filter(
        conversation=conversation,
        seq__gt=after,
        sender_kind=Sender.CUSTOMER,
        recalled_at=None,
        acknowledges=False,
    ).order_by("seq")


def first_unanswered() -> QuerySet[Message]:
    """Of a conversation in an outer query: what waits in it, oldest first."""
    return messages_wanting_answer(
        OuterRef("pk"), Greatest(OuterRef("last_shop_seq"), OuterRef("closed_seq"))
    )


def is_unanswered() -> Q:
    """Conversations in which something waits. The first condition is an index's.

    The second asks for each row's first message by its key: as EXISTS the planner would join it, and read all messages.
    """
    spoken = Q(last_customer_seq__gt=F("last_shop_seq")) & Q(last_customer_seq__gt=F("closed_seq"))
    return spoken & Q(IsNull(Subquery(first_unanswered().values("seq")[:1]), False))


def is_answered(talk: Conversation) -> bool:
    """Whether nothing waits in one conversation."""
    if talk.answered_seq >= talk.last_customer_seq:
        return True
    return not messages_wanting_answer(talk.pk, talk.answered_seq).exists()


def open_question_of(order: Order) -> str | None:
    """What keeps the timer from completing an order: its customer has said something that nobody has answered."""
    talk = Conversation.objects.filter(order=order).first()
    return None if talk is None or is_answered(talk) else _("客户的消息还没有答复")
