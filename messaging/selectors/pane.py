"""Everything one chat pane shows at first paint."""

from dataclasses import dataclass
from typing import Any

from messaging.models import Conversation, Membership, Message, RecipientKind
from messaging.presenters import message_object
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.messages import messages_before
from messaging.selectors.unread import membership_of
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.audiences import Audience

PAGE_SIZE = 50


@dataclass(frozen=True)
class PanePage:
    """The newest page of a conversation as one audience sees it, and how far each side has read."""

    messages: list[dict[str, Any]]
    has_older: bool
    my_read: int
    peer_read: int


def conversation_of(order: Order, actor: Actor) -> Conversation | None:
    """The conversation beside an order, when this actor may see it."""
    found = conversations_visible_to(actor).filter(order=order)
    return found.select_related("customer", "order").first()


def pane_page(conversation: Conversation, actor: Actor, *, audience: Audience) -> PanePage:
    """The newest messages, oldest first."""
    newest: list[Message] = list(messages_before(conversation, None, audience, PAGE_SIZE))
    newest.sort(key=lambda message: message.seq)
    messages = [message_object(message, audience) for message in newest]
    mine, peers = _read_marks(conversation, actor)
    return PanePage(
        messages=messages,
        has_older=bool(messages) and messages[0]["prev"] > 0,
        my_read=mine,
        peer_read=peers,
    )


def _read_marks(conversation: Conversation, actor: Actor) -> tuple[int, int]:
    """How far this reader has read, and how far anybody of the other side has."""
    mine = membership_of(actor, conversation.pk).first()
    peer = _furthest_peer(conversation.pk, actor)
    return mine.read_seq if mine else 0, peer.read_seq if peer else 0


def _furthest_peer(conversation_id: int, actor: Actor) -> Membership | None:
    other = RecipientKind.CUSTOMER if actor.is_shop else RecipientKind.STAFF
    peers = Membership.objects.filter(conversation=conversation_id, member_kind=other, read_at__isnull=False)
    return peers.order_by("-read_seq").first()


def peer_read_marker(conversation_id: int, actor: Actor) -> tuple[Actor, int] | None:
    """Who of the other side has read furthest, and how far; None while nobody has."""
    peer = _furthest_peer(conversation_id, actor)
    if peer is None:
        return None
    if peer.member_kind == RecipientKind.CUSTOMER:
        customer = Customer.objects.filter(pk=peer.member_id).first()
        return (Actor.customer(customer), peer.read_seq) if customer else None
    colleague = Staff.objects.filter(pk=peer.member_id).first()
    return (Actor.staff(colleague), peer.read_seq) if colleague else None
