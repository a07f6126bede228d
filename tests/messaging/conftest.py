from collections.abc import Callable
from uuid import uuid4

import pytest

from messaging.models import Conversation, Message
from messaging.services.messages import send_message
from orders.models import Order
from shopcomm.core.accounts.actors import Actor


@pytest.fixture
def conversation(order: Order) -> Conversation:
    return Conversation.objects.get(order=order)


@pytest.fixture
def say(conversation: Conversation) -> Callable[..., Message]:
    """Says something in the conversation and answers the message."""

    def speak(actor: Actor, body: str = "在吗", **given: object) -> Message:
        given = {"client_id": uuid4(), "conversation_id": conversation.pk} | given
        return send_message(actor=actor, body=body, **given).message

    return speak
