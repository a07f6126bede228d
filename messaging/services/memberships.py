"""Who has read how far, and how much waits for whom: kept as it changes (the rule is in selectors/unread.py).

A membership changes under its own lock and is made under the conversation's. It keeps how many messages up to its position
count for its side, which a new message does not change; taking a message back locks all members before it looks at them.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

from django.db.models import BigIntegerField, Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from messaging.errors import NotFound
from messaging.models import Conversation, Membership, Message, Side
from messaging.selectors.unread import (
    NOTHING_READ,
    counted_messages,
    counting_side,
    membership_of,
    side_of,
)
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.prepared import Given, PreparedValues

TALK = cast(int, Given("talk", BigIntegerField()))
AFTER = cast(int, Given("after", IntegerField()))


class ReadPosition(NamedTuple):
    """How far somebody has read, and whether that is further than before."""

    seq: int
    moved: bool


def move_read_position(*, actor: Actor, conversation_id: int, seq: int) -> ReadPosition:
    """Somebody has read up to `seq`, or up to the last message there is; never backwards. Raises NotFound.

    Call it in a transaction.
    """
    member = _locked_membership(actor, conversation_id)
    # A query of its own after the lock: it sees whatever was taken back before this row was ours.
    said = _said(conversation_id, Side(member.side), seq)
    seq = max(0, min(seq, said.last_seq))
    if seq <= member.read_seq:
        return ReadPosition(member.read_seq, moved=False)
    member.read_seq, member.read_at, member.read_total = seq, timezone.now(), said.total - said.after
    member.save(update_fields=["read_seq", "read_at", "read_total"])
    return ReadPosition(seq, moved=True)


def open_read_positions(*, readers: Sequence[Actor], conversation_id: int, seq: int) -> None:
    """The same for several people at once, none of whom has read anything here before. Raises NotFound.

    Call it in a transaction.
    """
    if not Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).exists():
        raise NotFound()
    said = {side: _said(conversation_id, side, seq) for side in {side_of(each) for each in readers}}
    now = timezone.now()
    Membership.objects.bulk_create(
        Membership(
            conversation_id=conversation_id,
            member_kind=each.sender_kind,
            member_id=each.id_or_zero,
            side=side_of(each),
            read_seq=max(0, min(seq, said[side_of(each)].last_seq)),
            read_at=now,
            read_total=said[side_of(each)].total - said[side_of(each)].after,
        )
        for each in readers
    )


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


class Said(NamedTuple):
    """What a conversation holds for one side: its last number, how many messages count, and how many of them come later."""

    last_seq: int
    total: int
    after: int


def _said(conversation_id: int, side: Side, seq: int) -> Said:
    """Read in one statement: while two look, somebody might speak between them."""
    (found,) = _prepared_said(side).read_rows(talk=conversation_id, after=seq)
    return Said(found.last_seq, found.total, found.after)


@cache
def _prepared_said(side: Side) -> PreparedValues:
    later = counted_messages(OuterRef("pk"), side, after=AFTER).order_by().values("conversation")
    total = F("shop_unread") + F("closed_total") if side == Side.SHOP else F("customer_unread")
    after = Coalesce(Subquery(later.annotate(count=Count("pk")).values("count")), 0)
    return PreparedValues(
        Conversation.objects.filter(pk=TALK)
        .annotate(total=total, after=after)
        .values("last_seq", "total", "after")
    )


def count_recalled(talk: Conversation, message: Message) -> None:
    """A message of a locked conversation was taken back: it waits for nobody any more."""
    side = counting_side(message)
    if side is None:
        return
    ended = side == Side.SHOP and message.seq <= talk.closed_seq
    column = "closed_total" if ended else NOTHING_READ[side]
    Conversation.objects.filter(pk=talk.pk).update(**{column: Greatest(F(column) - 1, 0)})
    members = Membership.objects.filter(conversation=talk, side=side)
    # Somebody may be reading up to this message now: only a look after their commit sees that they did.
    list(members.order_by("pk").select_for_update().values_list("pk"))
    members.filter(read_seq__gte=message.seq).update(read_total=Greatest(F("read_total") - 1, 0))


def clear_unread(talk: Conversation) -> None:
    """A locked conversation was ended: nothing in it waits for anybody of the shop."""
    talk.closed_total, talk.shop_unread = talk.closed_total + talk.shop_unread, 0
    talk.save(update_fields=["closed_total", "shop_unread"])


def restore_unread(talk: Conversation) -> None:
    """A locked conversation that was ended is opened again: what waited in it waits once more."""
    talk.closed_total, talk.shop_unread = 0, talk.closed_total + talk.shop_unread
    talk.save(update_fields=["closed_total", "shop_unread"])
