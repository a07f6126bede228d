"""Sending cards, and telling open pages that a card has changed."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation

from messaging.models import Message
from messaging.services.drafts import Draft
from messaging.services.messages import write_messages
from messaging.services.write import Sent
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.realtime import conversation_group, push_on_commit

LONGEST_TEXT = 2000
NAMESPACE = uuid.UUID("0f5d1a0e-6a3b-4b53-8a49-3f6b0c1d7c42")


@retry_on_deadlock
@transaction.atomic
def send_card(
    *,
    actor: Actor,
    conversation_id: int,
    card: str,
    object_id: int,
    text: Callable[[], str],
    data: dict[str, Any] | None = None,
    key: str = "",
) -> Sent:
    """Show something in a conversation. `text` says the same in plain words, in the language that is active.

    The same thing is shown once by the same sender, however often it is sent; another `key` shows it again.
    Raises NotFound.
    """
    known, said = actor.sender_id, in_every_language(text)
    line = Draft(
        conversation_id=conversation_id,
        client_id=str(uuid.uuid5(NAMESPACE, f"{card}:{object_id}:{key}")),
        kind=Message.Kind.CARD,
        body=said.pop(settings.LANGUAGE_CODE),
        sender_kind=actor.sender_kind,
        sender_id=known,
        sender_name=actor.name if known else "",
        data={**(data or {}), "card": card, "id": object_id, "said": said},
    )
    return write_messages([line])[0]


def in_every_language(text: Callable[[], str]) -> dict[str, str]:
    """The text of a message in every interface language, for readers of another language than the sender's."""
    said = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = text()[:LONGEST_TEXT]
    return said


def card_changed(*, conversation_id: int, card: str, object_id: int) -> None:
    """Let open pages fetch a card again once the caller's transaction has committed."""
    frame = {"type": "card.changed", "conversation": conversation_id, "card": card, "id": object_id}
    push_on_commit(conversation_group(conversation_id), for_all_audiences(frame))
