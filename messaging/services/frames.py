"""Messages as they travel to screens: encoded once for each side."""

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction

from messaging.models import Message
from messaging.presenters import CUSTOMER, SHOP, message_object
from shopcomm.core.realtime import conversation_group, push


def message_frame(message: Message, audience: str) -> str:
    """The text of `message.new` for one side."""
    body = {
        "type": "message.new",
        "conversation": message.conversation_id,
        "seq": message.seq,
        "message": message_object(message, audience),
    }
    return json.dumps(body, ensure_ascii=False)


def room_frame(conversation_id: int, messages: Iterable[Message]) -> dict[str, Any]:
    """What processes tell each other of new messages in a conversation."""
    return {
        "type": "fan.out",
        "group": conversation_group(conversation_id),
        "conversation": conversation_id,
        "messages": [
            {
                "seq": message.seq,
                "shop": message_frame(message, SHOP),
                "customer": None if message.internal else message_frame(message, CUSTOMER),
            }
            for message in messages
        ],
    }


def push_messages(messages: list[Message]) -> None:
    """Show messages, once committed, to everybody who has their conversations open."""
    for conversation_id in dict.fromkeys(message.conversation_id for message in messages):
        mine = [message for message in messages if message.conversation_id == conversation_id]
        mine.sort(key=lambda message: message.seq)
        transaction.on_commit(partial(push, room_frame(conversation_id, mine)), robust=True)
