"""Frames of messages, encoded once for each audience."""

from collections.abc import Iterable, Sequence
from typing import Any

from messaging.models import Message, Sender
from messaging.new_message import NewMessage
from messaging.presenters import is_hidden, message_object, previous_seq
from messaging.services.write import Sent
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP, Audience, all_audiences
from shopcomm.core.json_text import json_text
from shopcomm.core.realtime import (
    ORDERS_FEED,
    conversation_group,
    customer_group,
    encode_frame,
    groups_to_be_told,
    is_own_group,
    link_group,
    push_frames_on_commit,
    pushes_are_off,
)

# What a customer's own pages hear: nothing but that.
OWN_CHANGED = "own.changed"
OWN_CHANGED_FRAME = encode_frame("", {CUSTOMER: {"type": OWN_CHANGED}})


def room_frame(conversation_id: int, messages: Iterable[Message | NewMessage]) -> dict[str, Any]:
    """What processes tell each other of new messages in a conversation."""
    return {
        "type": "fan.out",
        "group": conversation_group(conversation_id),
        "conversation": conversation_id,
        "messages": [message_frame(message) for message in messages],
    }


def message_frame(message: Message | NewMessage) -> dict[str, Any]:
    """`message.new` for each audience that may see it; most messages look the same to all and are encoded once."""
    texts: dict[str, str] = {}
    encoded: dict[tuple[int, bool], str] = {}
    for audience in all_audiences():
        if message.internal and not audience.sees_notes:
            continue
        looks = (previous_seq(message, audience), is_hidden(message, audience))
        if looks not in encoded:
            encoded[looks] = _encode_message(message, audience)
        texts[audience.name] = encoded[looks]
    return {"seq": message.seq, "texts": texts}


def _encode_message(message: Message | NewMessage, audience: Audience) -> str:
    body = {
        "type": "message.new",
        "conversation": message.conversation_id,
        "seq": message.seq,
        "message": message_object(message, audience),
    }
    return json_text(body)


def read_frame(conversation_id: int, reader: Actor, seq: int) -> dict[str, Any]:
    """The frame that tells the others how far somebody has read."""
    who = {"kind": reader.sender_kind, "id": reader.id, "name": reader.name}
    return {"type": "message.read", "conversation": conversation_id, "seq": seq, "reader": who}


def attention_frame(sent: Sent) -> dict[str, Any]:
    """The frame for every desk when a customer has written: which conversation and whose, but not the text."""
    message = sent.said
    event = {
        "type": "conversation.message",
        "conversation": message.conversation_id,
        "number": sent.order_number,
        "seq": message.seq,
        "assigned_to": sent.assigned_to,
        "actor": message.sender_name,
        "occurred_at": message.created_at.isoformat(),
    }
    return encode_frame(
        ORDERS_FEED, {SHOP: {"type": "event", "feed": "orders", "id": None, "cursor": None, "event": event}}
    )


def changed_frames(sent: Sequence[Sent]) -> list[dict[str, Any]]:
    """What a customer's pages hear of one conversation's messages: that something is otherwise, not what.

    Every page behind the code hears of whatever the shop said or did, a page of the order's link of what became of it.
    A line that only the shop reads may stand for something that shows on the customer's page.
    """
    done = [each for each in sent if each.said.kind == Message.Kind.EVENT]
    said = [each for each in sent if each.said.sender_kind != Sender.CUSTOMER and not each.said.internal]
    # Colleagues among themselves have no customer, whose pages would hear of it.
    groups = [customer_group(each.customer_id) for each in [*done, *said][:1] if each.customer_id]
    groups += [link_group(each.order_id) for each in done[:1] if each.order_id]
    return [OWN_CHANGED_FRAME | {"group": group} for group in groups]


def frames_of(sent: Iterable[Sent]) -> list[dict[str, Any]]:
    """All that new messages send out: one frame a conversation, one more where the customer spoke, and what the
    customer's own pages hear of it."""
    rooms: dict[int, list[Sent]] = {}
    for each in sorted(sent, key=lambda each: each.said.seq):
        rooms.setdefault(each.said.conversation_id, []).append(each)
    frames = [room_frame(pk, [each.said for each in mine]) for pk, mine in rooms.items()]
    for mine in rooms.values():
        spoken = [each for each in mine if each.said.sender_kind == Sender.CUSTOMER]
        frames += [attention_frame(each) for each in spoken[-1:]]
        frames += changed_frames(mine)
    return frames


def push_messages(sent: Iterable[Sent]) -> None:
    """Show new messages, once committed, to everybody who has their conversations open, and to the desks.

    What says only that something is otherwise is said once for all that one transaction does.
    """
    if pushes_are_off():
        return
    frames: list[dict[str, Any]] = []
    told = groups_to_be_told(OWN_CHANGED)
    for each in frames_of(sent):
        if is_own_group(each["group"]):
            if each["group"] in told:
                continue
            told.add(each["group"])
        frames.append(each)
    push_frames_on_commit(frames)
