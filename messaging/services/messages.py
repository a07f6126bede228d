"""Saying something, taking it back, having read it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from messaging.errors import AttachmentUnknown, Forbidden, NotFound, RecallWindowPassed
from messaging.models import Attachment, Conversation, Message, ReadMarker
from messaging.presenters import CUSTOMER, SHOP, message_object
from messaging.services.drafts import Draft, draft_message
from messaging.services.frames import push_messages, read_frame
from messaging.services.write import WRITE, Sent, draft_parameters, sent_by_draft
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.publish import read_after_commit
from shopcomm.core.realtime import conversation_group, push_on_commit, pushes_are_off


def send_message(*, actor: Actor, conversation_id: int, **given: Any) -> Sent:
    """Say something. The same `client_id` again stores nothing and returns the first message.

    Takes `client_id`, `kind`, `body`, `attachments`, `reply_to`, `internal`. The caller has checked that the
    actor may see the conversation. Raises a MessagingError.
    """
    return write_messages([draft_message(actor=actor, conversation_id=conversation_id, given=given)])[0]


def write_messages(drafts: Sequence[Draft]) -> list[Sent]:
    """Store drafts in one statement, with their files, and show them once committed. Raises NotFound."""
    try:
        return _write(drafts)
    except IntegrityError:
        # Somebody stored the same client_id between our look and our insert; now it is there to be found.
        return _write(drafts)


@retry_on_deadlock
@transaction.atomic
def _write(drafts: Sequence[Draft]) -> list[Sent]:
    with connection.cursor() as cursor:
        cursor.execute(WRITE, draft_parameters(drafts))
        found = sent_by_draft(cursor.fetchall())
    sent = []
    for each in drafts:
        if each.key not in found:
            raise NotFound()
        if each.attachments and found[each.key].created:
            _attach(each, found[each.key].message)
        sent.append(found[each.key])
    created = [one for one in dict.fromkeys(sent) if one.created]
    push_messages(created)
    if created and not pushes_are_off():
        read_after_commit()
    return sent


def _attach(given: Draft, message: Message) -> None:
    """Give the uploader's own unsent files to the message. Raises AttachmentUnknown for any other."""
    mine = Attachment.objects.filter(
        pk__in=given.attachments, message=None, uploader_kind=given.sender_kind, uploader_id=given.sender_id
    )
    if mine.update(message=message) != len(given.attachments):
        raise AttachmentUnknown()
    message._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "attachments": list(Attachment.objects.filter(message=message).order_by("created_at"))
    }


@retry_on_deadlock
@transaction.atomic
def recall_message(*, actor: Actor, conversation_id: int, seq: int) -> Message:
    """Take back one's own message within the shop's window. The record stays for staff.

    Raises NotFound, Forbidden for somebody else's, RecallWindowPassed.
    """
    message = Message.objects.select_for_update().filter(conversation=conversation_id, seq=seq).first()
    if message is None or (message.internal and not actor.is_shop):
        raise NotFound()
    if (message.sender_kind, message.sender_id) != (
        actor.sender_kind,
        actor.id_or_zero,
    ) or message.kind == "event":
        raise Forbidden()
    if message.recalled_at:
        return message
    window = timedelta(seconds=shop_settings().recall_within_seconds)
    if timezone.now() - message.created_at > window:
        raise RecallWindowPassed()
    message.recalled_at = timezone.now()
    message.save(update_fields=["recalled_at"])
    recalled = {"type": "message.recalled", "conversation": conversation_id, "seq": seq}
    shop = recalled | {"message": message_object(message, SHOP)}
    customer = None if message.internal else recalled | {"message": message_object(message, CUSTOMER)}
    push_on_commit(conversation_group(conversation_id), shop, customer)
    return message


@retry_on_deadlock
@transaction.atomic
def mark_read(*, actor: Actor, conversation_id: int, seq: int, socket: str = "") -> int:
    """Remember how far somebody has read; never backwards. Returns how far that is now.

    `socket` is the one that said so, which need not be told.
    """
    last = Conversation.objects.filter(pk=conversation_id).values_list("last_seq", flat=True).first()
    if last is None:
        raise NotFound()
    seq = max(0, min(seq, last))
    marker, _created = ReadMarker.objects.select_for_update().get_or_create(
        conversation_id=conversation_id, reader_kind=actor.sender_kind, reader_id=actor.id_or_zero
    )
    if seq <= marker.seq:
        return marker.seq
    marker.seq = seq
    marker.save(update_fields=["seq", "read_at"])
    read = read_frame(conversation_id, actor, seq)
    push_on_commit(conversation_group(conversation_id), read, read, skip=socket)
    return seq
