"""Everything one chat pane shows at first paint."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

from django.db.models import BigIntegerField, CharField, QuerySet

from messaging.models import Attachment, Conversation, Membership, RecipientKind
from messaging.page_messages import PageMessages
from messaging.presenters import previous_seq
from messaging.selectors.conversations import conversations_of, sees_every_conversation
from messaging.selectors.messages import newest_messages
from orders.models import Order
from orders.selectors.order_parts import THIS_ORDER
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import READER, actor_with_given_keys, keys_given_for
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.audiences import Audience
from shopcomm.core.database.prepared import Given
from shopcomm.core.database.together import PreparedRows, attach_one, read_together

# Two screens of a conversation; older ones come as one scrolls back.
PAGE_SIZE = 20
# Typed as what they stand for: querysets take either.
TALK = cast(int, Given("talk", BigIntegerField()))
KIND = cast(str, Given("kind", CharField()))
OTHER = cast(str, Given("other", CharField()))


@dataclass(frozen=True)
class PanePage:
    """The newest page of a conversation as one audience sees it, and how far each side has read."""

    messages: list[dict[str, Any]]
    people: list[dict[str, Any]]
    has_older: bool
    my_read: int
    peer_read: int


def conversation_of(order: Order, actor: Actor) -> Conversation | None:
    """The conversation beside an order, when this actor may see it."""
    prepared = _prepared_talk(actor_with_given_keys(actor), sees_every_conversation(actor))
    (found,) = read_together(prepared.given(**keys_given_for(actor), order=order.pk))
    attach_one(found, "order", [order])
    return found[0] if found else None


@lru_cache(maxsize=32)
def _prepared_talk(actor: Actor, sees_every: bool) -> PreparedRows[Conversation]:
    found = conversations_of(actor, every=sees_every).filter(order=THIS_ORDER)
    return PreparedRows(found, "customer")


def pane_page(conversation: Conversation, actor: Actor, *, audience: Audience) -> PanePage:
    """The newest messages, oldest first."""
    given = {
        "talk": conversation.pk,
        "kind": actor.sender_kind,
        "reader": actor.id_or_zero,
        "other": _other_side(actor),
    }
    newest, files, mine, peers = read_together(*(each.given(**given) for each in _prepared(audience)))
    sent = defaultdict(list)
    for each in files:
        sent[each.message_id].append(each)
    page = PageMessages(actor, audience)
    return PanePage(
        messages=[page.lean(message, sent[message.pk]) for message in reversed(newest)],
        people=page.people,
        has_older=bool(newest) and previous_seq(newest[-1], audience) > 0,
        my_read=mine[0].read_seq if mine else 0,
        peer_read=peers[0].read_seq if peers else 0,
    )


@cache
def _prepared(audience: Audience) -> tuple[PreparedRows[Any], ...]:
    newest = newest_messages(TALK, audience)[:PAGE_SIZE]
    mine = Membership.objects.filter(conversation=TALK, member_kind=KIND, member_id=READER)
    return (
        PreparedRows(newest),
        PreparedRows(Attachment.objects.filter(message__in=newest.values("pk"))),
        PreparedRows(mine),
        PreparedRows(_peers(TALK, OTHER)[:1]),
    )


def _other_side(actor: Actor) -> str:
    return RecipientKind.CUSTOMER if actor.is_shop else RecipientKind.STAFF


def _peers(conversation_id: int, kind: str) -> QuerySet[Membership]:
    """Who of a kind has read how far, the furthest first."""
    peers = Membership.objects.filter(conversation=conversation_id, member_kind=kind, read_at__isnull=False)
    return peers.order_by("-read_seq")


def peer_read_marker(conversation_id: int, actor: Actor) -> tuple[Actor, int] | None:
    """Who of the other side has read furthest, and how far; None while nobody has."""
    peer = _peers(conversation_id, _other_side(actor)).first()
    if peer is None:
        return None
    if peer.member_kind == RecipientKind.CUSTOMER:
        customer = Customer.objects.filter(pk=peer.member_id).first()
        return (Actor.customer(customer), peer.read_seq) if customer else None
    colleague = Staff.objects.filter(pk=peer.member_id).first()
    return (Actor.staff(colleague), peer.read_seq) if colleague else None
