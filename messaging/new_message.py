"""A message that has just been stored, known from its draft and from what the database decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from messaging.models import Attachment, Message


class NewMessage(NamedTuple):
    """What a `Message` has under the same names. Nothing is read from the table: to make a model takes longer than to
    make the frame that shows it."""

    id: int
    conversation_id: int
    seq: int
    public_prev: int
    kind: str
    body: str
    sender_kind: str
    sender_id: int
    sender_name: str
    client_id: str
    reply_to: int | None
    internal: bool
    data: dict[str, Any]
    created_at: datetime
    # Just these, since nothing was sent with it before.
    files: Sequence[Attachment]
    # Nothing is taken back the moment that it is said.
    recalled_at: None = None

    def as_row(self) -> Message:
        """The message as it stands in the table; what is not known here is read once somebody asks for it."""
        known = self._asdict() | {"client_id": UUID(self.client_id)}
        names = [each.attname for each in Message._meta.concrete_fields if each.attname in known]
        message = Message.from_db(None, names, [known[name] for name in names])
        # Saves a query for them.
        message._prefetched_objects_cache = {"attachments": list(self.files)}  # type: ignore[attr-defined]
        return message
