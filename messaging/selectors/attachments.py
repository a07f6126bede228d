"""Who may see a file: whoever may see its conversation; until it is sent, its uploader."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import UUIDField
from django.db.models.expressions import RawSQL

from messaging.models import Attachment
from messaging.presenters import may_see_content
from messaging.selectors.conversations import conversations_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import audience_of
from shopcomm.core.database.prepared import Given
from shopcomm.core.database.together import PreparedRows, read_together
from shopcomm.core.reading import uuid_of

IDS = Given("ids", ArrayField(UUIDField()))


def uploader_of(actor: Actor) -> dict[str, Any]:
    """Whose an upload is; integrations share theirs, as they share the shop's voice."""
    return {"uploader_kind": actor.sender_kind, "uploader_id": actor.sender_id}


def attachment_visible_to(actor: Actor | None, attachment_id: UUID) -> Attachment | None:
    """The file, or None: there is no other answer for one that must not be seen."""
    attachment = Attachment.objects.select_related("message").filter(pk=attachment_id).first()
    if attachment is None or actor is None:
        return None
    message = attachment.message
    if message is None:
        mine = uploader_of(actor)
        return attachment if all(getattr(attachment, name) == value for name, value in mine.items()) else None
    if not may_see_content(message, audience_of(actor)):
        return None
    visible = conversations_visible_to(actor).filter(pk=message.conversation_id).exists()
    return attachment if visible else None


def pictures_by_ids(ids: Sequence[str]) -> list[Attachment]:
    """Files of what has been read by whoever may see it, the oldest first."""
    if not ids:
        return []
    found: list[Attachment] = read_together(_prepared_pictures().given(ids=list(ids)))[0]
    return found


@cache
def _prepared_pictures() -> PreparedRows[Attachment]:
    wanted = RawSQL("SELECT unnest(%s::uuid[])", [IDS])
    return PreparedRows(Attachment.objects.filter(pk__in=wanted).order_by("created_at"))


def own_uploads(actor: Actor, ids: Sequence[str]) -> list[Attachment]:
    """Those of the uploads that are this actor's own, sent or not, in the order of their ids, each once."""
    known = {wanted: None for each in ids if (wanted := uuid_of(each))}
    found = Attachment.objects.filter(**uploader_of(actor)).in_bulk(list(known))
    return [found[each] for each in known if each in found]
