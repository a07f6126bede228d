"""Who has read how far, and how much waits for whom: kept as it changes (the rule is in selectors/unread.py).

A membership changes under its own lock or the conversation's, and is made under the conversation's. So nobody counts a
message that another transaction counts, too, and none is left out.
"""

from typing import NamedTuple

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from messaging.errors import NotFound
from messaging.models import Conversation, Membership, Message, Side
from messaging.selectors.unread import (
    COUNTS_FOR_CUSTOMER,
    COUNTS_FOR_SHOP,
    NOTHING_READ,
    counted_messages,
    counting_side,
    membership_of,
    side_of,
)
from shopcomm.core.accounts.actors import Actor

# What was said in `c` after a number that `{after}` gives, as each side counts it.
SAID = """(SELECT count(*) FROM messaging_message m WHERE m.conversation_id = c.id AND m.seq > {after}
           AND m.recalled_at IS NULL AND {counts})"""
FOR_SHOP, FOR_CUSTOMER = (
    SAID.replace("{counts}", COUNTS_FOR_SHOP),
    SAID.replace("{counts}", COUNTS_FOR_CUSTOMER),
)
RECOUNT_MEMBERS = f"""
UPDATE messaging_membership r SET unread = CASE r.side
    WHEN 'shop' THEN {FOR_SHOP.replace("{after}", "greatest(r.read_seq, c.closed_seq)")}
    ELSE {FOR_CUSTOMER.replace("{after}", "r.read_seq")} END
FROM messaging_conversation c WHERE c.id = r.conversation_id AND c.id = %s
"""


class ReadPosition(NamedTuple):
    """How far somebody has read, and whether that is further than before."""

    seq: int
    moved: bool


def move_read_position(*, actor: Actor, conversation_id: int, seq: int) -> ReadPosition:
    """Somebody has read up to `seq`, or up to the last message there is; never backwards. Raises NotFound.

    Call it in a transaction.
    """
    member = _locked_membership(actor, conversation_id)
    talk = (
        Conversation.objects.filter(pk=conversation_id)
        .only("last_seq", "last_customer_seq", "closed_seq")
        .get()
    )
    seq = max(0, min(seq, talk.last_seq))
    if seq <= member.read_seq:
        return ReadPosition(member.read_seq, moved=False)
    member.read_seq, member.read_at = seq, timezone.now()
    # A query of its own after the lock: it sees whatever was counted before this row was ours.
    member.unread = _count_after(talk, Side(member.side), seq)
    member.save(update_fields=["read_seq", "read_at", "unread"])
    return ReadPosition(seq, moved=True)


def _locked_membership(actor: Actor, conversation_id: int) -> Membership:
    own = membership_of(actor, conversation_id).select_for_update()
    if member := own.first():
        return member
    # Writers wait: the first of them that comes after us sees the new row.
    if not Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).exists():
        raise NotFound()
    # Another tab of the same person may have been quicker.
    return own.first() or Membership.objects.create(
        conversation_id=conversation_id,
        member_kind=actor.sender_kind,
        member_id=actor.id_or_zero,
        side=side_of(actor),
    )


def _count_after(talk: Conversation, side: Side, seq: int) -> int:
    if side == Side.SHOP:
        seq = max(seq, talk.closed_seq)
        if seq >= talk.last_customer_seq:
            return 0
    return 0 if seq >= talk.last_seq else counted_messages(talk.pk, side, after=seq).count()


def count_recalled(talk: Conversation, message: Message) -> None:
    """A message of a locked conversation was taken back: it waits for nobody any more."""
    side = counting_side(message)
    if side is None or (side == Side.SHOP and message.seq <= talk.closed_seq):
        return
    column = NOTHING_READ[side]
    Conversation.objects.filter(pk=talk.pk).update(**{column: Greatest(F(column) - 1, 0)})
    waiting = Membership.objects.filter(conversation=talk, side=side, read_seq__lt=message.seq)
    waiting.update(unread=Greatest(F("unread") - 1, 0))


def clear_unread(talk: Conversation) -> None:
    """A locked conversation was ended: nothing in it waits for anybody of the shop."""
    talk.shop_unread = 0
    talk.save(update_fields=["shop_unread"])
    Membership.objects.filter(conversation=talk, side=Side.SHOP, has_unread=True).update(unread=0)


def recount_unread(talk: Conversation) -> None:
    """Count what waits in a locked conversation anew, for everybody: it was opened again."""
    talk.shop_unread = counted_messages(talk.pk, Side.SHOP, after=talk.closed_seq).count()
    talk.customer_unread = counted_messages(talk.pk, Side.CUSTOMER, after=0).count()
    talk.save(update_fields=["shop_unread", "customer_unread"])
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT_MEMBERS, [talk.pk])
