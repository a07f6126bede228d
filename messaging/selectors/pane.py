"""Everything one chat pane shows at first paint."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from messaging.models import Conversation, Message, ReadMarker
from messaging.presenters import message_object
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.messages import messages_before
from orders.models import Order
from shopcomm.core.accounts.actors import Actor

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


def pane_page(conversation: Conversation, actor: Actor, *, audience: str) -> PanePage:
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
    side = "staff" if actor.is_shop else "customer"
    marks = ReadMarker.objects.filter(conversation=conversation)
    mine = marks.filter(reader_kind=side, reader_id=actor.id or 0).aggregate(seq=Max("seq"))["seq"]
    peers = marks.exclude(reader_kind=side).aggregate(seq=Max("seq"))["seq"]
    return mine or 0, peers or 0
