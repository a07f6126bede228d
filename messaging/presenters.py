"""The message object as pages, sockets and the API get it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from messaging.models import Attachment, Message
from messaging.new_message import NewMessage
from shopcomm.core.audiences import Audience
from shopcomm.core.events.kinds import EVERYBODY, all_kinds

# The symbols of lines that tell of a conversation itself; those of events are declared by their kinds.
TALK_ICONS = {"talk.closed": "check", "talk.opened": "retry", "talk.handed_over": "handover"}


def previous_seq(message: Message | NewMessage, audience: Audience) -> int:
    """The number before a message that an audience may see."""
    return message.seq - 1 if audience.sees_notes else message.public_prev


def is_hidden(message: Message | NewMessage, audience: Audience) -> bool:
    """Whether a message was taken back, and an audience may not see any more what it said."""
    return message.recalled_at is not None and not audience.sees_recalled


def may_see_content(message: Message | NewMessage, audience: Audience) -> bool:
    """Whether an audience may see what a message says, and its files."""
    return (audience.sees_notes or not message.internal) and not is_hidden(message, audience)


def message_object(
    message: Message | NewMessage, audience: Audience, files: Iterable[Attachment] | None = None
) -> dict[str, Any]:
    """The object of the contract, for one side. A recalled message is empty for customers; staff keep the record.

    `files`: what was sent with it, where that has been read already.
    """
    hidden = is_hidden(message, audience)
    if files is None:
        files = _attachments_of(message)
    return {
        "seq": message.seq,
        "prev": previous_seq(message, audience),
        "kind": message.kind,
        "body": "" if hidden else message.body,
        "sender": {"kind": message.sender_kind, "id": message.sender_id or None, "name": message.sender_name},
        "attachments": [] if hidden else [attachment_object(each) for each in files],
        "reply_to": message.reply_to,
        "internal": message.internal,
        "client_id": str(message.client_id),
        "created_at": message.created_at.isoformat(),
        "recalled": message.recalled_at is not None,
        "data": {} if hidden else message.data,
    }


def _attachments_of(message: Message | NewMessage) -> Iterable[Attachment]:
    """A message's files, from what was read along with it: to ask the relation takes as long as all else of an object."""
    if isinstance(message, NewMessage):
        return message.files
    read_along = getattr(message, "_prefetched_objects_cache", {})
    return read_along["attachments"] if "attachments" in read_along else message.attachments.all()


def message_text(body: str, data: dict[str, Any]) -> str:
    """A message's text; a system line comes in every language of the interface, as the pane shows it."""
    said = data.get("said") or {}
    return str(said.get(get_language()) or body)


def shown_kinds(*, for_shop: bool) -> dict[str, Any]:
    """What a page's scripts know of the kinds of event: the symbol of each, and which of them the stockroom hears."""
    kinds = [kind for kind in all_kinds() if for_shop or kind.audience == EVERYBODY]
    icons = {kind.type: kind.icon for kind in kinds} | (TALK_ICONS if for_shop else {})
    # By symbol, which many share: a page is told this each time.
    found: dict[str, list[str]] = defaultdict(list)
    for kind, icon in icons.items():
        found[icon].append(kind)
    alarms = {"alarms": [kind.type for kind in kinds if kind.alarm]} if for_shop else {}
    return {"icons": found} | alarms


def preview_line(
    kind: str,
    body: str,
    sender_kind: str,
    sender_name: str,
    *,
    internal: bool = False,
    recalled: bool = False,
) -> str:
    """A message on one line of a list."""
    if recalled:
        return _("撤回了一条消息")
    told = body[:60] or {"image": _("[图片]"), "file": _("[文件]")}.get(kind, "")
    if internal:
        return _("备注：%(text)s") % {"text": told}
    # What the shop itself says has nobody's name.
    named = sender_name and sender_kind != "customer" and kind != "event"
    return _("%(who)s：%(text)s") % {"who": sender_name, "text": told} if named else told


def attachment_object(attachment: Attachment) -> dict[str, Any]:
    """A file as it is shown: where it is, what it is, how large."""
    return {
        "id": str(attachment.pk),
        "kind": attachment.kind,
        "mime": attachment.mime,
        "name": attachment.name,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
        "url": reverse("messaging:attachment", args=[attachment.pk]),
        # `pending`: a picture that is still being drawn; `failed`: one that could not be, kept as a plain file.
        "state": attachment.state,
        "thumbnail": reverse("messaging:thumbnail", args=[attachment.pk]) if attachment.thumbnail else None,
    }
