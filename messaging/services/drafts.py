"""Checking a message before it is written."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from messaging.acknowledgements import is_acknowledgement
from messaging.errors import AttachmentUnknown, BadMessage, BodyRequired, BodyTooLong, Forbidden
from messaging.models import Sender
from messaging.services.offers import offers_in
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.reading import uuid_of, uuid_text

MAX_BODY = 10_000
MAX_ATTACHMENTS = 9
KINDS = ("text", "image", "file", "card")
# Characters that show nothing; a message of only these is empty.
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*")


# Not frozen: that would cost a message as much as all the checks of it.
@dataclass(kw_only=True, slots=True)
class Draft:
    """One message on its way into a conversation; nothing changes it."""

    conversation_id: int
    # As PostgreSQL writes it.
    client_id: str
    kind: str
    body: str
    sender_kind: str
    sender_id: int
    sender_name: str
    reply_to: int | None = None
    internal: bool = False
    data: dict[str, Any] = field(default_factory=dict)
    attachments: tuple[uuid.UUID, ...] = ()

    @property
    def key(self) -> tuple[int, str, int, str]:
        """What makes a repeated send the same message."""
        return (self.conversation_id, self.sender_kind, self.sender_id, self.client_id)

    @property
    def acknowledges(self) -> bool:
        """Whether it asks for nothing and is waited for by nobody: a customer's thanks."""
        is_said = self.kind == "text" and not self.attachments
        return is_said and self.sender_kind == Sender.CUSTOMER and is_acknowledgement(self.body)


def draft_message(*, actor: Actor, conversation_id: int, given: dict[str, Any]) -> Draft:
    """Check what a browser or a program sent. Raises a MessagingError that says what is wrong with it."""
    kind, body = given.get("kind", "text"), given.get("body", "")
    internal, reply_to = given.get("internal", False), given.get("reply_to")
    if kind not in KINDS or not isinstance(body, str) or not isinstance(internal, bool):
        raise BadMessage()
    if reply_to is not None and not (type(reply_to) is int and 0 < reply_to < 2**63):
        raise BadMessage()
    if internal and not actor.may("conversations.note"):
        raise Forbidden()
    attachments = _attachments(ids) if (ids := given.get("attachments")) else ()
    body = _body(body, required=not attachments)
    return Draft(
        conversation_id=conversation_id,
        client_id=_client_id(given.get("client_id")),
        kind=kind,
        body=body,
        sender_kind=actor.sender_kind,
        sender_id=actor.sender_id,
        sender_name=actor.name,
        reply_to=reply_to,
        internal=internal,
        attachments=attachments,
        data=offers_in(body) if kind == "text" and not internal else {},
    )


def _body(text: str, *, required: bool) -> str:
    if len(text) > MAX_BODY:
        raise BodyTooLong(limit=MAX_BODY)
    # PostgreSQL cannot keep NUL, and a lone half of a character is none.
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    if required and _INVISIBLE.fullmatch(text):
        raise BodyRequired()
    return text


def _attachments(ids: Any) -> tuple[uuid.UUID, ...]:
    if not isinstance(ids, list) or len(ids) > MAX_ATTACHMENTS:
        raise BadMessage()
    return tuple(dict.fromkeys(_uuid(each, AttachmentUnknown) for each in ids))


def _client_id(value: Any) -> str:
    found = uuid_text(value)
    if found is None:
        raise BadMessage()
    return found


def _uuid(value: Any, error: type[Exception]) -> uuid.UUID:
    found = uuid_of(value)
    if found is None:
        raise error()
    return found
