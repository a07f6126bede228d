"""Who may see a file: whoever may see its conversation; until it is sent, its uploader."""

from uuid import UUID

from messaging.models import Attachment
from messaging.selectors.conversations import conversations_visible_to
from messaging.services.attachments import uploader_of
from shopcomm.core.accounts.actors import Actor


def attachment_visible_to(actor: Actor | None, attachment_id: UUID) -> Attachment | None:
    """The file, or None: there is no other answer for one that must not be seen."""
    attachment = Attachment.objects.select_related("message").filter(pk=attachment_id).first()
    if attachment is None or actor is None:
        return None
    message = attachment.message
    if message is None:
        mine = uploader_of(actor)
        return attachment if all(getattr(attachment, name) == value for name, value in mine.items()) else None
    if not actor.is_shop and (message.internal or message.recalled_at):
        return None
    visible = conversations_visible_to(actor).filter(pk=message.conversation_id).exists()
    return attachment if visible else None
