"""What of a conversation somebody has not read: one rule for the inbox, the badges, the desk's rows and customers' lists.

For the shop counts what the customer says, but for thanks and the like, after the end of the talk if it was ended; for the
customer what the shop, its assistant or its cards say, but no note and no line of the system. What was taken back counts
for nobody, and nobody's own side counts for them.

The numbers are kept as they change: `shop_unread` and `customer_unread` of the conversation count what waits for somebody who
has read nothing, and `Membership.read_total` how much of it a member has read. What waits for them is the difference.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from messaging.models import Conversation, Membership, Message, Sender, Side
from messaging.selectors.conversations import conversations_of, sees_every_conversation
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.database.prepared import NOW, Number, PreparedCount, ask_numbers

# Of a message that is written: whether it counts for this side. As SQL over the columns of a message.
COUNTS_FOR_SHOP = "sender_kind = 'customer' AND NOT acknowledges"
COUNTS_FOR_CUSTOMER = "sender_kind <> 'customer' AND kind <> 'event' AND NOT internal"
# Where a conversation keeps what waits for somebody of this side who has read nothing.
NOTHING_READ = {Side.SHOP: "shop_unread", Side.CUSTOMER: "customer_unread"}
# What waits for one person: in SQL, of a conversation `c` and their own row in it, `own`, that may be missing.
SHOP_UNREAD = "(c.shop_unread - greatest(coalesce(own.read_total, 0) - c.closed_total, 0))"
CUSTOMER_UNREAD = "(c.customer_unread - coalesce(own.read_total, 0))"
BADGE_CAP = 100
# How far back the badge of every page looks: the shop answers within weeks, a customer may come again after months.
RECENT = {Side.SHOP: timedelta(days=30), Side.CUSTOMER: timedelta(days=90)}


def side_of(actor: Actor) -> Side:
    """Whom an actor reads and speaks for."""
    return Side.SHOP if actor.is_shop else Side.CUSTOMER


def counting_side(message: Message) -> Side | None:
    """For whom a message counts as unread until they read it; None for nobody."""
    if message.sender_kind == Sender.CUSTOMER:
        return None if message.acknowledges else Side.SHOP
    return None if message.internal or message.kind == Message.Kind.EVENT else Side.CUSTOMER


def counted_messages(conversation_id: int | OuterRef, side: Side, *, after: int) -> QuerySet[Message]:
    """The messages after a number that count as unread for one side."""
    said = Message.objects.filter(conversation=conversation_id, seq__gt=after, recalled_at=None)
    if side == Side.SHOP:
        return said.filter(sender_kind=Sender.CUSTOMER, acknowledges=False)
    return said.filter(internal=False).exclude(sender_kind=Sender.CUSTOMER).exclude(kind=Message.Kind.EVENT)


def membership_of(actor: Actor, conversation_id: int) -> QuerySet[Membership]:
    """An actor's own row in a conversation, if they have read anything in it."""
    return Membership.objects.filter(
        conversation=conversation_id, member_kind=actor.sender_kind, member_id=actor.id_or_zero
    )


def with_unread(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Any]:
    """Conversations with `unread`: how many messages wait in each for this actor."""
    own = FilteredRelation(
        "memberships",
        condition=Q(memberships__member_kind=actor.sender_kind, memberships__member_id=actor.id_or_zero),
    )
    side, read = side_of(actor), Coalesce(F("own__read_total"), 0)
    # What came before the talk was ended waits for nobody of the shop, read or not.
    gone = Greatest(read - F("closed_total"), 0) if side == Side.SHOP else read
    return found.alias(own=own).annotate(unread=F(NOTHING_READ[side]) - gone)


def having_unread(found: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Those of `with_unread` in which something waits for this actor."""
    # Who has read something never has more before them than who has read nothing: the first condition is an index's.
    return found.filter(**{f"{NOTHING_READ[side_of(actor)]}__gt": 0}, unread__gt=0)


def count_unread_conversations(actor: Actor) -> int:
    """How many conversations of the last weeks or months hold something unread, counted to a cap; for the badge."""
    return ask_numbers(unread_number(actor))[0]


def unread_number(actor: Actor) -> Number:
    """The same, to be asked for together with the other numbers of a page."""
    prepared = _prepared_count(actor_with_given_keys(actor), sees_every_conversation(actor))
    return prepared.given(**keys_given_for(actor), now=timezone.now())


@lru_cache(maxsize=32)
def _prepared_count(actor: Actor, sees_every: bool) -> PreparedCount:
    newest = conversations_of(actor, every=sees_every).filter(
        last_message_at__gte=NOW - RECENT[side_of(actor)]
    )
    waiting = having_unread(with_unread(newest, actor), actor)
    return PreparedCount.of([waiting.filter(Q(own__muted=None) | Q(own__muted=False))], most=BADGE_CAP)
